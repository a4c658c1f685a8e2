"""The cosine fit: planted cosines come back, by-hand answers, and what cannot be fitted says so."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.errors import InputError
from claimbook.stats.cosinor import DAY, fit_cosinor

STUDENT_5 = 2.570582  # 97.5 % quantile of Student's t, 5 degrees of freedom
hour = st.floats(0, 23.999)


def wave(hours, mesor, amplitude, peak):
    return mesor + amplitude * np.cos((np.asarray(hours) - peak) / 24 * 2 * math.pi)


def apart(one, other):
    """Hours from one time to the other round the clock, the shorter way."""
    return abs((one - other + DAY / 2) % DAY - DAY / 2)


@given(st.floats(-100, 100), st.floats(0.1, 100), hour, hour)
def test_a_cosine_is_recovered(mesor, amplitude, peak, start):
    hours = (start + np.arange(0, 24, 4)) % 24
    fit = fit_cosinor(hours, wave(hours, mesor, amplitude, peak))
    assert fit.mesor == pytest.approx(mesor, abs=1e-6)
    assert fit.amplitude == pytest.approx(amplitude, rel=1e-6)
    assert apart(fit.peak_hour, peak) == pytest.approx(0, abs=1e-5)
    assert 0 <= fit.peak_hour < 24
    assert fit.r_squared == pytest.approx(1)
    assert fit.p_value < 1e-6
    np.testing.assert_allclose(fit.predict(hours), wave(hours, mesor, amplitude, peak), atol=1e-5)


def test_the_fit_and_its_intervals_follow_from_the_normal_equations():
    rng = np.random.default_rng(5)
    hours = np.array([0, 3, 5, 9, 14, 15, 20, 22.5])
    values = wave(hours, 10, 2, 15) + rng.normal(0, 1, hours.size)
    angle = hours / 24 * 2 * math.pi
    design = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
    beta = np.linalg.solve(design.T @ design, design.T @ values)
    residual, spread = values - design @ beta, values - values.mean()
    covariance = np.linalg.inv(design.T @ design) * (residual @ residual) / 5
    ours = fit_cosinor(hours, values)
    assert ours.mesor == pytest.approx(beta[0])
    assert ours.amplitude == pytest.approx(np.hypot(*beta[1:]))
    explained = spread @ spread - residual @ residual
    assert ours.r_squared == pytest.approx(explained / (spread @ spread))
    assert ours.f_value == pytest.approx(explained / 2 / (residual @ residual / 5))
    # with 2 and 5 degrees of freedom the tail of F has a closed form
    assert ours.p_value == pytest.approx((1 + 2 * ours.f_value / 5) ** -2.5)
    _, b, g = beta
    along = np.array([0, b, g]) / ours.amplitude
    half = STUDENT_5 * math.sqrt(along @ covariance @ along)
    assert ours.amplitude_high - ours.amplitude == pytest.approx(half, rel=1e-6)
    across = np.array([0, -g, b]) / ours.amplitude**2
    turn = STUDENT_5 * math.sqrt(across @ covariance @ across) * 24 / (2 * math.pi)
    assert (ours.peak_high - ours.peak_hour) % DAY == pytest.approx(turn, rel=1e-6)


def test_a_published_series_of_four_times():
    # 3.1, 4.4, 5.1, 3.9 at 14:00, 20:00, 02:00, 08:00; equally spaced, so by hand: mesor is the
    # mean, and the components are half the differences of opposite times.
    fit = fit_cosinor([14, 20, 2, 8], [3.1, 4.4, 5.1, 3.9])
    assert fit.mesor == pytest.approx(4.125)
    assert fit.amplitude == pytest.approx(math.hypot((5.1 - 3.1) / 2, (4.4 - 3.9) / 2))
    assert round(fit.peak_hour * 60) == 64  # 01:04
    assert fit.p_value == pytest.approx(0.0343, abs=1e-4)
    assert repr(fit).startswith("amplitude 1.03 (95 % CI 0.") and "4 times of day" in repr(fit)


@pytest.mark.parametrize(
    ("hours", "values", "words"),
    [
        ([16, 22, 4], [77.2, 68.4, 66.0], "3 different times"),
        ([10, 22], [11.1, 10.0], "2 different times"),
        ([], [], "0 different times"),
        ([8] * 6, [1, 2, 3, 4, 5, 6], "1 different times"),
        ([1, 2, 3, 25, 26, 27], [1, 2, 3, 1, 2, 3], "3 different times"),
        ([1, 7, 13, 19], [5, 5, 5, 5], "equal"),
    ],
)
def test_too_little_to_fit_is_said(hours, values, words):
    fit = fit_cosinor(hours, values)
    assert not fit.identifiable
    assert words in fit.reason and words in repr(fit)
    assert math.isnan(fit.amplitude)
    assert math.isnan(fit.p_value)


def test_missing_pairs_are_left_out_and_unsampled_peaks_are_flagged():
    fit = fit_cosinor([7, None, 11, 15, 19], [4, 9, 3, 2, 3])
    assert (fit.n, fit.times, fit.largest_gap) == (4, 4, 12)
    assert fit.peak_unsampled
    assert fit.to_frame()["n"].tolist() == [4]


@pytest.mark.parametrize(
    ("hours", "values"),
    [
        ([1, 2], [1]),
        ([1, 2, 3, 4], [1, 2, 3, "x"]),
        ([1, 2, 3, 4], [1, 2, 3, math.inf]),
        (["1", "2"], [1, 2]),
    ],
)
def test_bad_series_are_refused(hours, values):
    with pytest.raises(InputError):
        fit_cosinor(hours, values)
