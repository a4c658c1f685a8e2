"""The argument as a graph: which claims support which, and which ones carry the conclusion.

Edges are data (`argument.csv`). Premises of one route are needed together; several routes to a
claim are alternatives. A claim stands if it is not given up and, where it has routes, at least
one route has all its premises standing.
"""

from itertools import combinations

import networkx as nx
import pandas as pd

from claimbook.claims.verdict import FAVOURABLE, UNFAVOURABLE, Verdict
from claimbook.errors import InputError

SOURCE = "(premises)"


def argument_graph(edges: pd.DataFrame) -> nx.DiGraph:
    """Return the graph of `edges` (premise, claim, relation, route), one edge per pair.

    Its edges carry relation and routes (a premise may serve several routes to one claim).

    Raises InputError if the argument runs in a circle, naming the circle.
    """
    graph = nx.DiGraph()
    for (premise, claim, relation), rows in edges.groupby(
        ["premise", "claim", "relation"], sort=False, observed=True
    ):
        ways = sorted(rows["route"].dropna().astype(str))
        graph.add_edge(premise, claim, relation=str(relation), routes=ways)
    if not nx.is_directed_acyclic_graph(graph):
        circle = [a for a, _ in nx.find_cycle(graph)]
        raise InputError(f"the argument runs in a circle: {' -> '.join([*circle, circle[0]])}")
    return graph


def supports(graph: nx.DiGraph) -> nx.DiGraph:
    """Return the part of the graph whose edges support; rival explanations are left out."""
    kept = [(a, b) for a, b, kind in graph.edges(data="relation") if kind == "supports"]
    return graph.edge_subgraph(kept).copy()


def routes(graph: nx.DiGraph, claim: str) -> dict[str, list[str]]:
    """Return route name -> premises needed together, for the routes that support `claim`."""
    found: dict[str, list[str]] = {}
    for premise, _, edge in graph.in_edges(claim, data=True):
        if edge["relation"] == "supports":
            for way in edge["routes"]:
                found.setdefault(way, []).append(premise)
    return {name: sorted(found[name]) for name in sorted(found)}


def standing(graph: nx.DiGraph, given_up: set[str], held: frozenset[str] = frozenset()) -> set[str]:
    """Return the claims that still stand when the claims in `given_up` are dropped.

    Claims in `held` stand on evidence of their own, whatever becomes of their premises.
    """
    left: set[str] = set()
    for claim in nx.topological_sort(graph):
        if claim in given_up:
            continue
        if claim in held or not routes(graph, claim) or reached(graph, claim, left):
            left.add(claim)
    return left


def reached(graph: nx.DiGraph, claim: str, left: set[str]) -> bool:
    """Return whether a route to `claim` has all its premises among the claims `left`."""
    return any(left.issuperset(premises) for premises in routes(graph, claim).values())


def load_bearing(graph: nx.DiGraph, conclusion: str) -> list[str]:
    """Return the claims that, given up one at a time, leave `conclusion` without support."""
    candidates = nx.ancestors(supports(graph), conclusion)
    return sorted(c for c in candidates if conclusion not in standing(graph, {c}))


def cut_pairs(graph: nx.DiGraph, conclusion: str) -> list[tuple[str, str]]:
    """Return the pairs that only together leave `conclusion` without support."""
    single = set(load_bearing(graph, conclusion))
    others = sorted(nx.ancestors(supports(graph), conclusion) - single)
    return [p for p in combinations(others, 2) if conclusion not in standing(graph, set(p))]


def dominators(graph: nx.DiGraph, conclusion: str) -> list[str]:
    """Return the claims that every path from a premise to `conclusion` passes, nearest first.

    This is the weaker, purely graphical notion: it does not ask which premises are needed
    together (see `load_bearing`).
    """
    walk = supports(graph)
    walk.add_edges_from((SOURCE, n) for n in list(walk) if walk.in_degree(n) == 0)
    above = nx.immediate_dominators(walk, SOURCE)
    found, claim = [], above.get(conclusion)
    while claim not in (None, SOURCE):
        found.append(claim)
        claim = above.get(claim)
    return found


