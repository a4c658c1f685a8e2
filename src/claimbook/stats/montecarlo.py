"""Chains of uncertain proportions by simulation, and percentages turned into persons.

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
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from claimbook.errors import InputError
from claimbook.stats.pooling import PooledEstimate, check_choice, check_level
from claimbook.stats.proportions import from_percent
from rls_nitric_oxide.age_curve import AgeCurve, curve_design

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


def persons(percents: pd.DataFrame, population: float) -> pd.DataFrame:
    """Turn percentages into persons: adds persons, persons_low, persons_high.

    `percents` has columns estimate, ci_low, ci_high in percent (the latter may be empty);
    `population` is a count taken as exactly known, so the interval is that of the percentage.
    Raises `InputError` for a population that is not above 0 or a percentage outside 0-100.
    """
    _finite("population", count=population)
    if population <= 0:
        raise InputError(f"population is {population!r}, expected a count above 0")
    names = {"estimate": "persons", "ci_low": "persons_low", "ci_high": "persons_high"}
    result = percents.copy()
    for source, target in names.items():
        if source not in percents.columns:
            raise InputError(f"the table of percentages lacks the column '{source}'")
        values = pd.to_numeric(percents[source], errors="coerce").astype(float)
        outside = values[(values < 0) | (values > 100)]
        if len(outside):
            raise InputError(
                f"row {outside.index[0]}, column '{source}': found {outside.iloc[0]:g}, "
                "expected a percentage from 0 to 100"
            )
        result[target] = values / 100.0 * population
    return result


def persons_in_bands(
    bands: pd.DataFrame, *, draws: int = DRAWS, seed: int = 1, level: float = 0.95
) -> dict:
    """Persons summed over age bands, each with its own uncertain prevalence and population.

    `bands` has columns prevalence (`Uncertain`) and population (count). The bands are drawn
    independently; bands estimated from one source are not quite independent, so the interval of
    the sum is on the narrow side. Returns `summarise` in persons, with `population`, the total.
    """
    if bands.empty:
        raise InputError("no age band given")
    streams = np.random.SeedSequence(seed).spawn(len(bands))
    total = np.zeros(draws)
    for stream, factor, count in zip(
        streams, bands["prevalence"], bands["population"], strict=True
    ):
        _finite(factor.name, population=count)
        total += factor.draw(draws, np.random.default_rng(stream)) * float(count)
    return {"unit": "persons", "seed": seed, "population": float(bands["population"].sum())} | (
        summarise(total, level=level)
    )


def persons_along_curve(
    curve: AgeCurve,
    bands: pd.DataFrame,
    *,
    draws: int = 100_000,
    seed: int = 1,
    level: float = 0.95,
) -> tuple[pd.DataFrame, dict]:
    """Persons in each age band, and in all, with the prevalence read off a fitted age curve.

    `bands` has age_min, age_max (NaN: closed as the curve's own open strata) and population; the
    curve is read at the middle of each band. Its coefficients are drawn together from their joint
    t distribution, so bands rise and fall as one, which is what the curve says of them. Returns
    (bands with prevalence, low, high in percent and persons, persons_low, persons_high; and
    `summarise` of the sum, with `population`). Raises `InputError` for no band.
    """
    if bands.empty:
        raise InputError("no age band given")
    check_level(level)
    top = bands["age_max"].fillna(curve.assumptions["open_upper"])
    middle = ((bands["age_min"] + top) / 2.0).to_numpy(float)
    design = curve_design(middle, curve.form, curve.knots, curve.centre)
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((draws, len(curve.beta))) @ np.linalg.cholesky(curve.cov).T
    scale = np.sqrt(curve.df / rng.chisquare(curve.df, draws))
    shares = expit((curve.beta + normal * scale[:, None]) @ design.T)
    people = bands["population"].to_numpy(float)
    tails = (50.0 * (1.0 - level), 50.0 * (1.0 + level))
    low, high = np.percentile(shares, tails, axis=0)
    at = expit(design @ curve.beta)
    table = bands.assign(
        prevalence=100.0 * at,
        low=100.0 * low,
        high=100.0 * high,
        persons=at * people,
        persons_low=low * people,
        persons_high=high * people,
    )
    total = summarise(shares @ people, level=level)
    return table, {"unit": "persons", "seed": seed, "population": float(people.sum())} | total
