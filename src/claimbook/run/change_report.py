"""Two states of a book side by side: as a document for machines, as text, and as a notebook."""

import importlib.resources
import json
import math
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from claimbook.book.format import ends_text, plain_words, quantity_text
from claimbook.errors import InputError
from claimbook.run.differences import (
    FIGURES,
    MAIN,
    answer_differences,
    changed_questions,
    flips,
    input_differences,
    is_number,
)
from claimbook.run.outputs import write_json
from claimbook.run.running import execute_one, work_folder
from claimbook.run.states import State

DOCUMENT, NOTEBOOK = "comparison.json", "comparison.ipynb"
BEFORE, AFTER = "before", "after"
SHOWN_ROWS = 4
"""So many names of rows are listed for one kind of difference; the document lists all."""


@dataclass(frozen=True)
class Change:
    """What differs between two states.

    names: before and after. answers, inputs: tables of `claimbook.run.differences`.
    total: answers in either state. left_out: answers of notebooks that were run for one of them
    only. pictures: PNG file name -> content before and after (None
    where there is none), for those that differ.
    """

    names: tuple[str, str]
    scenarios: tuple[str | None, str | None]
    answers: pd.DataFrame
    inputs: pd.DataFrame
    total: int
    left_out: int
    pictures: dict[str, tuple[bytes | None, bytes | None]]

    @property
    def differs(self) -> bool:
        """Whether an answer has another value; other words or inputs alone do not count."""
        return bool(changed_questions(self.answers))


