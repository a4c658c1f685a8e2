"""Clock times on a circle: text ``HH:MM``, or hours as floats; hours in results lie in [0, 24).

00:00 and 24:00 are one moment, and a window from 21:00 to 03:00 passes midnight.
"""

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from claimbook.errors import InputError
from claimbook.stats.cosinor import DAY
from claimbook.stats.proportions import require_columns

ENDS = ("peak_time", "peak_time_end", "trough_time", "trough_time_end")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def parse_clock(text: Any) -> float:
    """Return the hours after midnight of ``HH:MM``; ``24:00`` is 0."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    hours, minutes = (int(part) for part in match.groups()) if match else (99, 99)
    if minutes > 59 or hours * 60 + minutes > DAY * 60:
        raise InputError(f"{text!r} is not a clock time; write HH:MM, for example '08:00'")
    return (hours + minutes / 60) % DAY


def clock_hours(times: Any) -> np.ndarray:
    """Return clock times as hours, taken round the clock (25.0 is 01:00); missing ones stay NaN.

    Raises InputError if an entry is neither a clock time nor a finite number nor missing.
    """
    entries = np.atleast_1d(np.asarray(times, dtype=object))
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


def clock_distance(one: Any, other: Any) -> Any:
    """Return the hours between two clock times the shorter way: 0 to 12, symmetric."""
    apart = np.abs(clock_hours(one) - clock_hours(other))
    shorter = np.minimum(apart, DAY - apart)
    return float(shorter[0]) if np.ndim(one) == np.ndim(other) == 0 else shorter


def window_length(start: Any, end: Any) -> float:
    """Return the hours from `start` forward to `end`; 0 if they are the same moment."""
    return (_scalar(end) - _scalar(start)) % DAY % DAY


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


def classify_timing(
    df: pd.DataFrame,
    peak_window: tuple[Any, Any],
    trough_window: tuple[Any, Any] | None = None,
    inverse: Any = None,
) -> pd.DataFrame:
    """Return, row by row, whether peaks and troughs lie where a claim puts them.

    df: the columns `ENDS` (clock times, missing where not known; without an end the time is one
    moment) and rhythm_found (yes, no, mixed, missing).
    peak_window, trough_window: start and end; without a trough window only the peak is judged.
    inverse: one boolean per row, true where a high reading means little of the thing claimed (an
    inhibitor, a resistance); there peak and trough change places.
    Returns, on the index of `df`:
        peak_agrees, trough_agrees  the two windows share a moment (missing if unknown)
        agreement                   yes (everything known agrees), partly (one of the two), no
                                    (nothing agrees, or the source found no rhythm), cannot_say
        hours_from_peak_window      how far the peak lies from the nearest edge, 0 inside
    Raises InputError if a column is missing or an entry is not a clock time (the row is named).
    """
    require_columns(df, [*ENDS, "rhythm_found"])
    turned = np.zeros(len(df), dtype=bool) if inverse is None else np.asarray(inverse, dtype=bool)
    if turned.shape != (len(df),):
        raise InputError(f"inverse must hold one boolean for each of the {len(df)} rows")
    rows = []
    records = df[[*ENDS, "rhythm_found"]].to_dict("records")
    for label, row, turn in zip(df.index, records, turned, strict=True):
        if turn:
            row = row | dict(zip(ENDS, (row[end] for end in (*ENDS[2:], *ENDS[:2])), strict=True))
        try:
            rows.append(_classify(row, peak_window, trough_window))
        except InputError as error:
            raise InputError(f"row {label}: {error}") from error
    columns = ["peak_agrees", "trough_agrees", "agreement", "hours_from_peak_window"]
    result = pd.DataFrame(rows, index=df.index, columns=columns)
    return result.astype({"peak_agrees": "boolean", "trough_agrees": "boolean"})


def _classify(row: dict[str, Any], peak_window: Any, trough_window: Any) -> tuple:
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
    return peak_agrees, trough_agrees, agreement, away


def _window(start: Any, end: Any) -> tuple[float, float] | None:
    first, last = _hours(start), _hours(end)
    if math.isnan(first):
        return None
    return first, first if math.isnan(last) else last
