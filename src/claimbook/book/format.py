"""Numbers, units and levels of the data put into words."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

SIGNIFICANT = 3
DIGITS = 4
"""Significant digits of a recorded number: more than any source gives, and so few that a fit which
ends elsewhere in the eighth digit, as it does on another processor, leaves the record as it is."""
TELLING = 15
"""Decimal digits that a number of the computer holds for certain."""
SYMBOLS = {
    "percent": "%",
    "second": "s",
    "minute": "min",
    "hour": "h",
    "millimetre": "mm",
    "m/second": "m/s",
    "cm/second": "cm/s",
    "1/minute": "a minute",
    "degree_Celsius": "°C",
    "umol/L": "µmol/L",
    "umol/min": "µmol/min",
    "umol/kg/hour": "µmol/kg/h",
    "dimensionless": "",
    "count": "",
}
RELATIONS = {"about": "about ", "up_to": "up to ", "at_least": "at least "}
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def number_text(value: float | None, digits: int = SIGNIFICANT) -> str:
    """Return a number to three significant digits, without exponent for everyday sizes.

    Numbers of a thousand and more keep all digits before the point. A number reads alike whether it
    comes from its computation or from the record, for it is rounded to the record's digits first.
    """
    if value is None or pd.isna(value):
        return "–"
    value = _half_up(value, digits)
    if value == 0:
        return "0"
    magnitude = abs(value)
    if magnitude >= 1000:
        return f"{value:,.{max(0, digits - len(f'{magnitude:.0f}'))}f}"
    if magnitude < 1e-4:
        return f"{value:.{digits - 1}e}"
    return f"{float(f'{value:.{digits}g}'):.15g}"


def _half_up(value: float, digits: int) -> float:
    """Return a number to so many digits, by way of those of the record; halves go away from 0."""
    if not math.isfinite(value) or abs(value) >= 1000 or digits >= DIGITS:
        return value
    number = Decimal(f"{float(value):.{DIGITS}g}")
    step = Decimal(1).scaleb(number.adjusted() - digits + 1)
    return float(number.quantize(step, ROUND_HALF_UP))


def recorded(value: Any, digits: int = DIGITS) -> float | None:
    """Return a number to so many significant digits, None where it is missing."""
    return None if value is None or pd.isna(value) else float(f"{float(value):.{digits}g}")


def number_word(count: int) -> str:
    """Return a small whole number as a word, a larger one in digits."""
    return WORDS[count] if 0 <= count < len(WORDS) else f"{count:,}"


def quantity_text(value: float | None, unit: str | None, digits: int = SIGNIFICANT) -> str:
    """Return a number with its unit's symbol, such as ``16.3 %``, kept on one line."""
    if value is None or pd.isna(value):
        return "–"
    return f"{number_text(value, digits)}\u00a0{SYMBOLS.get(unit, unit or '')}".rstrip()


def ends_text(before: float | None, after: float | None, unit: str | None) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to tell them apart, three at least."""
    for digits in range(SIGNIFICANT, TELLING + 1):
        ends = quantity_text(before, unit, digits), quantity_text(after, unit, digits)
        if ends[0] != ends[1]:
            break
    return ends


def interval_text(low: float | None, high: float | None, unit: str | None) -> str:
    """Return ``1.6 to 10.6 %``; one number where both ends are the same."""
    if pd.isna(low) or pd.isna(high) or low == high:
        return quantity_text(high if pd.isna(low) else low, unit)
    return f"{number_text(low)} to {quantity_text(high, unit)}"


def figure_text(claim: pd.Series) -> str:
    """Return a figure as the text means it, such as ``up to 75 %`` or ``1 to 3 mm``."""
    if claim["relation"] == "range":
        return interval_text(claim["low"], claim["high"], claim["unit"])
    return RELATIONS.get(claim["relation"], "") + quantity_text(claim["value"], claim["unit"])


def plain_words(level) -> str:
    """Return a level of the data as words: ``does_not_support`` becomes ``does not support``."""
    return "–" if pd.isna(level) else str(level).replace("_", " ")
