"""Numbers and texts in words: three digits, one line, and never markup."""

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.book.format import (
    ends_text,
    figure_text,
    interval_text,
    number_text,
    plain_words,
    quantity_text,
    recorded,
)
from claimbook.book.text import markdown_text

SPACE = "\u00a0"


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (10, "10"), (9.7, "9.7"), (47.25, "47.3"), (0.00176, "0.00176"), (1234.5, "1,234"),
     (1e6, "1,000,000"), (0.00005, "5.00e-05"), (-3.14159, "-3.14"), (100, "100"), (99.96, "100"),
     (None, "–"), (math.nan, "–")],
)  # fmt: skip
def test_numbers_have_three_digits_and_no_exponent_in_everyday_sizes(value, text):
    assert number_text(value) == text


@given(st.floats(1e-12, 1e12))
def test_a_number_reads_alike_from_its_computation_and_from_the_record(value):
    assert number_text(value) == number_text(recorded(value)) or value >= 1000


@given(st.floats(1e-12, 1e12))
def test_number_read_back_is_within_its_last_digit(value):
    assert float(number_text(value).replace(",", "")) == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize("before, after, told", [
    (10, 12.5, ("10", "12.5")), (161.04, 161.01, ("161.04", "161.01")),
    (26353782.1, 26353782.4, ("26,353,782.1", "26,353,782.4")),
    (4e-6, 4.001e-6, ("4.000e-06", "4.001e-06")),
    (None, 9.7, ("–", "9.7")), (9.7, 9.7, ("9.7", "9.7")),
])  # fmt: skip
def test_two_numbers_are_told_apart(before, after, told):
    assert ends_text(before, after, "count") == told


@given(st.floats(1e-12, 1e12), st.floats(1e-13, 1))
def test_two_numbers_that_differ_never_read_the_same(value, part):
    before, after = ends_text(value, value * (1 + part), "percent")
    assert before != after


def test_quantities_and_intervals_stay_on_one_line():
    assert quantity_text(16.3, "percent") == f"16.3{SPACE}%"
    assert quantity_text(3, "dimensionless").rstrip() == "3"
    assert interval_text(1.6, 10.6, "percent") == f"1.6 to 10.6{SPACE}%"
    assert interval_text(2, 2, "second") == f"2{SPACE}s"
    for nothing in (None, math.nan):
        assert interval_text(nothing, 5, "second") == f"5{SPACE}s"
        assert interval_text(5, nothing, "second") == f"5{SPACE}s"
        assert interval_text(nothing, nothing, "second") == "–"


def test_figures_read_as_the_text_means_them(book):
    texts = {
        row["claim"]: figure_text(row).replace(SPACE, " ")
        for _, row in book.claims[book.claims["role"] == "figure"].iterrows()
    }
    assert texts == {
        "us_prevalence": "about 10 %",
        "over_60_prevalence": "up to 20 %",
        "no_decline_with_age": "up to 75 %",
        "no_half_life": "up to 2 s",
        "sinus_to_leg_transit": "about 1 s",
        "brain_energy_share": "about 20 %",
        "ostium_width": "1 to 3 mm",
    }


def test_levels_become_words():
    assert plain_words("does_not_support") == "does not support"
    assert plain_words(pd.NA) == "–"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "$x$",
    "a|b",
    "`code`",
    "**bold** _it_ [a](javascript:alert(1)) ![b](c)",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "2) item",
    "> quote",
    "---",
    "===",
    "a\n# b\n- c",
    "&lt;b&gt;",
    "back\\slash\\`",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_hostile_text_and_never_obeys_it(text):
    shown = markdown_text(text)
    assert "\n" not in shown
    assert "<" not in shown and ">" not in shown.replace("&gt;", "")
    unescaped = re.sub(r"\\.", "", shown)
    assert not set("`*_[]|$~") & set(unescaped)
    assert not re.match(r"\s*(#|[-+]\s|---|===|\d+[.)]\s)", shown)


@pytest.mark.parametrize("text", ["3 of 5 studies", "1.5 mg a day", "-5 percent", "plain text"])
def test_markdown_leaves_plain_text(text):
    assert markdown_text(text) == text


@given(st.text())
def test_markdown_of_any_text_is_one_line_without_markup(text):
    shown = markdown_text(text)
    assert len(shown.splitlines()) <= 1
    assert "<" not in shown
    assert not set("`*_[]|$~") & set(re.sub(r"\\.", "", shown))
