"""Pooling of proportions over studies: estimate, interval, prediction interval, heterogeneity.

Which library does the arithmetic, and why
    PyMARE (0.0.11 or newer) estimates tau², the coefficients, their covariance and the
    Hartung-Knapp correction. It has REML, vectorised and fast (`growth_table` measures it), and it
    agrees with R's metafor to the tolerances in ``validation/metafor``. Its estimators are called
    with an explicit design matrix, so its default intercept never appears beside ours.
    statsmodels has DerSimonian-Laird and a common effect but no REML, and its I² can be negative.
    The binomial-normal model is in no maintained Python library: see `binomial_normal`.
    What is computed here on top: Q, I², prediction interval, influence; one line of formula each.

Methods (`METHODS`), all on the log odds
    reml    random effects, tau² by restricted maximum likelihood (Viechtbauer 2005,
            doi 10.3102/10769986030003261); interval "hk" by default
    glmm    binomial-normal model, maximum likelihood (Stijnen 2010, doi 10.1002/sim.4040);
            Wald interval on t with k - 1 df ("t"); cases rounded to whole numbers
    dl      random effects, tau² by moments (DerSimonian & Laird 1986,
            doi 10.1016/0197-2456(86)90046-2); interval "wald" by default, its classical form
    common  one true prevalence, tau² = 0 by assumption; interval "wald"
Intervals
    hk        Hartung & Knapp 2001 (doi 10.1002/sim.791): variance scaled by the weighted residual
              mean square, t with k - 1 df
    hk-adhoc  the same, the scale never below 1 (Knapp & Hartung 2003, doi 10.1002/sim.1482)
    t, wald   model-based standard error with t (k - 1 df), or with the normal distribution
Prediction interval
    ``estimate ± t * sqrt(se² + tau²)`` with the method's own standard error and t on k - 1 df
    (``prediction_df="k-1"``, which is what metafor's ``predict`` gives for its Knapp-Hartung and t
    intervals), or k - 2 df as Higgins, Thompson & Spiegelhalter 2009 (doi
    10.1111/j.1467-985X.2008.00552.x) proposed. The common-effect model has none: it assumes that
    there is nothing to predict.
Heterogeneity
    Q = sum of (y - common estimate)² / v on k - 1 df (for "glmm" the likelihood-ratio statistic).
    I² = tau² / (tau² + v~), v~ the typical sampling variance of Higgins & Thompson 2002
    (doi 10.1002/sim.1186); for "common" max(0, Q - df) / Q. Percent, never negative.
"""

import time
import warnings
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from pymare.estimators import (
    DerSimonianLaird,
    VarianceBasedLikelihoodEstimator,
    WeightedLeastSquares,
)
from scipy.stats import chi2, norm, t

from claimbook.errors import InputError, nearest
from claimbook.stats.binomial_normal import fit_binomial_normal
from claimbook.stats.proportions import prepare_proportions, to_percent, wilson_interval

METHODS = ("reml", "glmm", "dl", "common")
INTERVALS = ("hk", "hk-adhoc", "t", "wald")
DEFAULT_INTERVAL = {"reml": "hk", "glmm": "t", "dl": "wald", "common": "wald"}
FEW_STUDIES = 5  # below this the record warns that tau² and the intervals are poorly determined
HK_NARROW = 0.95  # a Hartung-Knapp standard error below this share of the model's is noted
COLUMNS = ("id", "cases", "n", "prevalence", "sample", "prefer")

# PyMARE's search for tau²: tighter than its defaults, so that the search is not what differs.
SEARCH = {"xtol": 1e-12, "ftol": 1e-16, "maxiter": 200}
PYMARE_CORRECTION = {
    "hk": "knapp-hartung",
    "hk-adhoc": "knapp-hartung-conservative",
    "t": "wald",
    "wald": "wald",
}


@dataclass(frozen=True)
class Fit:
    """A weighted least-squares fit on the analysis scale: what every summary is built from."""

    beta: np.ndarray
    cov: np.ndarray
    tau2: float


