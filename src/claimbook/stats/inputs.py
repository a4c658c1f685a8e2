"""Uncertain inputs of a simulation: from rows of evidence, counts, intervals and pooled estimates.

Numbers above zero are spread on the log scale, percentages with an interval on the log odds.
"""

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.units import convert, parse_quantity, registry
from claimbook.errors import InputError, nearest
from claimbook.stats.pooling import PooledEstimate
from claimbook.stats.proportions import Z_95, check_choice, from_percent
from claimbook.stats.simulation import Input, OnLogOdds

if TYPE_CHECKING:
    import pint

WIDE = 3.0  # a range whose ends differ by more than this factor is even on the log scale
SPREADS = ("sd", "se", "ci95", "iqr", "range", "bracket", "bound", "plus_minus_unspecified")


def fixed(name: str, value: Any, unit: str) -> Input:
    """Return a number taken as exact, such as a claim's own; `value` as in `parse_quantity`."""
    return Input(name, unit, parse_quantity(value, unit))


def from_counts(name: str, cases: float, n: float, row_id: str = "") -> Input:
    """Return the percentage that `cases` (may be fractional) of `n` are, by Jeffreys' prior.

    Source: Brown, Cai & DasGupta 2001.
    """
    _check_finite(name, cases=cases, n=n)
    if n < 1 or not 0 <= cases <= n:
        raise InputError(f"'{name}': found {cases!r} of {n!r}, expected 0 <= cases <= n, n >= 1")
    shape = stats.beta(cases + 0.5, n - cases + 0.5, scale=100)
    return Input(name, "percent", 100 * cases / n, shape, "Beta of the counts", row_id=row_id)


def from_interval(name: str, percent: float, low: float, high: float) -> Input:
    """Return a percentage from its 95 % interval, which may be lopsided in percent.

    Raises InputError unless 0 < low < percent < high < 100: an interval that touches 0 or 100
    has no log odds; use the counts instead.
    """
    _check_finite(name, percent=percent, low=low, high=high)
    if not 0 < low < percent < high < 100:
        raise InputError(
            f"'{name}': found {percent!r} ({low!r} to {high!r}), "
            "expected 0 < low < value < high < 100 percent; at 0 or 100 use counts"
        )
    sd = float(from_percent(high) - from_percent(low)) / (2.0 * Z_95)
    shape = OnLogOdds(stats.norm(float(from_percent(percent)), sd))
    return Input(name, "percent", percent, shape, "normal on the log odds")


def from_pooled(name: str, pooled: PooledEstimate, what: str = "mean") -> Input:
    """Return the pooled mean, or with ``what="prediction"`` the prevalence of the next population.

    A single study, or a pool at the edge of its likelihood, falls back on its counts (Beta), for
    which there is no prediction (InputError), nor anything of a pool without an estimate.
    """
    check_choice("what", what, ("mean", "prediction"))
    if pooled.estimate is None:
        raise InputError(f"'{name}': this pool has no estimate ({'; '.join(pooled.notes)})")
    if what == "prediction" and pooled.pi_low is None:
        raise InputError(f"'{name}': this pool has no prediction interval ({pooled.method})")
    if pooled.logit is None or pooled.k == 1:
        return from_counts(name, pooled.cases, pooled.n)
    if what == "mean" and pooled.interval == "wald":
        shape, rule = stats.norm(pooled.logit, pooled.logit_se), "normal"
    else:
        predicting = what == "prediction"
        spread = np.hypot(pooled.logit_se, pooled.tau2**0.5) if predicting else pooled.logit_se
        df = pooled.k - (2 if predicting and pooled.prediction_df == "k-2" else 1)
        shape, rule = stats.t(df, pooled.logit, spread), f"t on {df} df"
    return Input(name, "percent", pooled.estimate, OnLogOdds(shape), f"{rule} on the log odds")


def _check_finite(name: str, **values: Any) -> None:
    for key, value in values.items():
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not np.isfinite(value):
            raise InputError(f"'{name}': {key} is {value!r}, expected a finite number")


