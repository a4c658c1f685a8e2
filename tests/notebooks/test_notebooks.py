"""The collection: every notebook, as written, as committed, and as it runs."""

import json
import re

import nbformat
import papermill
import pytest
from conftest import ROOT

from claimbook import load
from claimbook.run.documents import documents
from claimbook.run.outputs import INJECTED_TAG, as_source, collect_answers, pictures_of

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in NOTEBOOKS]
REPAIR = "the record is not what the code computes; make it anew with: ./run book"
LONGEST_CELL = 20
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
