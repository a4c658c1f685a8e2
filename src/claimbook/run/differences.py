"""What differs between two states of a book: the answers, the inputs, and which moved which."""

import math
from typing import Any

import pandas as pd

from claimbook.book.figures import ENDINGS
from claimbook.claims.verdict import Verdict
from claimbook.run.states import Inputs, State

TEXTS = {
    "asks", "claim", "question", "notebook", "figure", "relation", "value", "value_low",
    "value_high", "cited", "measured", "interval", "method", "rows", "reason",
}  # fmt: skip
"""Fields of a record that say what was asked, from what, and in which words. All others are its
value: the verdict and every number that was computed."""
MAIN = ("verdict", "estimate")
"""Fields that represent an answer where one line is all there is."""
ANSWER_COLUMNS = [
    "question", "claim", "notebook", "change", "field", "before", "after", "by", "unit", "why",
]  # fmt: skip
INPUT_COLUMNS = ["where", "row", "column", "before", "after"]
FIGURES, WHOLE = "figures", "the whole file"
NO_INPUT, NEW, GONE = "no input: the code or what it runs on", "a new question", "no longer asked"
"""Causes of a difference that are no input."""


def input_differences(before: Inputs, after: Inputs) -> pd.DataFrame:
    """Return every input that differs.

    One row per figure, cell, row, entry or whole file. Columns: where (``figures``, the name of a
    table or of a YAML or BibTeX file), row (parameter, row name or entry), column (of a figure its
    unit; None for what was added or removed as a whole), before and after (None where there is
    none). A number that is only written differently is the same.
    """
    rows = [
        (FIGURES, name, before.units.get(name) or after.units.get(name), one, other)
        for name in _ordered(before.figures, after.figures)
        if not _same(one := before.figures.get(name), other := after.figures.get(name))
    ]
    for name in _ordered(before.tables, after.tables):
        rows += _table_differences(name, before.tables.get(name), after.tables.get(name))
    for name in _ordered(before.entries, after.entries):
        rows += _entry_differences(name, before.entries.get(name), after.entries.get(name))
    return pd.DataFrame(rows, columns=INPUT_COLUMNS, dtype=object)


def _ordered(one, other) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _same(one: Any, other: Any) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-12)
    except (TypeError, ValueError):
        return False


def _table_differences(name: str, before: pd.DataFrame | None, after: pd.DataFrame | None):
    before, after = (pd.DataFrame() if t is None else t for t in (before, after))
    for row in _ordered(before.index, after.index):
        if row not in before.index or row not in after.index:
            pair = (None, "added") if row in after.index else ("removed", None)
            yield (name, row, None, *pair)
            continue
        one, other = before.loc[row].dropna(), after.loc[row].dropna()
        for column in _ordered(before.columns, after.columns):
            pair = one.get(column), other.get(column)
            if not _same(*pair) and not _figure_cell(name, column, one):
                yield (name, row, column, *pair)


def _figure_cell(table: str, column: str, row: pd.Series) -> bool:
    """Say whether a cell is a figure of the text, which is among the figures already."""
    return table == "claims" and row.get("role") == "figure" and column in ("value", "low", "high")


def _entry_differences(name: str, before: dict | None, after: dict | None):
    if before is None or after is None:
        ends = (None, "added") if before is None else ("removed", None)
        yield (name, WHOLE, None, *ends)
        return
    for entry in _ordered(before, after):
        one, other = before.get(entry), after.get(entry)
        if one == other:
            continue
        if entry not in before:
            yield (name, entry, None, None, "added")
        elif entry not in after:
            yield (name, entry, None, "removed", None)
        elif not isinstance(one, dict) or not isinstance(other, dict):
            yield (name, entry, None, one, other)
        else:
            for part in _ordered(one, other):
                if one.get(part) != other.get(part):
                    yield (name, entry, part, one.get(part), other.get(part))