@dataclass(frozen=True)
class PooledEffect:
    """A pooled effect on the analysis scale (log odds, log ratio, slope ...)."""

    estimate: float
    se: float | None
    ci_low: float
    ci_high: float
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


@dataclass(frozen=True, eq=False)
class PooledEstimate:
    """A pooled prevalence. Percent unless the name says logit; None where undefined.

    `studies` has one row per sample: everything that `prepare_proportions` returns, and
    `weight_percent`, which adds up to 100.
    """

    label: str
    estimate: float
    ci_low: float
    ci_high: float
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
    level: float
    notes: tuple[str, ...]
    studies: pd.DataFrame

    def as_record(self) -> dict:
        """Plain numbers, text, None and lists, without the study table; valid JSON."""
        record = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "studies"}
        record["notes"] = list(self.notes)
        return record

    def to_series(self) -> pd.Series:
        """The record as a row for a table (missing values as NaN)."""
        return pd.Series(self.as_record(), dtype=object)


def check_choice(name: str, value, valid) -> None:
    """Raise `InputError` unless `value` is one of `valid`."""
    if value not in valid:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(valid)}{nearest(value, valid)}"
        )


def check_level(level) -> None:
    """Raise `InputError` unless `level` is a share strictly between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        raise InputError(f"level is {level!r}, expected a share between 0 and 1, such as 0.95")


def fit_linear(yi, vi, design, method: str = "reml", interval: str = "hk") -> Fit:
    """Weighted least squares with tau² by `method` ("reml", "ml", "dl", "common").

    `yi`, `vi`: k effects and their sampling variances; `design`: k x p, including its intercept.
    Needs k > p.
    """
    y, v = np.asarray(yi, float)[:, None], np.asarray(vi, float)[:, None]
    correction = PYMARE_CORRECTION[interval]
    if method == "common":
        estimator = WeightedLeastSquares(tau2=0.0, small_sample_correction=correction)
    elif method == "dl":
        estimator = DerSimonianLaird(small_sample_correction=correction)
    else:
        estimator = VarianceBasedLikelihoodEstimator(
            method=method.upper(), small_sample_correction=correction, **SEARCH
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(y=y, v=v, X=np.asarray(design, float))
    p = np.asarray(design).shape[1]
    tau2 = 0.0 if method == "common" else float(np.ravel(estimator.params_["tau2"])[0])
    return Fit(
        beta=np.ravel(estimator.params_["fe_params"]),
        cov=np.reshape(estimator.params_["inv_cov"], (p, p)),
        tau2=max(0.0, tau2),
    )


def cochran_q(yi, vi) -> float:
    """Q: weighted squared distances from the common-effect estimate (Cochran 1954)."""
    w = 1.0 / np.asarray(vi, float)
    return float((w * (yi - np.average(yi, weights=w)) ** 2).sum())


def typical_variance(vi) -> float:
    """Typical sampling variance, Higgins & Thompson 2002 (doi 10.1002/sim.1186)."""
    w = 1.0 / np.asarray(vi, float)
    return float((len(w) - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def quantile(interval: str, df: int, level: float) -> float:
    """Half-width multiplier: normal for "wald", else t on `df`."""
    upper = 0.5 + level / 2.0
    return float(norm.ppf(upper) if interval == "wald" else t.ppf(upper, df))


def pool_effects(
    yi,
    vi,
    *,
    method: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
    prediction_df: str = "k-1",
) -> PooledEffect:
    """Pool k effects with known sampling variances on their own scale.

    `yi`, `vi`: arrays of the same length, finite, variances above 0. `method` is "reml", "dl" or
    "common"; for the rest see the module docstring. One effect is returned as it is, with its own
    normal interval, no tau², no prediction interval and a note. Raises `InputError` for no effect
    at all, a variance that is not above 0, or an unknown choice.
    """
    check_choice("method", method, ("reml", "dl", "common"))
    interval = interval or DEFAULT_INTERVAL[method]
    check_choice("interval", interval, INTERVALS)
    check_choice("prediction_df", prediction_df, ("k-1", "k-2"))
    check_level(level)
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    if y.ndim != 1 or y.shape != v.shape:
        raise InputError(f"effects and variances differ in shape: {y.shape} and {v.shape}")
    if len(y) == 0:
        raise InputError("there is nothing to pool: no effect given")
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise InputError("every effect and variance must be finite, and every variance above 0")
    if len(y) == 1:
        return _single_effect(y[0], v[0], method, level)
    fit = fit_linear(y, v, np.ones((len(y), 1)), method, interval)
    se = float(np.sqrt(fit.cov[0, 0]))
    return summarise_effect(
        y,
        v,
        float(fit.beta[0]),
        se,
        fit.tau2,
        method,
        interval,
        level,
        prediction_df,
        cochran_q(y, v),
    )


def _single_effect(y, v, method, level) -> PooledEffect:
    se = float(np.sqrt(v))
    half = quantile("wald", 0, level) * se
    return PooledEffect(
        float(y),
        se,
        float(y - half),
        float(y + half),
        None,
        None,
        None,
        None,
        0.0,
        0,
        None,
        1,
        method,
        "own",
        np.array([100.0]),
        ("one study: its own interval, nothing was pooled",),
    )


def summarise_effect(y, v, mu, se, tau2, method, interval, level, prediction_df, q) -> PooledEffect:
    """Intervals, I² and notes around a fitted mean; k >= 2 (see module docstring)."""
    k = len(y)
    half = quantile(interval, k - 1, level) * se
    weights = 1.0 / (v + tau2)
    notes = _notes(k, method, interval, se, weights)
    pi_low = pi_high = None
    if method == "common":
        notes.append("no prediction interval: the common-effect model assumes one true value")
        i2 = 100.0 * max(0.0, q - (k - 1)) / q if q > 0 else 0.0
    else:
        i2 = 100.0 * tau2 / (tau2 + typical_variance(v))
        df = k - 1 if prediction_df == "k-1" else k - 2
        if df < 1:
            notes.append("no prediction interval: k - 2 leaves no degree of freedom")
        else:
            reach = quantile("t", df, level) * np.sqrt(se**2 + tau2)
            pi_low, pi_high = float(mu - reach), float(mu + reach)
    return PooledEffect(
        mu,
        se,
        mu - half,
        mu + half,
        pi_low,
        pi_high,
        tau2,
        i2,
        q,
        k - 1,
        float(chi2.sf(q, k - 1)),
        k,
        method,
        interval,
        100.0 * weights / weights.sum(),
        tuple(notes),
    )


def _notes(k, method, interval, se, weights) -> list[str]:
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
    return notes


def pool(
    frame: pd.DataFrame,
    *,
    method: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
    prediction_df: str = "k-1",
    label: str = "",
    **columns,
) -> PooledEstimate:
    """Pool the proportions in `frame`, one row per sample.

    `columns` are the names and the preference that `prepare_proportions` takes: `id`, `cases`,
    `n`, `prevalence`, `sample`, `prefer`. `method`, `interval`, `prediction_df`: see the module
    docstring. `level` is the share that both intervals cover. `label` goes into the record.

    One row: the study's own proportion and Wilson interval; no tau², I² or prediction interval;
    `interval` is "own" and a note says so. Two rows: defined, but t on 1 df makes the interval
    enormous; a note says so. With "glmm", no cases at all (or cases only) puts the maximum of the
    likelihood at 0 (100) %: reported so, with the Wilson interval of all people together.

    Raises `InputError` for an empty table, an unknown choice, and whatever `prepare_proportions`
    refuses.
    """
    check_choice("method", method, METHODS)
    interval = interval or DEFAULT_INTERVAL[method]
    check_choice("interval", interval, INTERVALS)
    check_choice("prediction_df", prediction_df, ("k-1", "k-2"))
    check_level(level)
    if method == "glmm" and interval.startswith("hk"):
        raise InputError(f"interval is {interval!r}, but method 'glmm' takes 't' or 'wald'")
    for name in columns:
        check_choice("column argument", name, COLUMNS)
    studies = prepare_proportions(frame, **columns)
    if studies.empty:
        raise InputError(f"there is nothing to pool{f' for {label}' if label else ''}: no row left")
    return pool_prepared(studies, method, interval, level, prediction_df, label)


def pool_prepared(
    studies: pd.DataFrame,
    method: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
    prediction_df: str = "k-1",
    label: str = "",
) -> PooledEstimate:
    """`pool` for a frame that `prepare_proportions` has returned already (at least one row)."""
    interval = interval or DEFAULT_INTERVAL[method]
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    if len(studies) == 1:
        effect, percent = _single_effect(y[0], v[0], method, level), None
        percent = (
            float(studies["prevalence"].iloc[0]),
            float(studies["ci_low"].iloc[0]),
            float(studies["ci_high"].iloc[0]),
        )
    elif method == "glmm":
        effect, percent = _pool_glmm(studies, interval, level, prediction_df)
    else:
        effect = pool_effects(
            y, v, method=method, interval=interval, level=level, prediction_df=prediction_df
        )
        percent = None
    if percent is None:
        percent = tuple(map(to_percent, (effect.estimate, effect.ci_low, effect.ci_high)))
    bounds = (effect.pi_low, effect.pi_high)
    predicted = [None if b is None else float(to_percent(b)) for b in bounds]
    return PooledEstimate(
        label=label,
        estimate=float(percent[0]),
        ci_low=float(percent[1]),
        ci_high=float(percent[2]),
        pi_low=predicted[0],
        pi_high=predicted[1],
        logit=effect.estimate,
        logit_se=effect.se,
        tau2=effect.tau2,
        i2=effect.i2,
        q=effect.q,
        q_df=effect.q_df,
        q_p=effect.q_p,
        k=effect.k,
        n=int(studies["n"].sum()),
        cases=float(studies["cases"].sum()),
        reconstructed=int((studies["source"] == "reconstructed").sum()),
        corrected=int(studies["corrected"].sum()),
        method=method,
        interval=effect.interval,
        prediction_df=prediction_df,
        level=level,
        notes=effect.notes,
        studies=studies.assign(weight_percent=effect.weight_percent),
    )


def _pool_glmm(studies, interval, level, prediction_df):
    x, n = studies["cases_rounded"].to_numpy(), studies["n"].to_numpy()
    y, v = studies["yi"].to_numpy(), studies["vi"].to_numpy()
    fit = fit_binomial_normal(x, n)
    if np.isnan(fit.mu):
        low, high = wilson_interval(x.sum(), n.sum())
        edge = 100.0 * float(x.sum() > 0)
        note = f"every study has {edge:g} %: likelihood at its edge, Wilson interval of all people"
        effect = PooledEffect(
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            0.0,
            len(x) - 1,
            1.0,
            len(x),
            "glmm",
            "wilson",
            100.0 * n / n.sum(),
            (note,),
        )
        return effect, (edge, float(low), float(high))
    effect = summarise_effect(
        y,
        v,
        fit.mu,
        fit.se,
        fit.tau2,
        "glmm",
        interval,
        level,
        prediction_df,
        fit.q_likelihood_ratio,
    )
    return effect, None


def compare_methods(frame: pd.DataFrame, methods=METHODS, **options) -> pd.DataFrame:
    """`pool` by each method, default intervals; one row per method, the fields of the record."""
    rows = [pool(frame, method=m, **options).to_series() for m in methods]
    return pd.DataFrame(rows).reset_index(drop=True)


def leave_one_out(frame: pd.DataFrame, **options) -> pd.DataFrame:
    """Pool again without each row in turn; needs at least two rows (`InputError`).

    `options` as for `pool`. Columns: id (the row left out), estimate, ci_low, ci_high, pi_low,
    pi_high (percent), tau2, i2 (percent), change (percentage points against all rows).
    """
    whole = pool(frame, **options)
    if whole.k < 2:
        raise InputError("leave-one-out needs at least two rows")
    studies = whole.studies.drop(columns="weight_percent")
    kept = ["estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2"]
    rows = []
    for i, name in enumerate(studies["id"]):
        rest = pool_prepared(
            studies.drop(index=i).reset_index(drop=True),
            whole.method,
            options.get("interval"),
            whole.level,
            whole.prediction_df,
        )
        rows.append(
            {"id": name}
            | {c: getattr(rest, c) for c in kept}
            | {"change": rest.estimate - whole.estimate}
        )
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(kept, float))


def influence(frame: pd.DataFrame, **options) -> pd.DataFrame:
    """How much each row moves the pool (Viechtbauer & Cheung 2010, doi 10.1002/jrsm.11).

    `options` as for `pool` without `interval`, with method "reml", "dl" or "common"; at least
    three rows. Everything is on the log odds, tau² estimated anew without the row. Variances are
    the model's own: a Hartung-Knapp factor far below one would make every study look extreme.
    Columns:
        id
        rstudent   externally studentised residual: (y - mu without the row) / its standard error
        dffits     change of the fitted value, in its own standard errors
        cooks_d    squared change of the pooled estimate over its variance
        cov_ratio  variance of the pooled estimate without the row over that with it
        tau2_without, q_without, hat (share of the weight), weight_percent
        change     percentage points by which the pooled prevalence changes without the row
        flagged    |rstudent| > 1.96, or cooks_d > 0.5, or |dffits| > 3 * sqrt(1 / (k - 1)):
                   a prompt to look, not a reason to remove
    """
    options = {"method": "reml"} | options | {"interval": "wald"}
    check_choice("method", options["method"], ("reml", "dl", "common"))
    whole = pool(frame, **options)
    if whole.k < 3:
        raise InputError("influence needs at least three rows")
    y, v = whole.studies["yi"].to_numpy(), whole.studies["vi"].to_numpy()
    hat = whole.studies["weight_percent"].to_numpy() / 100.0
    rows = []
    for i in range(whole.k):
        keep = np.arange(whole.k) != i
        rest = pool_effects(y[keep], v[keep], method=whole.method, interval="wald")
        shift = whole.logit - rest.estimate
        rows.append(
            {
                "id": whole.studies["id"].iloc[i],
                "rstudent": (y[i] - rest.estimate) / np.sqrt(v[i] + rest.tau2 + rest.se**2),
                "dffits": shift / np.sqrt(hat[i] * (rest.tau2 + v[i])),
                "cooks_d": shift**2 / whole.logit_se**2,
                "cov_ratio": rest.se**2 / whole.logit_se**2,
                "tau2_without": rest.tau2,
                "q_without": rest.q,
                "hat": hat[i],
                "weight_percent": 100.0 * hat[i],
                "change": float(to_percent(rest.estimate)) - whole.estimate,
            }
        )
    table = pd.DataFrame(rows)
    table["flagged"] = (
        (table["rstudent"].abs() > norm.ppf(0.975))
        | (table["cooks_d"] > 0.5)
        | (table["dffits"].abs() > 3.0 * np.sqrt(1.0 / (whole.k - 1)))
    )
    return table


def synthetic_studies(k: int, seed: int = 1) -> pd.DataFrame:
    """k made-up samples (row_id, n, cases) around 7 % with tau = 0.7 on the log odds."""
    rng = np.random.default_rng(seed)
    n = rng.integers(50, 5000, k)
    p = to_percent(rng.normal(-2.6, 0.7, k)) / 100.0
    names = [f"s{i}" for i in range(k)]
    return pd.DataFrame({"row_id": names, "n": n, "cases": rng.binomial(n, p)})


def growth_table(sizes=(100, 300, 1000, 2000, 3000, 10000), seed: int = 1, repeats: int = 3):
    """Seconds that `pool` (REML, Hartung-Knapp) takes on synthetic studies; best of `repeats`.

    Columns: k, seconds, microseconds_per_study. A measurement of the machine it runs on: show it,
    do not commit it as a result.
    """
    rows = []
    for k in sizes:
        frame = synthetic_studies(k, seed)
        best = np.inf
        for _ in range(repeats):
            start = time.perf_counter()
            pool(frame)
            best = min(best, time.perf_counter() - start)
        rows.append({"k": k, "seconds": best, "microseconds_per_study": 1e6 * best / k})
    return pd.DataFrame(rows)
