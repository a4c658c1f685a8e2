"""The committed record is what the code computes, byte for byte, in one run of the collection.

A second run puts in another figure and shows what follows it and what does not.
"""

import io
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import pytest
from conftest import ROOT, claimbook, once

from claimbook.run.outputs import INJECTED_TAG, carried_answers

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in NOTEBOOKS]
RECORD = ("data", "notebooks", "figures", "results", "README.md", "CITATION.cff")
REPAIR = "the record is not what the code computes; make it anew with: ./run book"
MADE_ON = ("Linux", "x86_64", (3, 11))
"""Where the record was made; elsewhere texts must be equal and pictures nearly so."""
PIXELS_TOLERANCE = 6 / 255  # mean difference: other processors draw edges of letters otherwise
pytestmark = pytest.mark.timeout(900)


@dataclass
class Ran:
    """A copy of the checkout after one run: what was written, and what the command said."""

    root: Path
    output: Path
    report: str
    code: int

    def notebook(self, stem: str):
        return nbformat.read(self.output / "notebooks" / f"{stem}.ipynb", as_version=4)

    def answers(self) -> dict:
        return json.loads((self.output / "results" / "answers.json").read_text(encoding="utf-8"))


def copy_parts(parts, root):
    """Copy files and folders of the checkout."""
    for part in parts:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)


def run_once(tmp_path_factory, name: str, *args, output=None, env=None) -> Ran:
    """Run the collection in a copy of the checkout, once however many processes test it."""

    def make(shared):
        root = shared / name
        root.mkdir()
        copy_parts(RECORD, root)
        done = claimbook("run", *args, cwd=root, env=env)
        return [done.stdout + done.stderr, done.returncode]

    shared, (report, code) = once(tmp_path_factory, name, make)
    root = shared / name
    return Ran(root, root / output if output else root, report, code)


ODD_SETTINGS = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "COLUMNS": "40", "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """The whole collection run in place, in a copy, with the printed figures.

    The user's own settings of matplotlib and IPython would change the results.
    """
    home = tmp_path_factory.mktemp("home")
    (home / "matplotlibrc").write_text("figure.facecolor: red\nlines.linewidth: 9\n")
    startup = home / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text(
        "import pandas\npandas.set_option('display.precision', 1)\nprint('hello')\n"
    )
    env = {**ODD_SETTINGS, "MATPLOTLIBRC": f"{home}/matplotlibrc", "IPYTHONDIR": f"{home}/ipython"}
    return run_once(tmp_path_factory, "printed", env=env)


UPDATED = [stem for stem in STEMS if stem[:2] not in ("25", "30", "40", "84", "86")]
"""The notebooks that are run with another figure as well; the tests of 30 and 40 do it by cell."""


@pytest.fixture(scope="session")
def updated(tmp_path_factory):
    """The collection with another figure."""
    given = (*UPDATED, "--set", "us_prevalence=12.5")
    return run_once(tmp_path_factory, "updated", *given, output="build")


def first_difference(stem, record, found):
    """Name the first cell in which two executed notebooks differ, or None."""
    if [c.id for c in record.cells] != [c.id for c in found.cells]:
        return f"{stem}: other cells"
    for one, other in zip(record.cells, found.cells, strict=True):
        if one != other:
            return f"{stem}, cell '{one.id}'"
    return None


def texts(notebook):
    """What a notebook says: sources and outputs without pictures."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for form, content in output.get("data", {}).items():
                if not form.startswith("image/"):
                    yield cell.id, form, content
        yield cell.id, "source", cell.source


def far_apart(one: bytes, other: bytes) -> bool:
    """Whether two PNG pictures differ in size or by more than the tolerance."""
    first, second = (matplotlib.image.imread(io.BytesIO(raw)) for raw in (one, other))
    return first.shape != second.shape or np.abs(first - second).mean() > PIXELS_TOLERANCE


def departures(record: Path, found: Path) -> list[str]:
    """Say where a run departs from the record, as strictly as this machine allows."""
    here = (platform.system(), platform.machine(), sys.version_info[:2])
    said = []
    for stem in STEMS:
        one, other = (
            nbformat.read(folder / "notebooks" / f"{stem}.ipynb", as_version=4)
            for folder in (record, found)
        )
        if here == MADE_ON:
            said += filter(None, [first_difference(stem, one, other)])
        else:
            pairs = zip(texts(one), texts(other), strict=True)
            said += [f"{stem}, cell '{a[0]}'" for a, b in pairs if a != b][:1]
    files = [p.relative_to(record) for p in sorted((record / "figures").iterdir())]
    files += [Path("results/answers.json"), Path("README.md"), Path("data/README.md")]
    for path in files:
        one, other = ((folder / path).read_bytes() for folder in (record, found))
        if here == MADE_ON or path.suffix in (".json", ".md"):
            said += [str(path)] if one != other else []
        elif path.suffix == ".png":
            said += [str(path)] if far_apart(one, other) else []
    return said


def test_run_gives_the_record_whatever_the_settings_of_the_user(printed):
    assert printed.code == 0, printed.report
    differing = departures(ROOT, printed.output)
    assert differing == [], f"{REPAIR}\nfirst: {differing[0]}"


