"""What the notebooks of a collection say of themselves: titles, questions, and claims they name."""

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.folders import find_root
from claimbook.book.text import markdown_text
from claimbook.errors import InputError
from claimbook.show.mentions import named_in

_TITLE = re.compile(r"^# +(.+)$", re.M)
_QUESTION = re.compile(r"^\*\*Question\.\*\* *(.+?)(?:\n\s*\n|\Z)", re.M | re.S)


def notebooks_folder(book: Book) -> Path | None:
    """Return the folder of the collection's notebooks, or None if there is none.

    It stands beside the data; for data elsewhere, it is the one at or above the working folder.
    """
    beside = book.folder.resolve().parent / "notebooks"
    if any(beside.glob("*.ipynb")):
        return beside
    try:
        return find_root() / "notebooks"
    except InputError:
        return None


def _notebooks(folder: Path | None) -> list[tuple[Path, object]]:
    paths = sorted(folder.glob("[0-9]*.ipynb")) if folder else []
    return [(path, nbformat.read(path, as_version=4)) for path in paths]


def notebook_map(folder: Path | None) -> pd.DataFrame:
    """Return one row per numbered notebook, in order: stem, number, title, question.

    Title: its first heading; question: the paragraph that opens with ``**Question.**``. Either is
    ``""`` where it is missing. Only what the author wrote is read, never an output.
    """
    rows = []
    for path, notebook in _notebooks(folder):
        text = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
        title, question = _TITLE.search(text), _QUESTION.search(text)
        rows.append(
            {
                "stem": path.stem,
                "number": path.stem.split("-")[0],
                "title": title.group(1).strip() if title else "",
                "question": " ".join(question.group(1).split()) if question else "",
            }
        )
    return pd.DataFrame(rows, columns=["stem", "number", "title", "question"])


def map_text(folder: Path | None, without: str = "") -> str:
    """Return the map of the collection as a Markdown table with links.

    without: stem of a notebook to leave out, such as the one that shows the map.
    """
    lines = ["| notebook | question |", "|---|---|"]
    for row in notebook_map(folder).itertuples():
        if row.stem != without:
            question = markdown_text(re.sub(r"[*`]", "", row.question))
            lines.append(f"| {notebook_link(row.stem, row.title)} | {question} |")
    return "\n".join(lines)


def notebook_link(stem: str, title: str = "") -> str:
    """Return a Markdown link such as ``[10 The figures](10-the-figures.ipynb)``.

    Without a title the words of the file name stand for it.
    """
    number, _, words = stem.partition("-")
    text = " ".join((number, title or words.replace("-", " "))).strip()
    return f"[{markdown_text(text)}]({stem}.ipynb)"


def mentions(folder: Path | None, names: Iterable[str]) -> dict[str, list[str]]:
    """Return name -> stems of the notebooks in a folder whose author wrote it, in order."""
    return named_in({path.stem: notebook for path, notebook in _notebooks(folder)}, names)


def steps_text(folder: Path | None, stem: str) -> str:
    """Return links to the notebook after and before `stem`, in the order of their numbers."""
    known = notebook_map(folder)
    stems, titles = known["stem"].tolist(), known["title"].tolist()
    if stem not in stems:
        return ""
    here = stems.index(stem)
    steps = [("Next", here + 1), ("Back", here - 1)]
    return " ".join(
        f"**{word}:** {notebook_link(stems[i], titles[i])}."
        for word, i in steps
        if 0 <= i < len(stems)
    )
