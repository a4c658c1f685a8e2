"""Which differences between samples go with differences in prevalence?

Mixed-effects meta-regression on the log odds: tau² by REML, coefficients tested on t with k - p df
after Knapp & Hartung 2003 (doi 10.1002/sim.1482). Subgroups are pooled one by one, each with its
own tau², and compared by a meta-regression with one common tau². The small-study check is a
meta-regression too. All of it is observational: a moderator that explains variance between
samples need not explain anything within one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from claimbook.errors import InputError, nearest
from claimbook.stats.pooling import (
    check_choice,
    check_level,
    fit_linear,
    pool,
)
from claimbook.stats.proportions import prepare_proportions, require_columns

PREDICTORS = ("inverse_n", "standard_error")
FEW_FOR_SMALL_STUDY_CHECK = 10  # Sterne 2011 and the Cochrane Handbook advise at least ten
NOT_STATED = "not stated"


@dataclass(frozen=True, eq=False)
class MetaRegression:
    """A fitted meta-regression.

    `coefficients`: term, estimate, se, ci_low, ci_high (log odds), t, df, p, odds_ratio, or_low,
    or_high. `r2` (percent) is the share of tau² that the moderators remove, never negative, None
    if there was none. `qe` is the residual heterogeneity, `f` the joint test of all moderators
    (None if the fit is exact).
    `excluded`: id, reason, for rows whose moderator is missing.
    """

    coefficients: pd.DataFrame
    tau2: float
    tau2_without_moderators: float
    r2: float | None
    i2: float
    qe: float
    qe_df: int
    qe_p: float
    f: float | None
    f_df1: int
    f_df2: int
    f_p: float | None
    k: int
    n: int
    moderators: tuple[str, ...]
    excluded: pd.DataFrame

    def as_record(self) -> dict:
        """Plain numbers and lists for JSON; coefficients and excluded rows as lists of dicts."""
        record = {
            name: getattr(self, name)
            for name in (
                "tau2",
                "tau2_without_moderators",
                "r2",
                "i2",
                "qe",
                "qe_df",
                "qe_p",
                "f",
                "f_df1",
                "f_df2",
                "f_p",
                "k",
                "n",
            )
        }
        record["method"] = "reml"
        record["interval"] = "hk"
        record["moderators"] = list(self.moderators)
        table = self.coefficients.astype(object)
        record["coefficients"] = table.where(table.notna(), None).to_dict("records")
        record["excluded"] = self.excluded.to_dict("records")
        return record


@dataclass(frozen=True, eq=False)
class Subgroups:
    """`table`: one row per level (see `subgroups`). `test`: do the levels differ? or None, and
    then `test_reason` says why not."""

    table: pd.DataFrame
    test: dict | None
    test_reason: str


def is_categorical(values: pd.Series) -> bool:
    """True unless every stated value is a number."""
    return bool(pd.to_numeric(values.dropna(), errors="coerce").isna().any()) or (
        values.dtype == bool
    )


def design_matrix(
    frame: pd.DataFrame, moderators, reference: dict, centre: dict, categorical=()
) -> tuple[np.ndarray, list[str]]:
    """Intercept, dummies (first level in sorted order, or `reference`, left out), numeric columns.

    Numeric moderators are taken minus `centre[name]` (0 if absent). Names are "intercept",
    "name" and "name: level".
    """
    columns, names = [np.ones(len(frame))], ["intercept"]
    for name in moderators:
        values = frame[name]
        if name in categorical or is_categorical(values):
            levels = sorted(values.astype(str).unique())
            base = str(reference.get(name, levels[0]))
            if base not in levels:
                raise InputError(
                    f"reference level '{base}' of '{name}' is in no row{nearest(base, levels)}"
                )
            for level in (x for x in levels if x != base):
                columns.append((values.astype(str) == level).to_numpy(float))
                names.append(f"{name}: {level}")
        else:
            columns.append(pd.to_numeric(values).to_numpy(float) - centre.get(name, 0.0))
            names.append(name)
    return np.column_stack(columns), names


def meta_regression(
    frame: pd.DataFrame,
    moderators,
    *,
    reference: dict | None = None,
    centre: dict | None = None,
    categorical=(),
    id: str = "row_id",
    level: float = 0.95,
    **columns,
) -> MetaRegression:
    """Log odds of prevalence on one or more moderators, REML with Knapp-Hartung tests.

    `moderators`: column names. A column with any text, or named in `categorical`, becomes dummies
    against `reference[name]` (else its first level in sorted order); a numeric one is taken minus
    `centre[name]`. `columns` as for `pool`. Rows with a missing moderator are left out and listed
    in `excluded`. Raises `InputError` for no moderator, an unknown column, a moderator that does
    not vary, moderators that say the same thing, or k <= number of coefficients.
    """
    moderators = [moderators] if isinstance(moderators, str) else list(moderators)
    if not moderators:
        raise InputError("meta-regression needs at least one moderator")
    check_level(level)
    require_columns(frame, moderators)
    studies = prepare_proportions(frame, id=id, **columns)
    missing = frame[moderators].isna().to_numpy()
    stated = ~missing.any(axis=1)
    excluded = pd.DataFrame(
        [
            {
                "id": studies["id"].iloc[i],
                "reason": "no value for "
                + ", ".join(m for m, gone in zip(moderators, missing[i], strict=True) if gone),
            }
            for i in np.flatnonzero(~stated)
        ],
        columns=["id", "reason"],
    )
    kept, studies = frame[stated], studies[stated]
    if kept.empty:
        raise InputError(f"no row has a value for {', '.join(moderators)}")
    design, names = design_matrix(kept, moderators, reference or {}, centre or {}, categorical)
    fit = fit_design(studies["yi"].to_numpy(), studies["vi"].to_numpy(), design, names, level)
    return MetaRegression(
        **fit, n=int(studies["n"].sum()), moderators=tuple(moderators), excluded=excluded
    )


def fit_design(yi, vi, design, names, level: float = 0.95) -> dict:
    """Fit `yi` on `design` (k x p, first column the intercept); the numbers of `MetaRegression`."""
    k, p = design.shape
    if p < 2:
        raise InputError("the moderator does not vary between the rows")
    if k <= p:
        raise InputError(f"{k} rows cannot carry {p} coefficients ({', '.join(names)})")
    if np.linalg.matrix_rank(design / np.maximum(np.abs(design).max(axis=0), 1e-300)) < p:
        raise InputError(f"the moderators cannot be told apart in these rows ({', '.join(names)})")
    fit = fit_linear(yi, vi, design, "reml", "hk")
    none = fit_linear(yi, vi, np.ones((k, 1)), "reml", "hk")
    df = k - p
    se = np.sqrt(np.diag(fit.cov))
    half = t_distribution.ppf(0.5 + level / 2.0, df) * se
    # Residuals of exactly zero leave no error to test against; the tests are then undefined.
    exact = bool((se <= 1e-9 * np.maximum(np.abs(fit.beta), 1e-9)).any())
    with np.errstate(divide="ignore", invalid="ignore"):
        t_value = np.where(exact, np.nan, fit.beta / se)
    slopes = fit.beta[1:]
    f_value = None
    if not exact:
        f_value = float(slopes @ np.linalg.solve(fit.cov[1:, 1:], slopes) / (p - 1))
    qe = residual_q(yi, vi, design)
    with np.errstate(over="ignore"):
        ratios = np.exp([fit.beta, fit.beta - half, fit.beta + half])
    coefficients = pd.DataFrame(
        {
            "term": names,
            "estimate": fit.beta,
            "se": se,
            "ci_low": fit.beta - half,
            "ci_high": fit.beta + half,
            "t": t_value,
            "df": df,
            "p": 2.0 * t_distribution.sf(np.abs(t_value), df),
            "odds_ratio": ratios[0],
            "or_low": ratios[1],
            "or_high": ratios[2],
        }
    )
    gain = 100.0 * (none.tau2 - fit.tau2) / none.tau2 if none.tau2 > 0 else None
    return {
        "coefficients": coefficients,
        "tau2": fit.tau2,
        "tau2_without_moderators": none.tau2,
        "r2": None if gain is None else max(0.0, gain),
        "i2": 100.0 * fit.tau2 / (fit.tau2 + _typical_variance(vi, design)),
        "qe": qe,
        "qe_df": df,
        "qe_p": float(chi2.sf(qe, df)),
        "f": f_value,
        "f_df1": p - 1,
        "f_df2": df,
        "f_p": None if exact else float(f_distribution.sf(f_value, p - 1, df)),
        "k": k,
    }


def residual_q(yi, vi, design) -> float:
    """Weighted squared residuals of the fixed-effect fit, weights 1 / v."""
    root = 1.0 / np.sqrt(np.asarray(vi, float))
    beta, *_ = np.linalg.lstsq(design * root[:, None], yi * root, rcond=None)
    return float((((yi - design @ beta) * root) ** 2).sum())


def _typical_variance(vi, design) -> float:
    """Typical variance with moderators, (k - p) / trace of the residual projection (metafor)."""
    w = 1.0 / np.asarray(vi, float)
    weighted = design * w[:, None]
    inner = np.linalg.solve(design.T @ weighted, weighted.T @ weighted)
    return float((len(w) - design.shape[1]) / (w.sum() - np.trace(inner)))


def subgroups(
    frame: pd.DataFrame, by: str, *, levels=None, method: str = "reml", **options
) -> Subgroups:
    """Pool within each level of column `by`, and test whether the levels differ.

    `levels` fixes which levels are shown and in what order; one without rows gets k = 0, empty
    numbers and a `reason`. Rows without a level form the level "not stated", which is pooled and
    shown but takes no part in the test. `options` as for `pool`. The table has level, k, n,
    estimate, ci_low, ci_high, pi_low, pi_high (percent), tau2, i2, method, interval, reason. `test`
    holds f, df1, df2, p, tau2, k of a meta-regression with one tau² for all levels.
    Raises `InputError` for an unknown column or a level in `levels` listed twice.
    """
    require_columns(frame, [by])
    label = frame[by].where(frame[by].notna(), NOT_STATED).astype(str)
    present = sorted(label.unique(), key=lambda x: (x == NOT_STATED, x))
    shown = [str(x) for x in levels] if levels is not None else present
    if len(set(shown)) < len(shown):
        raise InputError(f"a level of '{by}' is listed twice: {', '.join(shown)}")
    shown += [x for x in present if x not in shown]
    rows = []
    for level in shown:
        part = frame[label == level]
        if part.empty:
            rows.append(
                {
                    "level": level,
                    "k": 0,
                    "n": 0,
                    "method": method,
                    "reason": f"no row has {by} = {level}",
                }
            )
            continue
        pooled = pool(part, method=method, label=level, **options)
        record = pooled.as_record()
        rows.append(
            {"level": level, "reason": "; ".join(pooled.notes)}
            | {c: record[c] for c in _SUBGROUP_COLUMNS if c not in ("level", "reason")}
        )
    table = pd.DataFrame(rows, columns=list(_SUBGROUP_COLUMNS))
    numeric = list(_SUBGROUP_COLUMNS[3:9])
    table = table.astype(dict.fromkeys(numeric, float))
    return Subgroups(table, *_between_levels(frame[label != NOT_STATED], by, options))


_SUBGROUP_COLUMNS = (
    "level",
    "k",
    "n",
    "estimate",
    "ci_low",
    "ci_high",
    "pi_low",
    "pi_high",
    "tau2",
    "i2",
    "method",
    "interval",
    "reason",
)


def _between_levels(frame, by, options) -> tuple[dict | None, str]:
    columns = {
        key: v
        for key, v in options.items()
        if key in ("id", "cases", "n", "prevalence", "sample", "prefer")
    }
    if frame[by].nunique() < 2:
        return None, "fewer than two levels have rows"
    try:
        fit = meta_regression(frame, [by], categorical=(by,), **columns)
    except InputError as error:
        return None, str(error)
    return {
        "f": fit.f,
        "df1": fit.f_df1,
        "df2": fit.f_df2,
        "p": fit.f_p,
        "tau2": fit.tau2,
        "k": fit.k,
    }, ""


def small_study_check(
    frame: pd.DataFrame, *, predictor: str = "inverse_n", id: str = "row_id", **columns
) -> dict:
    """Do small samples report other prevalences than large ones?

    A meta-regression (REML, Knapp-Hartung) of the log odds on ``1 / n`` ("inverse_n", after Peters
    2006, doi 10.1001/jama.295.6.676, in the mixed-effects form of metafor's
    ``regtest(predictor="ninv")``) or on the standard error ("standard_error", after Egger 1997;
    ``predictor="sei"``). Limits: the standard error of a log odds is computed from the proportion
    itself, so a rare condition makes both move together and Egger's form then finds asymmetry
    where there is none; hence 1 / n by default. Prevalence has no "favourable" side, so a slope
    speaks of how small studies differ (place, definition, selection) as much as of unpublished
    ones. Below ten studies it has hardly any power; a note says so.

    Returns test, predictor, slope, se, t, df, p, limit_percent (prevalence as the predictor goes
    to 0) with limit_low, limit_high, k, and notes; with fewer than three studies, or no variation
    in size, the numbers are None and a note gives the reason.
    """
    check_choice("predictor", predictor, PREDICTORS)
    studies = prepare_proportions(frame, id=id, **columns)
    x = 1.0 / studies["n"] if predictor == "inverse_n" else np.sqrt(studies["vi"])
    design = np.column_stack([np.ones(len(studies)), x])
    keys = ("slope", "se", "t", "df", "p", "limit_percent", "limit_low", "limit_high")
    result = {
        "test": "mixed-effects regression on " + predictor.replace("_", " "),
        "predictor": predictor,
        **dict.fromkeys(keys),
        "k": len(studies),
        "notes": [],
    }
    if len(studies) < 3:
        result["notes"].append("fewer than three studies: no test")
        return result
    if len(studies) < FEW_FOR_SMALL_STUDY_CHECK:
        result["notes"].append(f"only {len(studies)} studies: hardly any power")
    if np.ptp(x) <= 1e-12 * np.max(x):
        result["notes"].append("all studies are of one size: no test")
        return result
    fit = fit_design(studies["yi"].to_numpy(), studies["vi"].to_numpy(), design, ["limit", "slope"])
    limit, slope = (fit["coefficients"].iloc[i] for i in (0, 1))
    for key, source in (("slope", "estimate"), ("se", "se"), ("t", "t"), ("p", "p")):
        result[key] = None if np.isnan(slope[source]) else float(slope[source])
    result["df"] = int(slope["df"])
    for key, source in (
        ("limit_percent", "odds_ratio"),
        ("limit_low", "or_low"),
        ("limit_high", "or_high"),
    ):
        odds = float(limit[source])
        result[key] = 100.0 if np.isinf(odds) else 100.0 * odds / (1.0 + odds)
    return result
