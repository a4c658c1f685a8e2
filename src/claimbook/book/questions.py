"""What is asked of the evidence: which rows measure the same thing as a figure of the text.

A question is data (`questions.yaml`). Of its two selections of evidence, `direct` rows measure what
the claim is about, `indirect` rows something near it. New rows that fit enter by themselves.
`conditions` are those of the column `sample_condition` that the question asks for.
"""

import numpy as np
import pandas as pd

from claimbook.book.datapackage import as_list
from claimbook.book.schema import check_form
from claimbook.book.tables import Tables, split_cell
from claimbook.errors import InputError, require_known


def check_questions(questions: dict, tables: Tables, path) -> None:
    """Refuse questions of another form, or that name an unknown claim, table, column, level or row.

    Raises InputError with the nearest valid name.
    """
    claims = tables.frames["claims"]
    figures = claims.loc[claims["role"] == "figure", "claim"]
    for name, question in questions.items():
        where = f"{path}: question '{name}'"
        check_form(question, "question", where)
        require_known(f"{where}: claim", [question["claim"]], claims["claim"])
        require_known(f"{where}: claim with role figure", [question["claim"]], figures)
        if row := question.get("cited_row"):
            require_known(f"{where}: cited_row", [row], tables.frames["findings"]["row_id"])
        for part in ("direct", "indirect"):
            for selection in question.get(part, []):
                _check_selection(selection, tables, f"{where}, {part}")
        conditions = question.get("conditions", [])
        require_known(f"{where}: conditions", conditions, _conditions(tables) if conditions else ())


def _conditions(tables: Tables) -> set[str]:
    frames = (f for f in tables.frames.values() if "sample_condition" in f)
    cells = {cell for frame in frames for cell in frame["sample_condition"].dropna()}
    return {part for cell in cells for part in split_cell(cell, ";")}


def _check_selection(selection: dict, tables: Tables, where: str) -> None:
    check_form(selection, "selection", where)
    columns = [selection[key] for key in ("value", "low", "high") if key in selection]
    needed = ("row_id", "verification", "evidence_url", *columns)
    frame = tables.known(where, selection["table"], needed, selection["where"])
    for column in columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise InputError(f"{where}: column '{column}' holds no numbers")
    if tables.unit_of(selection["table"], selection["value"]) in (None, "see unit"):
        tables.known(where, selection["table"], ["unit"])


def check_answers(answers: dict, tables: Tables, path) -> None:
    """Refuse answers (`answers.yaml`) of another form, or of an unknown claim.

    Raises InputError with the nearest valid name.
    """
    claims = tables.frames["claims"]["claim"]
    for name, asked in answers.items():
        where = f"{path}: answer '{name}'"
        check_form(asked, "answer", where)
        require_known(f"{where}: claim", [asked["claim"]] if "claim" in asked else [], claims)


def check_bearings(bearings: dict, tables: Tables, path) -> None:
    """Refuse bearings of another form, or that name an unknown table, column, level or claim.

    Raises InputError with the nearest valid name.
    """
    for name, bearing in bearings.items():
        where = f"{path}: '{name}'"
        check_form(bearing, "bearing", where)
        for part in ("only", "except"):
            levels = bearing.get(part, {})
            frame = tables.known(f"{where}, {part}", name, [bearing["column"]], levels)
        if "claim" in bearing:
            require_known(f"{where}: claim", [bearing["claim"]], tables.frames["claims"]["claim"])
        if pd.api.types.is_float_dtype(frame[bearing["column"]]) and "below_zero" not in bearing:
            raise InputError(f"{where}: 'below_zero' is missing; expected for or against")


def select(frame: pd.DataFrame, where: dict) -> pd.DataFrame:
    """Return the rows of `frame` whose columns hold one of the wanted values each."""
    chosen = np.ones(len(frame), dtype=bool)  # all tests first: taking rows is what costs time
    for column, wanted in where.items():
        chosen &= frame[column].isin(as_list(wanted)).fillna(False).to_numpy(dtype=bool)
    return frame[chosen]
