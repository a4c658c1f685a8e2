"""What a run published, found and read without loading the book."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from claimbook.book.folders import find_data
from claimbook.errors import InputError
from claimbook.run.outputs import read_notebook
from claimbook.show.mentions import named_in

ANSWERS = Path("results") / "answers.json"


@dataclass(frozen=True)
class Results:
    """The results of one run.

    root: the checkout. folder: what the run published, with notebooks/, figures/ and results/;
    the checkout itself, or the folder of an experiment. data: the tables. notebooks: stem ->
    executed notebook, in order. digest, scenario, updates, answers: what `answers.json` holds.
    """

    root: Path
    folder: Path
    data: Path
    notebooks: dict
    digest: str
    scenario: str | None
    updates: dict
    answers: list[dict]

    @property
    def path(self) -> Path:
        return self.folder / ANSWERS

    @property
    def figures(self) -> Path:
        return self.folder / "figures"

    def mentions(self, names: Iterable[str]) -> dict[str, list[str]]:
        """Return name -> stems of the notebooks whose author wrote it, in order."""
        return named_in(self.notebooks, names)


def find_results(root: Path, folder: Path, data: Path | None = None) -> Results:
    """Find the results in `folder`.

    data: folder of the tables (default: as `folders.find_data` finds it).

    Raises InputError if answers or a notebook are missing, or are not what a run writes.
    """
    path = folder / ANSWERS
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the notebooks first: ./run book")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        said = (found["digest"], found.get("scenario"), found["updates"], found["answers"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not what a run writes; run the notebooks again") from None
    stems = sorted(path.stem for path in (root / "notebooks").glob("*.ipynb"))
    notebooks = {}
    for stem in stems:
        path = folder / "notebooks" / f"{stem}.ipynb"
        if not path.is_file():  # pages lead to one another
            raise InputError(f"{path}: no such file; a site needs every notebook: run them all")
        notebooks[stem] = read_notebook(path)
    return Results(root, folder, data or find_data(), notebooks, *said)
