"""Scenarios: updated figures and changed evidence under a name, with the reason and the source.

A scenario is data (`scenarios/NAME.yaml` beside the tables). It changes nothing on disk: applied
to a book it gives another book (`Book.in_scenario`). Its form::

    title: Espresso only
    reason: why anybody would ask
    source: where its numbers come from
    figures:                        # parameter: value with its unit, or a cell of a table
      brewing_time: 25 seconds
      extraction_max: {table: findings, row: bean2001_f03, column: high}
    evidence:                       # each entry replaces cells, or adds rows
      - table: brews
        where: {method: filter, counts: true}
        set: {counts: false}
      - table: brews
        add:
          - {row_id: dora2026_01, method: espresso, value: 27, unit: second}
"""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.book.cell_reference import cell_quantity
from claimbook.book.folders import DESCRIPTION
from claimbook.book.questions import select
from claimbook.book.schema import check_form
from claimbook.book.tables import Tables, load_tables
from claimbook.book.units import parse_quantity
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError, nearest

FOLDER = "scenarios"
RECORD = "record"
"""What the book without a scenario is called wherever scenarios are named; no scenario's name."""
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BARE = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", re.I)


@dataclass(frozen=True)
class Scenario:
    """One scenario as its file has it.

    figures: parameter -> text with a unit, or a mapping that names a cell.
    evidence: edits of tables, in order.
    """

    name: str
    path: Path
    title: str
    reason: str
    source: str
    figures: Mapping[str, Any]
    evidence: list[dict]


def scenario_names(folder: Path) -> list[str]:
    """Return the names of the scenarios of a data folder, sorted."""
    return sorted(path.stem for path in (folder / FOLDER).glob("*.yaml"))


def read_scenario(folder: Path, name: str) -> Scenario:
    """Read one scenario of a data folder; its figures and edits are checked when it is applied.

    Raises InputError, naming file and line where it can, for an unknown name (with the nearest),
    a key that is unknown, missing, repeated or of another kind, and any YAML trick.
    """
    names = scenario_names(folder)
    if name not in names:
        some = f" (known: {', '.join(names)})" if names else f"; {folder / FOLDER} holds none"
        raise InputError(f"no scenario '{name}'{nearest(name, names)}{some}")
    path = folder / FOLDER / f"{name}.yaml"
    if not _NAME.fullmatch(name) or name == RECORD:
        raise InputError(
            f"{path}: expected a name of small letters, digits and hyphens, other than '{RECORD}'"
        )
    content = read_yaml(path)
    check_form(content, "scenario", str(path))
    figures, evidence = content.get("figures", {}), content.get("evidence", [])
    if not figures and not evidence:
        raise InputError(f"{path}: it changes nothing; expected figures or evidence")
    words = {key: " ".join(content[key].split()) for key in ("title", "reason", "source")}
    return Scenario(name, path, **words, figures=figures, evidence=evidence)


def figure_values(scenario: Scenario, tables: Tables, units: Mapping[str, str]) -> dict[str, float]:
    """Return parameter -> value in the parameter's own unit.

    units: parameter -> unit, for every figure of the book.

    Raises InputError for an unknown parameter, a value without a unit or with one of another
    kind, a cell that is not there, holds no number, or is in a row that was not verified.
    """
    values = {}
    for name, given in scenario.figures.items():
        where = f"{scenario.path}: figures: {name}"
        if name not in units:
            raise InputError(f"{where}: no such figure{nearest(name, units)}")
        if isinstance(given, dict):
            number, unit = cell_quantity(given, tables, where)
            given = f"{number!r} {unit}"
        elif not isinstance(given, str) or _BARE.fullmatch(given.strip()):
            raise InputError(
                f"{where}: {given!r} is no value with a unit; write for example '5 {units[name]}'"
            )
        try:
            values[name] = parse_quantity(given, units[name])
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
    return values


def edited_files(scenario: Scenario, tables: Tables, folder: Path) -> dict[str, bytes]:
    """Return path in the data folder -> content, for each file that the scenario changes.

    Every selection is made in the tables as they were, and no cell may be set twice, so the order
    of changes does not matter.

    Raises InputError for an unknown table, column, level or key, a selection that meets no row,
    and two changes of one cell.
    """
    paths = {r["name"]: r["path"] for r in tables.description["resources"]}
    texts: dict[str, pd.DataFrame] = {}
    taken: dict[tuple[str, str, int], int] = {}
    for number, edit in enumerate(scenario.evidence, 1):
        where = f"{scenario.path}: evidence, change {number}"
        _check_edit(edit, tables, where)
        path = paths[edit["table"]]
        if path not in texts:  # as text, so that whatever is not touched keeps its form
            file = folder / path
            texts[path] = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if "add" in edit:
            rows = [{c: _as_text(row.get(c)) for c in texts[path].columns} for row in edit["add"]]
            texts[path] = pd.concat([texts[path], pd.DataFrame(rows)], ignore_index=True)
            continue
        chosen = _chosen(edit, tables, where)
        for column, value in edit["set"].items():
            for row in chosen:
                if taken.setdefault((path, column, row), number) != number:
                    raise InputError(
                        f"{where}: {column}: change {taken[path, column, row]} sets it too, "
                        f"in line {row + 2} of {path}"
                    )
            texts[path].loc[chosen, column] = _as_text(value)
    return {
        path: text.to_csv(index=False, lineterminator="\n").encode() for path, text in texts.items()
    }


def edited_tables(
    scenario: Scenario, changed: Mapping[str, bytes], tables: Tables, folder: Path
) -> Tables:
    """Return the tables with the changed files, checked like any table that is loaded.

    Raises InputError for whatever `load_tables` refuses in the result, such as a repeated row_id.
    """
    if not changed:
        return tables
    with tempfile.TemporaryDirectory(prefix="claimbook-") as work:
        copy = Path(work)
        for path in [DESCRIPTION, *(r["path"] for r in tables.description["resources"])]:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(changed.get(path) or (folder / path).read_bytes())
        try:
            return load_tables(copy, tables, changed)
        except InputError as error:
            problems = str(error).replace(f"{copy}{os.sep}", "").splitlines()
            lines = [f"{scenario.path}: with its changes: {line}" for line in problems]
            raise InputError("\n".join(lines)) from None


def _check_edit(edit: dict, tables: Tables, where: str) -> None:
    check_form(edit, "change", where)
    if edit["table"] == "claims":
        raise InputError(f"{where}: the claims stay as the text has them; numbers go under figures")
    columns = {column for row in edit.get("add", [edit.get("set")]) for column in row}
    tables.known(where, edit["table"], columns, edit.get("where"))


def _chosen(edit: dict, tables: Tables, where: str) -> list[int]:
    """Return the places of the rows that a change selects."""
    chosen = select(tables.frames[edit["table"]], edit["where"]).index
    if chosen.empty:
        condition = ", ".join(f"{column} {value}" for column, value in edit["where"].items())
        raise InputError(f"{where}: no row of {edit['table']} has {condition}")
    return chosen.tolist()


def _as_text(value) -> str:
    """Return a value of YAML as a CSV cell has it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
