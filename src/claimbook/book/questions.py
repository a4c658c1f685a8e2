"""What is asked of the evidence: which rows measure the same thing as a figure of the text.

A question is data (`questions.yaml`). It names the claim, the finding that says what the cited
work reports, and two selections of evidence rows: `direct` rows measure what the claim is about,
`indirect` rows measure something near it. New rows that fit a selection enter by themselves.
"""

import numpy as np
import pandas as pd

from claimbook.book.datapackage import as_list
from claimbook.book.tables import Tables
from claimbook.errors import InputError, nearest

KEYS = {"asks", "claim", "cited_row", "measured", "direct", "indirect"}
REQUIRED = ("asks", "claim", "measured", "direct")
SELECTOR_KEYS = {"table", "where", "value", "low", "high", "sign"}
BEARING_KEYS = {"column", "claim", "only", "except", "below_zero"}
BEARING_WORDS = ("for", "against")
MAX_NAMED = 12
"""So many valid names a message lists where none is near."""


def check_questions(questions: dict, tables: Tables, path) -> None:
    """Refuse questions that name an unknown key, claim, table, column, level or row.

    Raises InputError with the nearest valid name.
    """
    claims = tables.frames["claims"]
    figures = claims.loc[claims["role"] == "figure", "claim"]
    for name, question in questions.items():
        where = f"{path}: question '{name}'"
        if not isinstance(question, dict):
            raise InputError(f"{where}: expected {', '.join(sorted(KEYS))}")
        require_known(f"{where}: key", question, KEYS)
        for key in REQUIRED:
            if key not in question:
                raise InputError(f"{where}: '{key}' is missing")
        for key in set(question) - {"direct", "indirect"}:
            if not isinstance(question[key], str):
                raise InputError(f"{where}: {key}: expected text, not {question[key]!r}")
        require_known(f"{where}: claim", [question["claim"]], claims["claim"])
        require_known(f"{where}: claim with role figure", [question["claim"]], figures)
        if row := question.get("cited_row"):
            require_known(f"{where}: cited_row", [row], tables.frames["findings"]["row_id"])
        for part in ("direct", "indirect"):
            if not isinstance(question.get(part, []), list):
                raise InputError(f"{where}, {part}: expected a list of selections")
            for selector in question.get(part, []):
                _check_selector(selector, tables, f"{where}, {part}")


def require_known(where: str, given, valid) -> None:
    """Refuse the first of `given` that is not among `valid`, with the nearest that is, or a few."""
    for name in given:
        if isinstance(name, (list, dict)) or name not in set(valid):
            named = ", ".join(sorted(map(str, valid)))
            few = f"; expected one of {named}" if len(valid) <= MAX_NAMED else ""
            raise InputError(f"{where} '{name}' is not known{nearest(name, valid) or few}")


def _check_selector(selector: dict, tables: Tables, where: str) -> None:
    if not isinstance(selector, dict) or not {"table", "where", "value"} <= set(selector):
        raise InputError(f"{where}: a selection needs table, where and value")
    require_known(f"{where}: key", selector, SELECTOR_KEYS)
    require_known(f"{where}: table", [selector["table"]], tables.frames)
    frame = tables.frames[selector["table"]]
    for name in ("row_id", "verification", "evidence_url"):
        require_known(f"{where}: {selector['table']}: column", [name], frame.columns)
    if not isinstance(selector["where"], dict):
        raise InputError(f"{where}: where: expected column: value")
    if selector.get("sign", 1) not in (1, -1):
        raise InputError(f"{where}: sign: expected 1 or -1, not {selector['sign']!r}")
    columns = [selector[k] for k in ("value", "low", "high") if k in selector]
    require_known(f"{where}: column", [*columns, *selector["where"]], frame.columns)
    for column in columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise InputError(f"{where}: column '{column}' holds no numbers")
    if tables.unit_of(selector["table"], selector["value"]) in (None, "see unit"):
        require_known(f"{where}: {selector['table']}: column", ["unit"], frame.columns)
    check_levels(selector["where"], frame, where)


def check_levels(wanted_levels: dict, frame: pd.DataFrame, where: str) -> None:
    """Refuse a level that a column of `frame` does not have, with the nearest that it has."""
    for column, wanted in wanted_levels.items():
        levels = (
            frame[column].cat.categories
            if isinstance(frame[column].dtype, pd.CategoricalDtype)
            else frame[column].dropna()
        )
        require_known(f"{where}: {column}", as_list(wanted), levels)


def check_bearings(bearings: dict, tables: Tables, path) -> None:
    """Refuse bearings that name an unknown table, key, column, level or claim.

    Raises InputError with the nearest valid name.
    """
    for name, asked in bearings.items():
        where = f"{path}: '{name}'"
        require_known(f"{path}: table", [name], tables.frames)
        if not isinstance(asked, dict) or "column" not in asked:
            raise InputError(f"{where}: expected a column")
        require_known(f"{where}: key", asked, BEARING_KEYS)
        frame = tables.frames[name]
        columns = [*asked.get("only", {}), *asked.get("except", {})]
        require_known(f"{where}: column", [asked["column"], *columns], frame.columns)
        if "claim" in asked:
            require_known(f"{where}: claim", [asked["claim"]], tables.frames["claims"]["claim"])
        if pd.api.types.is_float_dtype(frame[asked["column"]]):
            require_known(f"{where}: below_zero", [asked.get("below_zero")], BEARING_WORDS)
        for part in ("only", "except"):
            check_levels(asked.get(part, {}), frame, f"{where}, {part}")


def select(frame: pd.DataFrame, where: dict) -> pd.DataFrame:
    """Return the rows of `frame` whose columns hold one of the wanted values each."""
    chosen = np.ones(len(frame), dtype=bool)  # all tests first: taking rows is what costs time
    for column, wanted in where.items():
        chosen &= frame[column].isin(as_list(wanted)).fillna(False).to_numpy(dtype=bool)
    return frame[chosen]
