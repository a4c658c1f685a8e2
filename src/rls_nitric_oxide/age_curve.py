"""Prevalence by age, and contrasts between two groups of the same study (sexes, say).

A stratum is a row with an age range and a prevalence, placed at the middle of its range.
statsmodels' MixedLM cannot hold known error variances, hence the few functions here.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import t

from claimbook.errors import InputError
from claimbook.stats.pooling import PooledEffect, pool_effects
from claimbook.stats.proportions import (
    Z_95,
    check_choice,
    numbers,
    refuse,
    require_columns,
    row_ids,
    strata_on_logit_scale,
    to_percent,
)

OPEN_UPPER, OPEN_LOWER = 90.0, 18.0  # years at which an open end is closed, an assumption
CENTRE = 50.0
OLDEST = 120.0
KNOT_QUANTILES = (0.1, 0.5, 0.9)  # Harrell 2001
SPLINE_MIN_ROWS = 8
SPLINE_MIN_AGES = 5
SLOPE_MIN_STUDIES = 3
MEASURES = ("odds_ratio", "prevalence_ratio")


@dataclass(frozen=True, eq=False)
class AgeCurve:
    """A fitted curve: `predict_curve` and `age_contrast` read it.

    comparing: number of studies with two ages or more. df: `comparing` - 1, for only they compare
    ages, and the studies, not the strata, are the units. variances: intercept, slope and stratum
    (REML). candidates: form, random_slope, parameters, log_likelihood, aicc, chosen. strata,
    excluded: as `age_strata` returns them.
    """

    form: str
    random_slope: bool
    beta: np.ndarray
    cov: np.ndarray
    knots: tuple[float, ...]
    df: int
    variances: dict
    k: int
    studies: int
    comparing: int
    candidates: pd.DataFrame
    strata: pd.DataFrame
    excluded: pd.DataFrame

    def design(self, ages) -> np.ndarray:
        """Return the columns of the curve at `ages`."""
        return curve_design(ages, self.form, self.knots)

    def to_frame(self) -> pd.DataFrame:
        """Return the strata that were used, one row each."""
        return self.strata.copy()

    def __repr__(self) -> str:
        slopes = ", slopes differ" * self.random_slope
        return (
            f"{self.form} curve of age{slopes}: {self.k} strata of {self.studies} studies, "
            f"{self.comparing} of which compare ages"
        )


@dataclass(frozen=True)
class AgeContrast:
    """Whether a curve rises between two ages.

    prevalence_from, prevalence_to: percent. difference: percentage points, its interval by the
    delta method. label: see `direction`. extrapolated: an age is outside the strata's midpoints.
    """

    from_age: float
    to_age: float
    prevalence_from: float
    prevalence_to: float
    odds_ratio: float
    or_low: float
    or_high: float
    difference: float
    difference_low: float
    difference_high: float
    p: float | None
    df: int
    label: str
    extrapolated: bool

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields as columns."""
        return pd.DataFrame([asdict(self)])

    def __repr__(self) -> str:
        return (
            f"{self.from_age:g} to {self.to_age:g} years: {self.label}, odds ratio "
            f"{self.odds_ratio:.3g} (95 % CI {self.or_low:.3g} to {self.or_high:.3g})"
        )


def age_midpoints(frame: pd.DataFrame, *, id: str = "row_id") -> pd.Series:
    """Return the middle of each row's `age_min` and `age_max`, years; NaN where it has neither.

    Raises InputError for an age below 0 or above 120, a lower end above the upper one, or an open
    range beginning above `OPEN_UPPER`.
    """
    require_columns(frame, ["age_min", "age_max"], id=id)
    ids = row_ids(frame, id)
    ends = {end: numbers(frame, end, ids, "an age in years") for end in ("age_min", "age_max")}
    for column, ages in ends.items():
        for i in np.flatnonzero((ages < 0) | (ages > OLDEST)):
            raise refuse(ids[i], column, ages[i], f"an age from 0 to {OLDEST:g} years")
    start, end = ends.values()
    unknown = np.isnan(start) & np.isnan(end)
    start = np.where(np.isnan(start), OPEN_LOWER, start)
    end = np.where(np.isnan(end), OPEN_UPPER, end)
    for i in np.flatnonzero(start > end):
        expected = f"at most the upper end of the range, {end[i]:g}"
        raise refuse(ids[i], "age_min", start[i], expected)
    middle = np.where(unknown, np.nan, (start + end) / 2.0)
    return pd.Series(middle, index=frame.index, name="age")


