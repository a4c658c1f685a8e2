"""The collection: every notebook, as written, as committed, and as it runs."""

import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import papermill
import pytest
from conftest import RECORD, ROOT, run_once

from claimbook import load
from claimbook.run.documents import documents
from claimbook.run.outputs import (
    INJECTED_TAG,
    as_source,
    carried_answers,
    collect_answers,
    pictures_of,
)

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in NOTEBOOKS]
REPAIR = "the record is not what the code computes; make it anew with: ./run book"
MADE_ON = ("Linux", "x86_64", (3, 11))
"""Where the record was made; elsewhere texts must be equal and pictures nearly so."""
PIXELS_TOLERANCE = 6 / 255
"""Mean difference of two pictures: other processors round the edges of letters otherwise."""
LONGEST_CELL = 20
slow = pytest.mark.timeout(900)
each = pytest.mark.parametrize("stem", STEMS)


def as_written(stem):
    return nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)


def cells(stem, kind):
    return [cell for cell in as_written(stem).cells if cell.cell_type == kind]


def parameters_cell(stem):
    (cell,) = [c for c in cells(stem, "code") if "parameters" in c.metadata.get("tags", [])]
    return cell


# --- as written ----------------------------------------------------------------------------------


@each
def test_notebook_is_valid_with_an_id_for_each_cell(stem):
    notebook = as_written(stem)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not any(INJECTED_TAG in c.metadata.get("tags", []) for c in notebook.cells)
    assert as_source(notebook).metadata == notebook.metadata


@each
def test_parameters_are_the_figures_with_their_units_and_a_scenario(stem, book):
    """What papermill shows with --help-notebook is what the book knows, no more and no less."""
    lines = parameters_cell(stem).source.splitlines()
    named = {line.split(":")[0]: line for line in lines}
    known = [*book.figures.index, "scenario"]
    assert sorted(named) == sorted(known) and len(lines) == len(known)
    for name, figure in book.figures.iterrows():
        assert re.fullmatch(rf"{name}: float = None  # {figure.unit}: \S.*", named[name])
    shown = papermill.inspect_notebook(str(ROOT / "notebooks" / f"{stem}.ipynb"))
    assert set(shown) == set(known)
    assert shown["scenario"]["inferred_type_name"] == "str"
    assert shown["scenario"]["default"] == "None"
    for name, figure in book.figures.iterrows():
        assert shown[name]["help"].startswith(f"{figure.unit}: ")
        assert shown[name]["inferred_type_name"] == "float"
        assert shown[name]["default"] == "None"


@each
def test_cells_are_short_and_run_nothing_outside_python(stem):
    for cell in cells(stem, "code"):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.id
        forbidden = re.search(r"^\s*[!%]|sys\.exit|os\._exit|get_ipython|\bexit\(|\bquit\(",
                              cell.source, re.M)  # fmt: skip
        assert not forbidden, (cell.id, forbidden.group())


def without_names(text):
    """Markdown without what may hold digits: code, links, headings' numbers, dates, names."""
    text = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.S)
    return DEFINITIONS.sub(" ", re.sub(r"https?://\S+", " ", text))


FINDING = re.compile(
    r"\d[\d.,]*\s*(?:%|percent\b|per cent\b|s\b|ms\b|seconds?\b|minutes?\b|hours?\b|mm\b|cm\b|"
    r"millimet|micromol|µ|nmol|umol|ppb\b|studies\b|people\b|patients\b|participants\b|rows\b|"
    r"times\b|years\b|mL\b|L/min)|(?:×|±|[<>≤≥=~≈])\s*\d",
    re.I,
)
DEFINITIONS = re.compile(r"\b95 percent\b|\b24 hours\b", re.I)


@each
def test_markdown_types_no_finding(stem):
    """A number of the evidence stands in a table and is shown by a cell, never typed."""
    found = {
        cell.id: match.group()
        for cell in cells(stem, "markdown")
        if (match := FINDING.search(without_names(cell.source)))
    }
    assert found == {}


@each
def test_links_between_notebooks_and_to_files_lead_somewhere(stem):
    folder = ROOT / "notebooks"
    for cell in cells(stem, "markdown"):
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
            if not re.match(r"https?://|#|mailto:", target):
                assert (folder / target.split("#")[0]).exists(), (cell.id, target)


