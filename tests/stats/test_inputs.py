"""Distributions from rows, counts, intervals and pools: rules, flags, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_studies import evidence_row as row
from made_up_studies import synthetic_studies
from scipy.stats import beta

from claimbook.errors import InputError
from claimbook.stats.inputs import fixed, from_counts, from_interval, from_pooled, from_row
from claimbook.stats.pooling import pool
from claimbook.stats.simulation import product

DRAWS = 200_000


def test_sd_gives_a_lognormal_with_that_mean_and_sd():
    one = from_row(row(15.94, 13.37, 18.51, "sd", 20), "transit")
    assert one.distribution.mean() == pytest.approx(15.94)
    assert one.distribution.std() == pytest.approx(2.57)
    assert one.distribution.ppf(1e-12) > 0
    assert one.rule == "lognormal with the mean and SD"
    assert one.flags == ()


@pytest.mark.parametrize(
    ("kind", "about", "n", "spread", "flagged"),
    [
        ("sd", "person", 16, 1.0, False),
        ("sd", "mean", 16, 0.25, False),
        ("se", "mean", 16, 1.0, False),
        ("se", "person", 16, 4.0, False),
        ("sd", "mean", math.nan, 1.0, True),
        ("se", "person", math.nan, 1.0, True),
    ],
)
def test_people_and_their_mean_are_kept_apart(kind, about, n, spread, flagged):
    one = from_row(row(10, 9, 11, kind, n), "x", about=about)
    assert one.distribution.std() == pytest.approx(spread)
    assert bool(one.flags) == flagged


def test_negative_means_get_a_normal():
    one = from_row(row(-30.1, -33.9, -26.3, "se", unit="percent"), "x", about="mean")
    assert (one.distribution.mean(), one.distribution.std()) == pytest.approx((-30.1, 3.8))


@pytest.mark.parametrize(
    ("kind", "probabilities"), [("ci95", (0.025, 0.975)), ("iqr", (0.25, 0.75))]
)
@pytest.mark.parametrize(("low", "high"), [(2.0, 8.0), (-6.25, -1.31)])
def test_printed_intervals_are_reproduced(kind, probabilities, low, high):
    one = from_row(row((low + high) / 2, low, high, kind), "x", about="mean")
    assert [one.quantile(p) for p in probabilities] == pytest.approx([low, high])
    assert one.central == pytest.approx(4 if low > 0 else (low + high) / 2)


@pytest.mark.parametrize(
    ("arguments", "rule", "quartiles"),
    [
        ((math.nan, 2, 4, "range"), "uniform", (2.5, 3.5)),
        ((math.nan, 1, 16, "range"), "log-uniform", (2, 8)),
        ((math.nan, 0, 8, "bracket"), "uniform", (2, 6)),
        ((math.nan, 1, 16, "bound"), "log-uniform", (2, 8)),
        ((0, 0, 4, "range"), "triangular", (4 - math.sqrt(12), 2)),
        ((3, 1, 5, "bracket"), "triangular", (1 + math.sqrt(2), 5 - math.sqrt(2))),
    ],
)
def test_ranges_and_brackets(arguments, rule, quartiles):
    one = from_row(row(*arguments), "x")
    assert one.rule.startswith(rule)
    assert (one.quantile(0.25), one.quantile(0.75)) == pytest.approx(quartiles)
    assert any("open" in flag for flag in one.flags) == (arguments[-1] == "bound")


@pytest.mark.parametrize(
    ("arguments", "value", "words"),
    [
        ((5,), 5, "no spread given"),
        ((math.nan, 3, math.nan, "bound"), 3, "at least"),
        ((math.nan, math.nan, 3, "bound"), 3, "at most"),
        ((10, 8, 12, "plus_minus_unspecified", 16), 10, "not stated"),
        ((5, 5, 5, "range"), 5, "no spread given"),
    ],
)
def test_points_are_flagged(arguments, value, words):
    one = from_row(row(*arguments), "x")
    assert one.distribution is None
    assert {one.quantile(p) for p in (0.01, 0.5, 0.99)} == {value}
    assert words in " ".join(one.flags)
    assert np.all(one.draw(3, 0) == value)


def test_units_are_converted_and_must_fit():
    one = from_row(row(2, 1, 3, "sd", unit="ms"), "x", "second")
    assert one.distribution.mean() == pytest.approx(0.002)
    assert one.to_frame()["unit"].tolist() == ["second"]
    with pytest.raises(InputError, match="row 'r1', column value: .*does not fit"):
        from_row(row(2, unit="kg"), "x", "second")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row(2, verification="unverified"), "is unverified and cannot"),
        (row(2, verification="not_found"), "is not_found and cannot"),
        (row(), "no number"),
        (row(2, unit=None), "no unit"),
        (row(2, 3, 4, "range"), "out of order"),
        (row(2, 3, 1, "range"), "out of order"),
        (row(2, 1, 3, "mad"), "spread type 'mad'"),
        (row(2, kind="sd"), "needs low and high"),
        (row(kind="sd", low=1, high=2), "no value"),
        (row(math.inf), "finite"),
        (row("two"), "not a number"),
    ],
)
def test_rows_that_cannot_enter_an_estimate_are_refused(bad, words):
    with pytest.raises(InputError, match=words):
        from_row(bad, "x")


@settings(max_examples=40)
@given(st.floats(0.01, 100), st.floats(0.01, 2), st.integers(0, 2**32))
def test_draws_of_positive_quantities_stay_positive(mean, spread, seed):
    one = from_row(row(mean, mean * (1 - spread), mean * (1 + spread), "sd"), "x")
    assert np.all(one.draw(100, seed) > 0)
    assert one.distribution.mean() == pytest.approx(mean)


def test_unknown_options_are_refused():
    with pytest.raises(InputError, match="about"):
        from_row(row(2), "x", about="crowd")


def test_counts_are_jeffreys():
    one = from_counts("a", 36, 369)
    exact = 100 * beta.ppf([0.025, 0.5, 0.975], 36.5, 333.5)
    np.testing.assert_allclose([one.quantile(p) for p in (0.025, 0.5, 0.975)], exact)
    drawn = product([one], draws=DRAWS)
    np.testing.assert_allclose([drawn.low, drawn.median, drawn.high], exact, rtol=5e-3)
    none = from_counts("none", 0, 50)
    assert 0 <= none.quantile(0.025) < none.quantile(0.975) < 10


def test_an_interval_comes_back():
    one = from_interval("a", 10, 6, 16.4)
    assert one.quantile(0.5) == pytest.approx(10)
    # On the log odds 6 and 16.4 are not quite symmetric about 10, hence the tolerance.
    assert [one.quantile(p) for p in (0.025, 0.975)] == pytest.approx([6, 16.4], rel=0.02)
    drawn = product([one], draws=DRAWS)
    assert drawn.median == pytest.approx(10, rel=5e-3)
    assert [drawn.low, drawn.high] == pytest.approx([6, 16.4], rel=0.02)


def test_a_pool_as_a_factor():
    pooled = pool(synthetic_studies(30))
    mean = product([from_pooled("m", pooled)], draws=DRAWS)
    assert [mean.low, mean.high] == pytest.approx([pooled.ci_low, pooled.ci_high], rel=0.01)
    new = product([from_pooled("p", pooled, "prediction")], draws=DRAWS)
    assert [new.low, new.high] == pytest.approx([pooled.pi_low, pooled.pi_high], rel=0.03)
    single = pool(synthetic_studies(1))
    assert from_pooled("s", single).rule.startswith("Beta")
    for without in (single, pool(synthetic_studies(5), method="common")):
        with pytest.raises(InputError, match="no prediction interval"):
            from_pooled("s", without, "prediction")


@pytest.mark.parametrize(
    ("make", "numbers"),
    [(from_counts, pair) for pair in ((5, 0), (11, 10), (-1, 10), (np.nan, 10), ("5", 10))]
    + [(from_interval, (10, *ends)) for ends in ((0, 20), (11, 20), (5, 100), (5, np.inf))],
)
def test_impossible_percentages_are_refused(make, numbers):
    with pytest.raises(InputError, match="'x'"):
        make("x", *numbers)


@pytest.mark.parametrize(
    ("factors", "draws", "words"),
    [
        ([fixed("x", 101, "percent")], 1, "'x'"),
        ([fixed("x", 1, "second")], 1, "'x'"),
        ([fixed("x", 1, "percent")], 0, "draws"),
        ([fixed("x", 1, "percent")], 1.5, "draws"),
        ([], 1, "inputs"),
    ],
)
def test_bad_factors_are_refused(factors, draws, words):
    with pytest.raises(InputError, match=words):
        product(factors, draws=draws)
