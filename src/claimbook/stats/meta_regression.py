"""Which differences between samples go with differences in prevalence?

All of it is observational: a moderator that explains variance between samples need not explain
anything within one. Source: Knapp & Hartung 2003, doi:10.1002/sim.1482.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import f as f_distribution

from claimbook.errors import InputError, nearest
from claimbook.stats.pooling import COLUMNS, fit_linear, pool, q_of, tau2_of, typical_variance
from claimbook.stats.proportions import (
    check_choice,
    prepare_proportions,
    require_columns,
    to_percent,
)

PREDICTORS = ("inverse_n", "standard_error")
FEWEST_STUDIES = 3  # fewer leave no spread to regress on
FEW_FOR_SMALL_STUDY_CHECK = 10  # Sterne 2011 and the Cochrane Handbook advise at least ten
EXACT = 1e-9  # a standard error below this share of its coefficient is rounding: an exact fit
NOT_STATED = "not stated"
TERMS = ("term", "estimate", "se", "ci_low", "ci_high", "t", "df", "p")
ODDS_RATIOS = ("odds_ratio", "or_low", "or_high")


@dataclass(frozen=True, eq=False)
class MetaRegression:
    """A fitted meta-regression; with too few studies an empty one, and `note` says so.

    coefficients: term, estimate, se, ci_low, ci_high (log odds), t, df, p, odds_ratio, or_low,
    or_high. r2: percent of tau² that the moderators remove, never negative, None if there was
    none. qe: residual heterogeneity. f: joint test of all moderators, None if the fit is exact.
    excluded: id, reason, for rows whose moderator is missing.
    """

    coefficients: pd.DataFrame
    k: int
    n: int
    moderators: tuple[str, ...]
    excluded: pd.DataFrame
    tau2: float | None = None
    tau2_without_moderators: float | None = None
    r2: float | None = None
    i2: float | None = None
    qe: float | None = None
    qe_df: int | None = None
    qe_p: float | None = None
    f: float | None = None
    f_df1: int | None = None
    f_df2: int | None = None
    f_p: float | None = None
    note: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Return the coefficients, one row per term."""
        return self.coefficients.copy()

    def __repr__(self) -> str:
        if self.note:
            return f"no meta-regression: {self.note}"
        removed = "no tau² to explain" if self.r2 is None else f"R² {self.r2:.3g} %"
        test = "" if self.f is None else f", F({self.f_df1}, {self.f_df2}) {self.f:.3g}"
        p = "" if self.f_p is None else f", p {self.f_p:.2g}"
        return f"{' + '.join(self.moderators)}: {removed}{test}{p}, {self.k} studies, REML"


@dataclass(frozen=True)
class Difference:
    """The test whether levels differ: F on df1 and df2, over k studies with one tau²."""

    f: float | None
    df1: int
    df2: int
    p: float | None
    tau2: float
    k: int


@dataclass(frozen=True, eq=False)
class Subgroups:
    """`table`: one row per level (see `subgroups`). `test`: do they differ? None where it cannot
    be tested, and then `test_reason` says why."""

    table: pd.DataFrame
    test: Difference | None
    test_reason: str

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        levels = ", ".join(f"{r.level} {r.estimate:.3g} %" for r in self.table.itertuples())
        p = None if self.test is None else self.test.p
        return f"{levels}; {self.test_reason or 'an exact fit' if p is None else f'p {p:.2g}'}"


