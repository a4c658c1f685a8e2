"""Rows that belong together: pools, strata, pairs, shares of cases, age bands."""

import pandas as pd
import pytest
from made_up_studies import orchard

from claimbook.errors import InputError
from claimbook.stats.selection import classified, paired_rows, poolable, strata, without


@pytest.fixture
def table():
    return orchard()


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
