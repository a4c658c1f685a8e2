"""What a run published, found and read without loading the book."""

from dataclasses import dataclass
from pathlib import Path

from claimbook.errors import InputError
from claimbook.folders import find_data
from claimbook.notebook.outputs import read_notebook

ANSWERS = Path("results") / "answers.json"


@dataclass(frozen=True)
class Results:
    """The results of one run.

    root: the checkout. folder: what the run published, with notebooks/, figures/ and results/;
    the checkout itself, or the folder of an experiment. data: the tables. notebooks: stem ->
    executed notebook, in order.
    """

    root: Path
    folder: Path
    data: Path
    notebooks: dict

    @property
    def answers(self) -> Path:
        return self.folder / ANSWERS

    @property
    def figures(self) -> Path:
        return self.folder / "figures"


def find_results(root: Path, folder: Path, data: Path | None = None) -> Results:
    """Find the results in `folder`.

    data: folder of the tables (default: as `folders.find_data` finds it).

    Raises InputError if answers or a notebook are missing.
    """
    if not (folder / ANSWERS).is_file():
        raise InputError(f"{folder / ANSWERS}: no such file; run the notebooks first: ./run book")
    stems = sorted(path.stem for path in (root / "notebooks").glob("*.ipynb"))
    notebooks = {}
    for stem in stems:
        path = folder / "notebooks" / f"{stem}.ipynb"
        if not path.is_file():  # pages lead to one another
            raise InputError(f"{path}: no such file; a site needs every notebook: run them all")
        notebooks[stem] = read_notebook(path)
    return Results(root, folder, data or find_data(), notebooks)
