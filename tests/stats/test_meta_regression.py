"""Moderators, subgroups and the small-study check: corner cases (values: the metafor tests)."""

import numpy as np
import pandas as pd
import pytest
from made_up_studies import synthetic_studies

from claimbook.errors import InputError
from claimbook.stats.meta_regression import meta_regression, small_study_check, subgroups
from claimbook.stats.pooling import pool


@pytest.fixture
def frame():
    base = synthetic_studies(24, seed=2)
    place = np.where(np.arange(24) % 2 == 0, "north", "south")
    year = 1990 + np.arange(24)
    cases = np.where(place == "south", np.minimum(base["cases"] * 4 + 1, base["n"]), base["cases"])
    return base.assign(place=place, year=year, cases=cases)


def test_the_intercept_is_not_doubled(frame):
    got = meta_regression(frame, "place")
    assert got.coefficients["term"].tolist() == ["intercept", "place: south"]
    assert got.coefficients["se"].max() < 5
    assert got.f_df1 == 1 and got.f_df2 == 22


def test_the_reference_turns_the_sign(frame):
    south = meta_regression(frame, "place").coefficients["estimate"].iloc[1]
    north = meta_regression(frame, "place", reference={"place": "south"}).coefficients
    assert south > 0 and north["estimate"].iloc[1] == pytest.approx(-south, rel=1e-6)


def test_centring_moves_the_intercept_only(frame):
    a = meta_regression(frame, "year")
    b = meta_regression(frame, "year", centre={"year": 2000})
    slope = a.coefficients["estimate"].iloc[1]
    assert b.coefficients["estimate"].iloc[1] == pytest.approx(slope, rel=1e-6)
    moved = a.coefficients["estimate"].iloc[0] + 2000 * slope
    assert b.coefficients["estimate"].iloc[0] == pytest.approx(moved, rel=1e-4)


def test_rows_without_the_moderator_are_listed(frame):
    frame.loc[3, "place"] = None
    got = meta_regression(frame, ["place", "year"])
    assert got.k == 23 and got.excluded["id"].tolist() == ["s3"]
    assert got.excluded["reason"].tolist() == ["no value for place"]


def test_regressions_that_cannot_be_are_refused(frame):
    for moderators, part, message in (
        ([], frame, "at least one moderator"),
        (["colour"], frame, "lacks the column"),
        (["place"], frame[frame["place"] == "north"], "does not vary"),
        (["year", "again"], frame.assign(again=frame["year"] * 2), "cannot be told apart"),
        (["place"], frame.assign(place=None), "no row has a value"),
    ):
        with pytest.raises(InputError, match=message):
            meta_regression(part, moderators)
    with pytest.raises(InputError, match="lacks the column 'row_id'.*say id='study'"):
        meta_regression(frame.rename(columns={"row_id": "study"}), "place")
    with pytest.raises(InputError, match="did you mean 'south'"):
        meta_regression(frame, "place", reference={"place": "suoth"})


def test_too_few_studies_give_an_empty_regression(frame):
    whole = meta_regression(frame, "place")
    for rows, moderators, words in (
        (2, ["place"], "2 rows cannot carry 2"),
        (3, ["place", "year"], "cannot carry 3"),
    ):
        got = meta_regression(frame.iloc[:rows], moderators)
        assert words in got.note and words in repr(got) and got.k == rows
        assert got.to_frame().empty and list(got.to_frame()) == list(whole.to_frame())
        assert got.r2 is None and got.tau2 is None
    assert repr(whole).startswith("place: R² ") and "24 studies" in repr(whole)


def test_an_exact_fit_has_no_test():
    rows = [("a", 10, 100, "x"), ("b", 20, 200, "x"), ("c", 20, 100, "y"), ("d", 40, 200, "y")]
    pairs = pd.DataFrame(rows, columns=["row_id", "cases", "n", "place"])
    got = meta_regression(pairs, "place")
    assert got.f is None and got.f_p is None and got.coefficients["p"].isna().all()
    assert got.coefficients["odds_ratio"].iloc[1] == pytest.approx(2.25)


def test_subgroups_keep_every_row(frame):
    frame.loc[[1, 5], "place"] = None
    got = subgroups(frame, "place", levels=["south", "west", "north"])
    table = got.table.set_index("level")
    assert table.index.tolist() == ["south", "west", "north", "not stated"]
    assert table["k"].sum() == 24 and table.loc["west", "k"] == 0
    assert np.isnan(table.loc["west", "estimate"]) and "west" in table.loc["west", "reason"]
    alone = pool(frame[frame["place"] == "north"])
    assert table.loc["north", "estimate"] == pytest.approx(alone.estimate)
    assert got.test.k == 22 and got.test.df1 == 1 and got.test.p < 0.05


def test_subgroups_with_one_study_or_one_level(frame):
    lone = frame.assign(place=["x"] + ["y"] * 23)
    table = subgroups(lone, "place").table.set_index("level")
    assert table.loc["x", "interval"] == "own" and np.isnan(table.loc["x", "tau2"])
    assert repr(subgroups(frame, "place")).startswith("north ")
    one = subgroups(frame.assign(place="x"), "place")
    assert repr(one).endswith("fewer than two levels have rows")
    assert one.test is None and "fewer than two levels" in one.test_reason
    with pytest.raises(InputError, match="listed twice"):
        subgroups(frame, "place", levels=["north", "north"])


def test_the_small_study_check_sees_a_planted_slope():
    n = np.array([50, 60, 80, 100, 200, 400, 800, 1000, 2000, 4000, 5000, 8000])
    planted = pd.DataFrame(
        {"row_id": [str(i) for i in n], "n": n, "cases": np.rint(n * (0.05 + 8 / n)).astype(int)}
    )
    level = planted.assign(cases=np.rint(n * 0.1).astype(int))
    assert small_study_check(planted).p < 0.001
    flat = small_study_check(level)
    assert flat.p is None or flat.p > 0.05
    assert small_study_check(planted).limit_percent == pytest.approx(5, abs=1.5)


def test_the_small_study_check_says_when_it_cannot_tell():
    two = small_study_check(synthetic_studies(2))
    assert two.p is None and "fewer than three" in two.notes[0]
    few = small_study_check(synthetic_studies(5))
    assert few.p is not None and "hardly any power" in few.notes[0]
    same = small_study_check(synthetic_studies(12).assign(n=5000))
    assert same.p is None and "one size" in same.notes[0]
    with pytest.raises(InputError, match="predictor"):
        small_study_check(synthetic_studies(5), predictor="n")