@each
def test_notebook_opens_with_title_and_question_and_leads_on(stem):
    notebook = as_written(stem)
    first = notebook.cells[0].source
    assert first.startswith("# ") and "**Question.**" in first
    sources = "\n".join(cell.source for cell in notebook.cells)
    assert re.search(r"\*\*(Next|Back):\*\*.*\.ipynb\)|steps_text\(", sources, re.S)


# --- as committed --------------------------------------------------------------------------------


@each
def test_committed_notebook_is_executed_without_errors_paths_and_warnings(stem):
    notebook = as_written(stem)
    executed = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.execution_count for c in executed] == list(range(1, len(executed) + 1)), REPAIR
    for cell in executed:
        for output in cell.outputs:
            assert output.output_type in ("display_data", "execute_result", "stream"), cell.id
            assert output.get("name") != "stderr", (cell.id, output)
    text = json.dumps([c.outputs for c in executed])
    assert not re.search(r"(?<![\w.~/-])/(home|root|tmp|work|Users)/\w", text)
    assert not re.search(r"\bat 0x[0-9a-f]{6,}", text)


def test_committed_figures_and_answers_are_those_of_the_committed_notebooks():
    figures, notebooks = {}, {}
    for stem in STEMS:
        notebooks[stem] = as_written(stem)
        figures |= pictures_of(notebooks[stem], stem)
    there = {path.name: path.read_bytes() for path in (ROOT / "figures").iterdir()}
    assert sorted(there) == sorted(figures), REPAIR
    assert [name for name in there if there[name] != figures[name]] == [], REPAIR
    record = json.loads((ROOT / "results" / "answers.json").read_text(encoding="utf-8"))
    assert record == collect_answers(notebooks, load(ROOT / "data")), REPAIR


def test_generated_parts_of_the_documents_are_current(book):
    for path, text in documents(ROOT, book).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: {REPAIR}"


def test_commands_and_links_of_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s#]+)\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    said = set(re.findall(r"(?<!\S)\./run (\w+)", blocks + text))
    known = set(re.findall(r"^  (\w+) ", (ROOT / "run").read_text(encoding="utf-8"), re.M))
    assert {"book", "test"} <= said <= known
    assert re.findall(r"notebooks/\S+\.ipynb", blocks)
    for path in re.findall(r"notebooks/\S+\.ipynb", blocks):
        assert (ROOT / path).exists()


# --- as it runs ----------------------------------------------------------------------------------

ODD_SETTINGS = {
    "PYTHONHASHSEED": "7",
    "TZ": "Asia/Tokyo",
    "COLUMNS": "40",
    "LC_ALL": "C.UTF-8",
}


def odd_home(root):
    """A user whose own settings of matplotlib and IPython would change the results."""
    (root / "matplotlibrc").write_text("figure.facecolor: red\nlines.linewidth: 9\n")
    startup = root / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text(
        "import pandas\npandas.set_option('display.precision', 1)\nprint('hello')\n"
    )


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """The whole collection run in place, in a copy, with the printed figures and odd settings."""
    home = tmp_path_factory.mktemp("home")
    odd_home(home)
    env = {**ODD_SETTINGS, "MATPLOTLIBRC": f"{home}/matplotlibrc", "IPYTHONDIR": f"{home}/ipython"}
    return run_once(tmp_path_factory, "printed", lambda root: None, env=env)


UPDATED = [stem for stem in STEMS if stem[:2] not in ("25", "30", "40", "84", "86")]
"""The notebooks that are run with another figure as well; the tests of 30 and 40 do it by cell."""


@pytest.fixture(scope="session")
def updated(tmp_path_factory):
    """The collection with another figure."""
    given = (*UPDATED, "--set", "us_prevalence=12.5")
    return run_once(tmp_path_factory, "updated", lambda root: None, *given, output="build")


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


@slow
def test_run_gives_the_record_whatever_the_settings_of_the_user(printed):
    assert printed.code == 0, printed.said
    differing = departures(ROOT, printed.output)
    assert differing == [], f"{REPAIR}\nfirst: {differing[0]}"


