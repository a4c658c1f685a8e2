"""Everything that is made for machines: tables, ClaimReviews, a picture for links."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from claimbook.book.book import Book
from claimbook.errors import InputError
from claimbook.site.exports.claim_review import CONTEXT, claim_reviews, title_of
from claimbook.site.exports.collection import Collection
from claimbook.site.exports.crate import PICTURE, REVIEWS, TABLES
from claimbook.site.exports.social_card import social_card
from claimbook.site.exports.tables import downloads, files, json_text


def made_files(
    book: Book,
    matrix: pd.DataFrame,
    collection: Collection,
    answers: list[dict],
    address_of: Callable[[str], str],
) -> dict[str, bytes]:
    """Return path in the crate -> content of everything that is made for machines.

    matrix: table of `matrix.evidence_matrix` of this book. answers: from `read_answers`.
    address_of: claim -> address of its card, absolute or relative to the crate.
    """
    reviews = claim_reviews(book, matrix, collection, collection.released, address_of)
    graph = [{k: v for k, v in review.items() if k != "@context"} for review in reviews.values()]
    made = {
        f"{TABLES}/{name}": text.encode()
        for name, text in files(book, downloads(book, matrix, answers, address_of)).items()
    }
    made[REVIEWS] = json_text({"@context": CONTEXT, "@graph": graph}).encode()
    made[PICTURE] = social_card(title_of(book), answers, labels_of(matrix))
    return made


def read_answers(results: Path, book: Book) -> list[dict]:
    """Return the records of results/answers.json below `results`.

    Raises InputError if the file is missing, or was computed from other data or numbers.
    """
    path = results / "results" / "answers.json"
    if not path.is_file():
        raise InputError(f"{path}: the file is missing; run the notebooks first")
    document = json.loads(path.read_text(encoding="utf-8"))
    if document["digest"] != book.digest:
        raise InputError(f"{path}: computed from other data or numbers; run the notebooks again")
    return document["answers"]


def labels_of(matrix: pd.DataFrame) -> dict[str, str]:
    """Return claim -> its label."""
    return dict(zip(matrix["claim"], matrix["label"], strict=True))
