"""Clock arithmetic across midnight and the cosine fit, against known and independent answers."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from claimbook.errors import InputError
from rls_nitric_oxide.clock import (
    circular_mean,
    classify_timing,
    clock_difference,
    clock_distance,
    clock_hours,
    dial_angle,
    fit_cosinor,
    format_clock,
    in_window,
    parse_clock,
    window_length,
    window_middle,
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
    ("one", "other", "apart", "signed"),
    [
        ("23:00", "01:00", 2, 2),
        ("01:00", "23:00", 2, -2),
        ("06:00", "18:00", 12, 12),
        ("18:00", "06:00", 12, 12),
        ("08:00", "20:30", 11.5, -11.5),
        ("24:00", "00:00", 0, 0),
    ],
)
def test_distances_round_the_clock(one, other, apart, signed):
    assert clock_distance(one, other) == pytest.approx(apart)
    assert clock_difference(one, other) == pytest.approx(signed)


@given(clock, clock, clock)
def test_distance_is_a_metric_of_at_most_half_a_day(one, other, third):
    assert clock_distance(one, other) == clock_distance(other, one)
    assert 0 <= clock_distance(one, other) <= 12
    assert clock_distance(one, one) == 0
    detour = clock_distance(one, third) + clock_distance(third, other)
    assert clock_distance(one, other) <= detour + 1e-9


@given(clock, clock)
def test_the_signed_difference_leads_there(start, end):
    step = clock_difference(start, end)
    assert -12 < step <= 12
    assert clock_distance(start + step, end) == pytest.approx(0, abs=1e-9)


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
    assert format_clock(window_middle("21:20", "08:00")) == "02:40"


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


def test_circular_mean_passes_midnight_and_admits_to_having_none():
    mean, length = circular_mean(["23:00", "01:00", None])
    assert clock_distance(mean, "00:00") == pytest.approx(0, abs=1e-9)
    assert length == pytest.approx(math.cos(math.pi / 12))
    assert math.isnan(circular_mean(["06:00", "18:00"])[0])
    assert circular_mean(["06:00", "18:00"])[1] == 0
    assert math.isnan(circular_mean([])[0])


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


def wave(hours, mesor, amplitude, peak):
    return mesor + amplitude * np.cos((np.asarray(hours) - peak) / 24 * 2 * math.pi)


@given(st.floats(-100, 100), st.floats(0.1, 100), clock, clock)
def test_a_cosine_is_recovered(mesor, amplitude, peak, start):
    hours = (start + np.arange(0, 24, 4)) % 24
    fit = fit_cosinor(hours, wave(hours, mesor, amplitude, peak))
    assert fit.mesor == pytest.approx(mesor, abs=1e-6)
    assert fit.amplitude == pytest.approx(amplitude, rel=1e-6)
    assert clock_distance(fit.peak_hour, peak) == pytest.approx(0, abs=1e-5)
    assert fit.r_squared == pytest.approx(1)
    assert fit.p_value < 1e-6
    np.testing.assert_allclose(fit.predict(hours), wave(hours, mesor, amplitude, peak), atol=1e-5)


def test_the_fit_equals_the_regression_of_statsmodels():
    rng = np.random.default_rng(5)
    hours = np.array([0, 3, 5, 9, 14, 15, 20, 22.5])
    values = wave(hours, 10, 2, 15) + rng.normal(0, 1, hours.size)
    weights = rng.uniform(0.5, 2, hours.size)
    angle = hours / 24 * 2 * math.pi
    design = sm.add_constant(np.column_stack([np.cos(angle), np.sin(angle)]))
    theirs = sm.WLS(values, design, weights=weights).fit()
    ours = fit_cosinor(hours, values, weights=weights)
    assert ours.mesor == pytest.approx(theirs.params[0])
    assert ours.amplitude == pytest.approx(np.hypot(*theirs.params[1:]))
    assert ours.r_squared == pytest.approx(theirs.rsquared)
    assert ours.f_value == pytest.approx(theirs.fvalue)
    assert ours.p_value == pytest.approx(theirs.f_pvalue)
    b, g = theirs.params[1:]
    along = np.array([0, b, g]) / ours.amplitude
    half = 2.570582 * math.sqrt(along @ theirs.cov_params() @ along)  # Student, 5 freedoms
    assert ours.amplitude_high - ours.amplitude == pytest.approx(half, rel=1e-6)
    across = np.array([0, -g, b]) / ours.amplitude**2
    turn = 2.570582 * math.sqrt(across @ theirs.cov_params() @ across) * 24 / (2 * math.pi)
    assert clock_difference(ours.peak_hour, ours.peak_high) == pytest.approx(turn, rel=1e-6)


def test_a_published_series_of_four_times():
    # 3.1, 4.4, 5.1, 3.9 at 14:00, 20:00, 02:00, 08:00; equally spaced, so by hand: mesor is the
    # mean, and the components are half the differences of opposite times.
    fit = fit_cosinor(["14:00", "20:00", "02:00", "08:00"], [3.1, 4.4, 5.1, 3.9])
    assert fit.mesor == pytest.approx(4.125)
    assert fit.amplitude == pytest.approx(math.hypot((5.1 - 3.1) / 2, (4.4 - 3.9) / 2))
    assert format_clock(fit.peak_hour) == "01:04"
    assert fit.p_value == pytest.approx(0.0343, abs=1e-4)


@pytest.mark.parametrize(
    ("times", "values", "words"),
    [
        (["16:00", "22:00", "04:00"], [77.2, 68.4, 66.0], "3 different times"),
        (["10:00", "22:00"], [11.1, 10.0], "2 different times"),
        ([], [], "0 different times"),
        (["08:00"] * 6, [1, 2, 3, 4, 5, 6], "1 different times"),
        ([1, 2, 3, 25, 26, 27], [1, 2, 3, 1, 2, 3], "3 different times"),
        (["01:00", "07:00", "13:00", "19:00"], [5, 5, 5, 5], "equal"),
    ],
)
def test_too_little_to_fit_is_said(times, values, words):
    fit = fit_cosinor(times, values)
    assert not fit.identifiable
    assert words in fit.reason
    assert math.isnan(fit.amplitude)
    assert math.isnan(fit.p_value)


def test_missing_pairs_are_left_out_and_unsampled_peaks_are_flagged():
    fit = fit_cosinor(["07:00", None, "11:00", "15:00", "19:00"], [4, 9, 3, 2, 3])
    assert (fit.n, fit.times, fit.largest_gap) == (4, 4, 12)
    assert fit.peak_unsampled
    assert fit.as_row()["n"] == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit_cosinor([1, 2], [1]),
        lambda: fit_cosinor([1, 2, 3, 4], [1, 2, 3, "x"]),
        lambda: fit_cosinor([1, 2, 3, 4], [1, 2, 3, math.inf]),
        lambda: fit_cosinor([1, 2, 3, 4], [1, 2, 3, 4], period=0),
        lambda: fit_cosinor([1, 2, 3, 4], [1, 2, 3, 4], weights=[1, 1, 1, 0]),
        lambda: fit_cosinor(["1", "2"], [1, 2]),
    ],
)
def test_bad_series_are_refused(call):
    with pytest.raises(InputError):
        call()
