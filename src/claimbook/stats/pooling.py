"""Pooling of proportions over studies: estimate, interval, prediction interval, heterogeneity.

PyMARE fits; it agrees with R's metafor to the tolerances in ``validation/metafor``. statsmodels
has no REML, and its I² can be negative. All methods work on the log odds.
"""

import warnings
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from pymare import Dataset
from pymare.estimators import (
    DerSimonianLaird,
    VarianceBasedLikelihoodEstimator,
    WeightedLeastSquares,
)
from pymare.results import MetaRegressionResults
from scipy.stats import chi2, t

from claimbook.errors import InputError
from claimbook.stats.binomial_normal import fit_binomial_normal
from claimbook.stats.proportions import (
    Z_95,
    check_choice,
    prepare_proportions,
    to_percent,
    wilson_interval,
)

METHODS = {  # method: its name, its default interval
    # random effects, tau² by restricted maximum likelihood: Viechtbauer 2005,
    # doi:10.3102/10769986030003261
    "reml": ("REML", "hk"),
    # maximum likelihood of counts, rounded to whole numbers (see `binomial_normal`)
    "glmm": ("binomial-normal model", "t"),
    # random effects, tau² by moments: DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2
    "dl": ("DerSimonian-Laird", "wald"),
    # one true prevalence, tau² = 0 by assumption
    "common": ("common effect", "wald"),
}
INTERVALS = {  # interval: its name, PyMARE's correction
    # variance scaled by the weighted residual mean square, t with k - 1 df: Hartung & Knapp 2001,
    # doi:10.1002/sim.791
    "hk": ("Hartung-Knapp", "knapp-hartung"),
    # the same, the scale never below 1: Knapp & Hartung 2003, doi:10.1002/sim.1482
    "hk-adhoc": ("Hartung-Knapp, never below the model's", "knapp-hartung-conservative"),
    # model-based standard error with t (k - 1 df), or with the normal distribution
    "t": ("t interval", "wald"),
    "wald": ("Wald interval", "wald"),
}
FALLBACKS = {
    "own": "its own interval",
    "wilson": "Wilson interval of all people",
    "none": "no interval",
}
INTERVAL_WORDS = {key: words for key, (words, _) in INTERVALS.items()} | FALLBACKS
FEW_STUDIES = 5  # below this a note warns that tau² and the intervals are poorly determined
FEWEST_FOR_INFLUENCE = 3
HK_NARROW = 0.95  # a Hartung-Knapp standard error below this share of the model's is noted
COLUMNS = ("id", "cases", "n", "prevalence", "sample", "prefer")
UPPER = 0.975  # quantile of the upper end of every interval
INFLUENTIAL_COOK = 0.5
INFLUENTIAL_DFFITS = 3.0  # times sqrt(1 / (k - 1))
# PyMARE's search for tau²: tighter than its defaults, so that the search is not what differs.
SEARCH = {"xtol": 1e-12, "ftol": 1e-16, "maxiter": 200}


@dataclass(frozen=True, eq=False)
class PooledEffect:
    """A pooled effect on the analysis scale (log odds, log ratio, slope); None where undefined."""

    estimate: float | None
    se: float | None
    ci_low: float | None
    ci_high: float | None
    pi_low: float | None
    pi_high: float | None
    tau2: float | None
    i2: float | None
    q: float
    q_df: int
    q_p: float | None
    k: int
    method: str
    interval: str
    weight_percent: np.ndarray
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row, the fields but the weights as columns; NaN where undefined."""
        return _one_row(self, ("weight_percent",))

    def __repr__(self) -> str:
        return _in_words(self, "")


@dataclass(frozen=True, eq=False)
class PooledEstimate:
    """A pooled prevalence. Percent unless the name says logit; None where undefined.

    studies: one row per sample, everything that `prepare_proportions` returns, and
    weight_percent, which adds up to 100.
    """

    label: str
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    pi_low: float | None
    pi_high: float | None
    logit: float | None
    logit_se: float | None
    tau2: float | None
    i2: float | None
    q: float
    q_df: int
    q_p: float | None
    k: int
    n: int
    cases: float
    reconstructed: int
    corrected: int
    method: str
    interval: str
    prediction_df: str
    notes: tuple[str, ...]
    studies: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return one row, the fields but the studies as columns; NaN where undefined."""
        return _one_row(self, ("studies",))

    def __repr__(self) -> str:
        return _in_words(self, " %")


