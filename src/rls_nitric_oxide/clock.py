"""Clock times on a circle, and the cosine that fits values by the hour (cosinor).

Clock times are text ``HH:MM`` or hours as floats; 00:00 and 24:00 are one moment, and a window
from 21:00 to 03:00 passes midnight. Hours in results lie in [0, 24).

The cosinor is ordinary least squares on the cosine and the sine of the time (Cornelissen 2014,
doi:10.1186/1742-4682-11-16): ``y = M + b cos(2 pi t / T) + g sin(2 pi t / T)``. It is done here
in a few lines of numpy rather than with a rhythm package: the packages at hand want long raw
series in their own layout and bring plotting with them, while the tests check these lines
against the regression of statsmodels. Circular means are scipy's.
"""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from claimbook.errors import InputError

DAY = 24.0
"""Hours of a day."""
FEWEST_TIMES = 4
"""A cosine has three numbers, so fewer different times than this leave nothing to test it by."""
NO_DIRECTION = 1e-9
"""A resultant shorter than this means that the times have no mean direction."""
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def parse_clock(text: Any) -> float:
    """Return the hours after midnight of ``HH:MM``; ``24:00`` is 0.

    Raises
    ------
    InputError
        If `text` is not a clock time.
    """
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    hours, minutes = (int(part) for part in match.groups()) if match else (99, 99)
    if minutes > 59 or hours * 60 + minutes > DAY * 60:
        raise InputError(f"{text!r} is not a clock time; write HH:MM, for example '08:00'")
    return (hours + minutes / 60) % DAY


def clock_hours(times: Any) -> np.ndarray:
    """Return clock times (text, or hours as numbers) as hours; missing ones stay NaN.

    Numbers must be finite; they are taken round the clock (25.0 is 01:00).

    Raises
    ------
    InputError
        If an entry is neither a clock time nor a number nor missing.
    """
    entries = pd.Series(np.atleast_1d(np.asarray(times, dtype=object)))
    return np.array([_hours(entry) for entry in entries], dtype=float)


def _hours(entry: Any) -> float:
    if isinstance(entry, str):
        return parse_clock(entry)
    if entry is None or entry is pd.NA or (isinstance(entry, float) and math.isnan(entry)):
        return math.nan
    if isinstance(entry, bool) or not isinstance(entry, (int, float, np.integer, np.floating)):
        raise InputError(f"{entry!r} is not a clock time; write HH:MM, for example '08:00'")
    if not math.isfinite(entry):
        raise InputError("a clock time must be finite")
    return float(entry) % DAY % DAY  # twice: a tiny negative number rounds up to a whole day


def _scalar(entry: Any) -> float:
    hours = _hours(entry)
    if math.isnan(hours):
        raise InputError("a clock time is missing; write HH:MM, for example '08:00'")
    return hours


