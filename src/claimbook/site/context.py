"""What a site is made from, read once: the results of a run, its book, and who publishes them."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from claimbook.book.folders import find_data
from claimbook.errors import InputError
from claimbook.run.git import git
from claimbook.run.outputs import read_notebook
from claimbook.show.mentions import named_in
from claimbook.show.output_keys import METADATA_KEY
from claimbook.site.exports.collection import Collection, read_collection
from claimbook.site.links import claim_page, to_page

if TYPE_CHECKING:  # they take a second to import, which a build from the cache does without
    from claimbook.book.book import Book
    from claimbook.book.first_page import About
    from claimbook.claims.summary import Summary

ANSWERS = Path("results") / "answers.json"
CITATION = "CITATION.cff"
_HEADING = re.compile(r"^# +(.+)$", re.M)


@dataclass(frozen=True)
class Site:
    """Everything that pages are made from; the book is loaded when it is first asked for.

    root: the checkout. folder: the results, with notebooks/, figures/ and results/; the checkout
    itself, or the folder of an experiment. data: the tables. notebooks: stem -> executed notebook,
    in order. digest, scenario, updates, answers: what `answers.json` holds. collection: the
    published work; None where there is no CITATION.cff. changed: day (YYYY-MM-DD) on which the
    evidence was last changed, if it is known. pdf: whether there will be a PDF of all pages.
    """

    root: Path
    folder: Path
    data: Path
    notebooks: dict
    digest: str
    scenario: str | None
    updates: dict
    answers: list[dict]
    collection: Collection | None
    changed: str | None
    pdf: bool = False

    @cached_property
    def book(self) -> "Book":
        """The book of the run. Raises InputError if the results are those of another."""
        from claimbook.book.book import load

        book = load(self.data).update_from({"scenario": self.scenario, **self.updates})
        if book.digest != self.digest:
            raise InputError(
                f"{self.folder / ANSWERS} was computed from other data or numbers than those in "
                f"{book.folder}; run the notebooks again, or say with --data where the data are"
            )
        return book

    @cached_property
    def about(self) -> "About":
        from claimbook.book.first_page import load_about

        return load_about(self.book)

    @cached_property
    def summary(self) -> "Summary":
        from claimbook.claims.summary import summarise

        return summarise(self.book, self.about)

    @cached_property
    def labels(self) -> dict[str, str]:
        """Claim -> its short name."""
        return self.summary.matrix["label"].astype(str).to_dict()

    @cached_property
    def titles(self) -> dict[str, str]:
        """Stem -> number and title of the notebook."""
        from claimbook.site.markup import markdown_html

        found = {}
        for stem, notebook in self.notebooks.items():
            words = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
            title = next(filter(None, map(_HEADING.search, words)), None)
            text = markdown_html(title[1]).striptags() if title else ""
            found[stem] = f"{stem.partition('-')[0]} {text}"
        return found

    @property
    def figures(self) -> Path:
        return self.folder / "figures"

    def card_address(self, here: str) -> Callable[[str], str]:
        """Return claim -> address of its card: whole, or where there is none, from a page."""
        base = self.collection and self.collection.address
        if base:
            return lambda claim: f"{base}{claim_page(claim)}.html"
        return lambda claim: to_page(claim_page(claim), here)

    def mentions(self, claims: Iterable[str]) -> dict[str, list[str]]:
        """Return claim -> stems of the notebooks whose author wrote its name, in order."""
        return named_in(self.notebooks, claims)

    def picture(self, name: str) -> tuple[str, str]:
        """Return SVG and alternative text of the picture `name` (notebook--picture).

        Raises InputError if there is no such picture.
        """
        path = self.figures / f"{name}.svg"
        if not path.is_file():
            raise InputError(f"first_page.yaml: picture: no figure '{name}' in {self.figures}")
        stem, _, picture = name.partition("--")
        cells = self.notebooks[stem].cells if stem in self.notebooks else []
        for output in (output for cell in cells for output in cell.get("outputs", [])):
            about = output.get("metadata", {}).get(METADATA_KEY, {})
            if about.get("figure") == picture:
                return path.read_text(encoding="utf-8"), about["alt"]
        raise InputError(
            f"first_page.yaml: picture: no notebook '{stem}' shows a figure '{picture}'"
        )


def read_site(root: Path, folder: Path, data: Path | None = None, pdf: bool = False) -> Site:
    """Read the results in `folder`.

    data: folder of the tables (default: as `folders.find_data` finds it).

    Raises InputError if answers or a notebook are missing, or are not what a run writes, or for a
    faulty CITATION.cff.
    """
    path = folder / ANSWERS
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the notebooks first: ./run book")
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        recorded = {name: run[name] for name in ("digest", "updates", "answers")}
        recorded["scenario"] = run.get("scenario")
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not what a run writes; run the notebooks again") from None
    notebooks = {}
    for stem in sorted(path.stem for path in (root / "notebooks").glob("*.ipynb")):
        path = folder / "notebooks" / f"{stem}.ipynb"
        if not path.is_file():  # pages lead to one another
            raise InputError(f"{path}: no such file; a site needs every notebook: run them all")
        notebooks[stem] = read_notebook(path)
    citation = root / CITATION
    collection = read_collection(citation) if citation.is_file() else None
    data = data or find_data()
    released = collection and collection.released.isoformat()
    changed = last_change(data) or released
    return Site(root, folder, data, notebooks, **recorded,
                collection=collection, changed=changed, pdf=pdf)  # fmt: skip


def last_change(data: Path) -> str | None:
    """Return the day (YYYY-MM-DD) of the last commit that touched a table, if there is history."""
    if git(data, "rev-parse", "--is-shallow-repository") != b"false\n":
        return None
    tables = (":(glob)**/*.csv", "*.bib")
    day = git(data, "log", "-1", "--format=%cs", "--", *tables)
    return day.decode().strip() or None if day else None