def answer_differences(before: State, after: State, inputs: pd.DataFrame) -> pd.DataFrame:
    """Return every answer that differs, field by field.

    inputs: from `input_differences`. Columns: question, claim, notebook, change (verdict, number,
    added, removed, or words where only the wording differs), field, before, after, by (the
    difference of two numbers), unit, why (list of the inputs behind it; see `causes`). Of an
    answer that was added or removed the `MAIN` fields are listed, or None where it has none.
    Answers are in the order of the state after, verdicts first within an answer.
    """
    rows = []
    for question in _ordered(after.answers, before.answers):
        one, other = before.answers.get(question), after.answers.get(question)
        if one == other:
            continue
        record = other or one
        head = [question, record["claim"], record["notebook"]]
        if one is None or other is None:
            change, why = ("added", NEW) if one is None else ("removed", GONE)
            for field in [f for f in MAIN if record.get(f) is not None] or [None]:
                pair = ((answer or {}).get(field) for answer in (one, other))
                unit = record.get("unit") if field == "estimate" else None
                rows.append([*head, change, field, *pair, None, unit, [why]])
            continue
        why = causes(one, other, inputs)
        fields = [f for f in _ordered(one, other) if f not in TEXTS]
        differing = [f for f in fields if not _same(one.get(f), other.get(f))]
        for field in sorted(differing, key=lambda field: field != "verdict"):
            pair = one.get(field), other.get(field)
            change = "verdict" if field == "verdict" else "number"
            unit = record.get("unit") if field in ("estimate", "low", "high") else None
            rows.append([*head, change, field, *pair, _by(*pair), unit, why])
        if not differing and one.get("reason") != other.get("reason"):
            pair = one.get("reason"), other.get("reason")
            rows.append([*head, "words", "reason", *pair, None, None, why])
    return pd.DataFrame(rows, columns=ANSWER_COLUMNS, dtype=object)


def _by(before: Any, after: Any) -> float | None:
    return after - before if is_number(before) and is_number(after) else None


def is_number(value: Any) -> bool:
    """Whether a field holds a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def changed_questions(answers: pd.DataFrame) -> list[str]:
    """Return the questions whose value differs, in order; other words alone do not count."""
    return list(dict.fromkeys(answers.loc[answers["change"] != "words", "question"]))


def causes(before: dict, after: dict, inputs: pd.DataFrame) -> list[str]:
    """Return the differing inputs that an answer rests on, in words.

    An answer rests on the rows that entered it, on the rows that entered before or after only, and
    on the figure of its own claim. Where none of these differs, it rests on something further
    off, and all that differs is named: figures one by one, tables and files by their number of
    differences.
    """
    rows = {*before.get("rows", []), *after.get("rows", [])}
    claim = after.get("claim") or before.get("claim")
    of_claim = inputs["row"].isin([f"{claim}{ending}" for ending in ENDINGS.values()])
    figures = inputs["where"] == FIGURES
    own = inputs[(figures & of_claim) | (~figures & inputs["row"].isin(rows))]
    if len(own):
        return list(dict.fromkeys(cause_of(row) for row in own.itertuples()))
    named = [cause_of(row) for row in inputs[figures].itertuples()]
    counts = inputs.loc[~figures, "where"].value_counts(sort=False)
    return [*named, *(f"{where} ({number})" for where, number in counts.items())] or [NO_INPUT]


def cause_of(row) -> str:
    """Return the name of a differing input, as `causes` gives it."""
    return row.row if row.where == FIGURES else f"{row.where} {row.row}"


def flips(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the verdicts that flipped: question, claim, before, after, better, why (in words).

    better: whether the verdict after is higher on the scale; None where one is no verdict.
    """
    table = answers[answers["change"] == "verdict"].copy()
    ranks = {verdict.value: verdict.rank for verdict in Verdict}
    before, after = (table[end].map(ranks) for end in ("before", "after"))
    table["better"] = (after < before).astype(object).where(before.notna() & after.notna(), None)
    table["why"] = table["why"].map("; ".join)
    return table[["question", "claim", "before", "after", "better", "why"]].reset_index(drop=True)
