"""Proportions read from a table: checked, counted, and put on the logit scale.

A row is one sample or one stratum. It gives a denominator `n` and either the number of
`cases` or a prevalence in percent. Percent are percent everywhere: 4.9 means 4.9 %.

Effective cases
    `cases` as counted where the row has them. Otherwise ``prevalence / 100 * n``, kept as a
    fraction (11.296, not 11) for every inverse-variance method and rounded to the nearest whole
    number, half to even, only where a binomial likelihood needs it (column `cases_rounded`). Such
    rows carry ``source = "reconstructed"``. A published percentage has a finite number of digits,
    so a reconstructed count is uncertain by about ``n * 0.05 / 100`` at one decimal.
Logit and variance
    ``y = log(x / (n - x))``, ``v = 1 / x + 1 / (n - x)`` with x the effective cases. Only where
    x = 0 or x = n, 0.5 is added to both cells of that row (metafor's ``add=0.5, to="only0"``).
"""

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from claimbook.errors import InputError, nearest

CONTINUITY_CORRECTION = 0.5
Z_95 = float(norm.ppf(0.975))
COUNT_TOLERANCE = 1e-9  # how far a "whole number" stored as a float may be from one
VARIANCE_SOURCES = ("counts", "percent_and_n", "cases_and_percent", "interval", "assumed_n")


def to_percent(log_odds):
    """Prevalence in percent from log odds (scalar or array)."""
    return 100.0 * expit(log_odds)


def from_percent(percent):
    """Log odds from a prevalence in percent (scalar or array); 0 and 100 give infinities."""
    return logit(np.asarray(percent, dtype=float) / 100.0)


def check_choice(name: str, value, valid) -> None:
    """Raise InputError unless `value` is one of `valid`."""
    if value not in valid:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(valid)}{nearest(value, valid)}"
        )


def refuse(row_id, column: str, value, expected: str) -> InputError:
    """The one wording of a refusal: row, column, value, and what was expected."""
    shown = "nothing" if value is None or (np.isscalar(value) and pd.isna(value)) else repr(value)
    if isinstance(value, np.generic):
        shown = repr(value.item()) if not pd.isna(value) else "nothing"
    return InputError(f"row '{row_id}', column '{column}': found {shown}, expected {expected}")


def require_columns(frame: pd.DataFrame, columns: Iterable[str] = (), **named: str) -> None:
    """Raise InputError naming the columns that `frame` lacks, those it has, and the remedy.

    named: argument by which the caller may name another column -> the column looked for.
    """
    wanted = dict.fromkeys(columns) | {column: argument for argument, column in named.items()}
    missing = [c for c in wanted if c not in frame.columns]
    if not missing:
        return
    has = [str(c) for c in frame.columns]
    remedy = nearest(missing[0], has)
    if wanted[missing[0]]:
        free = [c for c in has if c not in wanted] or has or ["..."]
        close = get_close_matches(missing[0], free, n=1, cutoff=0.4)
        remedy = f"; say {wanted[missing[0]]}='{(close or free)[0]}' if that is the one"
    raise InputError(
        f"the table lacks the column{'s' * (len(missing) > 1)} "
        f"{', '.join(map(repr, missing))}; it has {', '.join(has) or 'none'}{remedy}"
    )


def row_ids(frame: pd.DataFrame, id: str) -> list[str]:
    """Row names as text, present and unique (`InputError` otherwise)."""
    require_columns(frame, id=id)
    names = []
    for position, value in enumerate(frame[id]):
        if pd.isna(value) or str(value) == "":
            raise refuse(f"number {position + 1}", id, None, "a name for the row")
        names.append(str(value))
    repeated = pd.Series(names, dtype=object)
    if repeated.duplicated().any():
        name = repeated[repeated.duplicated()].iloc[0]
        raise refuse(name, id, name, "a name that no other row has")
    return names


