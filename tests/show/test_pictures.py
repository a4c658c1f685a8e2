"""Pictures of the engine: their words and their numbers say what is drawn."""

from collections import Counter

import numpy as np
import pandas as pd
from notebook_cells import run_cells

from claimbook.claims.cited_support import cited_support
from claimbook.show.evidence_plot import agreement_plot
from claimbook.show.maps import count_map, value_map, verdict_map
from claimbook.show.range_plots import effect_plot, tornado_plot
from claimbook.stats.inputs import fixed
from claimbook.stats.simulation import tornado


def ticks(picture, axis="y"):
    return [t.get_text() for t in getattr(picture.figure.axes[0], f"get_{axis}ticklabels")()]


# --- counts --------------------------------------------------------------------------------------


def test_the_cross_tabulations_equal_a_plain_recount_and_keep_empty_categories(book):
    findings = book.table("findings").dropna(subset=["claim"])
    findings = findings.merge(book.claims[["claim", "paragraph"]], on="claim")
    ran = run_cells("80-cross-tabulations", book)
    for name, frame, rows, columns in (
        ("by_role", book.claims, "domain", "role"),
        ("by_support", cited_support(book), "domain", "support"),
        ("by_paragraph", findings, "paragraph", "verification"),
    ):
        counts = ran.names[name]
        recount = Counter(zip(frame[rows].astype(str), frame[columns].astype(str), strict=True))
        cells = {(str(r), str(c)): n for c in counts for r, n in counts[c].items() if n}
        assert cells == recount, name
        assert list(counts.columns) == list(frame[columns].cat.categories)
    table = ran.names["table"]
    assert table.loc["total", "total"] == len(findings)
    assert (table.drop(columns="total").sum(axis=1) == table["total"]).all()


def test_a_count_map_shows_empty_categories_and_names_the_largest_cells():
    counts = pd.DataFrame({"holds": [0, 3], "never": [0, 0]}, index=["a_b", "c"])
    counts = counts.rename_axis(index="kind", columns="verdict")
    picture = count_map(counts, "claims", columns="outcome")
    assert ticks(picture) == ["a b", "c"] and ticks(picture, "x") == ["● holds", "never"]
    assert [t.get_text() for t in picture.figure.axes[0].texts] == ["", "", "3", ""]
    assert picture.alt == (
        "3 claims counted by kind and outcome; the largest cells are c and holds, 3."
    )
    assert picture.csv() == "kind,holds,never\na_b,0,0\nc,3,0\n"


# --- verdicts and answers by case ----------------------------------------------------------------


def test_a_map_of_verdicts_tells_what_differs_from_the_first_case():
    verdicts = pd.DataFrame({"x": ["holds", "holds"], "y": ["holds", "not supported"]}, ["p", "q"])
    picture = verdict_map(verdicts)
    assert [t.get_text() for t in picture.figure.axes[0].texts] == ["●", "●", "●", "○"]
    assert picture.alt.endswith("Otherwise in the others: q: y not supported.")
    assert picture.csv().startswith("case,x,y\np,holds,holds\n")


def test_the_share_that_agrees_is_told_with_its_verdict():
    picture = agreement_plot(
        pd.Series({"a": 100.0, "b": 0.0}), pd.Series({"a": "holds", "b": "not supported"}), 80
    )
    assert ticks(picture) == ["a", "b"]
    assert "a: 100 %, holds; b: 0 %, not supported" in picture.alt


def test_a_value_over_two_figures_is_told_in_its_corners():
    table = pd.DataFrame([(x, y, x * y) for x in (1, 2, 3) for y in (5, 6)], columns=list("xyz"))
    labels, shared = {"x": "across", "y": "up"}, {"levels": [7, 12], "unit": "percent"}
    picture = value_map(
        table, "z", what="Product", labels=labels, stated=(2, 5), boxes={"x": (1, 2)}, **shared
    )
    assert picture.alt.startswith("Product. Contours over across (across) and up (upwards).")
    assert "5\u00a0% at 1 and 5" in picture.alt and "18\u00a0% at 3 and 6" in picture.alt
    assert list(picture.data) == ["x", "y", "z"]


# --- ranges --------------------------------------------------------------------------------------


def test_words_for_ranges_name_what_moves_most_and_what_was_not_tested():
    inputs = [fixed("a", 1, "second")]
    table = tornado(lambda a: a, inputs)
    assert "moved most by :" not in tornado_plot({"t": table}).alt
    effects = pd.DataFrame(
        {"label": ["p", "q"], "group": "g", "value": [2.0, np.nan], "low": [1.0, np.nan],
         "high": [3.0, np.nan], "note": ["", "no trial known"]}
    )  # fmt: skip
    assert (
        "p: 2 (1 to 3); q: no trial known"
        in effect_plot({"odds ratio": effects}, {"odds ratio": 1}).alt
    )
