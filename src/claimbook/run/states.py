"""States of a book: what it answered, and from which inputs.

A state is named in one of four ways: `record` (the committed record of this checkout), the name
of a scenario, a folder of results, or a git revision. A folder of results holds results/ and
figures/, and the tables it was computed from in inputs/ (an experiment) or data/ (a checkout).
"""

import contextlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pybtex.database import BibliographyData

from claimbook.book.bibliography import load_bibliography
from claimbook.book.book import BIBLIOGRAPHY, load
from claimbook.book.figures import figures_of
from claimbook.book.folders import DESCRIPTION, code_files
from claimbook.book.scenario import FOLDER as SCENARIOS
from claimbook.book.scenario import RECORD, scenario_names
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError, nearest
from claimbook.run.git import git
from claimbook.run.running import Plan, find_notebooks, run_notebooks


@dataclass(frozen=True)
class Inputs:
    """What answers are computed from, whatever its form was at the time.

    tables: table -> rows as text, indexed by their key. entries: YAML or BibTeX file -> its
    entries. figures: parameter -> value, updates included. units: parameter -> unit.
    """

    tables: dict[str, pd.DataFrame]
    entries: dict[str, dict[str, Any]]
    figures: dict[str, float]
    units: dict[str, str]


@dataclass(frozen=True)
class State:
    """One state of a book: its name as it was asked for, its inputs and its answers.

    answers: question -> record. pictures: file name -> content, for the PNG files.
    notebooks: those that were run, where it may be a part of them; None where it is all.
    """

    name: str
    digest: str
    scenario: str | None
    inputs: Inputs
    answers: dict[str, dict]
    pictures: dict[str, bytes]
    notebooks: frozenset[str] | None = None

    def of(self, notebooks: frozenset[str] | None) -> "State":
        """Return the state with what only these notebooks answer and show; None is all."""
        if notebooks is None:
            return self
        answers = {q: one for q, one in self.answers.items() if one["notebook"] in notebooks}
        pictures = {n: one for n, one in self.pictures.items() if n.split("--")[0] in notebooks}
        return replace(self, answers=answers, pictures=pictures)


def read_state(name: str, root: Path, data: Path) -> State:
    """Return a state by its name; a scenario that has no results yet is run first.

    root: the checkout. data: its data folder, which holds the scenarios.

    Raises InputError for a name that is none of the four, or a folder or revision without results
    or inputs, and RunFailed if the scenario's notebooks fail.
    """
    scenarios = scenario_names(data)
    if name == RECORD:
        state = state_of(name, root)
        if state.digest != load(data).digest:
            print(
                "claimbook: warning: the record was not computed from the data as they stand; "
                "./run book makes it anew",
                file=sys.stderr,
            )
        return state
    if name in scenarios:
        return state_of(name, scenario_results(name, root, data))
    if name and Path(name).is_dir():
        return state_of(name, Path(name))
    with revision(name, root, ["data", "results", "figures"]) as folder:
        if folder is None:
            known = [RECORD, *scenarios]
            raise InputError(
                f"'{name}' is no scenario, folder or git revision{nearest(name, known)} "
                f"(known: {', '.join(known)})"
            )
        return state_of(name, folder)


def scenario_results(name: str, root: Path, data: Path) -> Path:
    """Return the folder with a scenario's results; run it unless they are there and current."""
    book = load(data).in_scenario(name)
    output = root / "build" / "scenarios" / name
    notebooks = find_notebooks(root)
    if not _current(output, book.digest, notebooks, code_files(root)):
        print(f"claimbook: running scenario {name}; its results are kept", file=sys.stderr)
        run_notebooks(Plan(root=root, notebooks=notebooks, book=book, output=output))
    return output


def _current(output: Path, digest: str, notebooks: list[Path], code: list[Path]) -> bool:
    """Say whether results were made of these data, by these notebooks and this code."""
    results = output / "results" / "answers.json"
    try:
        if _results(results)["digest"] != digest:
            return False
    except (InputError, OSError):  # damaged or not there: it is made anew
        return False
    executed = (output / "notebooks" / path.name for path in notebooks)
    made = results.stat().st_mtime
    return all(p.exists() for p in executed) and all(
        p.stat().st_mtime <= made for p in (*notebooks, *code)
    )


