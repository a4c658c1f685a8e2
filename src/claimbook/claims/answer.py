"""Answers other than a figure's verdict, as plain records that are ready for JSON."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.format import figure_text
from claimbook.claims.verdict import Verdict
from claimbook.errors import InputError

DIGITS = 4
"""Significant digits of a recorded number: more than any source gives, and so few that a fit which
ends elsewhere in the eighth digit, as it does on another processor, leaves the record as it is."""


def answer(
    book: Book,
    question: str,
    *,
    claim: str,
    asks: str,
    reason: str,
    estimate: Any = None,
    low: Any = None,
    high: Any = None,
    unit: str | None = None,
    interval: str | None = None,
    method: str | None = None,
    rows: Iterable[str] = (),
    verdict: str | None = None,
    **counts: Any,
) -> dict[str, Any]:
    """Return one answer as a record.

    Parameters
    ----------
    question, claim, asks, reason
        Short name (unique in the collection), the claim it bears on, the question as a person
        would ask it, and the answer in words.
    estimate, low, high, unit, interval, method
        The number, its ends, what kind of interval they are, and how it was obtained.
    rows
        Names of the rows that entered.
    verdict
        A `Verdict`, only where one of its rules was applied; otherwise None.
    counts
        Whole numbers that belong to the answer, such as ``k`` of ``n``.

    Raises
    ------
    InputError
        If the claim is unknown, a number is infinite, a range is swapped, a number has no unit,
        an interval has no kind, or the verdict is not on the scale.
    """
    row = book.claim(claim)
    if verdict is not None:
        verdict = Verdict(verdict).value
    estimate, low, high = (_plain(v, question) for v in (estimate, low, high))
    if unit is None and any(v is not None for v in (estimate, low, high)):
        raise InputError(f"{question}: a number needs a unit")
    if interval is None and (low is not None or high is not None):
        raise InputError(f"{question}: say what kind of interval low and high are")
    if low is not None and high is not None and low > high:
        raise InputError(f"{question}: low {low:g} is above high {high:g}")
    return {
        "question": question,
        "asks": asks,
        "claim": claim,
        "figure": figure_text(row) if row["role"] == "figure" else None,
        "unit": unit,
        "estimate": estimate,
        "low": low,
        "high": high,
        "interval": interval,
        "method": method,
        "rows": [str(name) for name in rows],
        "verdict": verdict,
        "reason": reason,
        **{name: int(number) for name, number in counts.items()},
    }


def drawn(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `answer` that one row of `Simulation.to_frame` stands for."""
    return {
        "estimate": result["median"],
        "low": result["low"],
        "high": result["high"],
        "unit": str(result["unit"]),
        "interval": "central 95 percent of the draws",
        "method": f"seeded Monte-Carlo, {result['draws']} draws",
    }


def as_table(answers: list[dict[str, Any]]) -> pd.DataFrame:
    """Return answers as one table, as `display.answers` takes it.

    Raises
    ------
    InputError
        If two answers have one name.
    """
    table = pd.DataFrame(answers, dtype=object)
    twice = table["question"].duplicated()
    if twice.any():
        raise InputError(f"two answers are named '{table.loc[twice, 'question'].iloc[0]}'")
    return table


def _plain(value: Any, question: str) -> float | None:
    """Return a number as it is recorded; refuse infinity."""
    number = recorded(getattr(value, "magnitude", value))
    if number is not None and not math.isfinite(number):
        raise InputError(f"{question}: a recorded number must be finite")
    return number


def recorded(value: Any) -> float | None:
    """Return a number to `DIGITS` significant digits, None where it is missing."""
    return None if value is None or pd.isna(value) else float(f"{float(value):.{DIGITS}g}")
