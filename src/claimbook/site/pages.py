"""All pages of a site as sources for Sphinx, and the files that are published beside them."""

from dataclasses import dataclass
from pathlib import Path

from claimbook.errors import InputError
from claimbook.site.cards import Card, card_pages
from claimbook.site.first_page import PAGE, FirstPage, completed
from claimbook.site.links import CARDS, FIGURES, notebook_page
from claimbook.site.machines import Machines
from claimbook.site.notebook_pages import asked_cells, notebook_source, notebook_title
from claimbook.site.results import Results


@dataclass(frozen=True)
class BookPages:
    """What follows from the book alone, and stays the same while only notebooks change.

    name: of the site. first: the first page. cards: page -> card, in the order of the text.
    sources: path -> text of other pages. further: title and page of what stands in the table of
    contents after the notebooks. linked: address in a notebook -> path in the site, for files that
    are published. files: path in the site -> content, or the file to copy. machine: what is made
    for machines.
    """

    name: str
    first: FirstPage
    cards: dict[str, Card]
    sources: dict[str, str]
    further: list[tuple[str, str]]
    linked: dict[str, str]
    files: dict[str, bytes | Path]
    machine: Machines | None = None


@dataclass(frozen=True)
class Pages:
    """What a site consists of: sources of pages, and files beside them (see `BookPages`).

    claims: the page with the index of cards, then the cards. sequence: all pages in the order in
    which they are read and printed.
    """

    name: str
    sources: dict[str, str]
    claims: list[str]
    files: dict[str, bytes | Path]
    sequence: list[str]
    machine: Machines | None = None


def all_pages(results: Results, book: BookPages, pdf: bool = False) -> Pages:
    """Return the sources of every page.

    pdf: whether there will be a PDF, to which the first page leads.

    Raises InputError if the picture of the argument or the notebook of the cards is not there.
    """
    if CARDS not in map(notebook_page, results.notebooks):
        raise InputError(f"{CARDS}.ipynb: no such notebook; it is the index of the cards")
    asked = asked_cells(results.notebooks)
    sources = {
        f"{notebook_page(stem)}.ipynb": notebook_source(
            stem, notebook, book.linked, asked.get(stem, set())
        )
        for stem, notebook in results.notebooks.items()
    }
    files: dict[str, bytes | Path] = {
        f"{FIGURES}/{path.name}": path for path in sorted(results.figures.glob("*.*"))
    }
    for stem in results.notebooks:
        files[f"{notebook_page(stem)}.ipynb"] = results.folder / "notebooks" / f"{stem}.ipynb"
    first = completed(book.first, results, book.further, pdf) + _contents(results, book.further)
    sources |= {f"{PAGE}.md": first} | book.sources
    cards = card_pages(book.cards, results.answers)
    sources |= {f"{page}.md": text for page, text in cards.items()}
    notebooks = [notebook_page(stem) for stem in results.notebooks]
    sequence = [PAGE, *notebooks, *cards, *(page for _, page in book.further)]
    files |= book.files
    return Pages(book.name, sources, [CARDS, *cards], files, sequence, book.machine)


def _contents(results: Results, further: list[tuple[str, str]]) -> str:
    """Return the table of contents, which the sidebar shows."""
    numbered = [
        (f"{stem.partition('-')[0]} {notebook_title(notebook)}", notebook_page(stem))
        for stem, notebook in results.notebooks.items()
    ]

    def toctree(caption: str, entries: list[tuple[str, str]]) -> str:
        lines = "\n".join(f"{' '.join(title.split())} <{page}>" for title, page in entries)
        return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{lines}\n```\n"

    return toctree("Notebooks", numbered) + toctree("More", further)
