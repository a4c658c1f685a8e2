"""What a site is made from: a book and the results that a run computed from it."""

import json
from dataclasses import dataclass

from claimbook.about import About, load_about
from claimbook.book import Book, load
from claimbook.errors import InputError
from claimbook.site.results import Results
from claimbook.summary import Summary, summarise


@dataclass(frozen=True)
class Record:
    """A book, with the figures of a run, and the answers of that run (as in `answers.json`)."""

    results: Results
    book: Book
    about: About
    summary: Summary
    answers: list[dict]


def load_record(results: Results) -> Record:
    """Load the book of some results, and check that they belong together.

    Raises InputError if they were computed from other data or numbers than the book's.
    """
    path = results.answers
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        digest, updates, answers = found["digest"], found["updates"], found["answers"]
        scenario = found.get("scenario")
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: not what a run writes; run the notebooks again") from None
    book = load(results.data).update_from({"scenario": scenario, **updates})
    if book.digest != digest:
        raise InputError(
            f"{path} was computed from other data or numbers than those in {book.folder}; "
            "run the notebooks again, or say with --data where the data are"
        )
    about = load_about(book)
    return Record(results, book, about, summarise(book, about), answers)
