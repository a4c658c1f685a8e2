"""Numbers of a model taken from rows of evidence, so that every constant has a source.

A `RowReader` hands out numbers by the name of their row and remembers which rows it handed out.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from claimbook.book.units import convert, registry
from claimbook.errors import InputError, nearest
from claimbook.stats.uncertainty import Input, input_from_row

if TYPE_CHECKING:
    import pint


class RowReader:
    """Read numbers from a table whose rows have ``row_id``, ``value``, ``low``, ``high``, ``unit``.

    Rows that were not verified are refused (see `input_from_row`).
    """

    def __init__(self, frame: pd.DataFrame):
        self._rows = frame.set_index("row_id", drop=False)
        self._used: dict[str, None] = {}

    def row(self, row_id: str) -> pd.Series:
        """Return a row and remember it; an unknown one raises InputError with the nearest name."""
        if row_id not in self._rows.index:
            raise InputError(f"no row '{row_id}'{nearest(row_id, self._rows.index)}")
        self._used[row_id] = None
        return self._rows.loc[row_id]

    def input(self, row_id: str, name: str, unit: str | None = None, **options: Any) -> Input:
        """Return the distribution of a row (options as in `input_from_row`)."""
        return input_from_row(self.row(row_id), name, unit, **options)

    def quantity(self, row_id: str, unit: str | None = None) -> "pint.Quantity":
        """Return the central value of a row with its unit."""
        one = self.input(row_id, row_id, unit)
        return registry().Quantity(one.central, one.unit)

    def ends(self, row_id: str, unit: str | None = None) -> tuple[float, float]:
        """Return low and high of a row as numbers in `unit`; its value twice if it has neither."""
        row = self.row(row_id)
        one = self.input(row_id, row_id, unit)
        low, high = (
            one.central if pd.isna(row[end]) else convert(float(row[end]), row["unit"], one.unit)
            for end in ("low", "high")
        )
        return float(low), float(high)

    def input_over(self, row_ids: Iterable[str], name: str, unit: str) -> Input:
        """Return one distribution over several rows: how much sources differ.

        It runs from the least to the greatest central value, or end of a stated range, and has
        its peak at the median of the central values. It tells nothing of the spread within a
        source.

        Raises
        ------
        InputError
            If there are fewer than two rows, or as `input_from_row`.
        """
        names = list(row_ids)
        if len(names) < 2:
            raise InputError(f"{name}: a span over rows needs two rows or more")
        centres, ends = [], []
        for row_id in names:
            row = self.row(row_id)
            centres.append(self.input(row_id, name, unit).quantile(0.5))
            stated = row["spread_type"] in ("range", "bracket")
            ends += self.ends(row_id, unit) if stated else (centres[-1], centres[-1])
        span = {
            "row_id": ", ".join(names),
            "value": float(np.median(centres)),
            "low": min(ends),
            "high": max(ends),
            "spread_type": "range",
            "unit": unit,
        }
        return input_from_row(span, name, unit)

    @property
    def used(self) -> pd.DataFrame:
        """The rows that were handed out so far, in that order."""
        return self._rows.loc[list(self._used)].reset_index(drop=True)
