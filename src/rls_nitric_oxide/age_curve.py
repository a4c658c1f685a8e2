"""Prevalence by age, and contrasts between two groups of the same study (sexes, say).

A stratum is a row with an age range and a prevalence. It is placed at the middle of its range; an
open upper end is closed by ``open_upper`` (a stated assumption, default 90 years, as is
``open_lower``, 18). Log odds and variances come from
`proportions.strata_on_logit_scale`, which says for each row where its variance is from; rows
without one are listed in `excluded` and never enter.

Within studies
    `within_study_slopes` fits each series (study, or study and sex) by weighted least squares and
    pools the slopes: only differences inside a study count.
Pooled curve
    ``y = X(age) b + intercept(study) [+ slope(study) * (age - 50)] + stratum + error``: study
    effects and stratum effects are normal, the error variance is the known sampling variance.
    Fitted by maximum likelihood to choose the form, by REML to report it. It is a
    multilevel meta-regression; metafor's ``rma.mv`` fits the same (``validation/metafor``).
    statsmodels' MixedLM cannot hold known error variances, hence the few functions here.
Which form
    Straight line or restricted cubic spline with three knots (10, 50, 90 % of the ages; Harrell
    2001), each with and without a random slope: the lowest AICc under maximum likelihood wins. A
    spline is a candidate from 8 strata at 5 or more different ages, a random slope from 3 studies
    with two or more ages each. The table of candidates is kept.
Interval
    t with m - 1 df, m the number of studies that have two ages or more (at least two are needed):
    only they compare ages, and the studies, not the strata, are the units.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import t

from claimbook.errors import InputError
from claimbook.stats.pooling import PooledEffect, pool_effects
from claimbook.stats.proportions import (
    check_choice,
    numbers,
    refuse,
    require_columns,
    row_ids,
    strata_on_logit_scale,
    to_percent,
)

OPEN_UPPER = 90.0
OPEN_LOWER = 18.0
CENTRE = 50.0
KNOT_QUANTILES = (0.1, 0.5, 0.9)
SPLINE_MIN_ROWS = 8
SPLINE_MIN_AGES = 5
SLOPE_MIN_STUDIES = 3
MEASURES = ("odds_ratio", "prevalence_ratio")


@dataclass(frozen=True, eq=False)
class AgeCurve:
    """A fitted curve: `predict_curve` and `age_contrast` read it.

    `strata` are the rows used (id, study, series, age, yi, vi, prevalence, n, variance_from),
    `excluded` the others with their reason, `comparing` the number of studies with two ages or
    more. `candidates` are the forms compared (form, random_slope, parameters, log_likelihood,
    aicc, chosen). `variances` holds the intercept, slope and stratum variance (REML).
    """

    form: str
    random_slope: bool
    beta: np.ndarray
    cov: np.ndarray
    knots: tuple[float, ...]
    centre: float
    df: int
    variances: dict
    k: int
    studies: int
    comparing: int
    assumptions: dict
    candidates: pd.DataFrame
    strata: pd.DataFrame
    excluded: pd.DataFrame

    def design(self, ages) -> np.ndarray:
        """Return the columns of the curve at `ages` (see `curve_design`)."""
        return curve_design(ages, self.form, self.knots, self.centre)


def age_midpoints(
    frame: pd.DataFrame,
    *,
    id: str = "row_id",
    age_min: str = "age_min",
    age_max: str = "age_max",
    open_upper: float = OPEN_UPPER,
    open_lower: float = OPEN_LOWER,
) -> pd.Series:
    """Middle of each row's age range in years; NaN where neither end is given.

    An open end is closed by `open_upper` or `open_lower`. Raises `InputError` for an age below 0
    or above 120, a lower end above the upper one, or an open range beginning above `open_upper`.
    """
    require_columns(frame, [id, age_min, age_max])
    ids = row_ids(frame, id)
    low = numbers(frame, age_min, ids, "an age in years")
    high = numbers(frame, age_max, ids, "an age in years")
    middle = np.full(len(ids), np.nan)
    for i, name in enumerate(ids):
        for column, value in ((age_min, low[i]), (age_max, high[i])):
            if not np.isnan(value) and not 0 <= value <= 120:
                raise refuse(name, column, value, "an age from 0 to 120 years")
        if np.isnan(low[i]) and np.isnan(high[i]):
            continue
        start = open_lower if np.isnan(low[i]) else low[i]
        end = open_upper if np.isnan(high[i]) else high[i]
        if start > end:
            raise refuse(name, age_min, start, f"at most the upper end of the range, {end:g}")
        middle[i] = (start + end) / 2.0
    return pd.Series(middle, index=frame.index, name="age")


def age_strata(
    frame: pd.DataFrame,
    *,
    study: str = "study_key",
    series: str | None = None,
    id: str = "row_id",
    age_min: str = "age_min",
    age_max: str = "age_max",
    open_upper: float = OPEN_UPPER,
    open_lower: float = OPEN_LOWER,
    **columns,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(usable, excluded): rows with an age, log odds and a variance, and the others with why.

    `study` names the column of the unit of dependence; `series`, if given, the finer unit inside
    which ages are compared (study and sex, say). `columns` go to `strata_on_logit_scale`:
    `cases`, `n`, `prevalence`, `low`, `high`, `assumed_n`. Usable has id, study, series, age, yi,
    vi, prevalence, n, variance_from; excluded has id, reason.
    """
    require_columns(frame, [study] + ([series] if series else []))
    ages = age_midpoints(
        frame,
        id=id,
        age_min=age_min,
        age_max=age_max,
        open_upper=open_upper,
        open_lower=open_lower,
    ).to_numpy()
    table = strata_on_logit_scale(frame, id=id, **columns)
    for i, name in enumerate(table["id"]):
        if pd.isna(frame[study].iloc[i]):
            raise refuse(name, study, None, "the name of the study")
    table["study"] = frame[study].astype(str).to_numpy()
    table["series"] = frame[series or study].astype(str).to_numpy()
    table["age"] = ages
    reason = np.where(
        np.isnan(ages),
        "no age range",
        np.where(
            table["yi"].isna(),
            "no prevalence",
            np.where(table["vi"].isna(), "no denominator, count or interval", ""),
        ),
    )
    bad = reason != ""
    order = ["id", "study", "series", "age", "yi", "vi", "prevalence", "n", "variance_from"]
    excluded = pd.DataFrame({"id": table["id"][bad].to_numpy(), "reason": reason[bad]})
    return table.loc[~bad, order].reset_index(drop=True), excluded