def given_up(verdicts: pd.Series) -> set[str]:
    """Return the claims that are contradicted or not supported."""
    return set(verdicts[verdicts.astype(str).isin(UNFAVOURABLE)].index)


def held_up(verdicts: pd.Series) -> frozenset[str]:
    """Return the claims that hold, wholly or in part, on evidence of their own."""
    return frozenset(verdicts[verdicts.astype(str).isin(FAVOURABLE)].index)


def open_claims(graph: nx.DiGraph, conclusion: str, verdicts: pd.Series) -> pd.DataFrame:
    """Rank the claims above `conclusion` by what a clear study of each would move.

    For each claim the argument is tested twice: as if the claim held, and as if it were
    contradicted. Columns: claim, verdict (today), decides (does the conclusion stand in one case
    only), routes (routes to the conclusion that stand in one case only), moved (claims that do).
    Largest effect first; a claim that moves nothing is left out.
    """
    rows = []
    for claim in sorted(nx.ancestors(supports(graph), conclusion)):
        cases = []
        for outcome in (Verdict.HOLDS.value, Verdict.CONTRADICTED.value):
            supposed = verdicts.astype(object).mask(verdicts.index == claim, outcome)
            left = standing(graph, given_up(supposed), held_up(supposed) - {conclusion})
            ways = routes(graph, conclusion).items()
            cases.append((left, {name for name, needed in ways if left.issuperset(needed)}))
        (left_for, routes_for), (left_against, routes_against) = cases
        moved = (left_for ^ left_against) - {claim}
        rows.append(
            {
                "claim": claim,
                "verdict": str(verdicts[claim]),
                "decides": conclusion in moved,
                "routes": len(routes_for ^ routes_against),
                "moved": len(moved),
            }
        )
    table = pd.DataFrame(rows)
    table = table[table["moved"] > 0]
    ranked = table.sort_values(["decides", "routes", "moved"], ascending=False, kind="stable")
    return ranked.reset_index(drop=True)


def check_routes(graph: nx.DiGraph, claim: str, verdicts: pd.Series) -> pd.DataFrame:
    """Return each route to `claim` and whether it stands by the verdicts of the claims.

    verdicts: claim -> verdict. Claims that are contradicted or not supported are given up; those
    that hold, wholly or in part, stand on their own. Columns: route, premises, fallen (premises
    that do not stand), because (the claims given up on or above them), stands.
    """
    failing, held = given_up(verdicts), held_up(verdicts)
    left = standing(graph, failing, held)
    walk = supports(graph)
    rows = []
    for name, premises in routes(graph, claim).items():
        fallen = [p for p in premises if p not in left]
        above = set(fallen).union(*(_ancestors_not_held(walk, p, held) for p in fallen))
        rows.append(
            {
                "route": name,
                "premises": premises,
                "fallen": fallen,
                "because": sorted(above & failing),
                "stands": not fallen,
            }
        )
    return pd.DataFrame(rows)


def _ancestors_not_held(walk: nx.DiGraph, claim: str, held: frozenset[str]) -> set[str]:
    """Return the claims above `claim` that are reached without passing one that stands alone."""
    found: set[str] = set()
    waiting = [claim]
    while waiting:
        for premise in walk.predecessors(waiting.pop()):
            if premise not in found and premise not in held:
                found.add(premise)
                waiting.append(premise)
    return found


def layers(graph: nx.DiGraph) -> dict[str, int]:
    """Return each claim's layer, 0 first, so that arrows run one way.

    A claim stands as near as it can to what it leads to, which keeps arrows short.
    """
    ahead: dict[str, int] = {}
    for claim in reversed(list(nx.topological_sort(graph))):
        ahead[claim] = max((ahead[c] + 1 for c in graph.successors(claim)), default=0)
    last = max(ahead.values(), default=0)
    return {claim: last - ahead[claim] for claim in graph}
