"""What a site is made from: a book and the results that a run computed from it."""

from dataclasses import dataclass

from claimbook.book.book import Book, load
from claimbook.book.first_page import About, load_about
from claimbook.citations.known_works import RECORD_COLUMNS
from claimbook.claims.summary import Summary, summarise
from claimbook.errors import InputError
from claimbook.site.results import Results

NEEDED = {
    "claims": ("label",),
    "references": (*RECORD_COLUMNS, "verdict"),
}
"""Columns that cards and works need beside those that every book has."""


@dataclass(frozen=True)
class Record:
    """A book with the figures of a run, and what became of it."""

    results: Results
    book: Book
    about: About
    summary: Summary


def load_record(results: Results) -> Record:
    """Load the book of some results, and check that they belong together.

    Raises InputError if they were computed from other data or numbers than the book's, or if a
    table lacks a column that the pages need.
    """
    book = load(results.data).update_from({"scenario": results.scenario, **results.updates})
    if book.digest != results.digest:
        raise InputError(
            f"{results.path} was computed from other data or numbers than those in {book.folder}; "
            "run the notebooks again, or say with --data where the data are"
        )
    for table, columns in NEEDED.items():
        if missing := [name for name in columns if name not in book.table(table)]:
            raise InputError(f"table {table}: a site needs the columns {', '.join(missing)} too")
    about = load_about(book)
    return Record(results, book, about, summarise(book, about))
