"""Reading the tables of a book: each is checked against its description before it is used.

frictionless checks them; this module words what it finds for the person who has to mend it, turns
the files into DataFrames, and checks that what they name of each other is there. `book.rules` looks
for faults that no description can name.
"""

import csv
import dataclasses
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from frictionless import Check, Checklist, Dialect, Package, Resource
from frictionless.errors import RowConstraintError
from frictionless.errors import TypeError as TypeError_
from frictionless.exception import FrictionlessException
from frictionless.formats import CsvControl
from simpleeval import EvalWithCompoundTypes

from claimbook.book.datapackage import as_list, description_problems
from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.folders import DESCRIPTION
from claimbook.book.rules import rule_problems
from claimbook.book.schema import check_form
from claimbook.book.text import visible
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError, nearest, require_known

MAX_PROBLEMS = 20  # enough to mend a file by, few enough to read

PLAIN = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "number": re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""Cells as they may be written; frictionless would also take 1_000, NaN, padding and 2019-7-1."""
PANDAS_TYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean", "date": "str"}


class _Frames(Mapping):
    """Tables by name, each handed out as a copy that shares its values until one is changed."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]):
        self._frames = dict(frames)

    def __getitem__(self, name):
        return self._frames[name].copy(deep=False)

    def __iter__(self):
        return iter(self._frames)

    def __len__(self):
        return len(self._frames)


@dataclass(frozen=True)
class Tables:
    """The checked tables of a data folder.

    frames: table name -> DataFrame. Columns with levels are ordered categoricals, so that empty
        levels stay visible; empty text is NA.
    description: the data package as a mapping.
    """

    frames: Mapping[str, pd.DataFrame] = dataclasses.field(repr=False)
    description: dict = dataclasses.field(repr=False)

    def __post_init__(self):
        object.__setattr__(self, "frames", _Frames(self.frames))

    def unit_of(self, table: str, column: str) -> str | None:
        """Return the fixed unit of a column, ``"see unit"``, or None where it has none."""
        return _fields(_resource(self.description, table))[column].get("unit")

    def meaning(self, table: str, means: str) -> str:
        """Return the column of which the dictionary says that it means `means`."""
        fields = _fields(_resource(self.description, table))
        return next(name for name, field in fields.items() if field.get("means") == means)

    def known(
        self, where: str, table: str, columns: Iterable = (), levels: Mapping | None = None
    ) -> pd.DataFrame:
        """Return a table after a look at what a YAML part names of it.

        levels: column -> a level or several.

        Raises InputError, starting with `where`, with the nearest that is there.
        """
        require_known(f"{where}: table", [table], self.frames)
        frame, levels = self.frames[table], levels or {}
        require_known(f"{where}: {table}: column", [*columns, *levels], frame.columns)
        for column, wanted in levels.items():
            levelled = isinstance(frame[column].dtype, pd.CategoricalDtype)
            valid = frame[column].cat.categories if levelled else frame[column].dropna()
            require_known(f"{where}: {column}", as_list(wanted), valid)
        return frame


def load_tables(folder: Path, known: Tables | None = None, changed: Collection[str] = ()) -> Tables:
    """Check and read every table that `folder`/datapackage.yaml describes.

    known: the same tables as they were checked before. changed: paths of the files that differ
    from them; a table that did not change is taken as it is known.

    Raises InputError that lists each problem with file, row, column, value and what was expected.
    Row numbers are those a spreadsheet shows: the header is row 1.
    """
    description = read_yaml(folder / DESCRIPTION)
    try:
        # tables are named relative to the description; paths that leave the folder are refused
        package = Package.from_descriptor(description, basepath=str(folder))
    except FrictionlessException as error:
        reasons = [e.note for e in error.reasons] or [error.error.note]
        raise InputError(f"{folder / DESCRIPTION}: {'; '.join(reasons)}") from None
    problems = [f"{folder / DESCRIPTION}: {p}" for p in description_problems(description)]
    if problems:
        raise InputError(_summary(problems))
    new = [r for r in package.resources if known is None or r.path in changed]
    for resource in new:
        problems += _problems(resource, folder)
    if not problems:
        read = {resource.name: _read(resource, folder) for resource in new}
        names = [resource.name for resource in package.resources]
        frames = {name: read[name] if name in read else known.frames[name] for name in names}
        problems = _reference_problems(description, frames, folder)
        problems += rule_problems(frames, {r.name: folder / r.path for r in new})
    if problems:
        raise InputError(_summary(problems))
    return Tables(frames, description)


