"""Change between two groups, young and old: ``100 * (compared / reference - 1)`` of their means.

A number after a plus-minus sign whose meaning the source does not state is never taken for a
standard error, nor for a standard deviation: such a comparison has a change and no interval.
"""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy import stats

from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.units import convert, same_kind
from claimbook.errors import InputError
from claimbook.stats.proportions import require_columns, row_ids

UPPER = 0.975  # quantile of the upper end of every interval, and of those read as `ci95`
PRECISE_MEAN = 3.0  # a mean of fewer standard errors is too uncertain (Hedges 1999)
YOUNG, OLD = "young", "old"
REPORTED = "percent_change_vs_young"  # column with the change that the source states, percent
REQUIRED = ("row_id", "comparison_id", "comparison_role", "value", "spread_type", "n", "unit")
OPTIONAL = ("spread", "low", "high", "verification")
NO_STANDARD_ERROR = {
    "plus_minus_unspecified": "the source does not say whether its plus-minus is SD or SE",
    "range": "a range gives no standard error without an assumed distribution",
    "iqr": "quartiles give no standard error of a mean without an assumed distribution",
    "bound": "a one-sided bound has no standard error",
    "bracket": "a bracket of plausible values has no standard error",
}
COLUMNS = [
    "comparison_id", "row_id", "reference_row_id", "value", "reference_value", "unit", "n",
    "reference_n", "difference", "percent_change", "reported_change", "disagreement", "ci_low",
    "ci_high", "reason_without_interval", "reason_without_change", "basis", "of_falls",
    "of_percentages", "precise", "reference_shared_by", "verification",
]  # fmt: skip


def standard_error(row: Mapping[str, Any]) -> tuple[float, str]:
    """Return the standard error of a group's mean and ``""``, or NaN and why there is none.

    By ``spread_type``:
        se    `spread`, or half the distance of `low` and `high`
        sd    the same over the square root of `n`, which must be 2 or more
        ci95  half the distance of `low` and `high` over the Student quantile for `n` - 1 degrees
              of freedom, or over the normal quantile where `n` is missing
        else  none, with the reason
    """
    kind = row.get("spread_type")
    if pd.isna(kind):
        return math.nan, "the source gives no spread"
    if kind in NO_STANDARD_ERROR:
        return math.nan, NO_STANDARD_ERROR[kind]
    if kind not in ("se", "sd", "ci95"):
        return math.nan, f"spread type '{kind}' is not known"
    spread, size = _number(row.get("spread")), _number(row.get("n"))
    half = (_number(row.get("high")) - _number(row.get("low"))) / 2
    width = half if math.isnan(spread) else spread
    if kind == "ci95":
        width = half / (stats.t.ppf(UPPER, size - 1) if size >= 2 else stats.norm.ppf(UPPER))
    elif kind == "sd" and not size >= 2:
        return math.nan, "the group size is not given, so SD gives no standard error"
    elif kind == "sd":
        width /= math.sqrt(size)
    if math.isnan(width):
        return math.nan, "the source gives no spread"
    if width <= 0:
        return math.nan, "the printed spread is not above zero"
    return float(width), ""


def log_ratio_interval(
    value: float, error: float, reference: float, reference_error: float
) -> tuple[float, float]:
    """Return the 95 % interval of the percent change by the delta method on the log ratio.

    Both means and both standard errors must be above zero, in one unit. Source: Hedges, Gurevitch
    and Curtis 1999, Ecology 80:1150-1156; Friedrich 2008, doi:10.1186/1471-2288-8-32.
    """
    log = math.log(value / reference)
    half = stats.norm.ppf(UPPER) * math.hypot(error / value, reference_error / reference)
    return 100 * math.expm1(log - half), 100 * math.expm1(log + half)


def compare_groups(df: pd.DataFrame) -> pd.DataFrame:
    """Compare each old group with the young group of its comparison, one row for each.

    df: one row per group, with the columns of `REQUIRED` (`comparison_role` is young or old)
    and, where there are any, those of `OPTIONAL` and `REPORTED`.
    Returns, in the order of the input, the columns of `COLUMNS`:
        value, reference_value, difference  in `unit`, that of the old group
        percent_change        recomputed from the two values
        reported_change, disagreement  the source's own, and percentage points between the two
        ci_low, ci_high       of the change, percent; else `reason_without_interval`
        reason_without_change where nothing could be recomputed
        basis                 recomputed, as_reported (only the source's figure), not_verified (a
                              figure to be shown and never used), or none
        of_falls              both values are negative, so the change is that of their size
        of_percentages        the unit is percent, so it is a percentage of percentages
        precise               both means exceed `PRECISE_MEAN` standard errors
        reference_shared_by   old groups that share this young group: their intervals are not
                              independent
        verification          of the old group's row
    No row is lost: a comparison that lacks a group, groups whose values cannot be related, and a
    row that has only a reported change are kept with their reason. Rows without a comparison and
    without a reported change say nothing about change and are not in the result. Raises
    InputError if a column is missing or a `row_id` occurs twice.
    """
    require_columns(df, REQUIRED)
    row_ids(df, "row_id")
    table = df.reindex(columns=[*REQUIRED, *OPTIONAL, REPORTED])
    linked = table["comparison_id"].notna()
    young = table[linked & (table["comparison_role"] == YOUNG)].groupby("comparison_id")
    references = {key: group.to_dict("records") for key, group in young}
    counts = table.loc[linked & (table["comparison_role"] == OLD), "comparison_id"].value_counts()
    rows = []
    for row in table.to_dict("records"):
        key, role = row["comparison_id"], row["comparison_role"]
        found = references.get(key, [])
        if pd.isna(key):
            if not pd.isna(row[REPORTED]):
                rows.append(_result(row, None, "the source gives no second value"))
        elif role == OLD and len(found) == 1:
            rows.append(_compare(row, found[0]) | {"reference_shared_by": int(counts[key])})
        elif role == OLD:
            why = f"{len(found)} rows of role '{YOUNG}' in this comparison, not one"
            rows.append(_result(row, None, why))
        elif role != YOUNG:
            rows.append(_result(row, None, f"role '{role}' is neither '{YOUNG}' nor '{OLD}'"))
        elif key not in counts.index:
            rows.append(_result(None, row, f"no row of role '{OLD}' in this comparison"))
    types = dict.fromkeys(("of_falls", "of_percentages", "precise"), "boolean")
    return pd.DataFrame(rows, columns=COLUMNS).astype(types | {"reference_shared_by": "Int64"})


