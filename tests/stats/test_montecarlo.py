"""Chains of proportions: against closed forms, reproducible, fast, and strict about input."""

import time

import numpy as np
import pytest
from scipy.stats import beta

from claimbook.errors import InputError
from claimbook.stats.montecarlo import (
    draw_product,
    fixed,
    from_counts,
    from_interval,
    from_pooled,
    product,
    summarise,
)
from claimbook.stats.pooling import pool, synthetic_studies

DRAWS = 200_000


def test_counts_are_jeffreys():
    got = product([from_counts("a", 36, 369)], draws=DRAWS)
    exact = 100 * beta.ppf([0.025, 0.5, 0.975], 36.5, 333.5)
    np.testing.assert_allclose([got["low"], got["median"], got["high"]], exact, rtol=5e-3)


def test_an_interval_comes_back():
    got = product([from_interval("a", 10, 6, 16.4)], draws=DRAWS)
    assert got["median"] == pytest.approx(10, rel=5e-3)
    # On the log odds 6 and 16.4 are not quite symmetric about 10, hence the tolerance.
    assert got["low"] == pytest.approx(6, rel=0.02) and got["high"] == pytest.approx(16.4, rel=0.02)


def test_a_product_of_independent_shares_has_the_product_of_the_means():
    a, b = from_counts("a", 100, 1000), from_counts("b", 60, 90)
    got = product([a, b], draws=DRAWS)
    assert got["mean"] == pytest.approx(100 * (100.5 / 1001) * (60.5 / 91), rel=5e-3)
    assert got["factors"] == ["a", "b"] and got["unit"] == "percent"


def test_two_runs_are_the_same_and_another_seed_is_not():
    factors = [from_counts("a", 36, 369), from_interval("b", 66, 50, 80)]
    assert product(factors, draws=1000, seed=5) == product(factors, draws=1000, seed=5)
    assert product(factors, draws=1000, seed=5) != product(factors, draws=1000, seed=6)


def test_a_further_factor_leaves_the_others_alone():
    a = from_counts("a", 36, 369)
    alone = draw_product([a], draws=1000)
    np.testing.assert_allclose(draw_product([a, fixed("half", 50)], draws=1000), alone / 2)


def test_more_cases_mean_more():
    low, high = (product([from_counts("a", c, 400)], draws=2000) for c in (20, 40))
    assert high["median"] > low["median"]


def test_the_share_at_or_above_a_value():
    got = summarise(np.arange(1.0, 101.0), against=91.0)
    assert got["share_at_least"] == pytest.approx(10.0)
    assert got["percentiles"]["50"] == pytest.approx(50.5)


def test_a_pool_as_a_factor():
    pooled = pool(synthetic_studies(30))
    mean = product([from_pooled("m", pooled)], draws=DRAWS)
    assert mean["low"] == pytest.approx(pooled.ci_low, rel=0.01)
    assert mean["high"] == pytest.approx(pooled.ci_high, rel=0.01)
    new = product([from_pooled("p", pooled, "prediction")], draws=DRAWS)
    assert new["low"] == pytest.approx(pooled.pi_low, rel=0.03)
    assert new["high"] == pytest.approx(pooled.pi_high, rel=0.03)
    single = pool(synthetic_studies(1))
    assert from_pooled("s", single).kind == "beta"
    with pytest.raises(InputError, match="no prediction interval"):
        from_pooled("s", single, "prediction")
    with pytest.raises(InputError, match="no prediction interval"):
        from_pooled("c", pool(synthetic_studies(5), method="common"), "prediction")


# The floor is two seconds on an idle core; twice that leaves room for a loaded machine.
LIMIT_SECONDS = 4.0


def test_a_million_draws_are_fast():
    factors = [from_counts("a", 36, 369), from_interval("b", 66, 50, 80)]
    start = time.process_time()
    assert product(factors)["draws"] == 1_000_000
    assert time.process_time() - start < LIMIT_SECONDS


@pytest.mark.parametrize(
    "make",
    [
        lambda: from_counts("x", 5, 0),
        lambda: from_counts("x", 11, 10),
        lambda: from_counts("x", -1, 10),
        lambda: from_counts("x", np.nan, 10),
        lambda: from_counts("x", "5", 10),
        lambda: from_interval("x", 10, 0, 20),
        lambda: from_interval("x", 10, 11, 20),
        lambda: from_interval("x", 10, 5, 100),
        lambda: from_interval("x", 10, 5, np.inf),
        lambda: fixed("x", 101),
        lambda: product([]),
        lambda: product([fixed("x", 1)], draws=0),
        lambda: product([fixed("x", 1)], draws=1.5),
    ],
)
def test_bad_input_is_refused(make):
    with pytest.raises(InputError, match=r"'x'|factor|draws"):
        make()


def test_zero_cases_have_a_distribution():
    got = product([from_counts("none", 0, 50)], draws=2000)
    assert 0 <= got["low"] < got["high"] < 10
