"""The book: claims, bibliography and evidence, loaded together and never changed in place."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pybtex.database import BibliographyData

from claimbook.book.bibliography import load_bibliography
from claimbook.book.evidence import verified
from claimbook.book.figures import figures_of
from claimbook.book.folders import data_folder, find_data
from claimbook.book.implications import check_implications
from claimbook.book.questions import check_answers, check_bearings, check_questions
from claimbook.book.scenario import FOLDER as SCENARIOS
from claimbook.book.scenario import (
    Scenario,
    edited_files,
    edited_tables,
    figure_values,
    read_scenario,
    scenario_names,
)
from claimbook.book.source_text import ORIGIN, Origin, read_origin
from claimbook.book.tables import Tables, load_tables, split_cell
from claimbook.book.units import check_bounds, parse_quantity
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError, nearest

BIBLIOGRAPHY = "references.bib"
QUESTIONS = "questions.yaml"
BEARINGS = "bearings.yaml"
IMPLICATIONS = "implications.yaml"
ANSWERS = "answers.yaml"


class UnusualNumber(UserWarning):
    """A number that is allowed but probably not what was meant."""


@dataclass(frozen=True, repr=False)
class Book:
    """One text's claims and their evidence; `update` returns a new book.

    tables: the checked tables; `claims` and `references` are always among them.
    bibliography: the works as the text prints them.
    questions: name -> what is asked of the evidence (see `claimbook.book.questions`).
    bearings: table -> where it says how a row bears on its claim (see `claims.claim_checks`).
    implications: name -> what follows from the figures (see `claimbook.book.implications`).
    answers: name -> what an answer of a notebook asks (see `claimbook.claims.answer`).
    updates: parameter name -> value, in the parameter's own unit, that replaced the printed one.
    scenario: the scenario that was applied, if any (see `claimbook.book.scenario`).
    changed_files: path in the folder -> content, for each file that the scenario changes.
    origin: where the text appeared, if the data say so (see `claimbook.book.source_text`).
    loaded: the book that this one was made from by a scenario or updates, as it was loaded.
    """

    folder: Path
    tables: Tables
    bibliography: BibliographyData
    questions: dict
    bearings: dict = field(default_factory=dict)
    implications: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)
    updates: Mapping[str, float] = field(default_factory=dict)
    scenario: Scenario | None = None
    changed_files: Mapping[str, bytes] = field(default_factory=dict)
    origin: Origin | None = None
    loaded: "Book | None" = None

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {len(frame)}" for name, frame in self.tables.frames.items())
        lines = [f"Book in {self.folder}", f"rows: {rows}"]
        if self.scenario:
            lines.append(f"scenario: {self.scenario.name}")
        if self.updates:
            numbers = (f"{name} {value:g}" for name, value in self.updates.items())
            lines.append(f"updated: {', '.join(numbers)}")
        return "\n".join(lines)

    @property
    def as_loaded(self) -> "Book":
        """The book as its files have it, without scenario and updates."""
        return self.loaded or self

    @property
    def claims(self) -> pd.DataFrame:
        """The claims of the text, one row each; a copy, as is every table that a book gives out."""
        return self.tables.frames["claims"]

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name. Raises InputError with the nearest name if there is none."""
        if name not in self.tables.frames:
            raise InputError(f"no table '{name}'{nearest(name, self.tables.frames)}")
        return self.tables.frames[name]

    def evidence(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that were verified, and so may enter an estimate."""
        if name not in self._verified:
            frame = self.table(name)
            self._verified[name] = verified(frame)
        return self._verified[name].copy(deep=False)

    @cached_property
    def _verified(self) -> dict[str, pd.DataFrame]:
        """What `evidence` returned before: it is asked for many times, and wide."""
        return {}

    def claim(self, name: str) -> pd.Series:
        """Return one claim's row. Raises InputError with the nearest name if there is none."""
        found = self.claims[self.claims["claim"] == name]
        if found.empty:
            raise InputError(f"no claim '{name}'{nearest(name, self.claims['claim'])}")
        return found.iloc[0]

    @property
    def figures(self) -> pd.DataFrame:
        """The numbers that can be updated, one row per parameter (see `figures_of`)."""
        return figures_of(self.claims)

    def update(self, **numbers: Any) -> "Book":
        """Return a book with these figures in place of the printed ones; None leaves a figure.

        A number is in the figure's own unit; text may carry another unit (``"2 ms"``), which is
        converted. Raises InputError for an unknown name, a number that is not finite, a wrong
        unit, a percentage outside 0 to 100, any other quantity that is not above 0, or a range
        whose ends are swapped. Warns (UnusualNumber) of a percentage that looks like a fraction.
        """
        figures = self.figures
        claims = self.claims.copy()
        updates = dict(self.updates)
        for name, given in numbers.items():
            if name not in figures.index:
                known = ", ".join(figures.index)
                raise InputError(
                    f"unknown parameter '{name}'{nearest(name, figures.index)} (known: {known})"
                )
            if given is None:
                continue
            claim, column, _, unit = figures.loc[name]
            try:
                value = parse_quantity(given, unit)
                notes = check_bounds(value, unit)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
            for note in notes:
                # as from one place, for no path or line number may be in a notebook's output
                warnings.warn_explicit(f"{name}: {note}", UnusualNumber, "updated numbers", 1)
            claims.loc[claims["claim"] == claim, column] = value
            updates[name] = value
        swapped = claims[claims["low"] > claims["high"]]
        for row in swapped.itertuples():
            raise InputError(
                f"{row.claim}_min is {row.low:g} and {row.claim}_max is {row.high:g} {row.unit}: "
                "expected the minimum to be no greater than the maximum"
            )
        tables = replace(self.tables, frames={**self.tables.frames, "claims": claims})
        return replace(self, tables=tables, updates=updates, loaded=self.as_loaded)

    def in_scenario(self, name: str) -> "Book":
        """Return a book with the evidence and the figures of a scenario, by its name.

        Raises InputError for an unknown or faulty scenario, and if this book has one already.
        """
        if self.scenario:
            raise InputError(f"scenario '{name}': the book is in scenario '{self.scenario.name}'")
        scenario = read_scenario(self.folder, name)
        changed = edited_files(scenario, self.tables, self.folder)
        tables = edited_tables(scenario, changed, self.tables, self.folder)
        book = replace(
            self, tables=tables, scenario=scenario, changed_files=changed, loaded=self.as_loaded
        )
        values = figure_values(scenario, tables, self.figures["unit"].to_dict())
        try:
            _check_parts_fit(book)
            return book.update(**{**self.updates, **values})
        except InputError as error:
            raise InputError(f"{scenario.path}: {error}") from None

    def update_from(self, namespace: Mapping[str, Any]) -> "Book":
        """Return a book in the scenario and with the figures that `namespace` names.

        Made for a notebook, whose parameters cell sets them: ``load().update_from(globals())``.
        The name `scenario` is applied first, then the figures; None leaves either as it is, and
        whatever else is in `namespace` is ignored.
        """
        name = namespace.get("scenario")
        book = self if name is None else self.in_scenario(name)
        return book.update(**{n: namespace[n] for n in self.figures.index if n in namespace})

    @property
    def scenario_names(self) -> list[str]:
        """Names of the scenarios beside the tables, sorted."""
        return scenario_names(self.folder)

    @property
    def cited_keys(self) -> list[str]:
        """Keys of the works that the text cites, sorted."""
        cells = self.claims["cites"]
        return sorted({key for cell in cells for key in split_cell(cell, ";")})

    @property
    def cited_but_not_listed(self) -> list[str]:
        """Works cited in the text that its reference list lacks."""
        return [key for key in self.cited_keys if key not in self.bibliography.entries]

    @property
    def listed_but_not_cited(self) -> list[str]:
        """Works in the reference list that the text never cites."""
        return sorted(set(self.bibliography.entries) - set(self.cited_keys))

    @property
    def files(self) -> list[str]:
        """The files that the book is made of, as paths in its folder, sorted."""
        texts = [path.name for path in self.folder.glob("*.yaml")]
        texts += [f"{SCENARIOS}/{name}.yaml" for name in self.scenario_names]
        tables = [r["path"] for r in self.tables.description["resources"]]
        return sorted({BIBLIOGRAPHY, *texts, *tables})

    def copy_data(self, target: Path) -> None:
        """Write the files of the book to the folder `target`, tables as its scenario has them."""
        for path in self.files:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(self._content(path))

    def _content(self, path: str) -> bytes:
        """Return a file of the book with unified line ends, as its scenario has it."""
        if path in self.changed_files:
            return self.changed_files[path]
        return (self.folder / path).read_bytes().replace(b"\r\n", b"\n")

    @property
    def parameters(self) -> dict[str, Any]:
        """What a notebook must be given to read this book: the scenario and the updates."""
        return ({"scenario": self.scenario.name} if self.scenario else {}) | dict(self.updates)

    @property
    def digest(self) -> str:
        """Fingerprint of everything that answers are computed from: the files and the updates."""
        hashed = hashlib.sha256()
        for path in self.files:
            content = self._content(path)
            hashed.update(f"{path}:{len(content)}:".encode() + content)
        # not the scenario's name: the same numbers give the same answers, whoever set them
        hashed.update(json.dumps(dict(self.updates), sort_keys=True).encode())
        return hashed.hexdigest()[:16]


def load(folder: Path | str | None = None, scenario: str | None = None, **numbers: Any) -> Book:
    """Load and check a book, in a scenario and with figures in place of the printed ones.

    folder: its data folder, or the checkout that holds it (default: as `find_data` finds it).
    scenario: a name. numbers: as for `Book.update`, such as ``load(brewing_time="5 minutes")``.

    Raises InputError that names file, row, column, value and what was expected.
    """
    folder = data_folder(Path(folder)) if folder else find_data()
    tables = load_tables(folder)
    bibliography = load_bibliography(folder / BIBLIOGRAPHY)
    questions = read_yaml(folder / QUESTIONS)
    more = (
        read_yaml(folder / name) if (folder / name).exists() else {}
        for name in (BEARINGS, IMPLICATIONS, ANSWERS)
    )
    origin = read_origin(folder / ORIGIN) if (folder / ORIGIN).exists() else None
    book = Book(folder, tables, bibliography, questions, *more, origin=origin)
    _check_parts_fit(book)
    book = book if scenario is None else book.in_scenario(scenario)
    return book.update(**numbers)


def _check_parts_fit(book: Book) -> None:
    """Refuse a bibliography or a YAML file that names what the tables do not hold."""
    _check_keys(book.tables, book.bibliography, book.folder)
    check_questions(book.questions, book.tables, book.folder / QUESTIONS)
    check_bearings(book.bearings, book.tables, book.folder / BEARINGS)
    check_answers(book.answers, book.tables, book.folder / ANSWERS)
    figures = book.figures[["value", "unit"]].apply(tuple, axis=1).to_dict()
    check_implications(book.implications, book.tables, figures, book.folder / IMPLICATIONS)


def _check_keys(tables: Tables, bibliography: BibliographyData, folder: Path) -> None:
    known = tables.frames["references"]["key"].tolist()
    for key in bibliography.entries:
        if key not in known:
            raise InputError(
                f"{folder / BIBLIOGRAPHY}: entry '{key}' has no row in the references table"
                f"{nearest(key, known)}"
            )
