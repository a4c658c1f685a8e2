"""One number of a table, named in a YAML file by table, row and column, with its unit."""

import pandas as pd

from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.schema import check_form
from claimbook.book.tables import Tables
from claimbook.errors import InputError, require_known


def cell_quantity(asked: dict, tables: Tables, where: str) -> tuple[float, str]:
    """Return number and unit of a cell.

    asked: table, row (its row_id), column (default: value) and sign (default: 1).

    Raises InputError, starting with `where`, for an unknown key, table, row or column (with the
    nearest), a row that was not verified, and a cell without a number or a unit.
    """
    check_form(asked, "cell", where)
    column, sign = asked.get("column", "value"), asked.get("sign", 1)
    frame = tables.known(where, asked["table"], [column, "row_id", "verification"])
    require_known(f"{where}: row", [asked["row"]], frame["row_id"])
    row = frame[frame["row_id"] == asked["row"]].iloc[0]
    if str(row["verification"]) in NOT_EVIDENCE:
        raise InputError(f"{where}: row {asked['row']} is {row['verification']}; it cannot be used")
    truths = pd.api.types.is_bool_dtype(frame[column])
    if truths or not pd.api.types.is_numeric_dtype(frame[column]) or pd.isna(row[column]):
        raise InputError(f"{where}: row {asked['row']} has no number in column {column}")
    unit = tables.unit_of(asked["table"], column)
    unit = row.get("unit") if unit in (None, "see unit") else unit
    if not isinstance(unit, str):
        raise InputError(f"{where}: row {asked['row']} has no unit")
    return sign * float(row[column]), unit