def from_row(
    row: Mapping[str, Any], name: str, unit: str | None = None, *, about: str = "person"
) -> Input:
    """Return the distribution of a row of evidence, by its ``spread_type``.

    sd, se          lognormal with this mean and spread (moments matched); normal for a mean <= 0
    ci95, iqr       lognormal whose central 95 percent, or half, runs from low to high
    range, bracket  triangular with its peak at the value; without a value uniform, or log-uniform
                    where high / low exceeds `WIDE`
    bound           as a bracket, flagged as open; with one end a point, flagged as a limit
    none, plus_minus_unspecified  a point, flagged

    row: ``row_id``, ``value``, ``low``, ``high``, ``spread_type``, ``unit``, ``n`` and
    ``verification``; for sd, se and plus_minus_unspecified the ends lie one spread from the value.
    unit: to convert to; the row's own if None.
    about: "person" (how much people differ) turns an SE into an SD by the square root of n,
    "mean" the reverse. Where n is missing the printed spread is used as it is, and flagged.
    Raises InputError if the row is not verified, holds no number, contradicts itself (value
    outside low and high), has an unknown spread type, or a unit that does not fit.
    """
    check_choice("about", about, ("person", "mean"))
    row_id = str(row.get("row_id", ""))
    where = f"row '{row_id}'"
    if row.get("verification") in NOT_EVIDENCE:
        raise InputError(f"{where} is {row['verification']} and cannot enter an estimate")
    own = row.get("unit")
    if not isinstance(own, str):
        raise InputError(f"{where} has no unit")
    unit = unit or own
    value, low, high = (
        _converted(row.get(c), own, unit, f"{where}, column {c}") for c in ("value", "low", "high")
    )
    kind = row.get("spread_type")
    kind = "" if pd.isna(kind) else kind
    if kind and kind not in SPREADS:
        raise InputError(f"{where}: spread type '{kind}' is not one of {', '.join(SPREADS)}")
    if all(map(math.isnan, (value, low, high))):
        raise InputError(f"{where} holds no number in value, low or high")
    if low > high or value < low or value > high:
        raise InputError(f"{where}: low {low:g}, value {value:g}, high {high:g} are out of order")
    both = not (math.isnan(low) or math.isnan(high))
    if kind in ("sd", "se", "plus_minus_unspecified") and math.isnan(value):
        raise InputError(f"{where} has a spread but no value")
    if kind in SPREADS[:6] and not both:
        raise InputError(f"{where}: spread type '{kind}' needs low and high")
    if kind == "plus_minus_unspecified":
        made = value, None, "point", "the meaning of the plus-minus is not stated"
    elif kind == "bound" and not both:
        limit, side = (low, "at least") if math.isnan(high) else (high, "at most")
        made = limit, None, "point at the bound", f"a limit, {side} this, not a value"
    elif not both or low == high:
        known = next(v for v in (value, low, high) if not math.isnan(v))
        made = known, None, "point", "no spread given"
    elif kind in ("sd", "se"):
        size = _missing_to_nan(row.get("n"))
        made = _from_moments(kind, value, (high - low) / 2, size, about)
    elif kind in ("ci95", "iqr"):
        made = _from_central(kind, low, high, about)
    else:
        made = _from_ends(value, low, high)
    central, shape, rule, *flags = made
    if kind == "bound" and both:
        flags.insert(0, "an end of the bracket is open")
    return Input(name, unit, central, shape, rule, tuple(flags), row_id)


def _from_moments(kind: str, mean: float, spread: float, size: float, about: str) -> tuple:
    """Return central value, distribution with this mean and spread, its rule, and flags."""
    wanted, flags = ("sd" if about == "person" else "se"), []
    if kind != wanted and not size >= 1:
        flags = [f"n not given: the printed {kind.upper()} stands for {wanted.upper()}"]
    elif kind != wanted:
        spread *= math.sqrt(size) if wanted == "sd" else 1 / math.sqrt(size)
    shape, form = stats.norm(mean, spread), "normal"
    if mean > 0:
        width = math.sqrt(math.log1p((spread / mean) ** 2))
        shape = stats.lognorm(width, scale=mean / math.sqrt(1 + (spread / mean) ** 2))
        form = "lognormal"
    return mean, shape, f"{form} with the mean and {wanted.upper()}", *flags


