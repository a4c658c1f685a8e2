"""Rows that belong together: pools, strata, pairs, shares of cases, age bands."""

import pandas as pd
import pytest

from claimbook.errors import InputError
from claimbook.stats.selection import (
    classified,
    paired_rows,
    poolable,
    strata,
    without,
)

COLUMNS = ["row_id", "sample_id", "stratum", "sex", "n", "cases", "prevalence_percent", "poolable"]
ROWS = [
    # an orchard's trees with mildew: one sample with counts, one with a percentage
    ("a1", "apple", "overall", "all", 200, 20, 10.0, True),
    ("a2", "apple", "severity", "all", 200, 5, 2.5, False),
    ("a3", "apple", "age", "all", None, None, 4.0, False),
    ("a4", "apple", "sex", "female", 100, 12, 12.0, False),
    ("a5", "apple", "sex", "male", 100, 8, 8.0, False),
    ("a6", "apple", "age_sex", "female", 50, 6, 12.0, False),
    ("b1", "berry", "overall", "all", 400, None, 5.0, True),
    ("b2", "berry", "severity", "all", 400, None, 2.0, False),
    ("b3", "berry", "age_sex", "female", 90, None, 6.0, False),
    ("c1", "cherry", "overall", "all", 50, 5, 10.0, True),
    ("c2", "cherry", "severity", "all", 50, 4, 8.0, False),
]


@pytest.fixture
def table():
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    frame["n"], frame["cases"] = frame["n"].astype("Int64"), frame["cases"].astype("Int64")
    frame["verification"] = "read"
    frame.loc[frame["sample_id"] == "cherry", "verification"] = "unverified"
    frame["study_type"], frame["study_key"] = "primary", frame["sample_id"]
    frame["exclusion_reason"] = "part_of_a_sample"
    frame["case_definition_class"] = "strict"
    frame["case_definition"] = "leaves lost"
    frame["country"] = ["here"] * 6 + ["there"] * 5
    frame["age_min"], frame["age_max"] = 0.0, 9.0
    frame.loc[frame["row_id"] == "a3", ["age_min", "age_max"]] = [5.0, 9.0]
    return frame


def test_a_row_marked_poolable_is_not_pooled_before_it_is_verified(table):
    assert poolable(table)["row_id"].tolist() == ["a1", "b1"]
    assert poolable(table, country="there")["row_id"].tolist() == ["b1"]
    assert len(poolable(table, country=["here", "there"])) == 2
    with pytest.raises(InputError, match="lacks the column"):
        poolable(table, colour="red")


def test_leaving_out_needs_a_name_that_is_there(table):
    assert "apple" not in set(without(table, "apple")["sample_id"])
    with pytest.raises(InputError, match="no row has sample_id aple"):
        without(table, "aple")


def test_strata_by_kind_and_reason(table):
    assert strata(table, ["age"])["row_id"].tolist() == ["a3"]
    assert strata(table, ["age", "sex"], ["another_reason"]).empty


def test_pairs_come_from_one_kind_of_stratum_per_sample(table):
    assert paired_rows(table)["row_id"].tolist() == ["a4", "a5", "b3"]


def test_classes_by_the_first_word_met():
    words = {"tree": ["apple", "pear"], "shrub": ["berry"]}
    texts = pd.Series(["A pear", "a berry and an apple", "moss", None])
    assert classified(texts, words, "other").tolist() == ["tree", "tree", "other", "not stated"]
