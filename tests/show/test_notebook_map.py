"""The map of the collection, made from what the notebooks say of themselves."""

import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from claimbook.show.notebook_map import (
    map_text,
    mentions,
    notebook_link,
    notebook_map,
    notebooks_folder,
    steps_text,
)

ROOT = Path(__file__).resolve().parents[2]


def write(folder: Path, name: str, *cells) -> None:
    folder.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), folder / f"{name}.ipynb")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notebooks"
    opening = "# Coffee\n\n**Question.** How *long*\ndoes it take?\n\nMore text."
    parameters = new_code_cell("height: float = None", metadata={"tags": ["parameters"]})
    shown = new_code_cell("x = 1", outputs=[new_output("stream", text="# Not me\nwidth")])
    write(folder, "10-coffee", new_markdown_cell(opening), parameters, shown)
    write(folder, "20-tea", new_markdown_cell("## Only a part"), new_code_cell("f('height')"))
    write(folder, "draft", new_markdown_cell("# A draft"), new_code_cell("height"))
    return folder


def test_titles_and_questions_are_the_authors_own(folder):
    table = notebook_map(folder)
    assert table.to_numpy().tolist() == [
        ["10-coffee", "10", "Coffee", "How *long* does it take?"],
        ["20-tea", "20", "", ""],
    ]
    assert map_text(folder).splitlines()[2:] == [
        "| [10 Coffee](10-coffee.ipynb) | How long does it take? |",
        "| [20 tea](20-tea.ipynb) |  |",
    ]
    assert "10-coffee" not in map_text(folder, without="10-coffee")


def test_mentions_leave_out_parameters_outputs_and_parts_of_words(folder):
    assert mentions(folder, ["height", "width", "heigh"]) == {
        "height": ["20-tea"],
        "width": [],
        "heigh": [],
    }


def test_steps_follow_the_numbers(folder):
    assert steps_text(folder, "10-coffee") == "**Next:** [20 tea](20-tea.ipynb)."
    assert steps_text(folder, "20-tea") == "**Back:** [10 Coffee](10-coffee.ipynb)."
    assert steps_text(folder, "90-milk") == ""


def test_hostile_titles_show_as_text(tmp_path):
    hostile = "# <b>x</b> ](javascript:alert(1)) |\n\n**Question.** <img src=x> | [y](z)"
    write(tmp_path / "n", "10-x", new_markdown_cell(hostile))
    line = map_text(tmp_path / "n").splitlines()[2]
    assert "<" not in line
    assert line.count("](") == 3 and "\\](javascript" in line and "\\](z)" in line
    assert line.replace("\\|", "").count("|") == 3
    assert notebook_link("10-the-figures") == "[10 the figures](10-the-figures.ipynb)"


def test_folder_is_found_from_anywhere(book, folder, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert notebooks_folder(book) == ROOT / "notebooks"
    elsewhere = replace(book, folder=tmp_path / "far" / "data")
    assert notebooks_folder(elsewhere) is None
    assert map_text(None).splitlines()[2:] == []
    assert mentions(None, ["a"]) == {"a": []}
    monkeypatch.chdir(folder)
    assert notebooks_folder(elsewhere) == folder
    shutil.copytree(ROOT / "data", tmp_path / "data")
    assert notebooks_folder(replace(book, folder=tmp_path / "data")) == folder


def test_the_overview_maps_every_numbered_notebook():
    overview = nbformat.read(ROOT / "notebooks" / "00-overview.ipynb", as_version=4)
    cell = next(cell for cell in overview.cells if cell.id == "map")
    shown = "".join(output.data["text/markdown"] for output in cell.outputs)
    stems = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
    missing = [s for s in stems if f"]({s}.ipynb)" not in shown and s != "00-overview"]
    assert missing == [], "stale: ./run book"
    table = notebook_map(ROOT / "notebooks")
    assert (table["title"] != "").all() and (table["question"] != "").all()