def _from_central(kind: str, low: float, high: float, about: str) -> tuple:
    """Return the distribution whose central 95 percent, or half, runs from low to high."""
    share, upper = ("95 percent", 0.975) if kind == "ci95" else ("half", 0.75)
    deviations = 2 * stats.norm.ppf(upper)
    people = kind == "ci95" and about == "person"
    flags = ["an interval of the mean: people differ more"] if people else []
    if low > 0:
        spread = (math.log(high) - math.log(low)) / deviations
        shape, form = stats.lognorm(spread, scale=math.sqrt(low * high)), "lognormal"
    else:
        shape, form = stats.norm((low + high) / 2, (high - low) / deviations), "normal"
    return shape.median(), shape, f"{form}, central {share} as printed", *flags


def _from_ends(value: float, low: float, high: float) -> tuple:
    """Return the distribution of a range or bracket."""
    if not math.isnan(value):
        shape = stats.triang((value - low) / (high - low), low, high - low)
        return value, shape, "triangular, peak at the value"
    if low > 0 and high / low > WIDE:
        shape, form = stats.loguniform(low, high), "log-uniform"
    else:
        shape, form = stats.uniform(low, high - low), "uniform"
    return shape.median(), shape, f"{form} from low to high"


def _converted(entry: Any, own: str, unit: str, where: str) -> float:
    """Return an entry in `unit`, NaN where it is missing."""
    number = _missing_to_nan(entry)
    if math.isnan(number):
        return number
    try:
        return convert(number, own, unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _missing_to_nan(entry: Any) -> float:
    """Return an entry as a float, NaN where it is missing; refuse text and infinity."""
    return math.nan if pd.isna(entry) else parse_quantity(entry, "dimensionless")


class RowReader:
    """Numbers of a model by the name of their row, so that every constant has a source.

    It remembers which rows it handed out. Rows that were not verified are refused (`from_row`).
    """

    def __init__(self, frame: pd.DataFrame):
        """frame: the columns that `from_row` reads."""
        self._rows = frame.set_index("row_id", drop=False)
        self._used: dict[str, None] = {}

    def row(self, row_id: str) -> pd.Series:
        """Return a row and remember it; an unknown one raises InputError with the nearest name."""
        if row_id not in self._rows.index:
            raise InputError(f"no row '{row_id}'{nearest(row_id, self._rows.index)}")
        self._used[row_id] = None
        return self._rows.loc[row_id]

    def input(self, row_id: str, name: str, unit: str | None = None) -> Input:
        """Return the distribution of a row (see `from_row`)."""
        return from_row(self.row(row_id), name, unit)

    def quantity(self, row_id: str, unit: str | None = None) -> "pint.Quantity":
        """Return the central value of a row with its unit."""
        one = self.input(row_id, row_id, unit)
        return registry().Quantity(one.central, one.unit)

    def ends(self, row_id: str, unit: str | None = None) -> tuple[float, float]:
        """Return low and high of a row as numbers in `unit`; its value twice if it has neither."""
        row, one = self.row(row_id), self.input(row_id, row_id, unit)
        low, high = (
            one.central if pd.isna(row[end]) else convert(float(row[end]), row["unit"], one.unit)
            for end in ("low", "high")
        )
        return float(low), float(high)

    def input_over(self, row_ids: Iterable[str], name: str, unit: str) -> Input:
        """Return one distribution over several rows: how much sources differ.

        It runs from the least to the greatest central value, or end of a stated range, and has
        its peak at the median of the central values. The spread within a source is not in it.
        Raises InputError if there are fewer than two rows, or as `from_row`.
        """
        names = list(row_ids)
        if len(names) < 2:
            raise InputError(f"{name}: a span over rows needs two rows or more")
        centres, ends = [], []
        for row_id in names:
            centres.append(self.input(row_id, name, unit).quantile(0.5))
            stated = self.row(row_id)["spread_type"] in ("range", "bracket")
            ends += self.ends(row_id, unit) if stated else (centres[-1], centres[-1])
        span = {"row_id": ", ".join(names), "value": float(np.median(centres))}
        span |= {"low": min(ends), "high": max(ends), "spread_type": "range", "unit": unit}
        return from_row(span, name, unit)

    @property
    def used(self) -> pd.DataFrame:
        """The rows that were handed out so far, in that order."""
        return self._rows.loc[list(self._used)].reset_index(drop=True)
