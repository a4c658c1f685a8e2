"""Each claim as a schema.org ClaimReview: what was claimed, by whom, and what became of it.

The rating is the verdict that a rule drew (`claimbook.claims.claim_checks`), as a number and as its
word. A claim that is not testable has the word and no number: it lies not between true and false.
"""

from collections.abc import Callable

import pandas as pd
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from claimbook.book.book import Book
from claimbook.book.format import figure_text
from claimbook.book.source_text import Origin
from claimbook.book.text import safe_link, visible
from claimbook.claims.verdict import RATINGS, Verdict
from claimbook.site.exports.collection import Author, Collection
from claimbook.site.exports.works import works_of_rows

CONTEXT = "https://schema.org"


def claim_reviews(
    book: Book, matrix: pd.DataFrame, collection: Collection, address_of: Callable[[str], str]
) -> dict[str, dict]:
    """Return claim -> its ClaimReview as a JSON-LD document.

    matrix: table of `claim_checks.evidence_matrix` of this book. address_of: claim -> address of
    its card, absolute or relative to where the review will stand.
    Raises InputError for a verdict that is not on the scale.
    """
    works = works_of_rows(book)
    changed = {book.figures.loc[name, "claim"] for name in book.updates}
    licences = book.tables.description.get("licenses", [])
    dataset = {"@type": "Dataset", "name": title_of(book), "url": collection.address}
    shared = {
        "datePublished": collection.released.isoformat(),
        "author": [_agent(author) for author in collection.authors],
        "isPartOf": _stated(dataset),
        "license": list(filter(None, (safe_link(given.get("path", "")) for given in licences))),
    }
    reviews = {}
    for row in matrix.to_dict("records"):
        claim = book.claim(row["claim"])
        ids = [name for name in row["rows"].split("; ") if name in works]
        cited = dict(works[name] for name in ids)  # a work is cited once, whatever its rows
        review = {
            "@context": CONTEXT,
            "@type": "ClaimReview",
            "url": address_of(row["claim"]),
            "claimReviewed": _reviewed(claim, row["claim"] in changed),
            "reviewRating": rating(row["verdict"], f"{row['reason']} Rule: {row['rule']}."),
            "itemReviewed": _claim(row["label"], None if row["claim"] in changed else book.origin),
            **shared,
            "citation": [cited[name] for name in sorted(cited)],
        }
        reviews[row["claim"]] = _stated(review)
    return reviews


def rating(verdict: str, explanation: str) -> dict:
    """Return a verdict as a schema.org Rating. Raises InputError if it is not on the scale."""
    value = Verdict(verdict).rating
    scale = {"worstRating": min(RATINGS.values()), "bestRating": max(RATINGS.values())}
    return {
        "@type": "Rating",
        **({"ratingValue": value, **scale} if value is not None else {}),
        "alternateName": verdict,
        "ratingExplanation": visible(explanation),
    }


def _stated(properties: dict) -> dict:
    """Return the properties that have a value."""
    return {name: value for name, value in properties.items() if value}


def _reviewed(claim: pd.Series, changed: bool) -> str:
    """Return what is reviewed, in our words; a number put in by a user is said to be one."""
    statement = visible(claim["statement"])
    if claim["role"] != "figure":
        return statement
    figure = visible(figure_text(claim))
    return f"{statement} ({'here, instead of the figure of the text: ' * changed}{figure})"


def _claim(label: str, origin: Origin | None) -> dict:
    """Return the claim and where it was made; without origin it is nobody's claim."""
    item: dict = {"@type": "Claim", "name": visible(label)}
    if origin is None:
        return item
    made = {
        "author": {"@type": "Person", "name": visible(origin.author)},
        "datePublished": origin.date.isoformat(),
    }
    publisher = {"@type": "Organization", "name": visible(origin.publisher or "")}
    text = {
        "@type": "CreativeWork",
        "name": visible(origin.title),
        **made,
        "publisher": publisher if origin.publisher else None,
        "url": safe_link(origin.address or ""),
    }
    return {**item, **made, "appearance": _stated(text)}


def _agent(author: Author) -> dict:
    kind = "Person" if author.is_person else "Organization"
    return _stated({"@type": kind, "name": author.name, "url": author.address})


def title_of(book: Book) -> str:
    """Return the title of the book's data, or its short name if it has none."""
    description = book.tables.description
    return visible(description.get("title") or description["name"])


def json_ld(document: dict) -> Markup:
    """Return a JSON-LD document as a script element can hold it: no text can end the element."""
    return Markup(htmlsafe_json_dumps(document, ensure_ascii=False, allow_nan=False))
