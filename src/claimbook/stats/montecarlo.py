"""Chains of uncertain proportions by simulation.

A prevalence times a share (of the cases, say, who are severe) is a product of two uncertain
proportions. Each is drawn from a distribution, the draws are multiplied, and the product is
summarised by its quantiles. Independence of the factors is an assumption of every product here.
Percent in, percent out; the seed is a parameter, so two runs give the same numbers.

Distributions
    from counts    Beta(cases + 1/2, n - cases + 1/2): the posterior under Jeffreys' prior (Brown,
                   Cai & DasGupta 2001)
    from interval  normal on the log odds around `value`, its standard deviation the width of the
                   interval there over 2 * 1.96; the interval may be lopsided in percent
    from pooled    t on k - 1 df on the log odds: around the pooled mean with its standard error
                   ("mean"), or for the next population, with tau² added ("prediction")
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from claimbook.errors import InputError
from claimbook.stats.pooling import PooledEstimate, check_choice, check_level
from claimbook.stats.proportions import from_percent

DRAWS = 1_000_000
PERCENTILES = (2.5, 5.0, 25.0, 50.0, 75.0, 95.0, 97.5)


@dataclass(frozen=True)
class Uncertain:
    """A proportion with a distribution; made by `from_counts`, `from_interval`, `from_pooled`.

    `kind` is "beta" (a, b), "logit_normal" (a = mean, b = standard deviation, on the log odds),
    "logit_t" (the same with `df`) or "fixed" (a = percent).
    """

    name: str
    kind: str
    a: float
    b: float = 0.0
    df: float = 0.0

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """`size` draws as shares between 0 and 1."""
        if self.kind == "beta":
            return rng.beta(self.a, self.b, size)
        if self.kind == "logit_normal":
            return expit(self.a + self.b * rng.standard_normal(size))
        if self.kind == "logit_t":
            return expit(self.a + self.b * rng.standard_t(self.df, size))
        return np.full(size, self.a / 100.0)


def from_counts(name: str, cases: float, n: float) -> Uncertain:
    """Beta (Jeffreys) from `cases` of `n`; fractional cases allowed, impossible ones refused."""
    _finite(name, cases=cases, n=n)
    if n < 1 or not 0 <= cases <= n:
        raise InputError(f"'{name}': found {cases!r} of {n!r}, expected 0 <= cases <= n, n >= 1")
    return Uncertain(name, "beta", cases + 0.5, n - cases + 0.5)


def from_interval(
    name: str, percent: float, low: float, high: float, level: float = 0.95
) -> Uncertain:
    """Normal on the log odds from a percentage and its interval, all in percent.

    Raises `InputError` unless 0 < low < percent < high < 100: an interval that touches 0 or 100
    has no log odds; use the counts instead.
    """
    _finite(name, percent=percent, low=low, high=high)
    check_level(level)
    if not 0 < low < percent < high < 100:
        raise InputError(
            f"'{name}': found {percent!r} ({low!r} to {high!r}), "
            "expected 0 < low < value < high < 100 percent; at 0 or 100 use counts"
        )
    width = float(from_percent(high) - from_percent(low))
    sd = width / (2.0 * norm.ppf(0.5 + level / 2.0))
    return Uncertain(name, "logit_normal", float(from_percent(percent)), float(sd))


def from_pooled(name: str, pooled: PooledEstimate, what: str = "mean") -> Uncertain:
    """The pooled mean, or with ``what="prediction"`` the prevalence of the next population.

    A single study, or a pool at the edge of its likelihood, falls back on its counts (Beta), for
    which there is no prediction (`InputError`).
    """
    check_choice("what", what, ("mean", "prediction"))
    if what == "prediction" and pooled.pi_low is None:
        raise InputError(f"'{name}': this pool has no prediction interval ({pooled.method})")
    if pooled.logit is None or pooled.k == 1:
        return from_counts(name, pooled.cases, pooled.n)
    spread = pooled.logit_se if what == "mean" else np.hypot(pooled.logit_se, pooled.tau2**0.5)
    if what == "mean" and pooled.interval == "wald":
        return Uncertain(name, "logit_normal", pooled.logit, float(spread))
    df = pooled.k - (2 if what == "prediction" and pooled.prediction_df == "k-2" else 1)
    return Uncertain(name, "logit_t", pooled.logit, float(spread), float(df))


def fixed(name: str, percent: float) -> Uncertain:
    """A percentage taken as exactly known."""
    _finite(name, percent=percent)
    if not 0 <= percent <= 100:
        raise InputError(f"'{name}': found {percent!r}, expected a percentage from 0 to 100")
    return Uncertain(name, "fixed", float(percent))


def _finite(name: str, **values) -> None:
    for key, value in values.items():
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not np.isfinite(value):
            raise InputError(f"'{name}': {key} is {value!r}, expected a finite number")


def draw_product(factors, *, draws: int = DRAWS, seed: int = 1) -> np.ndarray:
    """Draws of the product of independent `factors` (list of `Uncertain`), in percent.

    Each factor has a random stream of its own, given by the seed and its place in the list, so
    adding a factor leaves the draws of the others as they were.
    """
    factors = list(factors)
    if not factors:
        raise InputError("a product needs at least one factor")
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 1:
        raise InputError(f"draws is {draws!r}, expected a whole number of at least 1")
    streams = np.random.SeedSequence(seed).spawn(len(factors))
    product = np.full(draws, 100.0)
    for factor, stream in zip(factors, streams, strict=True):
        product *= factor.draw(draws, np.random.default_rng(stream))
    return product


def summarise(draws: np.ndarray, *, level: float = 0.95, against: float | None = None) -> dict:
    """Mean, standard deviation, median, interval and percentiles of `draws` (in their own unit).

    With `against`, also `share_at_least`: percent of the draws at or above that value.
    """
    check_level(level)
    tail = 50.0 * (1.0 - level)
    low, median, high, *rest = np.percentile(draws, (tail, 50.0, 100.0 - tail, *PERCENTILES))
    summary = {
        "mean": float(np.mean(draws)),
        "sd": float(np.std(draws)),
        "median": float(median),
        "low": float(low),
        "high": float(high),
        "level": level,
        "draws": len(draws),
        "percentiles": {f"{p:g}": float(v) for p, v in zip(PERCENTILES, rest, strict=True)},
    }
    if against is not None:
        summary["against"] = float(against)
        summary["share_at_least"] = 100.0 * float(np.mean(draws >= against))
    return summary


def product(
    factors,
    *,
    draws: int = DRAWS,
    seed: int = 1,
    level: float = 0.95,
    against: float | None = None,
) -> dict:
    """`summarise` of `draw_product`, in percent, with the factors' names and the seed."""
    factors = list(factors)
    result = summarise(draw_product(factors, draws=draws, seed=seed), level=level, against=against)
    return {"factors": [f.name for f in factors], "seed": seed, "unit": "percent"} | result
