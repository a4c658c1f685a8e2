"""Proportions read from a table, one sample or stratum a row, and put on the logit scale.

A prevalence without cases gives effective cases ``prevalence / 100 * n``, a fraction (11.296, not
11), "reconstructed": with one printed decimal uncertain by about ``n * 0.05 / 100``.
"""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal
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


def to_percent(log_odds):
    """Return the prevalence in percent of log odds (scalar or array)."""
    return 100.0 * expit(log_odds)


def from_percent(percent):
    """Return the log odds of a prevalence in percent; 0 and 100 give infinities."""
    return logit(np.asarray(percent, dtype=float) / 100.0)


def check_choice(name: str, value, valid) -> None:
    """Raise InputError unless `value` is one of `valid`."""
    if value not in valid:
        raise InputError(
            f"{name} is {value!r}, expected one of {', '.join(valid)}{nearest(value, valid)}"
        )


def refuse(row_id, column: str, value, expected: str) -> InputError:
    """Return the refusal of a cell: row, column, value, and what was expected."""
    value = value.item() if isinstance(value, np.generic) else value
    shown = "nothing" if value is None or (np.isscalar(value) and pd.isna(value)) else repr(value)
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
    """Return row names as text, present and unique (InputError otherwise)."""
    require_columns(frame, id=id)
    names: dict[str, None] = {}
    for position, value in enumerate(frame[id]):
        if pd.isna(value) or str(value) == "":
            raise refuse(f"number {position + 1}", id, None, "a name for the row")
        if str(value) in names:
            raise refuse(value, id, str(value), "a name that no other row has")
        names[str(value)] = None
    return list(names)


def numbers(frame: pd.DataFrame, column: str, ids, expected: str) -> np.ndarray:
    """Return a column as floats, NaN where empty or absent; text or infinity is refused."""
    result = np.full(len(frame), np.nan)
    for i, value in enumerate(frame.get(column, ())):
        if value is None or pd.isna(value) or value == "":
            continue
        with suppress(TypeError, ValueError):
            result[i] = np.nan if isinstance(value, (bool, np.bool_)) else float(value)
        if not np.isfinite(result[i]):
            raise refuse(ids[i], column, value, expected)
    return result