def _summary(problems: list[str]) -> str:
    more = len(problems) - MAX_PROBLEMS
    lines = problems[:MAX_PROBLEMS] + ([f"... and {more} more"] if more > 0 else [])
    return "\n".join(lines)


def _resource(description: dict, name: str) -> dict:
    return next(r for r in description["resources"] if r["name"] == name)


def _fields(resource: dict) -> dict[str, dict]:
    return {f["name"]: f for f in resource["schema"]["fields"]}


def _problems(resource: Resource, folder: Path) -> list[str]:
    path = folder / resource.path
    if not path.is_file():
        return [f"{path}: the file is missing"]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [f"{path}: not UTF-8 text (byte {error.start}); save it as CSV UTF-8"]
    if "\0" in text:
        return [f"{path}: holds a NUL character, which no text file does"]
    wanted = [field.name for field in resource.schema.fields]
    found = next(csv.reader(text.splitlines()), [])
    if found != wanted:
        return [f"{path}: header: {_header_problem(found, wanted)}"]
    # stated, or it would be guessed from the first rows
    resource.dialect = Dialect(controls=[CsvControl(delimiter=",", quote_char='"')])
    # it would copy and read the other table for each key; `_reference_problems` sees to them
    resource.schema.foreign_keys = []
    checks = Checklist(checks=[_PlainCells(), _Rules()])
    report = resource.validate(checks, limit_errors=10_000)
    errors = _first_causes([error for task in report.tasks for error in task.errors])
    return [f"{path}: {_worded(error, resource)}" for error in errors]


class _PlainCells(Check):
    """Refuse numbers and dates that frictionless reads and pandas does not, or as another value."""

    type = "plain-cells"
    Errors = [TypeError_]

    def validate_start(self):
        fields = enumerate(self.resource.schema.fields)
        self._plain = [(i, f.name, f.type) for i, f in fields if f.type in PLAIN]
        return []

    def validate_row(self, row):
        for position, name, kind in self._plain:
            if row[name] is not None and not _is_plain(row.cells[position], kind):
                yield TypeError_.from_row(row, note="not plain", field_name=name)


class _Rules(Check):
    """Refuse rows that break a rule of their table.

    frictionless has such a check, which takes the rule apart anew for each row.
    """

    type = "rules"
    Errors = [RowConstraintError]

    def validate_start(self):
        self._evaluator = EvalWithCompoundTypes()
        rules = self.resource.custom.get("rules", [])
        self._rules = [(self._evaluator.parse(rule["formula"]), rule) for rule in rules]
        return []

    def validate_row(self, row):
        self._evaluator.names = row
        for parsed, rule in self._rules:
            try:
                met = self._evaluator.eval(rule["formula"], previously_parsed=parsed)
            except Exception:  # such as a comparison with a cell that could not be read
                met = False
            if not met:
                yield RowConstraintError.from_row(row, note=f"expected {rule['expected']}")


def _is_plain(cell: str, kind: str) -> bool:
    if not PLAIN[kind].fullmatch(cell):
        return False
    if kind == "integer":
        return abs(int(cell)) < 2**63
    return kind == "date" or math.isfinite(float(cell))


def _first_causes(errors: list) -> list:
    """Keep of each row the errors that explain the others.

    A ragged row shifts every cell, a bad cell breaks the rules across columns, and a repeated
    identifier is found as unique and as primary key.
    """
    by_row: dict[int, set] = {}
    for error in errors:
        by_row.setdefault(getattr(error, "row_number", 0), set()).add(error.type)
    ragged = {"extra-cell", "missing-cell", "blank-row"}

    def is_cause(error) -> bool:
        others = by_row[getattr(error, "row_number", 0)] - {error.type}
        if error.type in ragged:
            return True
        if others & ragged:
            return False
        return not (error.type in ("row-constraint", "primary-key") and others)

    return [error for error in errors if is_cause(error)]


def _header_problem(found: list[str], wanted: list[str]) -> str:
    if len(found) < 2 <= len(wanted) and not set(found) & set(wanted):
        return f"expected column names separated by commas, {', '.join(wanted)}"
    if missing := [name for name in wanted if name not in found]:
        hints = [name + nearest(name, set(found) - set(wanted)) for name in missing]
        return f"missing column {', '.join(hints)}"
    if unknown := [name for name in found if name not in wanted]:
        return f"unknown column {', '.join(unknown)}; describe it in {DESCRIPTION} first"
    return f"expected the columns once each, in this order: {', '.join(wanted)}"


