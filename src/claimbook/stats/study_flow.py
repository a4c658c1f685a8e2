"""From all rows to the rows that are pooled, no row lost: a flow as in PRISMA 2020, item 16."""

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
    largest first (ties by name), each with what remains after it, and last what is included.
    Raises InputError for a missing column, a value that is neither true nor false, an included row
    that carries a reason, or a repeated row name.
    """
    require_columns(frame, id=id, include=include, reason=reason)
    ids = row_ids(frame, id)
    kept = [_truth(value, name, include) for value, name in zip(frame[include], ids, strict=True)]
    stated = frame[reason].astype(object).where(frame[reason].notna(), "").astype(str)
    rows = pd.DataFrame({"id": ids, "reason": stated.to_numpy()}, dtype=object)
    rows["kept"] = pd.Series(kept, dtype=bool)
    empty = rows["reason"].str.strip() == ""
    for row in rows[rows["kept"] & ~empty].itertuples():
        raise refuse(row.id, reason, row.reason, f"nothing, as '{include}' is true")
    rows.loc[empty, "reason"] = REASON_NOT_STATED
    excluded = rows.loc[~rows["kept"], ["id", "reason"]].reset_index(drop=True)
    remaining = len(ids)
    lines = [("all rows", "", remaining, remaining, tuple(ids))]
    groups = [(why, tuple(part)) for why, part in excluded.groupby("reason")["id"]]
    for why, names in sorted(groups, key=lambda group: (-len(group[1]), group[0])):
        remaining -= len(names)
        lines.append(("excluded", why, len(names), remaining, names))
    inside = tuple(rows.loc[rows["kept"], "id"])
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