def numbers(frame: pd.DataFrame, column: str, ids, expected: str) -> np.ndarray:
    """Column as floats, NaN where empty or absent; text or infinity raises `InputError`."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    result = np.full(len(frame), np.nan)
    for i, value in enumerate(frame[column]):
        if value is None or pd.isna(value) or value == "":
            continue
        if isinstance(value, (bool, np.bool_)):
            raise refuse(ids[i], column, value, expected)
        try:
            result[i] = float(value)
        except (TypeError, ValueError):
            raise refuse(ids[i], column, value, expected) from None
        if not np.isfinite(result[i]):
            raise refuse(ids[i], column, value, expected)
    return result


def whole(value: float) -> bool:
    """True if `value` is a whole number up to float noise."""
    return abs(value - round(value)) <= COUNT_TOLERANCE


def check_counts(name, n, cases, percent, columns: tuple[str, str, str]) -> None:
    """Refuse impossible combinations in one row; NaN stands for an empty cell."""
    n_col, cases_col, percent_col = columns
    if not np.isnan(n) and (n < 1 or not whole(n)):
        raise refuse(name, n_col, n, "a whole number of at least 1")
    if not np.isnan(cases):
        if cases < 0 or not whole(cases):
            raise refuse(name, cases_col, cases, "a whole number of at least 0")
        if not np.isnan(n) and cases > n:
            raise refuse(name, cases_col, cases, f"at most the {n_col} of the row, {n:g}")
    if not np.isnan(percent) and not 0 <= percent <= 100:
        raise refuse(name, percent_col, percent, "a percentage from 0 to 100")


def logit_and_variance(cases, n) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log odds, their sampling variance, and whether the 0.5 was added (see module docstring)."""
    x = np.asarray(cases, dtype=float)
    m = np.asarray(n, dtype=float) - x
    corrected = (x == 0) | (m == 0)
    x = np.where(corrected, x + CONTINUITY_CORRECTION, x)
    m = np.where(corrected, m + CONTINUITY_CORRECTION, m)
    return np.log(x / m), 1.0 / x + 1.0 / m, corrected


def wilson_interval(cases, n) -> tuple[np.ndarray, np.ndarray]:
    """95 % Wilson score interval in percent (Wilson 1927; statsmodels); defined at 0 and n."""
    low, high = proportion_confint(np.asarray(cases, float), np.asarray(n, float), method="wilson")
    return 100.0 * np.asarray(low), 100.0 * np.asarray(high)


def prepare_proportions(
    frame: pd.DataFrame,
    *,
    id: str = "row_id",
    cases: str = "cases",
    n: str = "n",
    prevalence: str = "prevalence_percent",
    sample: str | None = None,
    prefer: str = "cases",
) -> pd.DataFrame:
    """One checked row per sample, ready to pool.

    `id`, `cases`, `n`, `prevalence` name columns of `frame`; `cases` or `prevalence` may be
    absent. `sample`, if given, names the column that says which people a row is about; a sample
    met twice is refused, as it would be pooled twice. `prefer` says which figure counts when a
    row has both: "cases" (the counted cases; the sampling variance belongs to them) or "percent"
    (the printed percentage, which may be standardised).

    Returns a frame in the order of `frame` with
        id                text
        n                 people, count
        cases             effective cases, may be fractional
        cases_rounded     whole number for a binomial likelihood
        source            "counted" or "reconstructed"
        prevalence        percent, 100 * cases / n
        given_minus_crude percentage points, printed percentage minus 100 * counted cases / n;
                          NaN unless the row has both
        ci_low, ci_high   percent, 95 % Wilson interval of the row itself
        yi, vi            log odds and sampling variance
        corrected         True where 0.5 was added

    Raises `InputError` naming row, column, value and what was expected for: n missing, n < 1,
    n or cases not whole, cases < 0 or > n, percentage outside 0-100, neither cases nor
    percentage, text where a number belongs, a row name or sample that is repeated.
    """
    check_choice("prefer", prefer, ("cases", "percent"))
    require_columns(frame, id=id, n=n, **({"sample": sample} if sample else {}))
    if prevalence not in frame.columns:
        require_columns(frame, cases=cases)
    ids = row_ids(frame, id)
    if sample:
        _refuse_repeated_samples(frame[sample], ids, sample)
    n_people = numbers(frame, n, ids, "a whole number of at least 1")
    counted = numbers(frame, cases, ids, "a whole number of at least 0")
    percent = numbers(frame, prevalence, ids, "a percentage from 0 to 100")
    for i, name in enumerate(ids):
        if np.isnan(n_people[i]):
            raise refuse(name, n, None, "the number of people examined (a whole number)")
        check_counts(name, n_people[i], counted[i], percent[i], (n, cases, prevalence))
        if np.isnan(counted[i]) and np.isnan(percent[i]):
            raise refuse(name, cases, None, f"a number here or a percentage in '{prevalence}'")
    from_count = ~np.isnan(counted) & ((prefer == "cases") | np.isnan(percent))
    effective = np.where(from_count, counted, percent / 100.0 * n_people)
    yi, vi, corrected = logit_and_variance(effective, n_people)
    low, high = wilson_interval(effective, n_people) if len(ids) else (n_people, n_people)
    return pd.DataFrame(
        {
            "id": np.array(ids, dtype=object),
            "n": n_people.astype(int),
            "cases": effective,
            "cases_rounded": np.rint(effective).astype(int),
            "source": np.where(from_count, "counted", "reconstructed").astype(object),
            "prevalence": 100.0 * effective / n_people,
            "given_minus_crude": percent - 100.0 * counted / n_people,
            "ci_low": low,
            "ci_high": high,
            "yi": yi,
            "vi": vi,
            "corrected": corrected,
        }
    )


