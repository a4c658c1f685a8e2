"""Everything for machines, written into one folder: an RO-Crate of the run and its exports."""

import json
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from claimbook.book import Book
from claimbook.errors import InputError
from claimbook.exports.claim_review import CONTEXT, claim_reviews, title_of
from claimbook.exports.collection import Collection
from claimbook.exports.crate import crate
from claimbook.exports.social_card import social_card
from claimbook.exports.tables import downloads, files, json_text

METADATA = "ro-crate-metadata.json"
REVIEWS = "claim-reviews.jsonld"
PICTURE = "social-card.png"
TABLES = "tables"


def write(
    book: Book,
    matrix: pd.DataFrame,
    collection: Collection,
    results: Path,
    target: Path,
    published: date,
    address_of: Callable[[str], str],
) -> list[Path]:
    """Write the crate of a run into `target`; return its files, sorted.

    matrix: table of `matrix.evidence_matrix` of this book. results: folder with the notebooks/,
    figures/ and results/ that the run wrote. published: date of the reviews and the crate.
    address_of: claim -> address of its card, absolute or relative to `target`.

    `target` is replaced as a whole once everything is made; its parent must exist. Raises
    InputError if the results were computed from other data or numbers, or if `target` holds
    something else than a crate.
    """
    answers = read_answers(results, book)
    _check_target(target)
    reviews = claim_reviews(book, matrix, collection, published, address_of)
    graph = [{k: v for k, v in review.items() if k != "@context"} for review in reviews.values()]
    made = {
        f"{TABLES}/{name}": text.encode()
        for name, text in files(book, downloads(book, matrix, answers, address_of)).items()
    }
    made[REVIEWS] = json_text({"@context": CONTEXT, "@graph": graph}).encode()
    made[PICTURE] = social_card(title_of(book), answers, labels_of(matrix))
    whole = crate(book, collection, results, made, published)
    with tempfile.TemporaryDirectory(prefix=".claimbook-", dir=target.parent) as work:
        new, old = Path(work, "new"), Path(work, "old")
        whole.write(new)
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    return sorted(path for path in target.rglob("*") if path.is_file())


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


def _check_target(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir() or (any(target.iterdir()) and not (target / METADATA).is_file()):
        raise InputError(f"{target}: holds something else than an earlier export; choose another")