def _worded(error, resource: Resource) -> str:
    """Say in one line where the error is, what is there, and what was expected."""
    columns = [field.name for field in resource.schema.fields]
    if isinstance(error, RowConstraintError):
        return f"row {error.row_number} ({error.cells[0]}): {error.note}"
    if error.type in ("extra-cell", "missing-cell"):
        many = "more" if error.type == "extra-cell" else "fewer"
        return f"row {error.row_number}: {many} cells than the {len(columns)} columns of the header"
    if error.type == "blank-row":
        return f"row {error.row_number}: the row is blank"
    if hasattr(error, "field_name"):
        expected = _expected(error, resource.schema.get_field(error.field_name))
        cell = visible(error.cells[columns.index(error.field_name)])  # as the file has it
        return f"row {error.row_number}, column {error.field_name}: '{cell}' {expected}"
    where = f"row {error.row_number}: " if hasattr(error, "row_number") else ""
    return f"{where}{error.note}"


def _expected(error, field) -> str:
    constraints = field.constraints
    if error.type == "type-error":
        forms = {"boolean": "true or false", "date": "a date as YYYY-MM-DD"}
        return f"is not {forms.get(field.type, f'a plain {field.type}')}"
    if error.type == "unique-error":
        return "stands in an earlier row too, but must be unique"
    if error.type == "constraint-error":
        name = re.search(r'constraint "(\w+)"', error.note).group(1)
        if name == "enum":
            levels = constraints["enum"]
            return f"is not one of {', '.join(levels)}{nearest(error.cell, levels)}"
        if name == "required":
            return "is empty, but a value is required"
        words = {"minimum": "at least", "maximum": "at most", "pattern": "the form"}
        return f"is outside its limits: expected {words.get(name, name)} {constraints[name]}"
    return error.note


def _read(resource: Resource, folder: Path) -> pd.DataFrame:
    fields = resource.schema.fields
    frame = pd.read_csv(
        folder / resource.path,
        dtype={f.name: PANDAS_TYPES.get(f.type, "str") for f in fields},
        keep_default_na=False,
        na_values=resource.schema.missing_values,
        true_values=["true"],
        false_values=["false"],
        encoding="utf-8-sig",
    )
    for field in fields:
        if levels := field.constraints.get("enum"):
            frame[field.name] = pd.Categorical(frame[field.name], levels, ordered=True)
    return frame


def split_cell(cell, separator: str | None) -> list[str]:
    """Return the values of a cell that holds several, in order; an empty cell holds none.

    Without a separator a cell is one value.
    """
    if pd.isna(cell):
        return []
    return [part.strip() for part in str(cell).split(separator)] if separator else [str(cell)]


def _reference_problems(description: dict, frames: dict, folder: Path) -> list[str]:
    """Check that what cells name of another table, or of their own table's columns, is there."""
    problems = []
    for resource in description["resources"]:
        frame = frames[resource["name"]]
        for column, separator, target in _references(resource):
            if target is None:
                names, called = frame.columns, "a column of this table"
            else:
                names, called = frames[target[0]][target[1]].dropna(), f"in {target[0]}"
            known = dict.fromkeys(map(str, names))
            for row, cell in frame[column].items():
                for value in split_cell(cell, separator):
                    if value not in known:
                        problems.append(
                            f"{folder / resource['path']}: row {row + 2}, column {column}: "
                            f"'{value}' is not {called}{nearest(value, known)}"
                        )
    return problems


def _references(resource: dict) -> Iterator[tuple[str, str | None, tuple[str, str] | None]]:
    """Yield the columns whose cells name something: column, what separates several values, and the
    table and column that they name; None for the columns of their own table.

    Foreign keys of the standard hold one value to a cell; `items` is our word for several.
    """
    for key in resource["schema"].get("foreignKeys", []):
        (column,), (other,) = as_list(key["fields"]), as_list(key["reference"]["fields"])
        yield column, None, (key["reference"]["resource"] or resource["name"], other)
    for name, field in _fields(resource).items():
        if items := field.get("items"):
            table, _, column = items.partition(".")
            yield name, field.get("separator", ";"), (table, column) if column else None


def cell_quantity(asked: dict, tables: Tables, where: str) -> tuple[float, str]:
    """Return number and unit of a cell that a YAML part names.

    asked: table, row (its row_id), column (default: value) and sign (default: 1).

    Raises InputError, starting with `where`, also for a row that was not verified.
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
