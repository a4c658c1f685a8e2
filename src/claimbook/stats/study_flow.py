"""From all rows to the rows that are pooled, no row lost: a flow as in PRISMA 2020, item 16.

The table counts rows of an evidence table; it says nothing about how they were searched for.
"""

from dataclasses import dataclass

import pandas as pd

from claimbook.errors import InputError
from claimbook.stats.proportions import refuse, require_columns, row_ids

REASON_NOT_STATED = "reason not stated"


@dataclass(frozen=True, eq=False)
class Flow:
    """`table`: step, reason, rows, remaining, ids. `excluded`: id and reason, row by row."""

    table: pd.DataFrame
    excluded: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def __repr__(self) -> str:
        rows = self.table["rows"]
        return f"{rows.iloc[0]} rows, {len(self.excluded)} excluded, {rows.iloc[-1]} included"


def flow_table(
    frame: pd.DataFrame,
    include: str = "poolable",
    reason: str = "exclusion_reason",
    *,
    id: str = "row_id",
    end: str = "included",
) -> Flow:
    """Count rows by step and reason; the counts add up to ``len(frame)``.

    include: column of true/false (booleans, or the words). reason: column saying why a row is out.
    end: name of the last step. The first line of the table has all rows, then one line per reason,
    largest first (ties by name), each with what remains after it, and last what is included. An
    excluded row without a reason is counted under "reason not stated". Raises InputError for a
    missing column, a value that is neither true nor false, an included row that carries a reason,
    or a repeated row name.
    """
    require_columns(frame, id=id, include=include, reason=reason)
    ids = row_ids(frame, id)
    kept = [_truth(value, name, include) for value, name in zip(frame[include], ids, strict=True)]
    reasons = [None if pd.isna(r) or str(r).strip() == "" else str(r) for r in frame[reason]]
    for name, is_in, why in zip(ids, kept, reasons, strict=True):
        if is_in and why is not None:
            raise refuse(name, reason, why, f"nothing, as '{include}' is true")
    excluded = pd.DataFrame(
        [
            (name, why or REASON_NOT_STATED)
            for name, is_in, why in zip(ids, kept, reasons, strict=True)
            if not is_in
        ],
        columns=["id", "reason"],
        dtype=object,
    )
    counts = sorted(excluded["reason"].value_counts().items(), key=lambda c: (-c[1], c[0]))
    remaining = len(ids)
    lines = [("all rows", "", remaining, remaining, tuple(ids))]
    for why, rows in counts:
        remaining -= rows
        names = tuple(excluded.loc[excluded["reason"] == why, "id"])
        lines.append(("excluded", why, rows, remaining, names))
    inside = tuple(name for name, is_in in zip(ids, kept, strict=True) if is_in)
    lines.append((end, "", len(inside), len(inside), inside))
    table = pd.DataFrame(lines, columns=["step", "reason", "rows", "remaining", "ids"])
    if remaining != len(inside):  # cannot happen; a lost row must never pass silently
        raise InputError(f"{remaining} rows remain but {len(inside)} are included")
    return Flow(table, excluded)


def _truth(value, name: str, column: str) -> bool:
    text = str(value).strip().lower()
    if pd.isna(value) or text not in ("true", "false"):
        raise refuse(name, column, value, "true or false")
    return text == "true"
