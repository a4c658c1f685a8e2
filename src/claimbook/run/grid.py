"""Grids of figures for a sweep: every combination of the values that a file names.

The file::

    title: How much hangs on the two times?
    scenarios: [record, espresso-only]    # optional; record: the book as it stands
    figures:                              # parameter: a list of values, or a range
      brewing_time: [25 seconds, 4 minutes]
      extraction_max: {from: 18 percent, to: 30 percent, steps: 25}
      cups_a_day: {from: 1 count, to: 64 count, steps: 7, spacing: log}
    notebooks: [10]                       # optional, for --render: only these

Combinations are numbered from 0; the last figure changes fastest. They are made when they are
asked for, so a grid of millions takes no memory.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.figures import range_ends
from claimbook.book.scenario import RECORD
from claimbook.book.schema import check_form
from claimbook.book.units import check_bounds, parse_quantity
from claimbook.book.yaml_file import read_yaml
from claimbook.claims.comparison import check_evidence
from claimbook.errors import InputError, require_known

MOST_COMBINATIONS = 1_000_000_000


@dataclass(frozen=True)
class Grid:
    """The combinations of a sweep.

    title: what it is for. scenarios: names, `RECORD` for none. figures: parameter -> values in
    its own unit. notebooks: names of those to render, or none for all.
    """

    title: str
    scenarios: tuple[str, ...]
    figures: dict[str, tuple[float, ...]]
    notebooks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return math.prod(self.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of scenarios, then of values of each figure."""
        return (len(self.scenarios), *map(len, self.figures.values()))

    @property
    def digest(self) -> str:
        """Fingerprint of the combinations and their order."""
        content = json.dumps([self.scenarios, list(self.figures.items())])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def combinations(self, start: int, stop: int) -> pd.DataFrame:
        """Return the combinations from number `start` up to, not with, `stop`.

        Index: combination. Columns: scenario, then each figure.
        """
        numbers = np.arange(start, min(stop, len(self)))
        places = np.unravel_index(numbers, self.shape)
        table = pd.DataFrame(
            {
                name: np.asarray(values, dtype=float)[place]
                for place, (name, values) in zip(places[1:], self.figures.items(), strict=True)
            },
            index=pd.Index(numbers, name="combination"),
        )
        scenarios = pd.Categorical.from_codes(places[0], list(self.scenarios))
        table.insert(0, "scenario", scenarios)
        return table


def read_grid(path: Path, book: Book) -> Grid:
    """Read and check a grid. Raises InputError that names the file and what is wrong in it."""
    content = read_yaml(path)
    check_form(content, "grid", str(path))
    scenarios = _names(content.get("scenarios", [RECORD]), f"{path}: scenarios")
    if not scenarios:
        raise InputError(f"{path}: scenarios: the list is empty")
    require_known(f"{path}: scenarios:", scenarios, [RECORD, *book.scenario_names])
    # a faulty scenario is refused before the sweep begins
    books = [book if name == RECORD else book.in_scenario(name) for name in scenarios]
    for one in books:
        check_evidence(one)
    ranges = content.get("figures", {})
    require_known(f"{path}: figures:", ranges, book.figures.index)
    if not ranges and len(scenarios) == 1:
        raise InputError(f"{path}: it combines nothing; expected figures or several scenarios")
    figures = {
        name: _values(given, str(book.figures.loc[name, "unit"]), f"{path}: figures: {name}")
        for name, given in ranges.items()
    }
    grid = Grid(
        content["title"],
        tuple(scenarios),
        figures,
        tuple(_names(content.get("notebooks", []), f"{path}: notebooks")),
    )
    number = math.prod(grid.shape)  # len() gives up on what no computer counts to
    if number > MOST_COMBINATIONS:
        raise InputError(f"{path}: {number:,} combinations; at most {MOST_COMBINATIONS:,}")
    for one in books:
        _check_order(grid, one, path)
    return grid


def _names(given, where: str) -> list[str]:
    names = [str(name) for name in given]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"{where}: '{twice[0]}' is there twice")
    return names


def _values(given, unit: str, where: str) -> tuple[float, ...]:
    if isinstance(given, list):
        if not given:
            raise InputError(f"{where}: the list is empty")
        values = [_value(one, unit, where) for one in given]
        if len(set(values)) < len(values):
            raise InputError(f"{where}: a value is there twice")
        return tuple(values)
    check_form(given, "range", where)
    steps, spacing = int(given["steps"]), given.get("spacing", "even")
    first, last = (_value(given[end], unit, where) for end in ("from", "to"))
    if not first < last:
        raise InputError(f"{where}: from {first:g} to {last:g} {unit}: expected a rising range")
    if spacing == "log" and first <= 0:
        raise InputError(f"{where}: from {first:g}: spacing log needs a number above 0")
    spread = np.linspace if spacing == "even" else np.geomspace
    return tuple(spread(first, last, steps).tolist())


def _value(given, unit: str, where: str) -> float:
    """Return a value with its unit as a number in `unit`; a bare number is in that unit."""
    try:
        value = parse_quantity(given, unit)
        check_bounds(value, unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    return value


def _check_order(grid: Grid, book: Book, path: Path) -> None:
    """Refuse a grid in which the lower end of a range would pass the upper one."""
    printed = book.figures["value"]
    for low, high in range_ends(book.figures):
        if not {low, high} & set(grid.figures):
            continue
        most = max(grid.figures.get(low, [printed[low]]))
        least = min(grid.figures.get(high, [printed[high]]))
        if most > least:
            raise InputError(
                f"{path}: figures: {low} goes up to {most:g} and {high} down to {least:g} in some "
                "combination: expected the minimum to be no greater than the maximum"
            )
