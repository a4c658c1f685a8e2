"""Answers as records, numbers by the name of their row, and shares in words."""

import numpy as np
import pandas as pd
import pytest

from claimbook import load, show
from claimbook.book.units import registry
from claimbook.claims.answer import answer
from claimbook.errors import InputError
from claimbook.run.documents import answers_markdown
from claimbook.stats.inputs import RowReader, fixed
from rls_nitric_oxide.kinetics import share_left, share_words

FULL = {"claim": "no_half_life", "asks": "How long?", "reason": "Because."}


def test_an_answer_is_plain_and_rounded(book):
    found = answer(book, "q", **FULL, estimate=np.float64(1 / 3), unit="second", k=np.int64(2))
    record = found.as_record()
    assert record["estimate"] == 0.3333 and record["k"] == 2 and record["low"] is None
    assert record["figure"] == "up to 2\u00a0s"
    assert type(record["estimate"]) is float and type(record["k"]) is int


def test_a_small_number_keeps_its_digits_and_a_quantity_its_scale(book):
    given = registry().Quantity(0.1234, "us")
    found = answer(book, "q", **FULL, estimate=given, unit="second", value=3.2e-12)
    assert found.estimate == 1.234e-07 and found.as_record()["value"] == 3.2e-12
    assert "1.23e-07" in repr(found)
    with pytest.raises(InputError, match="percent"):
        answer(book, "q", **FULL, estimate=given, unit="percent")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"claim": "no_halflife"}, "did you mean"),
        ({"estimate": 1.0}, "needs a unit"),
        ({"low": 1.0, "high": 2.0, "unit": "second"}, "kind of interval"),
        ({"low": 2.0, "high": 1.0, "unit": "second", "interval": "range"}, "above high"),
        ({"estimate": float("inf"), "unit": "second"}, "finite"),
        ({"verdict": "hold"}, "did you mean 'holds'"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(book, wrong, why):
    with pytest.raises(InputError, match=why):
        answer(book, "q", **FULL | wrong)


def test_two_answers_of_one_name_are_refused(book):
    one = answer(book, "q", **FULL)
    with pytest.raises(InputError, match="two answers"):
        show.record(one, one)


@pytest.mark.parametrize("name", ["brewing_tim", "nothing_like_it"])
def test_a_question_that_nothing_asks_is_refused_with_the_nearest(book, name):
    with pytest.raises(InputError, match=f"nothing says what '{name}' asks"):
        answer(book, name, reason="Because.")


def test_what_is_asked_is_looked_up_and_its_words_are_filled_in(book):
    asked, more = "prevalence_{people}", {"estimate": 2.5, "unit": "percent"}
    found = answer(book, asked, more, people="All, of 9")
    assert (found.question, found.claim) == ("prevalence_all_of_9", "us_prevalence")
    assert found.asks == "What share has RLS: All, of 9?" and "people" not in found.as_record()
    with pytest.raises(InputError, match="needs the word 'people'"):
        answer(book, asked, more)
    given = answer(book, asked, people="x", asks="Other?", claim="humming")
    assert (given.asks, given.claim, given.figure) == ("Other?", "humming", None)


def test_an_answer_shows_itself_in_one_line_and_one_row(book):
    found = answer(book, "q", **FULL, estimate=2, unit="second", verdict="holds")
    assert repr(found) == "Answer q: ● holds 2\u00a0s"
    assert found.to_frame()["question"].tolist() == ["q"]


def test_answers_without_a_cited_source_stay_out_of_the_readme(book):
    record = answer(book, "q", **FULL).as_record()
    assert len(answers_markdown([record]).splitlines()) == 2  # the header alone


ROWS = pd.DataFrame(
    {
        "row_id": ["a", "b", "c", "d"],
        "value": [2.0, 4.0, np.nan, 9.0],
        "low": [np.nan, np.nan, 1.0, np.nan],
        "high": [np.nan, np.nan, 8.0, np.nan],
        "spread_type": [None, None, "range", None],
        "unit": ["minute", "minute", "minute", "minute"],
        "n": [np.nan] * 4,
        "verification": ["abstract_or_page"] * 3 + ["unverified"],
    }
)


def test_numbers_come_by_the_name_of_their_row_and_are_remembered():
    read = RowReader(ROWS)
    assert read.quantity("a", "second").magnitude == 120
    assert read.ends("c", "second") == (60.0, 480.0)
    assert read.ends("b") == (4.0, 4.0)
    assert read.used["row_id"].tolist() == ["a", "c", "b"]
    with pytest.raises(InputError, match="no row 'aa'"):
        read.row("aa")
    with pytest.raises(InputError, match="unverified"):
        read.quantity("d")


def test_a_span_over_rows_runs_from_the_least_to_the_greatest_end():
    one = RowReader(ROWS).input_over(["a", "b", "c"], "time", "minute")
    assert (one.quantile(0), one.quantile(1)) == pytest.approx((1.0, 8.0))
    assert one.row_id == "a, b, c" and one.unit == "minute"
    with pytest.raises(InputError, match="two rows"):
        RowReader(ROWS).input_over(["a"], "time", "minute")


def test_share_left_of_points_is_the_law_itself():
    exact = share_left(fixed("half_life", 2, "second"), fixed("time", 1, "second"), 10, 1)
    assert share_words(exact) == "70.7 %"
    gone = share_left(fixed("half_life", "2 ms", "second"), fixed("time", 1, "second"), 10, 1)
    assert share_words(gone) == "10^-150.5 (effectively nothing)"
    found = answer(load(), "q", exact, **FULL)
    assert found.interval == "central 95 percent of the draws"


def test_share_words_keep_a_range_whose_upper_end_is_something():
    result = pd.Series({"low": -40.0, "median": -11.1, "high": -2.4})
    assert share_words(result) == "10^-11.1 (10^-40.0 to 0.398 %)"
