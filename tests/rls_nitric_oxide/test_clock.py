"""Clock arithmetic across midnight, and peaks placed in the windows of a claim."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.errors import InputError
from rls_nitric_oxide.clock import (
    classify_timing,
    clock_distance,
    clock_hours,
    dial_angle,
    format_clock,
    in_window,
    parse_clock,
    window_length,
    windows_overlap,
)

clock = st.floats(0, 23.999)
minutes = st.integers(0, 24 * 60 - 1)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("08:00", 8), ("8:00", 8), (" 23:59 ", 23 + 59 / 60), ("00:00", 0), ("24:00", 0)],
)
def test_clock_times_are_read(text, hours):
    assert parse_clock(text) == pytest.approx(hours)


@pytest.mark.parametrize(
    "text", ["25:00", "24:01", "08:60", "8", "", "8 am", "08:00:00", "-1:00", None, 8.0, math.nan]
)
def test_what_is_no_clock_time_is_refused(text):
    with pytest.raises(InputError, match="not a clock time"):
        parse_clock(text)


def test_missing_times_stay_missing():
    hours = clock_hours(["08:30", None, math.nan, pd.NA, 25.0, "24:00"])
    np.testing.assert_allclose(hours, [8.5, math.nan, math.nan, math.nan, 1, 0])
    for wrong in (["noon"], [True], [math.inf], [object()]):
        with pytest.raises(InputError):
            clock_hours(wrong)


@given(minutes)
def test_printing_and_reading_go_there_and_back(minute):
    assert format_clock(parse_clock(format_clock(minute / 60))) == format_clock(minute / 60)
    assert parse_clock(format_clock(minute / 60)) * 60 == pytest.approx(minute)


def test_printing_rounds_over_midnight():
    assert format_clock(23.999) == "00:00"
    assert format_clock(-1) == "23:00"


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("23:00", "01:00", 2),
        ("01:00", "23:00", 2),
        ("06:00", "18:00", 12),
        ("18:00", "06:00", 12),
        ("08:00", "20:30", 11.5),
        ("24:00", "00:00", 0),
    ],
)
def test_distances_round_the_clock(one, other, apart):
    assert clock_distance(one, other) == pytest.approx(apart)


@given(clock, clock, clock)
def test_distance_is_a_metric_of_at_most_half_a_day(one, other, third):
    assert clock_distance(one, other) == clock_distance(other, one)
    assert 0 <= clock_distance(one, other) <= 12
    assert clock_distance(one, one) == 0
    detour = clock_distance(one, third) + clock_distance(third, other)
    assert clock_distance(one, other) <= detour + 1e-9


def test_distance_of_arrays_keeps_missing():
    got = clock_distance(["23:00", None], "01:00")
    np.testing.assert_allclose(got, [2, math.nan])


@pytest.mark.parametrize(
    ("time", "inside"),
    [("21:20", True), ("02:00", True), ("08:00", True), ("08:01", False), ("12:00", False)],
)
def test_a_window_may_pass_midnight(time, inside):
    assert in_window(time, "21:20", "08:00") is inside
    assert window_length("21:20", "08:00") == pytest.approx(10 + 40 / 60)


def test_a_window_that_ends_where_it_starts_is_a_moment():
    assert in_window("08:00", "08:00", "08:00")
    assert not in_window("08:01", "08:00", "08:00")
    assert in_window([None, "08:00"], "07:00", "09:00").tolist() == [False, True]
    with pytest.raises(InputError, match="missing"):
        in_window("08:00", None, "09:00")


@given(clock, clock, clock, clock)
def test_overlap_is_symmetric_and_shares_a_moment(a, b, c, d):
    assert windows_overlap((a, b), (c, d)) == windows_overlap((c, d), (a, b))
    assert windows_overlap((a, b), (b, c))


def test_dial_starts_at_midnight():
    np.testing.assert_allclose(dial_angle(["00:00", "06:00"]), [0, math.pi / 2])


TIMING = pd.DataFrame(
    [
        ("07:00", None, "19:00", None, "yes"),
        ("16:00", None, "08:00", None, "yes"),
        ("10:00", None, "03:00", None, "yes"),
        ("23:00", "07:00", None, None, "mixed"),
        (None, None, None, None, "yes"),
        (None, None, None, None, "no"),
        (None, None, "20:00", None, None),
    ],
    columns=["peak_time", "peak_time_end", "trough_time", "trough_time_end", "rhythm_found"],
    index=list("abcdefg"),
)


def test_timing_is_classified_by_the_windows_given():
    result = classify_timing(TIMING, ("06:00", "12:00"), ("17:00", "23:00"))
    assert result["agreement"].tolist() == [
        "yes", "no", "partly", "yes", "cannot_say", "no", "yes",
    ]  # fmt: skip
    assert result["hours_from_peak_window"].tolist()[:4] == [0, 4, 0, 0]
    assert result.index.tolist() == list("abcdefg")
    peak_only = classify_timing(TIMING, ("06:00", "12:00"))
    assert peak_only["agreement"].tolist()[2] == "yes"
    assert peak_only["trough_agrees"].isna().all()


def test_an_inverse_measure_swaps_peak_and_trough():
    plain = classify_timing(TIMING, ("06:00", "12:00"), ("17:00", "23:00"))
    turned = classify_timing(TIMING, ("17:00", "23:00"), ("06:00", "12:00"), [True] * 7)
    assert turned["agreement"].tolist() == plain["agreement"].tolist()
    with pytest.raises(InputError, match="one boolean for each"):
        classify_timing(TIMING, ("06:00", "12:00"), inverse=[True])


def test_a_bad_time_is_named_by_its_row():
    with pytest.raises(InputError, match="row b: 'noon'"):
        classify_timing(TIMING.replace("16:00", "noon"), ("06:00", "12:00"))
    with pytest.raises(InputError, match="column"):
        classify_timing(TIMING.drop(columns="peak_time"), ("06:00", "12:00"))
