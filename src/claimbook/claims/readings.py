"""Second readings: which rows somebody else read again, and with what outcome.

A book may have a table `readings` (table, row, outcome, settled). Of several readings of a row
the best counts, because a page that was not reached says nothing against one that was.
"""

from collections.abc import Iterable

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.evidence import verified
from claimbook.claims.comparison import evidence_rows

READINGS = "readings"
AGREES, MENDED, KEPT, NOT_REACHED, ONCE = (
    "read twice: agrees",
    "read twice: mended",
    "read twice: in part",
    "second reading did not reach the source",
    "read once",
)
STATES = (AGREES, MENDED, KEPT, NOT_REACHED, ONCE)
"""What a row's readings come to, best first."""


def reading_states(book: Book) -> dict[tuple[str, str], str]:
    """Return (table, row id) -> one of `STATES`, for the rows that were to be read again."""
    if READINGS not in book.tables.frames:
        return {}
    found: dict[tuple[str, str], str] = {}
    for one in book.table(READINGS).itertuples():
        row = (one.table, one.row)
        found[row] = min(found.get(row, ONCE), _state(one), key=STATES.index)
    return found


def _state(reading) -> str:
    if reading.outcome == "agrees":
        return AGREES
    if reading.outcome == "not_found":
        return NOT_REACHED
    return MENDED if str(reading.settled).startswith("mended") else KEPT


def deciding_rows(book: Book) -> list[tuple[str, str]]:
    """Return (table, row id) of the rows that a question selects or that can enter a pool."""
    parts = [evidence_rows(book, name)[["table", "row_id"]] for name in book.questions]
    for name, frame in book.tables.frames.items():
        if "poolable" in frame:
            pooled = verified(frame)
            pooled = pooled[pooled["poolable"].fillna(False).astype(bool)]
            parts.append(pooled[["row_id"]].assign(table=name))
    rows = pd.concat(parts) if parts else pd.DataFrame(columns=["table", "row_id"])
    return list(dict.fromkeys(zip(rows["table"], rows["row_id"], strict=True)))


def count_states(book: Book, rows: Iterable[tuple[str, str]]) -> pd.Series:
    """Return how many of `rows` are in each of `STATES`."""
    states = reading_states(book)
    found = pd.Series([states.get(row, ONCE) for row in rows], dtype=object)
    return found.value_counts().reindex(STATES, fill_value=0)


def readings_words(counts: pd.Series) -> str:
    """Tell `count_states` in a sentence."""
    n, twice = int(counts.sum()), counts[[AGREES, MENDED, KEPT]]
    return (
        f"Of {n} rows that decide a verdict or can enter a pool, {twice.sum()} were read twice: "
        f"{counts[AGREES]} agree, {counts[MENDED]} were mended and {counts[KEPT]} agree in part. "
        f"For {counts[NOT_REACHED]} the second reader did not reach the source; "
        f"{counts[ONCE]} were read once."
    )
