"""Which rows of a table of proportions belong together: samples, strata, pairs.

`stratum` says what part of a sample a row covers ("overall", "age", "sex", "age_sex", "severity"),
`sample_id` which people it is about. Rows that were never verified are dropped everywhere.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from claimbook.book.evidence import DERIVED, verified
from claimbook.errors import InputError
from claimbook.stats.proportions import require_columns

PRIMARY = "primary"
OVERALL = "overall"
NO_LEVEL = "not stated"


def poolable(table: pd.DataFrame, **levels) -> pd.DataFrame:
    """Return the verified rows marked poolable whose columns hold the given levels.

    A level may be a list. Raises InputError for a column that the table lacks.
    """
    require_columns(table, ["poolable", "verification", *levels])
    rows = verified(table)
    rows = rows[rows["poolable"].fillna(False).astype(bool)]
    for column, wanted in levels.items():
        rows = rows[rows[column].isin(wanted if isinstance(wanted, list) else [wanted])]
    return rows


def without(rows: pd.DataFrame, *names: str, column: str = "sample_id") -> pd.DataFrame:
    """Return the rows whose `column` holds none of `names`; a name met nowhere is refused."""
    unknown = [name for name in names if name not in set(rows[column])]
    if unknown:
        raise InputError(f"no row has {column} {', '.join(unknown)}")
    return rows[~rows[column].isin(names)]


def strata(table: pd.DataFrame, kinds: Iterable[str], reasons: Iterable[str] | None = None):
    """Return verified rows of primary studies that cover a part of a sample.

    kinds: levels of `stratum`. reasons: if given, only rows whose `exclusion_reason` is one of
    these, because being a part of a sample is then all that keeps them out of a pool.
    """
    rows = verified(table)
    rows = rows[rows["stratum"].isin(list(kinds)) & (rows["study_type"] == PRIMARY)]
    rows = rows[(rows["verification"] != DERIVED) & rows["prevalence_percent"].notna()]
    return rows if reasons is None else rows[rows["exclusion_reason"].isin(list(reasons))]


def overall_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return one verified row per sample that covers all of it, poolable ones first."""
    rows = verified(table)
    rows = rows[(rows["stratum"] == OVERALL) & rows["n"].notna() & rows["sample_id"].notna()]
    first = rows["poolable"].fillna(False).astype(bool)
    return pd.concat([rows[first], rows[~first]]).drop_duplicates("sample_id")


def paired_rows(table: pd.DataFrame, kinds=("sex", "age_sex")) -> pd.DataFrame:
    """Return the rows of two arms, from the first of `kinds` that a sample has.

    A sample that gives women and men as a whole and again by age is thus not met twice.
    """
    rows = strata(table, kinds)
    rank = rows["stratum"].map({kind: place for place, kind in enumerate(kinds)}).astype(int)
    return rows[rank == rank.groupby(rows["sample_id"]).transform("min")]


def classified(texts: pd.Series, words: Mapping[str, Iterable[str]], otherwise: str) -> pd.Series:
    """Return for each text the first class one of whose words it holds, else `otherwise`."""

    def one(text) -> str:
        low = "" if pd.isna(text) else str(text).lower()
        for name, marks in words.items():
            if any(mark in low for mark in marks):
                return name
        return otherwise if low else NO_LEVEL

    return texts.map(one, na_action=None).astype(object)
