"""Notebook 90: what must move with the figures and the evidence moves, and nothing else."""

import math

import pandas as pd
import pytest
from conftest import ROOT
from notebook_cells import code_cells, run_cells

from claimbook.book.book import Book
from claimbook.book.format import quantity_text, recorded
from claimbook.book.text import markdown_text
from claimbook.claims import recompute
from claimbook.claims.recompute import Recomputer
from claimbook.claims.sensitivity import takes_words, what_it_takes
from claimbook.show import sliders as live

STEM = "90-what-if"
SHIPPED = sorted(path.stem for path in (ROOT / "data" / "scenarios").glob("*.yaml"))
pytestmark = pytest.mark.filterwarnings("ignore:.*percent are percent")
FIGURES = [
    "us_prevalence", "over_60_prevalence", "no_decline_with_age", "no_half_life",
    "sinus_to_leg_transit", "brain_energy_share", "ostium_width_min", "ostium_width_max",
]  # fmt: skip
TIPS = {name: f"tips_{name}" for name in FIGURES}
IMPLIED = {"over_60_share_of_cases", "under_60_prevalence_left", "ostium_area_ratio"}


@pytest.fixture(scope="module", autouse=True)
def scenarios_read_once(book):
    """The scenarios hang on no figure that a test puts in: they are read and answered once."""
    books = {name: book.in_scenario(name) for name in book.scenario_names}
    found = recompute.answers_of(books)
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("JPY_SESSION_NAME", raising=False)
        patched.setattr(Book, "in_scenario", lambda self, name: books[name])
        patched.setattr(recompute, "answers_of", lambda asked: found.loc[list(asked)])
        yield books


@pytest.fixture(scope="module")
def printed(book):
    return run_cells(STEM, book)


def moved(before, after):
    """Names of the answers whose record differs, the figure as the text has it left aside."""
    assert before.answers.keys() == after.answers.keys()
    return {
        name
        for name, record in before.answers.items()
        if {**record, "figure": None} != {**after.answers[name], "figure": None}
    }


def assert_right(ran, book):
    """Every answer and every picture of a run, against what the package answers for the book."""
    assert ran.names["recomputer"].book.digest == book.digest
    found = ran.names["recomputer"].answers().iloc[0]
    takes = ran.names["takes"].set_index("parameter", drop=False)
    assert set(ran.answers) == IMPLIED | set(TIPS.values())
    for name in IMPLIED:
        assert ran.answers[name]["estimate"] == recorded(found[name])
    for parameter, name in TIPS.items():
        record, row = ran.answers[name], takes.loc[parameter]
        stays = recorded(row["stays_from"]), recorded(row["stays_to"])
        assert (record["low"], record["high"]) == stays
        assert record["reason"] == takes_words(row)
        assert record["further_to_hold"] == row["for_holds"]
    (told,) = [text for text in ran.said if text.startswith("- ")]
    labels = book.claims.set_index("claim")["label"]
    tips = []
    for parameter, row in takes.iterrows():
        claim = book.figures.loc[parameter, "claim"]
        linked = f"[{markdown_text(labels[claim])}](25-claim-cards.ipynb#claim-{claim})"
        tips.append(f"- {linked}, {markdown_text(takes_words(row))}")
    assert told.splitlines() == tips
    holding = sum(found[f"{q}.verdict"] in ("holds", "holds in part") for q in book.questions)
    first = next(text for text in ran.said if text.startswith("1. "))
    assert f"With the figures as read {holding} of {len(book.questions)} figures hold" in first
    (hang,) = [text for text in ran.said if text.startswith("The last table")]
    for name in ("over_60_share_of_cases", "under_60_prevalence_left"):
        assert quantity_text(found[name], "percent") in hang
    assert set(ran.figures) == {
        "verdicts-by-scenario", "one-at-a-time", "share-left-by-two-times",
        "share-of-cases-by-two-shares",
    }  # fmt: skip
    for question, asked in book.questions.items():
        label = labels[asked["claim"]]
        verdict = found[f"{question}.verdict"]
        assert f"{label} {verdict}" in ran.figures["verdicts-by-scenario"].split("Otherwise")[0]