def counts_and_percent(
    frame: pd.DataFrame, ids: list[str], n: str, cases: str, prevalence: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return people, cases and percentages as floats, NaN where empty; refuse what cannot be."""
    people = numbers(frame, n, ids, "a whole number of at least 1")
    counted = numbers(frame, cases, ids, "a whole number of at least 0")
    percent = numbers(frame, prevalence, ids, "a percentage from 0 to 100")
    fraction = [~np.isnan(x) & (abs(x - np.round(x)) > COUNT_TOLERANCE) for x in (people, counted)]
    for i, name in enumerate(ids):
        if people[i] < 1 or fraction[0][i]:
            raise refuse(name, n, people[i], "a whole number of at least 1")
        if counted[i] < 0 or fraction[1][i]:
            raise refuse(name, cases, counted[i], "a whole number of at least 0")
        if counted[i] > people[i]:
            raise refuse(name, cases, counted[i], f"at most the {n} of the row, {people[i]:g}")
        if not (np.isnan(percent[i]) or 0 <= percent[i] <= 100):
            raise refuse(name, prevalence, percent[i], "a percentage from 0 to 100")
    return people, counted, percent


def logit_and_variance(cases, n) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log odds, their sampling variance, and where 0.5 was added to both cells.

    That is only where `cases` is 0 or `n` (metafor's ``add=0.5, to="only0"``).
    """
    x = np.asarray(cases, dtype=float)
    m = np.asarray(n, dtype=float) - x
    corrected = (x == 0) | (m == 0)
    x = np.where(corrected, x + CONTINUITY_CORRECTION, x)
    m = np.where(corrected, m + CONTINUITY_CORRECTION, m)
    return np.log(x / m), 1.0 / x + 1.0 / m, corrected


def wilson_interval(cases, n) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % Wilson score interval in percent (Wilson 1927), defined at 0 and n."""
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
    """Return one checked row per sample, ready to pool.

    id, cases, n, prevalence: columns of `frame`; `cases` or `prevalence` may be absent.
    sample: column that says which people a row is about; one met twice would be pooled twice.
    prefer: what counts when a row has both, "cases" (the sampling variance belongs to them) or
    "percent" (the printed percentage, which may be standardised).
    Returns, in the order of `frame`
        id, n, cases      text; people; effective cases, may be fractional
        cases_rounded     whole number for a binomial likelihood, half to even
        source            "counted" or "reconstructed"
        prevalence        percent, 100 * cases / n
        no_count          True where no whole number of people gives the percentage, as printed
        given_minus_crude percentage points, printed percentage minus 100 * counted cases / n
        ci_low, ci_high   percent, 95 % Wilson interval of the row itself
        yi, vi, corrected log odds, sampling variance, True where 0.5 was added
    Raises InputError naming row, column, value and what was expected.
    """
    check_choice("prefer", prefer, ("cases", "percent"))
    require_columns(frame, id=id, n=n, **({"sample": sample} if sample else {}))
    if prevalence not in frame.columns:
        require_columns(frame, cases=cases)
    ids = row_ids(frame, id)
    if sample:
        _refuse_repeated_samples(frame[sample], ids, sample)
    people, counted, percent = counts_and_percent(frame, ids, n, cases, prevalence)
    for i in np.flatnonzero(np.isnan(people)):
        raise refuse(ids[i], n, None, "the number of people examined (a whole number)")
    for i in np.flatnonzero(np.isnan(counted) & np.isnan(percent)):
        raise refuse(ids[i], cases, None, f"a number here or a percentage in '{prevalence}'")
    from_count = ~np.isnan(counted) & ((prefer == "cases") | np.isnan(percent))
    effective = np.where(from_count, counted, percent / 100.0 * people)
    yi, vi, corrected = logit_and_variance(effective, people)
    low, high = wilson_interval(effective, people) if len(ids) else (people, people)
    return pd.DataFrame(
        {
            "id": np.array(ids, dtype=object),
            "n": people.astype(int),
            "cases": effective,
            "cases_rounded": np.rint(effective).astype(int),
            "source": np.where(from_count, "counted", "reconstructed").astype(object),
            "prevalence": 100.0 * effective / people,
            "no_count": ~from_count & _fits_no_count(percent, people),
            "given_minus_crude": percent - 100.0 * counted / people,
            "ci_low": low,
            "ci_high": high,
            "yi": yi,
            "vi": vi,
            "corrected": corrected,
        }
    )


def _fits_no_count(percent: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return where a percentage is further from any count of the people than its rounding allows.

    A percentage is rounded to the decimals that it shows.
    """
    texts = [f"{value:.10g}" for value in np.nan_to_num(percent)]
    shown = [Decimal(text).as_tuple().exponent for text in texts]
    nearest_share = 100.0 * np.round(percent / 100.0 * people) / people
    half_a_step = 0.5 * 10.0 ** np.minimum(0.0, shown)
    return abs(percent - nearest_share) > half_a_step * (1 + COUNT_TOLERANCE)


def _refuse_repeated_samples(samples: pd.Series, ids: list[str], column: str) -> None:
    first: dict[str, str] = {}
    for name, value in zip(ids, samples, strict=True):
        if pd.isna(value) or str(value) == "":
            raise refuse(name, column, None, "the name of the sample")
        if str(value) in first:
            other = f"one row per sample, but row '{first[str(value)]}' has the same one"
            raise refuse(name, column, value, other)
        first[str(value)] = name


def strata_on_logit_scale(
    frame: pd.DataFrame, *, id: str = "row_id", assumed_n: str | None = None
) -> pd.DataFrame:
    """Return log odds and the best variance that each stratum allows, saying where it is from.

    Published strata often print a percentage without its denominator. A row takes its variance
    from the first that it has (column `variance_from`)
        counts             cases and n
        percent_and_n      prevalence_percent and n
        cases_and_percent  cases and a prevalence above 0; n = cases / (prevalence / 100)
        interval           a printed 95 % interval: ((logit high - logit low) / (2 * 1.96))²
        assumed_n          the size in the column `assumed_n`, an assumption, not data
        none               nothing; `yi` is kept where a percentage exists, `vi` is NaN

    Returns columns id, yi, vi, prevalence (percent), n (NaN if unknown), variance_from, in the
    order of `frame`. A prevalence of 0 or 100 takes 0.5 in both cells where n is known, and
    otherwise has no log odds. Raises InputError as `prepare_proportions`, and for an interval
    that does not hold the row's prevalence or reaches 0 or 100.
    """
    ids = row_ids(frame, id)
    n, cases, percent = counts_and_percent(frame, ids, "n", "cases", "prevalence_percent")
    low, high = (
        numbers(frame, end, ids, "a percentage from 0 to 100") for end in ("ci_low", "ci_high")
    )
    assumed = np.full(len(ids), np.nan)
    if assumed_n is not None:
        require_columns(frame, assumed_n=assumed_n)
        assumed = numbers(frame, assumed_n, ids, "an assumed size above 0")
        for i in np.flatnonzero(assumed <= 0):
            raise refuse(ids[i], assumed_n, assumed[i], "an assumed size above 0")
    sources = {
        "counts": ~np.isnan(cases + n),
        "cases_and_percent": np.isnan(n) & ~np.isnan(cases) & (percent > 0),
        "percent_and_n": ~np.isnan(percent + n),
        "interval": ~np.isnan(low + high),
        "assumed_n": ~np.isnan(percent + assumed),
    }
    source = np.select(list(sources.values()), list(sources), "none")
    inside = (low > 0) & (low < percent) & (percent < high) & (high < 100)
    for i in np.flatnonzero((source == "interval") & ~inside):
        expected = "0 < lower limit < prevalence < upper limit < 100"
        raise refuse(ids[i], "ci_low", low[i], expected)
    with np.errstate(invalid="ignore", divide="ignore"):
        people = np.select(
            [source == "cases_and_percent", source == "assumed_n", source == "interval"],
            [cases / (percent / 100.0), assumed, np.nan],
            n,
        )
        by_share = np.isin(source, ("percent_and_n", "assumed_n"))
        counted = np.where(by_share, percent / 100.0 * people, cases)
        yi, vi, _ = logit_and_variance(counted, people)
        printed = np.isin(source, ("interval", "none"))
        width = (from_percent(high) - from_percent(low)) / (2.0 * Z_95)
        known = np.where((percent > 0) & (percent < 100), percent, np.nan)
        return pd.DataFrame(
            {
                "id": np.array(ids, dtype=object),
                "yi": np.where(printed, from_percent(known), yi),
                "vi": np.select([source == "interval", source == "none"], [width**2, np.nan], vi),
                "prevalence": np.where(printed, percent, 100.0 * counted / people),
                "n": people,
                "variance_from": source.astype(object),
            }
        )