def test_departures_are_found_and_named(tmp_path):
    copy_parts(("notebooks", "figures", "results", "data", "README.md"), tmp_path)
    assert departures(ROOT, tmp_path) == []
    path = tmp_path / "notebooks" / f"{STEMS[0]}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    changed = next(c for c in notebook.cells if c.get("outputs"))
    changed.outputs[0].data["text/plain"] += "x"
    nbformat.write(notebook, path)
    assert departures(ROOT, tmp_path) == [f"{STEMS[0]}, cell '{changed.id}'"]


def test_run_leaves_nothing_else_in_the_checkout(printed):
    added = {p.name for p in printed.root.iterdir()}
    assert added == {*RECORD, "build"}
    assert {p.name for p in (printed.root / "build").iterdir()} == {"site", ".site-work"}


def test_run_in_place_makes_the_site_and_says_where_it_is(printed, site):
    """The same as from the committed notebooks, but for the date, of which a copy knows nothing."""
    made = printed.root / "build" / "site"
    assert f"Read from {made / 'index.html'} on." in printed.report
    dated = {"index.html", "searchindex.js"}
    files = {p.relative_to(made).as_posix(): p for p in sorted(made.rglob("*")) if p.is_file()}
    there = {p.relative_to(site.folder).as_posix() for p in site.folder.rglob("*") if p.is_file()}
    assert set(files) == there
    differing = [
        name
        for name, path in files.items()
        if name not in dated and path.read_bytes() != (site.folder / name).read_bytes()
    ]
    assert differing == []


# Which cells may change with the figure about the United States; other notebooks are not asked.
CHANGES = {
    "00-overview": {"answer-lines", "answers", "picture"},
    "10-the-figures": {"answer", "restated", "cited", "show-us-prevalence", "answers", "rows"},
    "20-the-references": set(),
    "50-nitric-oxide-and-age": set(),
    "60-time-of-day": set(),
    "70-delivery": set(),
    "80-cross-tabulations": set(),
}


def outputs_by_cell(ran, stem):
    """The outputs of a notebook; the stamp of the book, which every update changes, left out."""
    stamp = ran.answers()["digest"]
    cells = [c for c in ran.notebook(stem).cells if c.id != INJECTED_TAG]
    return {c.id: json.dumps(c.get("outputs")).replace(stamp, "stamp") for c in cells}


@pytest.mark.parametrize("stem", [stem for stem in CHANGES if stem in STEMS])
def test_update_changes_only_cells_that_depend_on_it(printed, updated, stem):
    assert (printed.code, updated.code) == (0, 0), updated.report
    before, after = (outputs_by_cell(ran, stem) for ran in (printed, updated))
    assert before.keys() == after.keys()
    assert {cell for cell in before if before[cell] != after[cell]} <= CHANGES[stem]


def test_update_changes_what_depends_on_it(printed, updated):
    """The number, its picture, its answer and the stamp; no other answer, figure or file."""
    before, after = printed.answers(), updated.answers()
    assert after["updates"] == {"us_prevalence": 12.5} and before["updates"] == {}
    assert after["digest"] != before["digest"]
    was, now = (
        {(a["notebook"], a["question"]): a for a in d["answers"] if a["notebook"] in UPDATED}
        for d in (before, after)
    )
    assert was.keys() == now.keys()
    key = ("10-the-figures", "us_prevalence")
    assert (was[key]["value"], now[key]["value"]) == (10, 12.5)
    assert was[key]["estimate"] == now[key]["estimate"]
    arithmetic = {("90-what-if", "over_60_share_of_cases")}  # both shares of people enter it
    moved = {name for name in was if was[name] != now[name]}
    assert key in moved and arithmetic <= moved
    assert {now[name]["claim"] for name in moved - arithmetic} == {"us_prevalence"}
    pictures = {p.name for p in (printed.output / "figures").glob("*.svg")}
    pictures = {name for name in pictures if name.split("--")[0] in UPDATED}
    assert pictures == {p.name for p in (updated.output / "figures").glob("*.svg")}
    one, other = (
        {name: (ran.output / "figures" / name).read_bytes() for name in pictures}
        for ran in (printed, updated)
    )
    changed = {name for name in pictures if one[name] != other[name]}
    must = {"00-overview--evidence-beside-figures.svg", "10-the-figures--us-prevalence.svg"}
    assert must <= changed
    asked = {name for name in changed if name.split("--")[0] in CHANGES}
    assert asked == must


def test_update_shows_its_number_in_each_notebook_and_leaves_the_record(updated):
    for stem in UPDATED:
        (injected,) = [c for c in updated.notebook(stem).cells if c.id == INJECTED_TAG]
        assert "us_prevalence = 12.5" in injected.source
        written, record = (
            (root / "notebooks" / f"{stem}.ipynb").read_bytes() for root in (updated.root, ROOT)
        )
        assert written == record


def test_papermill_alone_gives_the_same_answers(updated, tmp_path):
    out = tmp_path / "out.ipynb"
    command = ["papermill", "notebooks/10-the-figures.ipynb", str(out), "-p", "us_prevalence"]
    done = subprocess.run(
        [sys.executable, "-m", *command, "12.5", "--log-level", "ERROR", "--no-progress-bar"],
        cwd=updated.root,
        capture_output=True,
        text=True,
        timeout=280,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    digest, records = carried_answers(nbformat.read(out, as_version=4), "10-the-figures")
    wanted = updated.answers()
    assert digest == wanted["digest"]
    assert records == [a for a in wanted["answers"] if a["notebook"] == "10-the-figures"]
