"""Answers: what is asked, of which claim, what was found, and in which rows.

What is asked is data. `answers.yaml` gives each answer a name, which may be a template::

    prevalence_in_{place}:
      asks: What share of adults has it in {place}?
      claim: prevalence

`answer(book, "prevalence_in_{place}", pooled, place="all countries")` fills the words in, takes the
numbers from a result, and returns an `Answer`, which a notebook puts on record with `show.record`.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import singledispatch
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.format import (
    DIGITS,
    figure_text,
    interval_text,
    number_text,
    quantity_text,
    recorded,
)
from claimbook.book.units import convert
from claimbook.claims.pooled_report import (
    INTERVAL_NAMES,
    METHOD_NAMES,
    estimate_text,
    figure_ends,
    figure_verdict,
    position_text,
    prediction_text,
)
from claimbook.claims.verdict import Verdict
from claimbook.errors import InputError, nearest
from claimbook.stats.meta_regression import MetaRegression, SmallStudyCheck
from claimbook.stats.pooling import PooledEffect, PooledEstimate
from claimbook.stats.simulation import Simulation

ROUNDED = ("estimate", "low", "high", "pi_low", "pi_high", "tau2", "i2", "p")
"""Numbers that are recorded to `format.DIGITS` significant digits."""
FURTHER_DIGITS = 6
"""Significant digits of other numbers that are not whole, such as a figure that a user put in."""
TEXTS = ("asks", "claim", "reason", "unit", "interval", "method")
OWN_WORDS = {"note", "judged"}


@dataclass(frozen=True, repr=False)
class Answer:
    """One answer, ready for the record.

    question: its name, unique in the collection. asks: the question in words.
    claim, figure: the claim that it bears on, and the figure of the text that this claim has.
    estimate, low, high, unit, interval, method: the number, its ends, what kind of interval they
        are, and how it was obtained.
    rows: names of the rows that entered. verdict: only where a rule of the scale was applied.
    reason: the answer in words. more: further numbers, such as `k` studies of `n` people.
    book: what it was computed from.
    """

    question: str
    asks: str
    claim: str | None = None
    figure: str | None = None
    unit: str | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str | None = None
    method: str | None = None
    rows: tuple[str, ...] = ()
    verdict: Verdict | None = None
    reason: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    book: Book | None = field(default=None, compare=False)

    def as_record(self) -> dict[str, Any]:
        """Return the answer as plain values, as it stands in `results/answers.json`."""
        own = {f.name: getattr(self, f.name) for f in fields(self)[:-2]}
        own |= {"rows": list(self.rows), "verdict": self.verdict and self.verdict.value}
        return own | dict(self.more)

    def to_frame(self) -> pd.DataFrame:
        """Return the answer as a table of one row."""
        return pd.DataFrame([self.as_record()])

    def __repr__(self) -> str:
        parts = [self.verdict.text] if self.verdict else []
        if self.estimate is not None:
            parts.append(quantity_text(self.estimate, self.unit))
        if self.low is not None or self.high is not None:
            parts.append(f"({interval_text(self.low, self.high, self.unit)})")
        return f"Answer {self.question}: {' '.join(parts) or self.reason}"


def answer(book: Book, question: str, result: Any = None, /, **given: Any) -> Answer:
    """Return the answer to a question of the book.

    question: a name, or a template whose words are among `given`; what is asked and of which claim
        is looked up in `answers.yaml`, then among the questions and implications of the book.
    result: what was found, where it is a pooled estimate or effect, a simulated summary, a
        comparison of a figure with its evidence, or a mapping of an answer's fields.
    given: fields of `Answer`, further numbers, and words of the texts. They come before what is
        looked up, and that comes before what the result says of itself. rows may be a table.

    Raises InputError if nothing says what is asked, the claim is unknown, a number is infinite, a
    range is swapped, a number has no unit, an interval no kind, or a verdict is not on the scale.
    """
    asked = _asked(book, question) | {key: given.pop(key) for key in OWN_WORDS & set(given)}
    name = (_items(result) | asked | given).get("claim")
    claim = None if name is None else book.claim(name)
    found = _fields_of(result, claim if asked.get("judged") else None)
    words = _items(result) | found | given
    found |= {key: _filled(text, words) for key, text in asked.items() if key in TEXTS}
    if "note" in asked:
        parts = (found.get("reason"), _filled(asked["note"], words))
        found["reason"] = " ".join(filter(None, parts))
    found |= given
    found["question"] = _filled(question, {key: _slug(value) for key, value in words.items()})
    if claim is not None and claim["role"] == "figure":
        found["figure"] = figure_text(claim)
    own = {f.name for f in fields(Answer)}
    filled = {key for text in (question, *map(str, asked.values())) for key in _names_in(text)}
    told = {key for key in filled if isinstance(found.get(key), str)}
    more = {key: value for key, value in found.items() if key not in own | told}
    checked = _checked({key: value for key, value in found.items() if key in own}, book)
    more = {key: _plain(key, value, found["question"]) for key, value in more.items()}
    return Answer(**checked, more=more, book=book)


def _checked(own: dict[str, Any], book: Book) -> dict[str, Any]:
    """Return the fields of an answer as they are recorded; refuse what no reader could use."""
    question = own["question"]
    if "asks" not in own:
        known = [*book.answers, *book.questions, *book.implications]
        raise InputError(f"nothing says what '{question}' asks{nearest(question, known)}")
    own = {name: _in_unit(value, own.get("unit")) for name, value in own.items()}
    own = {name: _plain(name, value, question) for name, value in own.items()}
    own = {name: value for name, value in own.items() if value is not None}
    low, high = own.get("low"), own.get("high")
    if "unit" not in own and {"estimate", "low", "high"} & set(own):
        raise InputError(f"{question}: a number needs a unit")
    if "interval" not in own and {"low", "high"} & set(own):
        raise InputError(f"{question}: say what kind of interval low and high are")
    if low is not None and high is not None and low > high:
        raise InputError(f"{question}: low {low:g} is above high {high:g}")
    if "verdict" in own:
        own["verdict"] = Verdict(own["verdict"])
    rows = own.get("rows", ())
    rows = rows["row_id"] if isinstance(rows, pd.DataFrame) else rows
    return own | {"rows": tuple(str(name) for name in rows)}


def _asked(book: Book, question: str) -> Mapping:
    """Return what the book says of a question; an implication is answered by its formula."""
    if question in book.answers:
        return book.answers[question]
    if question in book.questions:
        return {name: book.questions[question][name] for name in ("asks", "claim")}
    if question in book.implications:
        one = book.implications[question]
        return {name: one[name] for name in ("asks", "claim", "unit")} | {"method": one["formula"]}
    return {}


def _items(result: Any) -> dict[str, Any]:
    """Return what a result holds, by name."""
    if is_dataclass(result):
        return {f.name: getattr(result, f.name) for f in fields(result)}
    return dict(result.items()) if isinstance(result, Mapping | pd.Series) else {}


@singledispatch
def _fields_of(result: Any, judged: pd.Series | None) -> dict[str, Any]:
    """Return the fields of an answer that a result fills, by their names.

    judged: the claim whose figure it judges.
    """
    known = {f.name for f in fields(Answer)} | {*ROUNDED, "k", "n"}
    found = {name: value for name, value in _items(result).items() if name in known}
    if result is not None and not found:
        raise InputError(f"no answer can be made from a {type(result).__name__}")
    return found


@_fields_of.register
def _(pooled: PooledEstimate, judged: pd.Series | None) -> dict[str, Any]:
    said = (
        f"{estimate_text(pooled)} over {pooled.k} {'study' if pooled.k == 1 else 'studies'}; "
        f"prediction interval {prediction_text(pooled)}"
    )
    if judged is not None and pooled.estimate is not None:
        low, high = figure_ends(judged)
        said += f"; the text's {interval_text(low, high, judged['unit'])} is " + (
            position_text(low if low > pooled.estimate else high, pooled)
        )
    return {
        "reason": " ".join([f"{said}.", *(f"{note}." for note in pooled.notes)]),
        "estimate": pooled.estimate,
        "low": pooled.ci_low,
        "high": pooled.ci_high,
        "unit": "percent",
        "interval": INTERVAL_NAMES[pooled.interval],
        "method": METHOD_NAMES[pooled.method],
        "rows": pooled.studies["id"],
        "verdict": None if judged is None else figure_verdict(judged, pooled),
        "k": pooled.k,
        "n": pooled.n,
        **{name: getattr(pooled, name) for name in ("pi_low", "pi_high", "tau2", "i2")},
    }


@_fields_of.register
def _(effect: PooledEffect, judged: pd.Series | None) -> dict[str, Any]:
    """A ratio: the effect was pooled on the log scale."""
    ends = {"estimate": effect.estimate, "low": effect.ci_low, "high": effect.ci_high}
    ends |= {"pi_low": effect.pi_low, "pi_high": effect.pi_high}
    return {
        **{name: None if end is None else np.exp(end) for name, end in ends.items()},
        "unit": "dimensionless",
        "interval": INTERVAL_NAMES[effect.interval],
        "k": effect.k,
        "tau2": effect.tau2,
        "i2": effect.i2,
    }


@_fields_of.register
def _(fit: MetaRegression, judged: pd.Series | None) -> dict[str, Any]:
    """The odds ratio of the first moderator."""
    found = {"method": "meta-regression, REML, Knapp-Hartung", "tau2": fit.tau2, "i2": fit.i2}
    found |= {"unit": "dimensionless", "interval": INTERVAL_NAMES["hk"], "k": fit.k, "n": fit.n}
    slope = {} if len(fit.coefficients) < 2 else fit.coefficients.iloc[1].to_dict()
    ends = {"estimate": "odds_ratio", "low": "or_low", "high": "or_high", "p": "p"}
    return found | {name: slope.get(column) for name, column in ends.items()}


@_fields_of.register
def _(check: SmallStudyCheck, judged: pd.Series | None) -> dict[str, Any]:
    """The prevalence that is left as studies grow large."""
    found = {"unit": "percent", "interval": INTERVAL_NAMES["hk"], "method": check.test}
    found |= {"estimate": check.limit_percent, "low": check.limit_low, "high": check.limit_high}
    return found | {"p": check.p, "k": check.k}


@_fields_of.register
def _(result: Simulation, judged: pd.Series | None) -> dict[str, Any]:
    found = _fields_of(result.to_frame().iloc[0], judged)
    return found | {"draws": result.draws, "seed": result.seed}


@_fields_of.register
def _(row: pd.Series, judged: pd.Series | None) -> dict[str, Any]:
    """A row of `Simulation.to_frame`."""
    return {
        "estimate": row["median"],
        "low": row["low"],
        "high": row["high"],
        "unit": str(row["unit"]),
        "interval": "central 95 percent of the draws",
        "method": f"seeded Monte-Carlo, {row['draws']} draws",
    }


class _Sentence(Formatter):
    """Fills words into a text; numbers that are not whole as `number_text` writes them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        decimal = value is None or isinstance(value, (float, np.floating))
        return number_text(value) if decimal else format(value, format_spec)


def _names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _filled(text: str, words: Mapping[str, Any]) -> str:
    missing = sorted(_names_in(text) - set(words))
    if missing:
        raise InputError(f"'{text}' needs the word '{missing[0]}'")
    return _Sentence().vformat(text, (), words)


def _slug(word: Any) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(word).lower()).strip("_")


def _in_unit(value: Any, unit: str | None) -> Any:
    """Return a quantity as a number in the unit of its answer, anything else as it is."""
    if unit is None or not hasattr(value, "magnitude"):
        return value
    return convert(value.magnitude, value.units, unit)


def _plain(name: str, value: Any, question: str) -> Any:
    """Return a value as it is recorded: Python's own kind, rounded."""
    value = getattr(value, "magnitude", value)
    if name in ROUNDED or isinstance(value, (float, np.floating)):
        number = recorded(value, DIGITS if name in ROUNDED else FURTHER_DIGITS)
        if number is not None and not math.isfinite(number):
            raise InputError(f"{question}: a recorded number must be finite")
        return number
    return int(value) if isinstance(value, (int, np.integer)) else value
