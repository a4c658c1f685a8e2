"""Two series over age bands: placed, summed, and their association with its uncertainty."""

import numpy as np
import pandas as pd
import pytest

from rls_nitric_oxide.association import (
    band_of,
    measures_by_band,
    rank_association,
    stated_fall,
    summary_by_band,
)
from rls_nitric_oxide.association_plot import association_plot
from rls_nitric_oxide.group_change import compare_groups

BANDS = pd.DataFrame(
    [("20 to 39", 20, 39), ("40 to 59", 40, 59), ("60 and over", 60, np.nan)],
    columns=["band", "age_min", "age_max"],
)


def placed(*pairs):
    table = pd.DataFrame(pairs, columns=["band", "percent"])
    table["band"] = pd.Categorical(table["band"], BANDS["band"], ordered=True)
    return table.assign(measure_class="x", low=np.nan, high=np.nan)


CURVE = BANDS.assign(prevalence=[2.0, 5.0, 10.0], low=[1.5, 4.0, 8.0], high=[2.6, 6.2, 12.5])


def test_an_age_falls_into_the_band_that_starts_at_or_below_it_if_any():
    bands = band_of(pd.Series([20, 39.9, 40, 99, 12]), BANDS)
    assert bands[:4].tolist() == ["20 to 39", "20 to 39", "40 to 59", "60 and over"]
    assert pd.isna(bands[4])


def test_every_comparison_is_placed_or_listed(book):
    rows = book.evidence("no_by_age")
    rows = rows[rows["evidence_kind"] == "measurement"]
    changes = compare_groups(rows)
    found, left = measures_by_band(changes, rows, BANDS)
    assert sorted([*found["row_id"], *left]) == sorted(changes["row_id"])
    animal = set(rows.loc[rows["age_unit"] == "month", "row_id"])
    assert not animal & set(found["row_id"])


def test_percent_of_young_is_a_hundred_and_the_change(book):
    rows = book.evidence("no_by_age")
    found, _ = measures_by_band(compare_groups(rows), rows, BANDS)
    # printed by the source as a fall of 52.5 percent
    value = found.set_index("row_id").loc["moreau2012_05", "percent"]
    assert value == pytest.approx(100 - 52.525, abs=0.01)


def test_summary_keeps_bands_without_a_measure():
    table = summary_by_band(placed(("40 to 59", 80.0), ("40 to 59", 60.0)), BANDS)
    assert table["band"].tolist() == BANDS["band"].tolist()
    assert table["comparisons"].tolist() == [0, 2, 0]
    assert table.loc[1, ["median", "low", "high"]].tolist() == [70.0, 60.0, 80.0]


def test_a_measure_that_falls_as_prevalence_rises_has_rank_minus_one():
    falling = placed(("20 to 39", 100.0), ("40 to 59", 80.0), ("60 and over", 60.0))
    result = rank_association(falling, CURVE, draws=200)
    assert result.rho == pytest.approx(-1)
    assert result.bands == 3
    assert -1 <= result.low <= result.high <= 1


def test_fewer_than_three_bands_say_nothing():
    result = rank_association(placed(("20 to 39", 100.0), ("40 to 59", 80.0)), CURVE)
    assert np.isnan(result.rho)


def test_the_same_seed_gives_the_same_interval():
    values = zip(BANDS["band"], (100.0, 80.0, 60.0), strict=True)
    many = placed(*[(band, mid + step) for band, mid in values for step in (-20, 0, 20)])
    assert rank_association(many, CURVE, 300, 4) == rank_association(many, CURVE, 300, 4)


def test_a_stated_fall_starts_at_the_young_and_ends_where_it_says():
    stated = stated_fall(BANDS, 75, 65)
    assert (stated.iloc[0], stated.iloc[-1]) == (100, 25)
    assert stated.is_monotonic_decreasing
    assert (stated_fall(BANDS, 90, 65) <= stated).all()


def test_the_picture_draws_each_band_and_each_comparison():
    points = placed(("20 to 39", 90.0), ("60 and over", 40.0))
    points["row_id"] = ["a", "b"]
    picture = association_plot(CURVE, points, stated_fall(BANDS, 75, 65), "it")
    top, bottom = picture.figure.axes
    assert top.lines[0].get_ydata().tolist() == CURVE["prevalence"].tolist()
    assert sorted(bottom.lines[0].get_ydata()) == [40.0, 90.0]
    assert "2 of 3 bands" in picture.alt
