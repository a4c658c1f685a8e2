"""Strata without a size, shares of cases, bands of population, and persons along the curve."""

import numpy as np
import pandas as pd
import pytest
from made_up_studies import orchard

from claimbook.errors import InputError
from claimbook.stats.selection import overall_rows, strata
from rls_nitric_oxide.age_curve import fit_age_curve, predict_curve
from rls_nitric_oxide.persons import age_bands, persons, persons_along_curve
from rls_nitric_oxide.prevalence_rows import assumed_stratum_n, shares_of_cases, with_assumed_n

DRAWS = 200_000


@pytest.fixture
def table():
    return orchard()


def test_a_size_that_is_not_printed_is_the_sample_spread_over_its_ages(table):
    rows = with_assumed_n(strata(table, ["age"]), table)
    assert rows["assumed_n"].tolist() == [100.0]  # half of the ten years, so half of 200
    assert overall_rows(table)["sample_id"].tolist() == ["apple", "berry"]


def test_shares_of_cases_from_counts_or_percentages(table):
    shares = shares_of_cases(table, "strict").set_index("row_id")
    assert shares["share"].to_dict() == {"a2": 25.0, "b2": 40.0}
    assert shares.loc["b2", ["cases", "strict"]].tolist() == [20.0, 8.0]
    assert shares_of_cases(table, "other").empty


def test_assumed_sizes_are_spread_over_years_and_halves():
    overall = pd.DataFrame({"sample_id": ["a"], "n": [600], "age_min": [20], "age_max": [79]})
    rows = [("x", "a", 20, 29, "all"), ("y", "a", 60, np.nan, "female"), ("z", "b", 20, 29, "all")]
    frame = pd.DataFrame(rows, columns=["row_id", "sample_id", "age_min", "age_max", "sex"])
    got = assumed_stratum_n(frame, overall)
    assert got.iloc[:2].tolist() == [100.0, 100.0] and np.isnan(got.iloc[2])
    with pytest.raises(InputError, match="two overall rows"):
        assumed_stratum_n(frame, pd.concat([overall, overall]))


def population(*rows):
    frame = pd.DataFrame(rows, columns=["age_min", "age_max", "count", "source_id"])
    frame["row_id"] = [f"p{i}" for i in range(len(frame))]
    return frame.assign(geography="here", year=2000, measure="population", verification="derived")


BANDS = [(18, 39, 60, "s"), (40, None, 40, "s"), (18, None, 100, "s"), (18, 39, 61, "other")]


def test_bands_of_one_series_add_up():
    bands = age_bands(population(*BANDS), "here", 2000, "s", [40, 18])
    assert bands["band"].tolist() == ["18 to 39", "40 and over"]
    assert bands["population"].sum() == 100


@pytest.mark.parametrize(
    ("rows", "edges", "message"),
    [
        (BANDS, [18, 50], "0 rows for ages 18 to 49"),
        ([*BANDS, (18, 39, 60, "s")], [18, 40], "2 rows for ages 18 to 39"),
        ([*BANDS[1:], (18, 39, 59, "s")], [18, 40], "the bands hold 99, all from 18 on 100"),
    ],
)
def test_bands_that_do_not_fit_are_refused(rows, edges, message):
    with pytest.raises(InputError, match=message):
        age_bands(population(*rows), "here", 2000, "s", edges)


def test_persons():
    percents = pd.DataFrame({"estimate": [10.0], "ci_low": [8.0], "ci_high": [np.nan]})
    got = persons(percents, 2_000_000).iloc[0]
    assert (got["persons"], got["persons_low"]) == (200_000, 160_000)
    assert np.isnan(got["persons_high"])
    for bad, people, message in (
        (percents, 0, "population"),
        (percents.assign(ci_low=-1), 10, "percentage from 0 to 100"),
        (percents[["estimate"]], 10, "lacks the column"),
    ):
        with pytest.raises(InputError, match=message):
            persons(bad, people)


def _curve():
    rows = [
        (f"{s}{age}", s, s, float(age), -4 + 0.03 * age + 0.05 * i, 0.02)
        for i, s in enumerate("abcde")
        for age in (25, 45, 65, 85)
    ]
    strata = pd.DataFrame(rows, columns=["id", "study", "series", "age", "yi", "vi"])
    return fit_age_curve(strata.assign(n=np.nan, prevalence=np.nan, variance_from="counts"))


def test_no_band_is_refused():
    with pytest.raises(InputError, match="no age band"):
        persons_along_curve(_curve(), pd.DataFrame(columns=["age_min", "age_max", "population"]))


def test_persons_along_a_curve_follow_its_band():
    curve = _curve()
    rows = [(20.0, 30.0, 100), (40.0, 50.0, 200), (80.0, np.nan, 50)]
    bands = pd.DataFrame(rows, columns=["age_min", "age_max", "population"])
    table, total = persons_along_curve(curve, bands, draws=DRAWS)
    expected = predict_curve(curve, [25, 45, 85])
    np.testing.assert_allclose(table["prevalence"], expected["prevalence"])
    np.testing.assert_allclose(table["low"], expected["low"], rtol=0.02)
    np.testing.assert_allclose(table["high"], expected["high"], rtol=0.02)
    np.testing.assert_allclose(table["persons"], table["prevalence"] / 100 * bands["population"])
    assert table["population"].sum() == 350
    # one band alone: the sum is that band
    one, alone = persons_along_curve(curve, bands.iloc[[1]], draws=DRAWS)
    assert alone.low == pytest.approx(one["persons_low"].iloc[0])
    # the bands move as one, so the interval of the sum is nearly the sum of the intervals
    assert total.high == pytest.approx(table["persons_high"].sum(), rel=0.05)
    again = [persons_along_curve(curve, bands, seed=4)[1].to_frame() for _ in range(2)]
    pd.testing.assert_frame_equal(*again)
