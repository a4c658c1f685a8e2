"""Cross-tabulations: recounted by hand, with empty categories and sums."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.claims.cited_support import cited_support
from claimbook.show.crosstab import TOTAL, crosstab, row_percent


def tables_of(book):
    findings = book.table("findings").dropna(subset=["claim"])
    findings = findings.merge(book.claims[["claim", "paragraph"]], on="claim")
    pairs = cited_support(book)
    return [
        (book.claims, "domain", "role"),
        (book.claims, "hedge", "domain"),
        (book.claims, "paragraph", "domain"),
        (pairs, "domain", "support"),
        (pairs, "hedge", "support"),
        (findings, "paragraph", "verification"),
    ]


def test_counts_equal_a_plain_recount(book):
    for frame, rows, columns in tables_of(book):
        counted = Counter(
            (str(a), str(b)) for a, b in zip(frame[rows], frame[columns], strict=True)
        )
        counts = crosstab(frame, rows, columns)
        found = {
            (row, column): counts.loc[row, column] for row in counts.index for column in counts
        }
        assert {k: n for k, n in found.items() if n} == counted, (rows, columns)
        assert counts.to_numpy().sum() == len(frame)


def test_empty_categories_stay_in_their_order(book):
    counts = crosstab(book.claims, "domain", "hedge")
    assert list(counts.index) == list(book.claims["domain"].cat.categories)
    assert list(counts.columns) == list(book.claims["hedge"].cat.categories)
    few = book.claims[book.claims["domain"] == "genetics"]
    assert crosstab(few, "domain", "hedge").shape == counts.shape
    assert crosstab(few.iloc[:0], "domain", "hedge").to_numpy().sum() == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=30))
def test_sums_add_up(pairs):
    frame = pd.DataFrame(pairs, columns=["row", "column"])
    frame["row"] = pd.Categorical(frame["row"], list("abcd"))
    frame["column"] = pd.Categorical(frame["column"], list("wxyz"))
    counts = crosstab(frame, "row", "column", totals=True)
    assert counts.loc[TOTAL, TOTAL] == len(pairs)
    assert (counts.drop(columns=TOTAL).sum(axis=1) == counts[TOTAL]).all()
    assert (counts.drop(index=TOTAL).sum() == counts.loc[TOTAL]).all()
    assert counts.shape == (5, 5)
    assert all(kind.kind == "i" for kind in counts.dtypes)


def test_empty_cells_are_refused_not_dropped():
    frame = pd.DataFrame({"a": ["x", None], "b": ["y", "z"]})
    with pytest.raises(ValueError, match="column a has empty cells"):
        crosstab(frame, "a", "b")


def test_percent_of_a_row_add_up_and_a_row_without_counts_has_none():
    counts = pd.DataFrame({"x": [1, 0], "y": [3, 0]}, index=["a", "b"])
    percent = row_percent(counts)
    assert percent.loc["a"].tolist() == [25, 75]
    assert percent.loc["b"].isna().all()