def age_strata(
    frame: pd.DataFrame,
    *,
    study: str = "study_key",
    series: str | None = None,
    id: str = "row_id",
    **columns,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return (usable, excluded): rows with an age, log odds and a variance, and the others.

    study: column of the unit of dependence. series: column of the finer unit inside which ages
    are compared (study and sex, say). columns: as for `strata_on_logit_scale`.
    Usable has id, study, series, age, yi, vi, prevalence, n, variance_from; excluded has id,
    reason.
    """
    require_columns(frame, study=study, **({"series": series} if series else {}))
    ages = age_midpoints(frame, id=id).to_numpy()
    table = strata_on_logit_scale(frame, id=id, **columns)
    for name, value in zip(table["id"], frame[study], strict=True):
        if pd.isna(value):
            raise refuse(name, study, None, "the name of the study")
    table["study"] = frame[study].astype(str).to_numpy()
    table["series"] = frame[series or study].astype(str).to_numpy()
    table["age"] = ages
    reasons = {
        "no age range": np.isnan(ages),
        "no prevalence": table["yi"].isna(),
        "no denominator, count or interval": table["vi"].isna(),
    }
    reason = np.select(list(reasons.values()), list(reasons), "")
    bad = reason != ""
    order = ["id", "study", "series", "age", "yi", "vi", "prevalence", "n", "variance_from"]
    excluded = pd.DataFrame({"id": table["id"][bad].to_numpy(), "reason": reason[bad]})
    return table.loc[~bad, order].reset_index(drop=True), excluded


def within_study_slopes(strata: pd.DataFrame) -> pd.DataFrame:
    """Fit the log odds on age inside each series, weighted by 1 / vi, which are known.

    strata: as `age_strata` returns them. One row per series: series, study, strata, age_low,
    age_high, slope and se (log odds per ten years), odds_ratio, or_low, or_high, reason (empty,
    or "only one age"; then the numbers are NaN).
    """
    rows = []
    for series, part in strata.groupby("series", sort=True):
        low, high = part["age"].min(), part["age"].max()
        slope, se, reason = np.nan, np.nan, "only one age"
        if low < high:
            w, x = 1.0 / part["vi"].to_numpy(), part["age"].to_numpy() / 10.0
            x = x - np.average(x, weights=w)
            information = (w * x**2).sum()
            slope, se = (w * x * part["yi"]).sum() / information, 1.0 / np.sqrt(information)
            reason = ""
        rows.append((series, part["study"].iloc[0], len(part), low, high, slope, se, reason))
    columns = ["series", "study", "strata", "age_low", "age_high", "slope", "se", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    half = Z_95 * table["se"]
    for name, value in (("odds_ratio", 0.0), ("or_low", -half), ("or_high", half)):
        table[name] = np.exp(table["slope"] + value)
    return table


def pool_slopes(slopes: pd.DataFrame) -> PooledEffect:
    """Pool the slopes from `within_study_slopes`, random effects (log odds per ten years).

    Series of one study are first averaged (inverse variance), so that a study counts once.
    Raises InputError if no series has two ages.
    """
    usable = slopes[slopes["reason"] == ""]
    if usable.empty:
        raise InputError("no series has two ages: there is no slope within a study")
    w = 1.0 / usable["se"] ** 2
    by_study = pd.DataFrame({"study": usable["study"], "w": w, "wy": w * usable["slope"]})
    sums = by_study.groupby("study", sort=True)[["w", "wy"]].sum()
    return pool_effects((sums["wy"] / sums["w"]).to_numpy(), (1.0 / sums["w"]).to_numpy())


def spline_basis(ages, knots) -> np.ndarray:
    """Return restricted cubic spline terms beyond the straight line (len(knots) - 2 columns).

    Truncated cubes, linear outside the outer knots, over (last - first)².
    Source: Durrleman & Simon 1989; Harrell 2001.
    """
    x, knots = np.asarray(ages, float)[:, None], np.asarray(knots, float)
    last, before = knots[-1], knots[-2]
    cube = np.clip(x - knots[None, :], 0.0, None) ** 3
    inner, end, near_end = cube[:, :-2], cube[:, [-1]], cube[:, [-2]]
    gap = last - before
    terms = inner - near_end * (last - knots[:-2]) / gap + end * (before - knots[:-2]) / gap
    return terms / (last - knots[0]) ** 2


def curve_design(ages, form: str, knots) -> np.ndarray:
    """Return 1, decades from the centre, and for "spline" the spline terms, as columns."""
    x = (np.asarray(ages, float) - CENTRE) / 10.0
    columns = [np.ones_like(x), x]
    if form == "spline":
        columns += list(spline_basis(x, (np.asarray(knots) - CENTRE) / 10.0).T)
    return np.column_stack(columns)


def mixed_fit(y, v, design, study, age_x, random_slope: bool, restricted: bool) -> dict:
    """Fit strata of known variance with random intercepts and slopes of studies, and strata.

    ``y = design b + intercept(study) [+ slope(study) * age_x] + stratum + error``, as metafor's
    ``rma.mv``. age_x: decades from the centre. Returns beta, cov, variances (intercept, slope,
    stratum) and log_likelihood. The variance components are searched as standard deviations from
    several starts, so zero is reachable.
    """
    same = study[:, None] == study[None, :]
    components = [same.astype(float)]
    if random_slope:
        components.append(same * np.outer(age_x, age_x))
    components.append(np.eye(len(y)))

    def solve(sd):
        covariance = np.diag(v) + sum(s**2 * c for s, c in zip(sd, components, strict=True))
        factor = np.linalg.cholesky(covariance)
        xs, ys = np.linalg.solve(factor, design), np.linalg.solve(factor, y)
        information = xs.T @ xs
        beta = np.linalg.solve(information, xs.T @ ys)
        residual = ys - xs @ beta
        value = 2.0 * np.log(np.diag(factor)).sum() + residual @ residual
        value += len(y) * np.log(2.0 * np.pi)
        if restricted:
            value += np.linalg.slogdet(information)[1] - design.shape[1] * np.log(2.0 * np.pi)
        return -0.5 * value, beta, information

    def objective(sd):
        return -solve(sd)[0]

    count, exact = len(components), {"ftol": 1e-14, "gtol": 1e-9}
    bounds = {"method": "L-BFGS-B", "bounds": [(0.0, 20.0)] * count, "options": exact}
    found = (minimize(objective, np.full(count, start), **bounds) for start in (0.1, 0.5, 1.5))
    best = min(found, key=lambda one: one.fun)
    exact = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    polished = minimize(
        lambda sd: objective(np.abs(sd)), best.x, method="Nelder-Mead", options=exact
    )
    sd = np.abs(polished.x) if polished.fun < best.fun else best.x
    value, beta, information = solve(sd)
    names = ["intercept", "slope", "stratum"] if random_slope else ["intercept", "stratum"]
    variances = {"slope": 0.0} | dict(zip(names, map(float, sd**2), strict=True))
    return {
        "beta": beta,
        "cov": np.linalg.inv(information),
        "variances": variances,
        "log_likelihood": float(value),
    }


def fit_age_curve(
    strata: pd.DataFrame,
    excluded: pd.DataFrame | None = None,
    *,
    form: str | None = None,
    random_slope: bool | None = None,
) -> AgeCurve:
    """Fit a pooled curve of the log odds on age (see `mixed_fit`), reported by REML.

    Of a straight line and a restricted cubic spline with three knots, each with and without random
    slopes, the lowest AICc under maximum likelihood wins; a spline or slopes only where there are
    enough strata, ages and studies (the constants above). form ("linear", "spline") and
    random_slope override the rule. strata, excluded: as `age_strata` returns them.
    Raises InputError for fewer than four strata, fewer than three ages or fewer than two studies
    that have two ages each: differences between studies are not differences between ages.
    """
    if form is not None:
        check_choice("form", form, ("linear", "spline"))
    k, studies, ages = len(strata), strata["study"].nunique(), strata["age"].nunique()
    spread = strata.groupby("study")["age"].agg(["min", "max"])
    several = int((spread["min"] < spread["max"]).sum())
    if k < 4 or ages < 3 or several < 2:
        raise InputError(
            f"{k} strata at {ages} ages, {several} of {studies} studies with two ages: "
            "a pooled curve needs at least 4 strata, 3 ages and 2 studies with two ages each"
        )
    age = strata["age"].to_numpy()
    knots = tuple(float(q) for q in np.quantile(np.unique(age), KNOT_QUANTILES))
    data = strata["yi"].to_numpy(), strata["vi"].to_numpy()
    units = strata["study"].to_numpy(), (age - CENTRE) / 10.0

    def fit(shape: str, slope: bool, restricted: bool) -> dict:
        return mixed_fit(*data, curve_design(age, shape, knots), *units, slope, restricted)

    bends = k >= SPLINE_MIN_ROWS and ages >= SPLINE_MIN_AGES
    slopes = [False, True] if several >= SLOPE_MIN_STUDIES else [False]
    candidates = []
    for shape in [form] if form else ["linear", "spline"][: 1 + bends]:
        for slope in slopes if random_slope is None else [random_slope]:
            log_likelihood = fit(shape, slope, restricted=False)["log_likelihood"]
            parameters = curve_design(age[:1], shape, knots).shape[1] + 2 + slope
            spare = k - parameters - 1
            penalty = 2.0 * parameters * k / spare if spare > 0 else np.inf
            aicc = -2.0 * log_likelihood + penalty
            candidates.append((shape, slope, parameters, log_likelihood, aicc))
    columns = ["form", "random_slope", "parameters", "log_likelihood", "aicc"]
    table = pd.DataFrame(candidates, columns=columns)
    winner = int(table["aicc"].to_numpy().argmin())
    table["chosen"] = np.arange(len(table)) == winner
    form, random_slope = candidates[winner][:2]
    chosen = fit(form, random_slope, restricted=True)
    del chosen["log_likelihood"]
    return AgeCurve(
        form=form,
        random_slope=bool(random_slope),
        **chosen,
        knots=knots if form == "spline" else (),
        df=several - 1,
        k=k,
        studies=studies,
        comparing=several,
        candidates=table,
        strata=strata,
        excluded=pd.DataFrame(columns=["id", "reason"]) if excluded is None else excluded,
    )


def predict_curve(curve: AgeCurve, ages) -> pd.DataFrame:
    """Read the curve at `ages`: age, prevalence, low, high (percent, 95 %), extrapolated.

    The band is for the mean curve (delta method on the log odds), not for a new study.
    """
    ages = np.asarray(ages, float)
    design = curve.design(ages)
    mean = design @ curve.beta
    variance = np.einsum("ij,jk,ik->i", design, curve.cov, design)
    half = t.ppf(0.975, curve.df) * np.sqrt(variance)
    seen = curve.strata["age"]
    return pd.DataFrame(
        {
            "age": ages,
            "prevalence": to_percent(mean),
            "low": to_percent(mean - half),
            "high": to_percent(mean + half),
            "extrapolated": (ages < seen.min()) | (ages > seen.max()),
        }
    )


def age_contrast(curve: AgeCurve, from_age: float, to_age: float) -> AgeContrast:
    """Compare the curve at two ages, the younger one first (InputError otherwise)."""
    if not from_age < to_age:
        raise InputError(f"ages are {from_age!r} and {to_age!r}, expected the younger one first")
    design = curve.design([from_age, to_age])
    mean = design @ curve.beta
    percent = to_percent(mean)
    gradient = (percent * (100.0 - percent) / 100.0)[:, None] * design
    se, difference_se = (
        float(np.sqrt(step @ curve.cov @ step))
        for step in (design[1] - design[0], gradient[1] - gradient[0])
    )
    multiplier = float(t.ppf(0.975, curve.df))
    change, difference = float(mean[1] - mean[0]), float(percent[1] - percent[0])
    low, high = change - multiplier * se, change + multiplier * se
    with np.errstate(over="ignore"):
        ratios = [float(ratio) for ratio in np.exp([change, low, high])]
    return AgeContrast(
        float(from_age),
        float(to_age),
        *map(float, percent),
        *ratios,
        difference=difference,
        difference_low=difference - multiplier * difference_se,
        difference_high=difference + multiplier * difference_se,
        p=float(2.0 * t.sf(abs(change) / se, curve.df)) if se > 0 else None,
        df=curve.df,
        label=direction(low, high),
        extrapolated=bool(predict_curve(curve, [from_age, to_age])["extrapolated"].any()),
    )


def direction(low: float, high: float) -> str:
    """Return "rises", "falls" or "no clear change" from an interval of log odds."""
    return "rises" if low > 0 else "falls" if high < 0 else "no clear change"


def age_contrast_within(
    strata: pd.DataFrame, from_age: float
) -> tuple[pd.DataFrame, PooledEffect | None]:
    """Fit the slopes from `from_age` on, by studies that have two ages at or above it.

    Returns (slopes per decade of each series, their pool), the pool None if no series qualifies:
    the direct, assumption-poor answer to whether prevalence goes on rising late in life.
    """
    slopes = within_study_slopes(strata[strata["age"] >= from_age])
    usable = len(slopes) > 0 and (slopes["reason"] == "").any()
    return slopes, pool_slopes(slopes) if usable else None


def paired_contrast(
    frame: pd.DataFrame,
    *,
    arm: str,
    first: str,
    second: str,
    study: str = "study_key",
    measure: str = "odds_ratio",
    id: str = "row_id",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare level `first` of column `arm` with level `second` inside each study.

    measure: "odds_ratio" or "prevalence_ratio"; the effect is its logarithm.
    Returns (pairs, excluded). Pairs has study, first_id, second_id, first_percent, second_percent,
    yi, vi, ratio, low, high, variance_from (of both): pool yi and vi by `pool_effects` and take
    the exponential. Excluded has id, reason: an arm alone, no variance, or an arm that occurs
    twice in a study (which of them is meant cannot be known: pass rows of one stratum).
    """
    check_choice("measure", measure, MEASURES)
    require_columns(frame, arm=arm, study=study)
    part = frame[frame[arm].isin([first, second])]
    table = strata_on_logit_scale(part, id=id)
    table["arm"], table["study"] = part[arm].to_numpy(), part[study].astype(str).to_numpy()
    pairs, excluded = [], []
    for name, rows in table.groupby("study", sort=True):
        reason = _pair_problem(rows, first, second)
        if reason:
            excluded += [(i, reason) for i in rows["id"]]
            continue
        a, b = (rows[rows["arm"] == x].iloc[0] for x in (first, second))
        yi, vi = a["yi"] - b["yi"], a["vi"] + b["vi"]
        if measure == "prevalence_ratio":
            share_a, share_b = (float(to_percent(x["yi"])) / 100.0 for x in (a, b))
            yi = np.log(share_a / share_b)
            vi = a["vi"] * (1 - share_a) ** 2 + b["vi"] * (1 - share_b) ** 2
        half = Z_95 * np.sqrt(vi)
        ratios = np.exp([yi, yi - half, yi + half])
        sources = ", ".join(sorted({a["variance_from"], b["variance_from"]}))
        percents = a["prevalence"], b["prevalence"]
        pairs.append((name, a["id"], b["id"], *percents, yi, vi, *ratios, sources))
    names = ["study", "first_id", "second_id", "first_percent", "second_percent", "yi", "vi"]
    names += ["ratio", "low", "high", "variance_from"]
    return pd.DataFrame(pairs, columns=names), pd.DataFrame(excluded, columns=["id", "reason"])


def _pair_problem(rows: pd.DataFrame, first: str, second: str) -> str:
    counts = rows["arm"].value_counts()
    for level in (first, second):
        if counts.get(level, 0) == 0:
            return f"no row for {level}"
        if counts[level] > 1:
            return f"more than one row for {level}"
    if rows["vi"].isna().any():
        return "no denominator, count or interval"
    return ""