def test_departures_are_found_and_named(tmp_path):
    for part in ("notebooks", "figures", "results", "data", "README.md"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    assert departures(ROOT, tmp_path) == []
    path = tmp_path / "notebooks" / f"{STEMS[0]}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    changed = next(c for c in notebook.cells if c.get("outputs"))
    changed.outputs[0].data["text/plain"] += "x"
    nbformat.write(notebook, path)
    assert departures(ROOT, tmp_path) == [f"{STEMS[0]}, cell '{changed.id}'"]


@slow
def test_run_leaves_nothing_else_in_the_checkout(printed):
    added = {p.name for p in printed.root.iterdir()}
    assert added == {*RECORD, "build"}
    assert {p.name for p in (printed.root / "build").iterdir()} == {"site", ".site-work"}


@slow
def test_run_in_place_makes_the_site_and_says_where_it_is(printed, site):
    """The same as from the committed notebooks, but for the date, of which a copy knows nothing."""
    made = printed.root / "build" / "site"
    assert f"Read from {made / 'index.html'} on." in printed.said
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


CHANGES = {
    "00-overview": {"answer-lines", "answers", "picture"},
    "10-the-figures": {"answer", "restated", "cited", "show-us-prevalence", "answers", "rows"},
    "20-the-references": set(),
    "50-nitric-oxide-and-age": set(),
    "60-time-of-day": set(),
    "70-delivery": set(),
    "80-cross-tabulations": set(),
}
"""Which cells may change with the figure about the United States; other notebooks are not asked."""


def outputs_by_cell(ran, stem):
    """The outputs of a notebook; the stamp of the book, which every update changes, left out."""
    stamp = ran.answers()["digest"]
    cells = [c for c in ran.notebook(stem).cells if c.id != INJECTED_TAG]
    return {c.id: json.dumps(c.get("outputs")).replace(stamp, "stamp") for c in cells}


@slow
@pytest.mark.parametrize("stem", [stem for stem in CHANGES if stem in STEMS])
def test_update_changes_only_cells_that_depend_on_it(printed, updated, stem):
    assert (printed.code, updated.code) == (0, 0), updated.said
    before, after = (outputs_by_cell(ran, stem) for ran in (printed, updated))
    assert before.keys() == after.keys()
    assert {cell for cell in before if before[cell] != after[cell]} <= CHANGES[stem]


@slow
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
    changed = {
        name
        for name in pictures
        if (printed.output / "figures" / name).read_bytes()
        != (updated.output / "figures" / name).read_bytes()
    }
    must = {"00-overview--evidence-beside-figures.svg", "10-the-figures--us-prevalence.svg"}
    assert must <= changed
    asked = {name for name in changed if name.split("--")[0] in CHANGES}
    assert asked == must


@slow
def test_update_shows_its_number_in_each_notebook_and_leaves_the_record(updated):
    for stem in UPDATED:
        (injected,) = [c for c in updated.notebook(stem).cells if c.id == INJECTED_TAG]
        assert "us_prevalence = 12.5" in injected.source
        assert (updated.root / "notebooks" / f"{stem}.ipynb").read_bytes() == (
            ROOT / "notebooks" / f"{stem}.ipynb"
        ).read_bytes()


def tool(*command, cwd):
    """Run one of the usual tools as a user would."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=280,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@slow
def test_papermill_alone_gives_the_same_answers(updated, tmp_path):
    out = tmp_path / "out.ipynb"
    tool("papermill", "notebooks/10-the-figures.ipynb", out, "-p", "us_prevalence", 12.5,
         "--log-level", "ERROR", "--no-progress-bar", cwd=updated.root)  # fmt: skip
    digest, records = carried_answers(nbformat.read(out, as_version=4), "10-the-figures")
    wanted = updated.answers()
    assert digest == wanted["digest"]
    assert records == [a for a in wanted["answers"] if a["notebook"] == "10-the-figures"]


def test_papermill_prints_names_and_units(book):
    said = tool("papermill", "--help-notebook", "notebooks/00-overview.ipynb", cwd=ROOT)
    for name, figure in book.figures.iterrows():
        assert re.search(rf"{name}: float \(default None\)\s+{figure.unit}: ", said), said


@pytest.mark.parametrize(
    "command",
    [
        ("nbconvert", "--to", "notebook", "--execute", "--output-dir", "{out}"),
        ("pytest", "--nbmake", "-q", "-p", "no:cacheprovider"),
    ],
    ids=["nbconvert", "nbmake"],
)
def test_other_tools_run_a_notebook_as_well(command, tmp_path):
    for part in ("data", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "README.md", tmp_path)
    words = [word.format(out=tmp_path / "out") for word in command]
    module = ["jupyter", *words] if words[0] == "nbconvert" else words
    tool(*module, "notebooks/80-cross-tabulations.ipynb", cwd=tmp_path)