@dataclass(frozen=True, eq=False)
class SmallStudyCheck:
    """A regression on the size of studies; None where there is no test, and `notes` say why.

    slope, se, t, df, p: of the predictor. limit_percent, limit_low, limit_high: the prevalence as
    studies grow large, percent.
    """

    test: str
    predictor: str
    k: int
    notes: tuple[str, ...] = ()
    slope: float | None = None
    se: float | None = None
    t: float | None = None
    df: int | None = None
    p: float | None = None
    limit_percent: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields as columns."""
        return pd.DataFrame([asdict(self) | {"notes": "; ".join(self.notes)}])

    def __repr__(self) -> str:
        p = "no test" if self.p is None else f"p {self.p:.2g}"
        return "; ".join([f"{self.test}: {p}, {self.k} studies", *self.notes])


def _as_levels(frame: pd.DataFrame, name: str, categorical) -> bool:
    """Return whether a column becomes dummies: it holds text, or true and false, or is to be."""
    values = frame[name]
    text = pd.to_numeric(values.dropna(), errors="coerce").isna().any()
    return name in categorical or values.dtype == bool or bool(text)


def design_matrix(
    frame: pd.DataFrame, moderators, reference: dict, centre: dict, categorical=()
) -> tuple[np.ndarray, list[str]]:
    """Return intercept, dummies (all levels but the reference, or the first) and numeric columns.

    Numeric moderators are taken minus `centre[name]` (0 if absent). The names beside the matrix
    are "intercept", "name" and "name: level".
    """
    columns, names = [np.ones(len(frame))], ["intercept"]
    for name in moderators:
        values = frame[name]
        if _as_levels(frame, name, categorical):
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
    **columns,
) -> MetaRegression:
    """Regress the log odds of prevalence on moderators, REML with Knapp-Hartung tests.

    moderators: column names; how they become columns of the design: see `design_matrix`.
    categorical: names of numeric columns to be taken as levels. columns: as for `pool`. Rows with
    a missing moderator are left out and listed in `excluded`. With fewer than three rows, or no
    more rows than coefficients, the result is empty. Raises InputError for no moderator, an
    unknown column, a moderator that does not vary, or moderators that say the same thing.
    """
    moderators = [moderators] if isinstance(moderators, str) else list(moderators)
    if not moderators:
        raise InputError("meta-regression needs at least one moderator")
    require_columns(frame, moderators)
    studies = prepare_proportions(frame, **columns)
    missing = frame[moderators].isna().to_numpy()
    stated = ~missing.any(axis=1)
    excluded = studies.loc[~stated, ["id"]].reset_index(drop=True)
    names = np.array(moderators, dtype=object)
    excluded["reason"] = [f"no value for {', '.join(names[row])}" for row in missing[~stated]]
    kept, studies = frame[stated], studies[stated]
    if kept.empty:
        raise InputError(f"no row has a value for {', '.join(moderators)}")
    terms = 1 + sum(
        kept[m].astype(str).nunique() - 1 if _as_levels(kept, m, categorical) else 1
        for m in moderators
    )
    if len(kept) < FEWEST_STUDIES or 1 < terms >= len(kept):
        note = f"{len(kept)} rows cannot carry {terms} coefficients and leave something to test"
        empty = pd.DataFrame(columns=[*TERMS, *ODDS_RATIOS], dtype=float)
        fit = {"coefficients": empty, "note": note}
    else:
        design, names = design_matrix(kept, moderators, reference or {}, centre or {}, categorical)
        fit = fit_design(studies["yi"].to_numpy(), studies["vi"].to_numpy(), design, names)
    fit |= {"k": len(kept), "n": int(studies["n"].sum()), "moderators": tuple(moderators)}
    return MetaRegression(**fit, excluded=excluded)


def fit_design(yi, vi, design, names) -> dict:
    """Fit `yi` on `design` (k x p, p < k, the intercept first); the fields of `MetaRegression`."""
    k, p = design.shape
    if p < 2:
        raise InputError("the moderator does not vary between the rows")
    if np.linalg.matrix_rank(design / np.maximum(np.abs(design).max(axis=0), 1e-300)) < p:
        raise InputError(f"the moderators cannot be told apart in these rows ({', '.join(names)})")
    fit = fit_linear(yi, vi, design, "reml", "hk")
    tau2, qe, df = tau2_of(fit), q_of(fit), k - p
    without = tau2_of(fit_linear(yi, vi, np.ones((k, 1)), "reml", "hk"))
    numbers = {name: np.ravel(values) for name, values in fit.get_fe_stats().items()}
    beta, se, ends = numbers["est"], numbers["se"], (numbers["ci_l"], numbers["ci_u"])
    # Residuals of exactly zero leave no error to test against; the tests are then undefined.
    exact = bool((se <= EXACT * np.maximum(np.abs(beta), EXACT)).any())
    ends = (beta, beta) if exact else ends
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        # PyMARE's "z" is the normal deviate of the same p, so t is computed here
        t, p_value = (np.full(p, np.nan),) * 2 if exact else (beta / se, numbers["p"])
        ratios = np.exp([beta, *ends])
    f_value = None
    if not exact:
        cov = np.reshape(fit.fe_cov, (p, p))[1:, 1:]
        f_value = float(beta[1:] @ np.linalg.solve(cov, beta[1:]) / (p - 1))
    columns = (names, beta, se, *ends, t, df, p_value)
    return {
        "coefficients": pd.DataFrame(
            dict(zip(TERMS, columns, strict=True)) | dict(zip(ODDS_RATIOS, ratios, strict=True))
        ),
        "tau2": tau2,
        "tau2_without_moderators": without,
        "r2": max(0.0, 100.0 * (without - tau2) / without) if without > 0 else None,
        "i2": 100.0 * tau2 / (tau2 + typical_variance(vi, design)),
        "qe": qe,
        "qe_df": df,
        "qe_p": float(chi2.sf(qe, df)),
        "f": f_value,
        "f_df1": p - 1,
        "f_df2": df,
        "f_p": None if exact else float(f_distribution.sf(f_value, p - 1, df)),
    }


def subgroups(
    frame: pd.DataFrame, by: str, *, levels=None, method: str = "reml", **options
) -> Subgroups:
    """Pool within each level of column `by`, and test whether the levels differ.

    levels: which levels come first, in what order; one without rows gets k = 0, empty numbers and
    a `reason`. Rows without a level form the level "not stated", which is pooled and takes no part
    in the test. options: as for `pool`. Raises InputError for an unknown column or a level in
    `levels` listed twice.
    """
    require_columns(frame, [by])
    label = frame[by].where(frame[by].notna(), NOT_STATED).astype(str)
    order = [str(x) for x in levels or ()]
    if len(set(order)) < len(order):
        raise InputError(f"a level of '{by}' is listed twice: {', '.join(order)}")
    present = sorted(label.unique(), key=lambda x: (x == NOT_STATED, x))
    order += [x for x in present if x not in order]
    numeric = ["estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2", "i2"]
    rows = []
    for level in order:
        part = frame[label == level]
        row = {"level": level, "k": 0, "n": 0, "method": method}
        if part.empty:
            rows.append(row | {"reason": f"no row has {by} = {level}"})
            continue
        pooled = pool(part, method=method, **options)
        row |= {name: getattr(pooled, name) for name in (*numeric, "k", "n", "interval")}
        rows.append(row | {"reason": "; ".join(pooled.notes)})
    columns = ["level", "k", "n", *numeric, "method", "interval", "reason"]
    table = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(numeric, float))
    return Subgroups(table, *_between_levels(frame[label != NOT_STATED], by, options))


def _between_levels(frame, by, options) -> tuple[Difference | None, str]:
    if frame[by].nunique() < 2:
        return None, "fewer than two levels have rows"
    columns = {name: value for name, value in options.items() if name in COLUMNS}
    try:
        fit = meta_regression(frame, [by], categorical=(by,), **columns)
    except InputError as error:
        return None, str(error)
    if fit.note:
        return None, fit.note
    return Difference(fit.f, fit.f_df1, fit.f_df2, fit.f_p, fit.tau2, fit.k), ""


def small_study_check(
    frame: pd.DataFrame, *, predictor: str = "inverse_n", **columns
) -> SmallStudyCheck:
    """Test whether small samples report other prevalences than large ones.

    A meta-regression of the log odds on ``1 / n`` ("inverse_n", after Peters 2006,
    doi:10.1001/jama.295.6.676; metafor's ``regtest(predictor="ninv")``) or on the standard error
    ("standard_error", after Egger 1997; ``predictor="sei"``). The standard error of a log odds
    follows from the proportion itself, so with a rare condition Egger's form finds asymmetry where
    there is none; hence 1 / n by default. Prevalence has no "favourable" side, so a slope speaks
    of how small studies differ (place, definition, selection) as much as of unpublished ones.
    """
    check_choice("predictor", predictor, PREDICTORS)
    studies = prepare_proportions(frame, **columns)
    k = len(studies)
    x = (1.0 / studies["n"] if predictor == "inverse_n" else np.sqrt(studies["vi"])).to_numpy()
    about = f"mixed-effects regression on {predictor.replace('_', ' ')}", predictor, k
    if k < FEWEST_STUDIES:
        return SmallStudyCheck(*about, ("fewer than three studies: no test",))
    few = k < FEW_FOR_SMALL_STUDY_CHECK
    notes = (f"only {k} studies: hardly any power",) if few else ()
    if np.ptp(x) <= 1e-12 * np.max(x):
        return SmallStudyCheck(*about, (*notes, "all studies are of one size: no test"))
    design = np.column_stack([np.ones(k), x])
    fit = fit_design(studies["yi"].to_numpy(), studies["vi"].to_numpy(), design, ["limit", "slope"])
    limit, slope = (fit["coefficients"].iloc[i] for i in (0, 1))
    names = {"slope": "estimate", "se": "se", "t": "t", "p": "p"}
    numbers = {name: None if np.isnan(slope[c]) else float(slope[c]) for name, c in names.items()}
    ends = to_percent(limit[["estimate", "ci_low", "ci_high"]].to_numpy(float))
    ends = dict(zip(("limit_percent", "limit_low", "limit_high"), map(float, ends), strict=True))
    return SmallStudyCheck(*about, notes, df=int(slope["df"]), **numbers, **ends)