def test_printed_figures_give_the_packages_answers(book, printed):
    assert_right(printed, book)
    expected = what_it_takes(Recomputer(book))
    pd.testing.assert_frame_equal(printed.names["takes"], expected)


def test_scenarios_are_told_by_the_packages_answers(book, printed, scenarios_read_once):
    verdicts, holding = printed.names["verdicts"], printed.names["holding"]
    assert list(verdicts.index) == ["as read", *book.scenario_names]
    labels = book.claims.set_index("claim")["label"]
    plain = printed.names["recomputer"]
    for name, one in scenarios_read_once.items():
        recomputer = Recomputer(one) if one.changed_files else plain
        found = recomputer.answers(pd.DataFrame([one.figures["value"].to_dict()])).iloc[0]
        for question, asked in book.questions.items():
            assert verdicts.loc[name, labels[asked["claim"]]] == found[f"{question}.verdict"]
        assert holding[name] == found["figures_holding"]


@pytest.mark.parametrize(
    "figures, implied, tips",
    [
        ({"us_prevalence": 12.5}, {"over_60_share_of_cases", "under_60_prevalence_left"},
         {"us_prevalence"}),
        ({"no_half_life": "2 ms", "ostium_width_max": 4}, {"ostium_area_ratio"},
         {"no_half_life", "ostium_width_min", "ostium_width_max"}),
    ],
    ids=["shares", "times-and-widths"],
)  # fmt: skip
def test_update_moves_what_hangs_on_it_and_nothing_else(book, printed, figures, implied, tips):
    ran = run_cells(STEM, book, **figures)
    assert_right(ran, book.update(**figures))
    allowed = implied | {TIPS[name] for name in tips}
    assert moved(printed, ran) <= allowed
    assert moved(printed, ran) >= implied
    assert {TIPS[name] for name in figures} <= moved(printed, ran)
    for name in ("verdicts", "holding"):  # the scenarios stay what they are
        one, other = (pd.DataFrame(r.names[name]).drop(index="as read") for r in (printed, ran))
        pd.testing.assert_frame_equal(one, other)


def test_evidence_of_a_scenario_moves_the_tips_and_not_what_follows_from_figures(book, printed):
    scenario = book.update_from({"scenario": "severe-only"})
    ran = run_cells(STEM, scenario)
    assert_right(ran, scenario)
    assert moved(printed, ran) == {TIPS["us_prevalence"]}


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "severe-only"])
def test_notebook_works_in_every_other_scenario(book, name):
    scenario = book.update_from({"scenario": name})
    ran = run_cells(STEM, scenario)
    assert_right(ran, scenario)
    verdicts = ran.names["verdicts"]
    assert verdicts.loc["as read"].tolist() == verdicts.loc[name].tolist()


@pytest.mark.parametrize(
    "figures",
    [
        {"us_prevalence": 0, "over_60_prevalence": 100, "no_decline_with_age": 0},
        {"us_prevalence": 100, "over_60_prevalence": 0, "brain_energy_share": 100,
         "no_half_life": 1e-9, "sinus_to_leg_transit": 1e6, "ostium_width_min": 3},
    ],
    ids=["nothing", "all"],
)  # fmt: skip
def test_notebook_works_with_the_most_extreme_figures(book, figures):
    ran = run_cells(STEM, book, **figures)
    assert_right(ran, book.update(**figures))
    if figures["us_prevalence"] == 0:
        assert ran.answers["over_60_share_of_cases"]["estimate"] is None
        assert math.isnan(ran.names["now"]["over_60_share_of_cases"])


def test_sliders_are_in_the_place_of_words_where_somebody_sits(printed, monkeypatch):
    (words,) = [text for text in printed.said if "made without a front end" in text]
    assert "--scenario NAME" in words and "compare record NAME" in words
    shown, said = [], []
    monkeypatch.setenv("JPY_SESSION_NAME", "90-what-if.ipynb")
    monkeypatch.setattr(live, "show", shown.append)
    monkeypatch.setattr(printed.names["show"], "say", said.append)
    exec(dict(code_cells(STEM))["live"], printed.names)
    assert len(shown) == 1 and said == []
    sliders = shown[0].children[0].children
    assert len(sliders) == len(printed.names["recomputer"].figures) + 1, "and a button"