def _refuse_repeated_samples(samples: pd.Series, ids: list[str], column: str) -> None:
    first: dict[str, str] = {}
    for name, value in zip(ids, samples, strict=True):
        if pd.isna(value) or str(value) == "":
            raise refuse(name, column, None, "the name of the sample")
        if str(value) in first:
            raise refuse(
                name,
                column,
                value,
                f"one row per sample, but row '{first[str(value)]}' has the same one",
            )
        first[str(value)] = name


def strata_on_logit_scale(
    frame: pd.DataFrame,
    *,
    id: str = "row_id",
    cases: str = "cases",
    n: str = "n",
    prevalence: str = "prevalence_percent",
    low: str = "ci_low",
    high: str = "ci_high",
    assumed_n: str | None = None,
) -> pd.DataFrame:
    """Log odds and the best variance that each stratum row allows, saying where it came from.

    Published strata often print a percentage without its denominator. In this order a row takes
    its variance from (column `variance_from`)
        counts             cases and n
        percent_and_n      prevalence and n
        cases_and_percent  cases and a prevalence above 0; n = cases / (prevalence / 100)
        interval           a printed 95 % interval: ((logit high - logit low) / (2 * 1.96))^2
        assumed_n          only if `assumed_n` is given: the size in that column, for instance from
                           `age_curve.assumed_stratum_n`. An assumption, not data.
        none               nothing; `yi` is kept where a percentage exists, `vi` is NaN

    Returns columns id, yi, vi, prevalence (percent), n (NaN if unknown), variance_from, in the
    order of `frame`. A prevalence of 0 or 100 takes 0.5 in both cells where n is known, and
    otherwise has no log odds. Raises `InputError` as `prepare_proportions`, and for an interval
    that does not hold the row's prevalence or reaches 0 or 100.
    """
    ids = row_ids(frame, id)
    counted = numbers(frame, cases, ids, "a whole number of at least 0")
    n_people = numbers(frame, n, ids, "a whole number of at least 1")
    percent = numbers(frame, prevalence, ids, "a percentage from 0 to 100")
    lower = numbers(frame, low, ids, "a percentage from 0 to 100")
    upper = numbers(frame, high, ids, "a percentage from 0 to 100")
    for i, name in enumerate(ids):
        check_counts(name, n_people[i], counted[i], percent[i], (n, cases, prevalence))
    assumed = np.full(len(ids), np.nan)
    if assumed_n is not None:
        require_columns(frame, [assumed_n])
        assumed = numbers(frame, assumed_n, ids, "an assumed size above 0")
        for i in np.flatnonzero(assumed <= 0):
            raise refuse(ids[i], assumed_n, assumed[i], "an assumed size above 0")
    records = []
    for i, name in enumerate(ids):
        row = _one_stratum(counted[i], n_people[i], percent[i], assumed[i])
        if row["variance_from"] in ("assumed_n", "none") and not np.isnan(lower[i] + upper[i]):
            row = _from_interval(name, percent[i], lower[i], upper[i], low)
        records.append({"id": name, **row})
    columns = ["id", "yi", "vi", "prevalence", "n", "variance_from"]
    return pd.DataFrame(records, columns=columns)


def _one_stratum(cases, n, percent, assumed) -> dict:
    kind = "none"
    if np.isnan(n) and not np.isnan(cases) and percent > 0:
        n, kind = cases / (percent / 100.0), "cases_and_percent"
    elif not np.isnan(cases + n):
        kind = "counts"
    elif not np.isnan(percent + n):
        cases, kind = percent / 100.0 * n, "percent_and_n"
    elif not np.isnan(percent + assumed):
        n, kind = assumed, "assumed_n"
        cases = percent / 100.0 * n
    if kind == "none":
        known = not np.isnan(percent) and 0 < percent < 100
        yi = float(from_percent(percent)) if known else np.nan
        return {"yi": yi, "vi": np.nan, "prevalence": percent, "n": n, "variance_from": kind}
    yi, vi, _ = logit_and_variance(cases, n)
    return {
        "yi": float(yi),
        "vi": float(vi),
        "prevalence": 100.0 * cases / n,
        "n": n,
        "variance_from": kind,
    }


def _from_interval(name, percent, low, high, column) -> dict:
    if not 0 < low < percent < high < 100:
        raise refuse(name, column, low, "0 < lower limit < prevalence < upper limit < 100")
    se = float(from_percent(high) - from_percent(low)) / (2.0 * Z_95)
    return {
        "yi": float(from_percent(percent)),
        "vi": se**2,
        "prevalence": percent,
        "n": np.nan,
        "variance_from": "interval",
    }