def changes_between(before: State, after: State) -> Change:
    """Compare two states, by the notebooks that were run for both."""
    in_all = len({*before.answers, *after.answers})
    before, after = before.of(after.notebooks), after.of(before.notebooks)
    left_out = in_all - len({*before.answers, *after.answers})
    inputs = input_differences(before.inputs, after.inputs)
    names = list(dict.fromkeys([*before.pictures, *after.pictures]))
    pairs = {name: (before.pictures.get(name), after.pictures.get(name)) for name in names}
    return Change(
        names=(before.name, after.name),
        scenarios=(before.scenario, after.scenario),
        answers=answer_differences(before, after, inputs),
        inputs=inputs,
        total=len({*before.answers, *after.answers}),
        left_out=left_out,
        pictures={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )


def change_document(change: Change) -> dict:
    """Return a change as plain values, ready for JSON; pictures are given by name."""
    return {
        "before": change.names[0],
        "after": change.names[1],
        "scenarios": list(change.scenarios),
        "answers_in_all": change.total,
        "answers_not_compared": change.left_out,
        **{
            name: [
                {column: _finite_or_none(cell) for column, cell in row.items()}
                for row in table.to_dict("records")
            ]
            for name, table in (("answers", change.answers), ("inputs", change.inputs))
        },
        "pictures": list(change.pictures),
    }


def _finite_or_none(cell):
    """Return a cell for JSON, all digits kept; pandas would cut numbers at a decimal place."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


# --- as text -------------------------------------------------------------------------------------


def change_text(change: Change) -> str:
    """Return a change as text for a terminal."""
    before, after = change.names
    changed = changed_questions(change.answers)
    lines = [f"Inputs that differ: {len(change.inputs) or 'none'}"]
    for row in input_summary(change.inputs).itertuples():
        lines.append(f"  {row.where}: {row.what}: {row.difference}")
    parts = [f"From {before} to {after}", "\n".join(lines)]
    flipped = flips(change.answers)
    if len(flipped):
        lines = [f"  {r.question}: {r.before} -> {r.after}" for r in flipped.itertuples()]
        parts.append("\n".join([f"Verdicts that flipped: {len(flipped)}", *lines]))
    else:
        parts.append("Verdicts that flipped: none")
    parts.append(f"Answers that changed: {len(changed)} of {change.total}")
    for row in changed_answers(change.answers).itertuples():
        by = f" ({row.by})" if row.by != "–" else ""
        also = f"; {row.also}" if row.also else ""
        parts[-1] += f"\n  {row.answer}: {row.before} -> {row.after}{by}{also}; why: {row.why}"
    if change.left_out:
        parts.append(f"Not compared, for their notebook was not run: {change.left_out} answers")
    words = change.answers.loc[change.answers["change"] == "words", "question"]
    if len(words):
        parts.append(f"Only said in other words: {', '.join(words)}")
    return "\n\n".join(parts)


def changed_answers(answers: pd.DataFrame) -> pd.DataFrame:
    """Return one row of words per answer whose value changed.

    Columns: answer, before, after, by (difference of the last number shown), also (how many more
    numbers differ), why.
    """
    rows = []
    for question, fields in answers[answers["change"] != "words"].groupby("question", sort=False):
        first, by_field = fields.iloc[0], fields.set_index("field")
        main_fields = [field for field in MAIN if field in by_field.index] or [first["field"]]
        ends = [_ends(by_field.loc[field]) for field in main_fields if field]
        before, after = (", ".join(end) for end in zip(*ends or [("there", "there")], strict=True))
        also, by = "", "–"
        if first["change"] == "added":
            before = "–"
        elif first["change"] == "removed":
            after = "–"
        else:
            if main_fields[0] not in MAIN:
                before = f"{plain_words(main_fields[0])} {before}"
            by = _by(by_field.loc[main_fields[-1]])
            more = len(fields) - len(main_fields)
            also = f"{more} more number{'s' if more > 1 else ''}" if more else ""
        rows.append((question, before, after, by, also, _shortened(first["why"])))
    return pd.DataFrame(rows, columns=["answer", "before", "after", "by", "also", "why"])


def _ends(row: pd.Series) -> tuple[str, str]:
    """Return a field before and after in words, or as numbers that differ."""
    ends = row["before"], row["after"]
    if all(end is None or is_number(end) for end in ends):
        return ends_text(*ends, row["unit"])
    return tuple("–" if end is None else str(end) for end in ends)


def _by(row: pd.Series) -> str:
    """Return a difference with its sign."""
    text = quantity_text(row["by"], row["unit"])
    return text if pd.isna(row["by"]) or row["by"] < 0 else f"+{text}"


def _shortened(why: list[str]) -> str:
    """Return causes with the rows of one table together, and of many rows the first."""
    named: dict[str, list[str]] = {}
    for cause in why:
        where, _, row = cause.partition(" ")
        named.setdefault(where if row and where.isidentifier() else cause, []).append(row)
    return "; ".join(
        f"{where} {_first(rows)}" if where.isidentifier() and rows[0] else where
        for where, rows in named.items()
    )


def _first(names: list[str]) -> str:
    more = len(names) - SHOWN_ROWS
    return ", ".join(names[:SHOWN_ROWS]) + (f" and {more} more" if more > 0 else "")


def input_summary(inputs: pd.DataFrame) -> pd.DataFrame:
    """Return the differing inputs in words: where, what, difference.

    Each figure has a row; rows of a table that differ in the same way share one.
    """
    rows = []
    figures = inputs["where"] == FIGURES
    for row in inputs[figures].itertuples():
        ends = ends_text(row.before, row.after, row.column)
        rows.append((FIGURES, row.row, " -> ".join(ends)))
    alike: dict[tuple[str, str], list[str]] = {}
    for row in inputs[~figures].itertuples():
        alike.setdefault((row.where, _difference(row)), []).append(str(row.row))
    for (where, difference), names in alike.items():
        rows.append((where, _first(names), difference))
    return pd.DataFrame(rows, columns=["where", "what", "difference"])


def _difference(row) -> str:
    if row.column is None:
        return str(row.after or row.before) if None in (row.before, row.after) else "changed"
    ends = ("empty" if v in ("", None) else str(v) for v in (row.before, row.after))
    return f"{row.column}: {' -> '.join(ends)}"


# --- as a notebook -------------------------------------------------------------------------------


def write_comparison(change: Change, folder: Path) -> Path:
    """Write a change as a document, its pictures, and an executed notebook; return the notebook.

    Raises RunFailed if the notebook does not run, and InputError if the folder cannot be written or
    holds something else; it is then left as it was.
    """
    if folder.is_dir() and any(folder.iterdir()) and not (folder / DOCUMENT).exists():
        raise InputError(f"{folder}: not empty and no comparison; choose another folder")
    template = importlib.resources.files("claimbook.run") / NOTEBOOK
    with work_folder(folder) as work:
        for end, place in ((BEFORE, 0), (AFTER, 1)):
            (work / end).mkdir()
            for name, pair in change.pictures.items():
                if pair[place] is not None:
                    (work / end / name).write_bytes(pair[place])
        write_json(change_document(change), work / DOCUMENT)
        (work / NOTEBOOK).write_bytes(template.read_bytes())
        execute_one(work / NOTEBOOK, work / NOTEBOOK)
        for end in (BEFORE, AFTER):
            shutil.rmtree(folder / end, ignore_errors=True)
        for name in (BEFORE, AFTER, DOCUMENT, NOTEBOOK):
            os.replace(work / name, folder / name)
    return folder / NOTEBOOK


def read_comparison(folder: Path) -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    """Return the document of a comparison, its answers and its inputs as tables."""
    document = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    return document, *(pd.DataFrame(document[part], dtype=object) for part in ("answers", "inputs"))


def picture_pair(folder: Path, name: str) -> dict[str, bytes | None]:
    """Return a picture before and after; None where there is none."""
    paths = {end: folder / end / name for end in (BEFORE, AFTER)}
    return {end: path.read_bytes() if path.exists() else None for end, path in paths.items()}
