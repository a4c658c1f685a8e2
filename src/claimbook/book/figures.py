"""The figures of a text: the numbers that it states, each under the name by which it is updated."""

import pandas as pd

ENDINGS = {"value": "", "low": "_min", "high": "_max"}
"""Column of a claim -> what its parameter ends with; a range has two parameters, no third."""


def figures_of(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers that can be updated, one row per parameter.

    Index `parameter`; columns claim, column (value, low or high of the claim), value, unit.
    A claim with a range has two parameters, named after it with _min and _max.
    """
    rows = []
    for claim in claims[claims["role"] == "figure"].itertuples():
        for column in ("low", "high") if claim.relation == "range" else ("value",):
            value = getattr(claim, column)
            rows.append((claim.claim + ENDINGS[column], claim.claim, column, value, claim.unit))
    columns = ["parameter", "claim", "column", "value", "unit"]
    return pd.DataFrame(rows, columns=columns).set_index("parameter")


def range_ends(figures: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the parameters of each figure that is a range: its lower and its upper end.

    figures: from `figures_of`.
    """
    names = {(row.claim, row.column): row.Index for row in figures.itertuples()}
    return [(low, names[claim, "high"]) for (claim, end), low in names.items() if end == "low"]