@dataclass(frozen=True, eq=False)
class StudyTable:
    """`to_frame` has one row per study; `note` says why it has none, where there are too few."""

    table: pd.DataFrame
    note: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        return self.note or f"{len(self.table)} studies: {', '.join(self.table.columns)}"


def _one_row(result, without: tuple[str, ...]) -> pd.DataFrame:
    row = {f.name: getattr(result, f.name) for f in fields(result) if f.name not in without}
    frame = pd.DataFrame([row | {"notes": "; ".join(result.notes)}])
    empty = [name for name, value in row.items() if value is None]
    return frame.astype(dict.fromkeys(empty, float))


def _in_words(pooled, unit: str) -> str:
    method = METHODS[pooled.method][0]
    if pooled.estimate is None:
        return f"no estimate, {pooled.k} studies, {method}"
    following = ""
    if pooled.pi_low is not None:
        following = f"; next study {pooled.pi_low:.3g} to {pooled.pi_high:.3g}"
    studies = "1 study" if pooled.k == 1 else f"{pooled.k} studies"
    return (
        f"{pooled.estimate:.3g}{unit} (95 % CI {pooled.ci_low:.3g} to {pooled.ci_high:.3g}"
        f"{following}), {studies}, {method}, {INTERVAL_WORDS[pooled.interval]}"
    )


