"""Everything that is made for machines: tables, ClaimReviews, a picture for links."""

from collections.abc import Callable

import pandas as pd

from claimbook.book.book import Book
from claimbook.site.exports.claim_review import CONTEXT, claim_reviews, title_of
from claimbook.site.exports.collection import Collection
from claimbook.site.exports.crate import PICTURE, REVIEWS, TABLES
from claimbook.site.exports.social_card import social_card
from claimbook.site.exports.tables import downloads, files, json_text


def machine_files(
    book: Book,
    matrix: pd.DataFrame,
    collection: Collection,
    answers: list[dict],
    address_of: Callable[[str], str],
) -> dict[str, bytes]:
    """Return path in the crate -> content of everything that is made for machines.

    matrix: table of `claim_checks.evidence_matrix` of this book. answers: records of answers.json.
    address_of: claim -> address of its card, absolute or relative to the crate.
    """
    reviews = claim_reviews(book, matrix, collection, address_of)
    graph = [{k: v for k, v in review.items() if k != "@context"} for review in reviews.values()]
    tables = files(book, downloads(book, matrix, answers, address_of))
    made = {f"{TABLES}/{name}": text.encode() for name, text in tables.items()}
    made[REVIEWS] = json_text({"@context": CONTEXT, "@graph": graph}).encode()
    labels = dict(zip(matrix["claim"], matrix["label"], strict=True))
    made[PICTURE] = social_card(title_of(book), answers, labels)
    return made
