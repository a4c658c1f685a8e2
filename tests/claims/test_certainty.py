"""Certainty in GRADE's terms: every step has a number behind it."""

import pandas as pd
import pytest

from claimbook.claims.certainty import LEVELS, certainty, level
from claimbook.claims.comparison import compare

TERMS = ["risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias"]


def test_the_seven_figures_have_five_terms_and_a_reason_each(book):
    for name in book.questions:
        terms = certainty(book, compare(book, name))
        assert terms["term"].tolist() == TERMS
        assert terms["reason"].str.len().min() > 5
        assert level(terms) in LEVELS


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ostium_width", "low"), ("no_half_life", "very low"), ("us_prevalence", "low")],
)
def test_levels_pinned(book, name, expected):
    assert level(certainty(book, compare(book, name))) == expected


@pytest.mark.parametrize(("lowered", "word"), [(0, "high"), (1, "moderate"), (3, "very low")])
def test_each_step_lowers_by_one_and_never_below_very_low(lowered, word):
    assert level(pd.DataFrame({"lowered": [lowered]})) == word
    assert level(pd.DataFrame({"lowered": [9]})) == "very low"


def test_certainty_does_not_depend_on_what_the_text_says(book):
    before = certainty(book, compare(book, "us_prevalence"))
    after = certainty(book, compare(book.update(us_prevalence=55), "us_prevalence"))
    pd.testing.assert_frame_equal(before, after)