def fit_linear(yi, vi, design, method: str, interval: str) -> MetaRegressionResults:
    """Fit effects by weighted least squares with tau² by `method` ("reml", "dl", "common").

    yi, vi: k effects and their sampling variances. design: k x p with its intercept, p < k.
    """
    correction = {"small_sample_correction": INTERVALS[interval][1]}
    if method == "common":
        estimator = WeightedLeastSquares(tau2=0.0, **correction)
    elif method == "dl":
        estimator = DerSimonianLaird(**correction)
    else:
        estimator = VarianceBasedLikelihoodEstimator(method="REML", **correction, **SEARCH)
    data = Dataset(y=np.asarray(yi), v=np.asarray(vi), X=np.asarray(design), add_intercept=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit_dataset(data).summary()


def tau2_of(fit: MetaRegressionResults) -> float:
    """Return tau², never negative."""
    return max(0.0, float(np.ravel(fit.tau2)[0]))


def q_of(fit: MetaRegressionResults) -> float:
    """Return Q, the weighted squared residuals of the common-effect fit (Cochran 1954)."""
    with np.errstate(divide="ignore", invalid="ignore"):  # of statistics that are not read here
        return float(fit.get_heterogeneity_stats()["Q"][0])


def typical_variance(vi, design) -> float:
    """Return the typical sampling variance, (k - p) / trace of the residual projection.

    Without moderators it is that of Higgins & Thompson 2002 (doi:10.1002/sim.1186).
    """
    w = 1.0 / np.asarray(vi, float)
    weighted = design * w[:, None]
    inner = np.linalg.solve(design.T @ weighted, weighted.T @ weighted)
    return float((len(w) - design.shape[1]) / (w.sum() - np.trace(inner)))


def pool_effects(
    yi, vi, *, method: str = "reml", interval: str | None = None, prediction_df: str = "k-1"
) -> PooledEffect:
    """Pool effects with known sampling variances on their own scale; options as for `pool`.

    method: "reml", "dl" or "common". One effect is returned as it is, with its own normal
    interval, no tau², no prediction interval and a note. Raises InputError for no effect at all,
    a variance that is not above 0, or an unknown choice.
    """
    check_choice("method", method, ("reml", "dl", "common"))
    interval = _checked_interval(method, interval, prediction_df)
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    if y.ndim != 1 or y.shape != v.shape:
        raise InputError(f"effects and variances differ in shape: {y.shape} and {v.shape}")
    if len(y) == 0:
        raise InputError("there is nothing to pool: no effect given")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("every effect and variance must be finite, and every variance above 0")
    if len(y) == 1:
        half, note = Z_95 * np.sqrt(v[0]), "one study: its own interval, nothing was pooled"
        mu, se = float(y[0]), float(np.sqrt(v[0]))
        return _effect(mu, se, half, 0.0, None, method, "own", np.ones(1), [note])
    fit = fit_linear(y, v, np.ones((len(y), 1)), method, interval)
    mu, se = float(np.ravel(fit.fe_params)[0]), float(np.ravel(fit.fe_se)[0])
    return _summarised(y, v, mu, se, tau2_of(fit), q_of(fit), method, interval, prediction_df)


def _checked_interval(method: str, interval: str | None, prediction_df: str) -> str:
    interval = interval or METHODS[method][1]
    check_choice("interval", interval, INTERVALS)
    check_choice("prediction_df", prediction_df, ("k-1", "k-2"))
    if method == "glmm" and interval.startswith("hk"):
        raise InputError(f"interval is {interval!r}, but method 'glmm' takes 't' or 'wald'")
    return interval


def _effect(mu, se, half, q, q_p, method, interval, weights, notes) -> PooledEffect:
    """Return an effect that has an interval and no prediction interval, tau² or I²."""
    ends = (None, None) if mu is None else (float(mu - half), float(mu + half))
    weights = 100.0 * weights / weights.sum()
    return PooledEffect(
        mu, se, *ends, None, None, None, None, q, len(weights) - 1, q_p, len(weights),
        method, interval, weights, tuple(notes),
    )  # fmt: skip


def _summarised(y, v, mu, se, tau2, q, method, interval, prediction_df) -> PooledEffect:
    """Return a fitted mean with its intervals, I² and notes; k >= 2.

    Prediction interval: Higgins 2009, doi:10.1111/j.1467-985X.2008.00552.x. I², percent: Higgins &
    Thompson 2002, doi:10.1002/sim.1186.
    """
    k, weights = len(y), 1.0 / (v + tau2)
    half = se * float(Z_95 if interval == "wald" else t.ppf(UPPER, k - 1))
    notes = []
    if k < FEW_STUDIES:
        notes.append(f"only {k} studies: tau² and both intervals are poorly determined")
    if interval == "hk" and se < HK_NARROW / np.sqrt(weights.sum()):
        notes.append(
            "the Hartung-Knapp interval rests on a smaller variance than the model's: "
            "compare interval='hk-adhoc'"
        )
    if method == "glmm":
        notes.append("weights are approximate, 1 / (v + tau²): the model itself has none")
    pi_low = pi_high = None
    df = k - int(prediction_df[-1])
    if method == "common":
        notes.append("no prediction interval: the common-effect model assumes one true value")
        i2 = 100.0 * max(0.0, q - (k - 1)) / q if q > 0 else 0.0
    else:
        i2 = 100.0 * tau2 / (tau2 + typical_variance(v, np.ones((k, 1))))
        if df < 1:
            notes.append("no prediction interval: k - 2 leaves no degree of freedom")
        else:
            reach = float(t.ppf(UPPER, df)) * np.sqrt(se**2 + tau2)
            pi_low, pi_high = float(mu - reach), float(mu + reach)
    q_p = float(chi2.sf(q, k - 1))
    effect = _effect(mu, se, half, q, q_p, method, interval, weights, notes)
    return replace(effect, tau2=tau2, i2=i2, pi_low=pi_low, pi_high=pi_high)


def pool(
    frame: pd.DataFrame,
    *,
    method: str = "reml",
    interval: str | None = None,
    prediction_df: str = "k-1",
    label: str = "",
    **columns,
) -> PooledEstimate:
    """Pool the proportions in `frame`, one row per sample.

    method, interval: see `METHODS` and `INTERVALS`. prediction_df: degrees of freedom of the
    prediction interval, "k-1" (as metafor's ``predict``) or "k-2". label: a name for the result.
    columns: as for `prepare_proportions`.
    One row: the study's own proportion and Wilson interval; no tau², I² or prediction interval.
    With "glmm", no cases at all (or cases only) puts the maximum of the likelihood at 0 (100) %:
    reported so, with the Wilson interval of all people together. Where its likelihood has no
    maximum, or none that more quadrature points confirm, there is no estimate, and a note.
    Raises InputError for an empty table, an unknown choice, and whatever `prepare_proportions`
    refuses.
    """
    check_choice("method", method, METHODS)
    _checked_interval(method, interval, prediction_df)
    for name in columns:
        check_choice("column argument", name, COLUMNS)
    studies = prepare_proportions(frame, **columns)
    if studies.empty:
        raise InputError(f"there is nothing to pool{f' for {label}' if label else ''}: no row left")
    return _pool_prepared(studies, method, interval, prediction_df, label)


def _pool_prepared(studies, method, interval, prediction_df, label="") -> PooledEstimate:
    """`pool` for a frame that `prepare_proportions` has returned already (at least one row)."""
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    choices = {"interval": interval, "prediction_df": prediction_df}
    percent = None
    if len(studies) == 1:
        effect = replace(pool_effects(y, v), method=method)
        percent = tuple(studies[["prevalence", "ci_low", "ci_high"]].iloc[0])
    elif method == "glmm":
        effect, percent = _pool_glmm(studies, **choices)
    else:
        effect = pool_effects(y, v, method=method, **choices)
    percent = percent or map(to_percent, (effect.estimate, effect.ci_low, effect.ci_high))
    following = (
        None if end is None else float(to_percent(end)) for end in (effect.pi_low, effect.pi_high)
    )
    same = ("tau2", "i2", "q", "q_df", "q_p", "k", "interval")
    no_count = ", ".join(studies.loc[studies["no_count"], "id"])
    doubt = f"no whole number of people gives the percentage of {no_count}: weighted, or misprinted"
    return PooledEstimate(
        label,
        *(None if end is None else float(end) for end in percent),
        *following,
        logit=effect.estimate,
        logit_se=effect.se,
        **{name: getattr(effect, name) for name in same},
        notes=(*effect.notes, *([doubt] if no_count else [])),
        n=int(studies["n"].sum()),
        cases=float(studies["cases"].sum()),
        reconstructed=int((studies["source"] == "reconstructed").sum()),
        corrected=int(studies["corrected"].sum()),
        method=method,
        prediction_df=prediction_df,
        studies=studies.assign(weight_percent=effect.weight_percent),
    )


def _pool_glmm(studies, interval, prediction_df) -> tuple[PooledEffect, tuple | None]:
    """Return the binomial-normal pool, and its percent where the log odds are not finite."""
    x, n = studies["cases_rounded"].to_numpy(), studies["n"].to_numpy()
    fit = fit_binomial_normal(x, n)
    if np.isnan(fit.mu) and fit.notes:
        q_p = float(chi2.sf(fit.q_likelihood_ratio, len(n) - 1))
        q = fit.q_likelihood_ratio
        return _effect(None, None, None, q, q_p, "glmm", "none", n, fit.notes), (None,) * 3
    if np.isnan(fit.mu):
        edge = 100.0 * float(x.sum() > 0)
        note = f"every study has {edge:g} %: likelihood at its edge, Wilson interval of all people"
        effect = _effect(None, None, None, 0.0, 1.0, "glmm", "wilson", n, [note])
        return effect, (edge, *wilson_interval(x.sum(), n.sum()))
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    interval, q = interval or METHODS["glmm"][1], fit.q_likelihood_ratio
    effect = _summarised(y, v, fit.mu, fit.se, fit.tau2, q, "glmm", interval, prediction_df)
    return replace(effect, notes=(*effect.notes, *fit.notes)), None


def leave_one_out(frame: pd.DataFrame, **options) -> StudyTable:
    """Pool again without each row in turn; options as for `pool`.

    Columns: id (the row left out), estimate, ci_low, ci_high, pi_low, pi_high (percent), tau2, i2
    (percent), change (percentage points against all rows). Empty, with a note, where there are
    fewer than two rows.
    """
    numeric = ["estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2"]
    whole = pool(frame, **options)
    rows = []
    for place, name in enumerate(whole.studies["id"] if whole.k > 1 else ()):
        rest = whole.studies.drop(index=place).reset_index(drop=True)
        rest = _pool_prepared(rest, whole.method, options.get("interval"), whole.prediction_df)
        known = rest.estimate is not None and whole.estimate is not None
        change = rest.estimate - whole.estimate if known else None
        rows.append((name, *(getattr(rest, c) for c in numeric), change))
    table = _study_table(rows, [*numeric, "change"])
    return StudyTable(table, "" if rows else "leaving one out needs at least two studies")


def _study_table(rows: list[tuple], numeric: list[str]) -> pd.DataFrame:
    """Return rows of an id and numbers as a table, whose columns keep their types if empty."""
    types = {"id": object} | dict.fromkeys(numeric, float)
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def influence(frame: pd.DataFrame, **options) -> StudyTable:
    """Measure how much each row moves the pool.

    options: as for `pool` without `interval` and "glmm". Everything is on the log odds, tau²
    estimated anew without the row. Variances are the model's own: a Hartung-Knapp factor far below
    one would make every study look extreme. Empty, with a note, below three rows. Columns:
        id
        rstudent   externally studentised residual: (y - mu without the row) / its standard error
        dffits     change of the fitted value, in its own standard errors
        cooks_d    squared change of the pooled estimate over its variance
        cov_ratio  variance of the pooled estimate without the row over that with it
        tau2_without, q_without, hat (share of the weight), weight_percent
        change     percentage points by which the pooled prevalence changes without the row
        flagged    |rstudent| > 1.96, or cooks_d > 0.5, or |dffits| > 3 * sqrt(1 / (k - 1)):
                   a prompt to look, not a reason to remove
    Source: Viechtbauer & Cheung 2010, doi:10.1002/jrsm.11.
    """
    options = {"method": "reml"} | options | {"interval": "wald"}
    check_choice("method", options["method"], ("reml", "dl", "common"))
    whole = pool(frame, **options)
    y, v = whole.studies["yi"].to_numpy(), whole.studies["vi"].to_numpy()
    hat = whole.studies["weight_percent"].to_numpy() / 100.0
    rows = []
    for i in range(whole.k if whole.k >= FEWEST_FOR_INFLUENCE else 0):
        keep = np.arange(whole.k) != i
        rest = pool_effects(y[keep], v[keep], method=whole.method, interval="wald")
        shift = whole.logit - rest.estimate
        rstudent = (y[i] - rest.estimate) / np.sqrt(v[i] + rest.tau2 + rest.se**2)
        dffits = shift / np.sqrt(hat[i] * (rest.tau2 + v[i]))
        over = np.array([shift**2, rest.se**2]) / whole.logit_se**2
        change = float(to_percent(rest.estimate)) - whole.estimate
        moved = (rstudent, dffits, *over, rest.tau2, rest.q, hat[i], 100.0 * hat[i], change)
        rows.append((whole.studies["id"].iloc[i], *moved))
    numeric = ["rstudent", "dffits", "cooks_d", "cov_ratio", "tau2_without", "q_without", "hat"]
    table = _study_table(rows, [*numeric, "weight_percent", "change"])
    table["flagged"] = (
        (table["rstudent"].abs() > Z_95)
        | (table["cooks_d"] > INFLUENTIAL_COOK)
        | (table["dffits"].abs() > INFLUENTIAL_DFFITS * np.sqrt(1.0 / max(whole.k - 1, 1)))
    )
    return StudyTable(table, "" if rows else "influence needs at least three studies")