def format_clock(hours: Any) -> str:
    """Return hours as ``HH:MM``, to the nearest minute; 23:59:40 is ``00:00``."""
    minutes = round(_scalar(hours) * 60) % int(DAY * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def dial_angle(times: Any) -> np.ndarray:
    """Return the angle (radians) of clock times on a dial that starts at midnight."""
    return clock_hours(times) / DAY * 2 * math.pi


def clock_difference(start: Any, end: Any) -> Any:
    """Return the hours from `start` to `end` the shorter way: above -12, at most 12.

    Positive where `end` is later. Arrays broadcast; a missing time gives NaN.
    """
    later = (clock_hours(end) - clock_hours(start)) % DAY
    signed = np.where(later > DAY / 2, later - DAY, later)
    return float(signed[0]) if np.ndim(start) == np.ndim(end) == 0 else signed


def clock_distance(one: Any, other: Any) -> Any:
    """Return the hours between two clock times the shorter way: 0 to 12, symmetric."""
    apart = np.abs(clock_hours(one) - clock_hours(other))
    shorter = np.minimum(apart, DAY - apart)
    return float(shorter[0]) if np.ndim(one) == np.ndim(other) == 0 else shorter


def window_length(start: Any, end: Any) -> float:
    """Return the hours from `start` forward to `end`; 0 if they are the same moment."""
    return (_scalar(end) - _scalar(start)) % DAY % DAY


def window_middle(start: Any, end: Any) -> float:
    """Return the middle of the window from `start` forward to `end`, in hours."""
    return (_scalar(start) + window_length(start, end) / 2) % DAY


def in_window(time: Any, start: Any, end: Any) -> Any:
    """Return whether `time` lies in the window from `start` forward to `end`, ends included.

    A window may pass midnight; one that ends where it starts is a single moment. An array of
    times gives an array; a missing time is in no window.
    """
    first, length = _scalar(start), window_length(start, end)
    since = (clock_hours(time) - first) % DAY
    with np.errstate(invalid="ignore"):
        inside = (since <= length + 1e-9) | (since >= DAY - 1e-9)
    return bool(inside[0]) if np.ndim(time) == 0 else inside


def windows_overlap(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Return whether two windows (start, end) share a moment."""
    return in_window(one[0], *other) or in_window(other[0], *one)


def circular_mean(times: Any) -> tuple[float, float]:
    """Return the mean clock time in hours and the resultant length (0 scattered, 1 all equal).

    Missing times are left out. The mean is NaN where there are none or they have no direction
    (06:00 and 18:00).
    """
    hours = clock_hours(times)
    hours = hours[~np.isnan(hours)]
    if not hours.size:
        return math.nan, math.nan
    angles = hours / DAY * 2 * math.pi
    length = float(np.hypot(np.cos(angles).mean(), np.sin(angles).mean()))
    if length < NO_DIRECTION:
        return math.nan, 0.0
    return float(stats.circmean(hours, high=DAY)) % DAY, min(length, 1.0)


def classify_timing(
    df: pd.DataFrame,
    peak_window: tuple[Any, Any],
    trough_window: tuple[Any, Any] | None = None,
    inverse: Any = None,
) -> pd.DataFrame:
    """Return, row by row, whether peaks and troughs lie where a claim puts them.

    Parameters
    ----------
    df
        Columns ``peak_time``, ``peak_time_end``, ``trough_time``, ``trough_time_end`` (clock
        times, missing where not known; without an end the time is one moment) and
        ``rhythm_found`` (yes, no, mixed, missing).
    peak_window, trough_window
        The claimed windows, start and end; without a trough window only the peak is judged.
    inverse
        Optional booleans, one per row: true where a high reading means little of the thing
        claimed (an inhibitor, a resistance). There the source's trough is taken as the peak and
        its peak as the trough.

    Returns
    -------
    DataFrame on the index of `df`:

    * ``peak_agrees``, ``trough_agrees``: the two windows share a moment (missing if unknown);
    * ``agreement``: ``yes`` (everything known agrees), ``partly`` (one of the two), ``no``
      (nothing agrees, or the source found no rhythm), ``cannot_say`` (no clock time);
    * ``hours_from_peak_window``: how far the peak lies from the nearest edge, 0 inside.

    Raises
    ------
    InputError
        If a column is missing or an entry is not a clock time (the row is named).
    """
    needed = ("peak_time", "peak_time_end", "trough_time", "trough_time_end", "rhythm_found")
    lacking = [c for c in needed if c not in df.columns]
    if lacking:
        raise InputError(f"classify_timing needs the column(s) {', '.join(lacking)}")
    turned = np.zeros(len(df), dtype=bool) if inverse is None else np.asarray(inverse, dtype=bool)
    if turned.shape != (len(df),):
        raise InputError(f"inverse must hold one boolean for each of the {len(df)} rows")
    rows = []
    records = df[list(needed)].to_dict("records")
    for label, row, turn in zip(df.index, records, turned, strict=True):
        if turn:
            row = row | {
                "peak_time": row["trough_time"],
                "peak_time_end": row["trough_time_end"],
                "trough_time": row["peak_time"],
                "trough_time_end": row["peak_time_end"],
            }
        try:
            rows.append(_classify(row, peak_window, trough_window))
        except InputError as error:
            raise InputError(f"row {label}: {error}") from error
    result = pd.DataFrame(
        rows,
        index=df.index,
        columns=["peak_agrees", "trough_agrees", "agreement", "hours_from_peak_window"],
    )
    return result.astype({"peak_agrees": "boolean", "trough_agrees": "boolean"})


def _classify(row: dict[str, Any], peak_window: Any, trough_window: Any) -> dict[str, Any]:
    peak = _window(row["peak_time"], row["peak_time_end"])
    trough = _window(row["trough_time"], row["trough_time_end"])
    peak_agrees = windows_overlap(peak, peak_window) if peak else None
    known = bool(trough and trough_window)
    trough_agrees = windows_overlap(trough, trough_window) if known else None
    verdicts = [v for v in (peak_agrees, trough_agrees) if v is not None]
    if row["rhythm_found"] == "no":
        agreement = "no"
    elif not verdicts:
        agreement = "cannot_say"
    else:
        agreement = "yes" if all(verdicts) else "partly" if any(verdicts) else "no"
    away = math.nan
    if peak:
        gaps = [clock_distance(a, b) for a in peak for b in peak_window]
        away = 0.0 if peak_agrees else min(gaps)
    return {
        "peak_agrees": peak_agrees,
        "trough_agrees": trough_agrees,
        "agreement": agreement,
        "hours_from_peak_window": away,
    }


def _window(start: Any, end: Any) -> tuple[float, float] | None:
    first, last = _hours(start), _hours(end)
    if math.isnan(first):
        return None
    return first, first if math.isnan(last) else last


@dataclass(frozen=True)
class Cosinor:
    """A fitted cosine. Numbers are NaN where `identifiable` is false; `reason` says why.

    ``amplitude`` is half the distance from trough to peak, in the unit of the values;
    ``peak_hour`` the time of the fitted maximum (acrophase) in [0, period); ``p_value`` that of
    the F test against no rhythm; intervals are 95 percent, by the delta method with Student
    quantiles (``amplitude_low`` stops at 0; the peak has none where it would go all round).
    ``largest_gap`` is the longest stretch without a sample, in hours, and ``peak_unsampled``
    whether the fitted peak lies in it away from any sample by more than half the median gap.
    """

    n: int
    times: int
    period: float
    identifiable: bool
    reason: str
    largest_gap: float
    mesor: float = math.nan
    amplitude: float = math.nan
    peak_hour: float = math.nan
    r_squared: float = math.nan
    f_value: float = math.nan
    p_value: float = math.nan
    amplitude_low: float = math.nan
    amplitude_high: float = math.nan
    peak_low: float = math.nan
    peak_high: float = math.nan
    peak_unsampled: bool = False

    def predict(self, times: Any) -> np.ndarray:
        """Return the fitted values at the given clock times (NaN if not identifiable)."""
        angle = (_plain_hours(times) - self.peak_hour) / self.period * 2 * math.pi
        return self.mesor + self.amplitude * np.cos(angle)

    def as_row(self) -> dict[str, Any]:
        """Return the fields as a dict, to make a table of fits."""
        return asdict(self)


def fit_cosinor(times: Any, values: Any, period: float = DAY, weights: Any = None) -> Cosinor:
    """Return the least-squares cosine of `values` (finite numbers) at `times`.

    Parameters
    ----------
    times
        Clock times, or hours as numbers (these may run over several days).
    values
        As many numbers; a pair with a missing time or value is left out.
    period
        Hours of one cycle, above 0.
    weights
        Optional positive weights, for group means 1 / SE^2.

    The fit of group means knows nothing of the spread between people. With fewer than
    `FEWEST_TIMES` different times it is not identifiable: any such points lie on some cosine.

    Raises
    ------
    InputError
        If lengths differ, or a value, weight or the period is not a usable number.
    """
    if not (isinstance(period, (int, float)) and math.isfinite(period) and period > 0):
        raise InputError(f"period must be a number of hours above 0, not {period!r}")
    hours, y, w = _plain_hours(times), _floats(values, "values"), None
    w = np.ones_like(y) if weights is None else _floats(weights, "weights")
    if not hours.shape == y.shape == w.shape:
        raise InputError("times, values and weights must be of one length")
    kept = ~(np.isnan(hours) | np.isnan(y))
    hours, y, w = hours[kept], y[kept], w[kept]
    if np.any(~(w > 0)):
        raise InputError("weights must be above 0")
    phases = np.unique(np.round(hours % period, 9) % period)
    gaps = np.diff(np.append(phases, phases[:1] + period))
    gap = float(gaps.max()) if gaps.size else period
    common = {"n": len(y), "times": len(phases), "period": float(period), "largest_gap": gap}
    angle = hours / period * 2 * math.pi
    design = np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])
    few = len(phases) < FEWEST_TIMES
    if few or np.linalg.matrix_rank(design) < 3:
        reason = f"{len(phases)} different times" if few else "the times do not span the cycle"
        return Cosinor(**common, identifiable=False, reason=f"{reason}: no cosine can be tested")
    if np.ptp(y) == 0:
        return Cosinor(**common, identifiable=False, reason="all values are equal")
    root = np.sqrt(w)[:, None]
    beta, *_ = np.linalg.lstsq(design * root, y * root[:, 0], rcond=None)
    freedom = len(y) - 3
    residual = float(np.sum(w * (y - design @ beta) ** 2))
    total = float(np.sum(w * (y - np.average(y, weights=w)) ** 2))
    residual = residual if residual > 1e-24 * total else 0.0
    model = max(total - residual, 0.0)
    f_value = math.inf if residual == 0 else (model / 2) / (residual / freedom)
    amplitude = math.hypot(beta[1], beta[2])
    peak = math.atan2(beta[2], beta[1]) / (2 * math.pi) * period % period % period
    covariance = np.linalg.inv((design * root).T @ (design * root)) * residual / freedom
    along = np.array([beta[1], beta[2]]) / amplitude
    across = np.array([-beta[2], beta[1]]) / amplitude**2
    block, quantile = covariance[1:, 1:], float(stats.t.ppf(0.975, freedom))
    half = quantile * math.sqrt(max(along @ block @ along, 0.0))
    turn = quantile * math.sqrt(max(across @ block @ across, 0.0)) / (2 * math.pi) * period
    bounded = turn < period / 2
    nearest = float(np.min(np.minimum((phases - peak) % period, (peak - phases) % period)))
    return Cosinor(
        **common,
        identifiable=True,
        reason="",
        mesor=float(beta[0]),
        amplitude=amplitude,
        peak_hour=peak,
        r_squared=model / total,
        f_value=f_value,
        p_value=float(stats.f.sf(f_value, 2, freedom)),
        amplitude_low=max(amplitude - half, 0.0),
        amplitude_high=amplitude + half,
        peak_low=(peak - turn) % period if bounded else math.nan,
        peak_high=(peak + turn) % period if bounded else math.nan,
        peak_unsampled=nearest > float(np.median(gaps)) / 2 + 1e-9,
    )


def _plain_hours(times: Any) -> np.ndarray:
    """Return times as hours; numbers are not folded into one day."""
    entries = np.atleast_1d(np.asarray(times, dtype=object))
    return np.array([_hours(t) if isinstance(t, str) else _floats(t, "times")[0] for t in entries])


def _floats(values: Any, name: str) -> np.ndarray:
    """Return numbers as a float array, missing as NaN; refuse text and infinity."""
    try:
        array = pd.array(np.atleast_1d(values), dtype="Float64").to_numpy(float, na_value=math.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers") from error
    if np.any(np.isinf(array)):
        raise InputError(f"{name} must be finite")
    return array