@contextlib.contextmanager
def revision(name: str, root: Path, paths: list[str]) -> Iterator[Path | None]:
    """Unpack paths of a git revision for a while; None if there is no such revision.

    Raises InputError if the revision holds none of the paths.
    """
    options = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    found = git(root, *options) if name and not name.startswith("-") else None
    if found is None:
        yield None
        return
    commit = found.decode().strip()
    outputs = (git(root, "cat-file", "-e", f"{commit}:./{path}") for path in paths)
    present = [path for path, output in zip(paths, outputs, strict=True) if output is not None]
    packed = git(root, "archive", commit, *present) if present else None
    if packed is None:
        raise InputError(f"revision {name}: does not hold {', '.join(paths)}")
    with tempfile.TemporaryDirectory(prefix="claimbook-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def state_of(name: str, folder: Path) -> State:
    """Read the state that a folder of results holds. Raises InputError if a part is missing."""
    results = folder / "results" / "answers.json"
    if not results.is_file():
        raise InputError(f"{name}: results/answers.json is missing")
    folders = [f for n in ("inputs", "data") if (f := folder / n / DESCRIPTION).exists()]
    if not folders:
        raise InputError(f"{name}: its tables are missing; expected inputs/ or data/ in the folder")
    document = _named(name, _results, results)
    return State(
        name=name,
        digest=document["digest"],
        scenario=document.get("scenario"),
        inputs=_named(name, inputs_of, folders[0].parent, document["updates"]),
        answers={record["question"]: record for record in document["answers"]},
        pictures={p.name: p.read_bytes() for p in sorted((folder / "figures").glob("*.png"))},
        notebooks=_notebooks_run(folder),
    )


def _notebooks_run(folder: Path) -> frozenset[str] | None:
    """Return the names of the notebooks that an experiment holds; None for a checkout."""
    stems = frozenset(path.stem for path in (folder / "notebooks").glob("*.ipynb"))
    return stems if stems and (folder / "inputs").is_dir() else None


def _named(name: str, read, *given):
    """Read a part of a state; whatever is wrong with it is one message that names the state."""
    try:
        return read(*given)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    except (KeyError, TypeError, ValueError, OSError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise InputError(f"{name}: its tables are not as {DESCRIPTION} says ({problem})") from None


def inputs_of(data: Path, updates: dict[str, float] | None = None) -> Inputs:
    """Read a data folder as text, by its own description, whatever its version."""
    tables = {r["name"]: _table(r, data) for r in read_yaml(data / DESCRIPTION)["resources"]}
    figures = figures_of(tables["claims"])
    printed = figures["value"].astype(float).to_dict()
    files = [*data.glob("*.yaml"), *data.glob(f"{SCENARIOS}/*.yaml")]
    paths = {path.relative_to(data).as_posix(): path for path in sorted(files)}
    entries = {name: read_yaml(path) for name, path in paths.items() if name != DESCRIPTION}
    return Inputs(
        tables=tables,
        entries={**entries, BIBLIOGRAPHY: _works(load_bibliography(data / BIBLIOGRAPHY))},
        figures=printed | (updates or {}),
        units=figures["unit"].to_dict(),
    )


def _results(path: Path) -> dict:
    """Read results/answers.json. Raises InputError if it is something else."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        plain = isinstance(document["digest"], str) and isinstance(document["updates"], dict)
        if plain and all(isinstance(record["question"], str) for record in document["answers"]):
            return document
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError("results/answers.json is not the answers of a run")


def _table(resource: dict, folder: Path) -> pd.DataFrame:
    """Return a table as text, indexed by its column of unique names, or by all its columns.

    Rows of one name are numbered from the second on.
    """
    frame = pd.read_csv(
        folder / resource["path"], dtype=str, keep_default_na=False, encoding="utf-8-sig"
    )
    fields = resource["schema"]["fields"]
    unique = [f["name"] for f in fields if f.get("constraints", {}).get("unique")]
    keys = frame[unique[:1] or list(frame.columns)]
    names = pd.Series(keys.itertuples(index=False), dtype=object).map(" | ".join).rename("row")
    repeats = names.groupby(names).cumcount() + 1
    return frame.set_index(names.where(repeats == 1, names + " (" + repeats.astype(str) + ")"))


def _works(bibliography: BibliographyData) -> dict[str, dict[str, str]]:
    """Return key -> fields and persons of each entry, as text."""
    return {
        key: {
            "type": entry.type,
            **dict(entry.fields),
            **{role: " and ".join(map(str, people)) for role, people in entry.persons.items()},
        }
        for key, entry in bibliography.entries.items()
    }
