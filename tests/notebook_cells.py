"""Run the code cells of a notebook in this process, to test what its own lines compute."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import matplotlib

matplotlib.use("agg")

from claimbook import show
from claimbook.book.book import Book
from claimbook.show import output_keys, outputs

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


@dataclass
class Ran:
    """What the cells left behind: their names, sentences, figures (name -> alt) and answers."""

    names: dict
    said: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    answers: dict[str, dict] = field(default_factory=dict)


def code_cells(name: str) -> list[tuple[str, str]]:
    """Return id and source of each code cell of a notebook."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [(c["id"], "".join(c["source"])) for c in cells if c["cell_type"] == "code"]


def markdown_cells(name: str) -> list[str]:
    """Return the source of each Markdown cell of a notebook."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]


def run_cells(name: str, book: Book, **figures) -> Ran:
    """Run a notebook's code cells with `book`, updated with `figures`, in place of loading it."""
    ran = Ran({"book": book.update(**figures)})

    def picture(picture, name, source, claim=()):
        ran.figures[name] = picture.alt

    def say(text, plain=None, claim=(), answer=()):
        ran.said.append(text)
        outputs.say(text, answer=answer)  # through `shown`, which keeps the answers

    def shown(bundle, raw=False, metadata=None):
        if carried := bundle.get(output_keys.ANSWERS_TYPE):
            ran.answers |= {record["question"]: record for record in carried["answers"]}

    with (
        patch.object(show, "picture", picture),
        patch.object(outputs, "publish", shown),
        patch.object(show, "say", say),
    ):
        for cell, source in code_cells(name):
            if cell not in ("parameters", "load"):
                exec(compile(source, f"{name}:{cell}", "exec"), ran.names)
    return ran