def place_claim(changes: pd.DataFrame, claimed_percent: float) -> pd.DataFrame:
    """Compare changes with a claimed one, which is signed (a fall by three quarters is -75).

    Adds these columns to `changes`:
        change             recomputed, or the reported one where there is no other (missing where
                           the basis is not_verified)
        beyond_claim       the change points the claimed way and is at least as large
        claim_in_interval  the claimed change lies in the interval (missing without one)
        gap_to_claim       change minus claimed change, percentage points
    Raises InputError if the claimed change is zero, not finite, or below -100.
    """
    claimed = _number(claimed_percent)
    if not math.isfinite(claimed) or claimed == 0 or claimed < -100:
        raise InputError(f"a claimed change must be from -100 percent up, not {claimed_percent}")
    usable = changes["reported_change"].where(changes["basis"] != "not_verified")
    change = changes["percent_change"].fillna(usable)
    beyond = (change <= claimed) if claimed < 0 else (change >= claimed)
    inside = (changes["ci_low"] <= claimed) & (changes["ci_high"] >= claimed)
    return changes.assign(
        change=change,
        beyond_claim=beyond.astype("boolean").mask(change.isna()),
        claim_in_interval=inside.astype("boolean").mask(changes["ci_low"].isna()),
        gap_to_claim=change - claimed,
    )


def _compare(row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the result row of one compared group and its reference group."""
    value, base = _number(row["value"]), _number(other["value"])
    weak = [r["row_id"] for r in (row, other) if r["verification"] in NOT_EVIDENCE]
    factor, why = _unit_factor(row["unit"], other["unit"])
    if weak:
        why = f"not verified: {', '.join(weak)}"
    elif math.isnan(value) or math.isnan(base):
        why = "a group mean is not given"
    elif not why and value * base <= 0:
        why = "a ratio of means needs two values of one sign, neither of them zero"
    result = _result(row, other, why)
    if why:
        return result
    base *= factor
    change = 100 * (value / base - 1)
    result |= {
        "reference_value": base,
        "difference": value - base,
        "percent_change": change,
        "disagreement": change - result["reported_change"],
        "basis": "recomputed",
        "of_falls": value < 0,
        "of_percentages": row["unit"] == "percent",
    }
    (error, no_error), (base_error, no_base_error) = standard_error(row), standard_error(other)
    if no_error or no_base_error:
        result["reason_without_interval"] = no_base_error or no_error
        return result
    base_error *= factor
    low, high = log_ratio_interval(abs(value), error, abs(base), base_error)
    return result | {
        "ci_low": low,
        "ci_high": high,
        "precise": abs(value) >= PRECISE_MEAN * error and abs(base) >= PRECISE_MEAN * base_error,
    }


def _result(row: dict[str, Any] | None, other: dict[str, Any] | None, why: str) -> dict[str, Any]:
    """Return a result row with what is known before anything is computed."""
    own = row or other
    entered = _number(own[REPORTED])
    row, other = row or {}, other or {}
    basis = "none" if math.isnan(entered) else "as_reported"
    if any(r.get("verification") in NOT_EVIDENCE for r in (row, other)):
        basis = "not_verified"
    missing = ("difference", "percent_change", "disagreement", "ci_low", "ci_high")
    return (
        dict.fromkeys(COLUMNS)
        | dict.fromkeys(missing, math.nan)
        | {
            "comparison_id": own["comparison_id"],
            "row_id": row.get("row_id"),
            "reference_row_id": other.get("row_id"),
            "value": _number(row.get("value")),
            "reference_value": math.nan if why else _number(other.get("value")),
            "unit": own["unit"],
            "n": _number(row.get("n")),
            "reference_n": _number(other.get("n")),
            "reported_change": entered,
            "reason_without_interval": "nothing to compare" if why else None,
            "reason_without_change": why or None,
            "basis": basis,
            "verification": own["verification"],
        }
    )


def _unit_factor(unit: Any, other: Any) -> tuple[float, str]:
    """Return what brings the reference to the unit of the compared group, or why nothing does."""
    if pd.isna(unit) and pd.isna(other) or unit == other:
        return 1.0, ""
    if pd.isna(unit) or pd.isna(other):
        return math.nan, "one of the two groups has no unit"
    try:
        if not same_kind(unit, other):
            return math.nan, f"the units {unit} and {other} do not fit each other"
        if convert(0.0, other, unit) != 0:
            return math.nan, f"{other} does not start at zero, so a ratio has no meaning"
        return convert(1.0, other, unit), ""
    except InputError as error:
        return math.nan, str(error)


def _number(value: Any) -> float:
    """Return `value` as a float, NaN where it is missing, no number, or not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return math.nan
    return number if math.isfinite(number) else math.nan
