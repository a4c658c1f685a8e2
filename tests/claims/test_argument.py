"""The argument as a graph: acyclic, complete, and tested by giving claims up."""

from itertools import pairwise

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.claims.argument import (
    argument_graph,
    check_routes,
    cut_pairs,
    dominators,
    layers,
    load_bearing,
    open_claims,
    routes,
    standing,
    supports,
)
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.errors import InputError
from claimbook.show.argument_plot import (
    ROOM,
    _crossings,
    _way,
    argument_plot,
    ordered_layers,
    places,
)

CONCLUSION = "no_deficiency_in_rls"


def edges(*rows):
    return pd.DataFrame(rows, columns=["premise", "claim", "relation", "route"])


SMALL = edges(
    ("a", "c", "supports", "a"),
    ("b", "c", "supports", "a"),
    ("d", "c", "supports", "b"),
    ("c", "end", "supports", "a"),
    ("e", "end", "supports", "b"),
    ("e", "c", "agrees", None),
    ("r", "end", "rival", None),
)


@pytest.fixture(scope="module")
def graph(book):
    return argument_graph(book.table("argument"))


def test_the_argument_is_acyclic_and_every_node_is_a_claim(book, graph):
    assert nx.is_directed_acyclic_graph(graph)
    assert set(graph) <= set(book.claims["claim"])


def test_every_inference_and_conclusion_has_an_arrow(book, graph):
    drawn = book.claims["role"].isin(["inference", "conclusion"])
    assert set(book.claims.loc[drawn, "claim"]) <= set(graph)


def test_a_circle_is_refused_and_named():
    circle = edges(("a", "b", "supports", "a"), ("b", "a", "supports", "a"))
    with pytest.raises(InputError, match="a -> b -> a|b -> a -> b"):
        argument_graph(circle)


def test_premises_of_a_route_are_needed_together_and_routes_are_alternatives():
    graph = argument_graph(SMALL)
    assert routes(graph, "c") == {"a": ["a", "b"], "b": ["d"]}
    assert "c" in standing(graph, {"a"})
    assert "c" not in standing(graph, {"a", "d"})
    assert "c" in standing(graph, {"a", "d"}, frozenset({"c"}))


def test_load_bearing_pairs_and_dominators_of_a_small_argument():
    graph = argument_graph(SMALL)
    assert load_bearing(graph, "end") == []
    assert cut_pairs(graph, "end") == [("c", "e")]
    assert dominators(graph, "end") == []
    alone = argument_graph(SMALL[SMALL["premise"] != "e"])
    assert load_bearing(alone, "end") == ["c"]
    assert dominators(alone, "end") == ["c"]
    assert cut_pairs(alone, "end") == [("a", "d"), ("b", "d")]


def test_a_premise_may_serve_two_routes():
    graph = argument_graph(edges(("p", "c", "supports", "a"), ("p", "c", "supports", "b")))
    assert routes(graph, "c") == {"a": ["p"], "b": ["p"]}
    assert load_bearing(graph, "c") == ["p"]


@given(st.sets(st.sampled_from(["a", "b", "c", "d", "e"])))
def test_giving_up_more_never_leaves_more_standing(dropped):
    graph = argument_graph(SMALL)
    for claim in ("a", "b", "c", "d", "e"):
        assert standing(graph, dropped | {claim}) <= standing(graph, dropped)


def test_load_bearing_agrees_with_trying_each_claim(graph):
    for claim in nx.ancestors(supports(graph), CONCLUSION):
        fell = CONCLUSION not in standing(graph, {claim})
        assert fell == (claim in load_bearing(graph, CONCLUSION))


def test_what_carries_the_conclusion_is_pinned(graph):
    # read from data/argument.csv: both stand in every route to the conclusion
    assert load_bearing(graph, CONCLUSION) == ["combined_limb_hypoxia", "no_shortage_hypoxia"]


def test_the_conclusion_does_not_need_the_sinuses(graph):
    without = {"sinus_critical_source", "sinus_no_delivered_to_legs"}
    assert CONCLUSION in standing(graph, without)


def test_routes_fall_by_what_is_contradicted(book, graph):
    verdicts = evidence_matrix(book).set_index("claim")["verdict"].astype(object)
    tested = check_routes(graph, CONCLUSION, verdicts)
    assert not tested["stands"].any()
    assert all("repair_at_rest" in because for because in tested["because"])
    mended = verdicts.mask(verdicts.index == "repair_at_rest", "holds")
    assert check_routes(graph, CONCLUSION, mended)["stands"].any()


def test_open_claims_rank_first_what_decides(book, graph):
    verdicts = evidence_matrix(book).set_index("claim")["verdict"]
    ranked = open_claims(graph, CONCLUSION, verdicts)
    assert ranked["decides"].tolist() == sorted(ranked["decides"], reverse=True)
    assert ranked.iloc[0]["claim"] == "repair_at_rest"
    assert (ranked["moved"] > 0).all()


def test_every_claim_that_could_move_something_has_a_measurement_suggested(book, graph):
    verdicts = evidence_matrix(book).set_index("claim")["verdict"]
    ranked = open_claims(graph, CONCLUSION, verdicts)
    assert set(ranked["claim"]) <= set(book.table("open_measurements")["claim"])


def test_arrows_run_to_the_right(graph):
    depth = layers(graph)
    assert all(depth[a] < depth[b] for a, b in graph.edges)
    rows = ordered_layers(graph)
    assert sorted(c for row in rows for c in row if isinstance(c, str)) == sorted(graph)
    passing = [(a, b, x) for a, b in graph.edges for x in range(depth[a] + 1, depth[b])]
    assert sorted(c for row in rows for c in row if not isinstance(c, str)) == sorted(passing)


def test_no_box_lies_on_another_nor_an_arrow_under_a_box(graph):
    at = places(graph)
    for x in {x for x, _ in at.values()}:
        column = sorted((y, isinstance(node, str)) for node, (own, y) in at.items() if own == x)
        for (y, is_box), (following, other_is_box) in pairwise(column):
            assert following - y >= (ROOM[is_box] + ROOM[other_is_box]) / 2 - 1e-9


def test_the_order_of_the_layers_saves_crossings(graph):
    """Against the alphabetical order, which is where it starts."""
    rows = ordered_layers(graph)
    walk = nx.DiGraph(pair for a, b in graph.edges for pair in pairwise(_way(a, b, layers(graph))))
    assert _crossings(walk, rows) < _crossings(walk, [sorted(row, key=str) for row in rows]) / 3


def test_the_drawn_arrows_as_data(book, graph):
    matrix = evidence_matrix(book).set_index("claim", drop=False)
    data = argument_plot(graph, matrix, [], CONCLUSION).data
    assert set(zip(data["premise"], data["claim"], strict=True)) == set(graph.edges)
    row = data.set_index(["premise", "claim"]).loc["no_shortage_hypoxia", "combined_limb_hypoxia"]
    assert (row["premise_verdict"], row["relation"]) == ("holds in part", "supports")


def test_the_picture_holds_every_claim_with_its_mark(book, graph):
    matrix = evidence_matrix(book).set_index("claim", drop=False)
    above = graph.subgraph(nx.ancestors(graph, CONCLUSION) | {CONCLUSION})
    picture = argument_plot(above, matrix, ["no_shortage_hypoxia"], CONCLUSION)
    texts = [" ".join(t.get_text().split()) for t in picture.figure.axes[0].texts if t.get_text()]
    for claim in above:
        assert any(text.endswith(matrix.loc[claim, "label"]) for text in texts)
    assert f"{len(above)} claims" in picture.alt
    assert "NO shortage starves limbs" in picture.alt