def within_study_slopes(strata: pd.DataFrame, *, per_years: float = 10.0) -> pd.DataFrame:
    """Slope of the log odds on age inside each series (weighted by 1 / vi, which are known).

    `strata` as `age_strata` returns them. One row per series: series, study, strata, age_low,
    age_high, slope and se (log odds per `per_years`), odds_ratio, or_low, or_high, reason (empty,
    or "only one age"; then the numbers are NaN).
    """
    rows = []
    for series, part in strata.groupby("series", sort=True):
        row = {
            "series": series,
            "study": part["study"].iloc[0],
            "strata": len(part),
            "age_low": part["age"].min(),
            "age_high": part["age"].max(),
            "slope": np.nan,
            "se": np.nan,
            "reason": "only one age",
        }
        if row["age_low"] < row["age_high"]:
            w = 1.0 / part["vi"].to_numpy()
            x = part["age"].to_numpy() / per_years
            x = x - np.average(x, weights=w)
            information = (w * x**2).sum()
            row["slope"] = float((w * x * part["yi"]).sum() / information)
            row["se"] = float(1.0 / np.sqrt(information))
            row["reason"] = ""
        rows.append(row)
    columns = ["series", "study", "strata", "age_low", "age_high", "slope", "se", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    half = t.ppf(0.975, np.inf) * table["se"]
    for name, value in (("odds_ratio", 0.0), ("or_low", -half), ("or_high", half)):
        table[name] = np.exp(table["slope"] + value)
    return table


def pool_slopes(slopes: pd.DataFrame, **options) -> PooledEffect:
    """Random-effects pool of the slopes from `within_study_slopes` (log odds per step of age).

    Series of one study are first averaged (inverse variance), so that a study counts once.
    `options` as for `pool_effects`. Raises `InputError` if no series has two ages.
    """
    usable = slopes[slopes["reason"] == ""]
    if usable.empty:
        raise InputError("no series has two ages: there is no slope within a study")
    w = 1.0 / usable["se"] ** 2
    by_study = pd.DataFrame({"study": usable["study"], "w": w, "wy": w * usable["slope"]})
    sums = by_study.groupby("study", sort=True)[["w", "wy"]].sum()
    return pool_effects(
        (sums["wy"] / sums["w"]).to_numpy(), (1.0 / sums["w"]).to_numpy(), **options
    )


def spline_basis(ages, knots) -> np.ndarray:
    """Restricted cubic spline terms beyond the straight line (len(knots) - 2 columns).

    Truncated cubes constrained to be linear outside the outer knots, over (last - first)²
    (Durrleman & Simon 1989; Harrell 2001).
    """
    x, knots = np.asarray(ages, float)[:, None], np.asarray(knots, float)
    last, before = knots[-1], knots[-2]
    cube = np.clip(x - knots[None, :], 0.0, None) ** 3
    inner, end, near_end = cube[:, :-2], cube[:, [-1]], cube[:, [-2]]
    gap = last - before
    terms = inner - near_end * (last - knots[:-2]) / gap + end * (before - knots[:-2]) / gap
    return terms / (last - knots[0]) ** 2


def curve_design(ages, form: str, knots, centre: float) -> np.ndarray:
    """Columns of the curve: 1, decades from the centre, and for "spline" the spline terms."""
    x = (np.asarray(ages, float) - centre) / 10.0
    columns = [np.ones_like(x), x]
    if form == "spline":
        columns += list(spline_basis(x, (np.asarray(knots) - centre) / 10.0).T)
    return np.column_stack(columns)


def mixed_fit(y, v, design, study, age_x, random_slope: bool, restricted: bool) -> dict:
    """Fit known-variance strata with random study intercept, optional slope, and stratum effects.

    Returns beta, cov, variances (intercept, slope, stratum) and log_likelihood. `age_x` is the
    age in decades from the centre. Variance components are searched on the standard deviation
    scale from several starts, so zero is reachable.
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

    best = None
    for start in (0.1, 0.5, 1.5):
        found = minimize(
            objective,
            np.full(len(components), start),
            method="L-BFGS-B",
            bounds=[(0.0, 20.0)] * len(components),
            options={"ftol": 1e-14, "gtol": 1e-9},
        )
        if best is None or found.fun < best.fun:
            best = found
    polished = minimize(
        lambda sd: objective(np.abs(sd)),
        best.x,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
    )
    sd = np.abs(polished.x) if polished.fun < best.fun else best.x
    value, beta, information = solve(sd)
    names = ["intercept", "slope", "stratum"] if random_slope else ["intercept", "stratum"]
    variances = {"slope": 0.0} | {n: float(s**2) for n, s in zip(names, sd, strict=True)}
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
    centre: float = CENTRE,
    open_upper: float = OPEN_UPPER,
) -> AgeCurve:
    """Pooled curve of the log odds on age (see module docstring for model and rule).

    `strata`, `excluded` as `age_strata` returns them. `form` ("linear", "spline") and
    `random_slope` override the rule. Raises `InputError` for fewer than four strata, fewer than
    three ages or fewer than two studies that have two ages each: differences between studies are
    not differences between ages, so a curve cannot be drawn from that.
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
    y, v = strata["yi"].to_numpy(), strata["vi"].to_numpy()
    study, x = strata["study"].to_numpy(), (age - centre) / 10.0
    forms = (
        [form]
        if form
        else ["linear"] + ["spline"] * (k >= SPLINE_MIN_ROWS and ages >= SPLINE_MIN_AGES)
    )
    slopes = (
        [random_slope]
        if random_slope is not None
        else ([False, True] if several >= SLOPE_MIN_STUDIES else [False])
    )
    candidates = []
    for f in forms:
        design = curve_design(age, f, knots, centre)
        for s in slopes:
            fit = mixed_fit(y, v, design, study, x, s, restricted=False)
            parameters = design.shape[1] + 2 + s
            spare = k - parameters - 1
            penalty = 2.0 * parameters * k / spare if spare > 0 else np.inf
            candidates.append(
                {
                    "form": f,
                    "random_slope": s,
                    "parameters": parameters,
                    "log_likelihood": fit["log_likelihood"],
                    "aicc": -2.0 * fit["log_likelihood"] + penalty,
                }
            )
    table = pd.DataFrame(candidates)
    winner = int(table["aicc"].to_numpy().argmin())
    table["chosen"] = np.arange(len(table)) == winner
    chosen = candidates[winner]
    design = curve_design(age, chosen["form"], knots, centre)
    fit = mixed_fit(y, v, design, study, x, chosen["random_slope"], restricted=True)
    return AgeCurve(
        form=chosen["form"],
        random_slope=bool(chosen["random_slope"]),
        beta=fit["beta"],
        cov=fit["cov"],
        knots=knots if chosen["form"] == "spline" else (),
        centre=centre,
        df=several - 1,
        variances=fit["variances"],
        k=k,
        studies=studies,
        comparing=several,
        assumptions={
            "open_upper": open_upper,
            "variance_from": strata["variance_from"].value_counts().sort_index().to_dict(),
        },
        candidates=table,
        strata=strata,
        excluded=pd.DataFrame(columns=["id", "reason"]) if excluded is None else excluded,
    )


def predict_curve(curve: AgeCurve, ages) -> pd.DataFrame:
    """The curve at `ages`: age, prevalence, low, high (percent), extrapolated.

    The band is for the mean curve (delta method on the log odds), not for a new study.
    """
    ages = np.asarray(ages, float)
    design = curve.design(ages)
    mean = design @ curve.beta
    half = t.ppf(0.975, curve.df) * np.sqrt(np.einsum("ij,jk,ik->i", design, curve.cov, design))
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


def age_contrast(curve: AgeCurve, from_age: float, to_age: float) -> dict:
    """Does the curve rise between two ages?

    Returns from_age, to_age, prevalence_from, prevalence_to (percent), odds_ratio with or_low and
    or_high, difference (percentage points) with difference_low and difference_high (delta
    method), p, df, label and extrapolated (an age lies outside the strata's midpoints). The label
    is read from the odds ratio's interval: "rises" above 1, "falls" below 1, else
    "no clear change".
    """
    if not from_age < to_age:
        raise InputError(f"ages are {from_age!r} and {to_age!r}, expected the younger one first")
    design = curve.design([from_age, to_age])
    mean = design @ curve.beta
    step = design[1] - design[0]
    se = float(np.sqrt(step @ curve.cov @ step))
    multiplier = float(t.ppf(0.975, curve.df))
    low, high = mean[1] - mean[0] - multiplier * se, mean[1] - mean[0] + multiplier * se
    percent = to_percent(mean)
    gradient = (percent * (100.0 - percent) / 100.0)[:, None] * design
    slope = gradient[1] - gradient[0]
    difference_se = float(np.sqrt(slope @ curve.cov @ slope))
    difference = float(percent[1] - percent[0])
    band = predict_curve(curve, [from_age, to_age])
    with np.errstate(over="ignore"):
        ratios = np.exp([mean[1] - mean[0], low, high])
    return {
        "from_age": float(from_age),
        "to_age": float(to_age),
        "prevalence_from": float(percent[0]),
        "prevalence_to": float(percent[1]),
        "odds_ratio": float(ratios[0]),
        "or_low": float(ratios[1]),
        "or_high": float(ratios[2]),
        "difference": difference,
        "difference_low": difference - multiplier * difference_se,
        "difference_high": difference + multiplier * difference_se,
        "p": float(2.0 * t.sf(abs(mean[1] - mean[0]) / se, curve.df)) if se > 0 else None,
        "df": curve.df,
        "form": curve.form,
        "k": curve.k,
        "studies": curve.studies,
        "comparing": curve.comparing,
        "label": direction(low, high),
        "extrapolated": bool(band["extrapolated"].any()),
    }


def direction(low: float, high: float, null: float = 0.0) -> str:
    """ "rises", "falls" or "no clear change" from an interval against `null`."""
    if low > null:
        return "rises"
    return "falls" if high < null else "no clear change"


def age_contrast_within(
    strata: pd.DataFrame, from_age: float, **options
) -> tuple[pd.DataFrame, PooledEffect | None]:
    """Steepness from `from_age` on, by studies that have two ages at or above it.

    Returns (slopes per decade of each series, their pool), the pool None if no series qualifies:
    the direct, assumption-poor answer to whether prevalence goes on rising late in life.
    """
    slopes = within_study_slopes(strata[strata["age"] >= from_age])
    usable = len(slopes) > 0 and (slopes["reason"] == "").any()
    return slopes, pool_slopes(slopes, **options) if usable else None


def paired_contrast(
    frame: pd.DataFrame,
    *,
    arm: str,
    first: str,
    second: str,
    study: str = "study_key",
    measure: str = "odds_ratio",
    id: str = "row_id",
    **columns,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(pairs, excluded): level `first` of column `arm` against `second` inside each study.

    `measure` is "odds_ratio" or "prevalence_ratio"; the effect is its logarithm, its variance the
    sum of the two arms'. `columns` go to `strata_on_logit_scale`. Pairs has study, first_id,
    second_id, first_percent, second_percent, yi, vi, ratio, low, high, variance_from (of both).
    Excluded has id, reason: an arm alone, no variance, or an arm that occurs twice in a study
    (which of them is meant cannot be known, so the study is left out: pass rows of one stratum).
    Pool with ``pool_effects(pairs.yi, pairs.vi)`` and take the exponential.
    """
    check_choice("measure", measure, MEASURES)
    require_columns(frame, [arm, study])
    part = frame[frame[arm].isin([first, second])]
    table = strata_on_logit_scale(part, id=id, **columns)
    table["arm"], table["study"] = part[arm].to_numpy(), part[study].astype(str).to_numpy()
    pairs, excluded = [], []
    for name, rows in table.groupby("study", sort=True):
        reason = _pair_problem(rows, first, second)
        if reason:
            excluded += [{"id": i, "reason": reason} for i in rows["id"]]
            continue
        a, b = (rows[rows["arm"] == x].iloc[0] for x in (first, second))
        if measure == "odds_ratio":
            yi, vi = a["yi"] - b["yi"], a["vi"] + b["vi"]
        else:
            yi = np.log(_expit(a["yi"]) / _expit(b["yi"]))
            vi = a["vi"] * (1 - _expit(a["yi"])) ** 2 + b["vi"] * (1 - _expit(b["yi"])) ** 2
        half = t.ppf(0.975, np.inf) * np.sqrt(vi)
        sources = sorted({a["variance_from"], b["variance_from"]})
        pairs.append(
            {
                "study": name,
                "first_id": a["id"],
                "second_id": b["id"],
                "first_percent": a["prevalence"],
                "second_percent": b["prevalence"],
                "yi": yi,
                "vi": vi,
                "ratio": np.exp(yi),
                "low": np.exp(yi - half),
                "high": np.exp(yi + half),
                "variance_from": ", ".join(sources),
            }
        )
    names = [
        "study",
        "first_id",
        "second_id",
        "first_percent",
        "second_percent",
        "yi",
        "vi",
        "ratio",
        "low",
        "high",
        "variance_from",
    ]
    return pd.DataFrame(pairs, columns=names), pd.DataFrame(excluded, columns=["id", "reason"])


def _expit(y: float) -> float:
    return float(to_percent(y)) / 100.0


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
