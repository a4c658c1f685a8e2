"""What the site holds for machines beside its pages: ClaimReviews, a crate, tables, a picture."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claimbook.site.exports.collection import Collection, read_collection
from claimbook.site.exports.facts import Facts, facts_of
from claimbook.site.links import claim_page, to_page

if TYPE_CHECKING:  # it loads the book, which a build with what is remembered does without
    from claimbook.site.record import Record

FOLDER = "machine"
CITATION = "CITATION.cff"


@dataclass(frozen=True)
class Machines:
    """What is made for machines and follows from the book, without the files of the run.

    facts, collection, made: what `exports.crate.crate` takes. reviews: claim -> ClaimReview.
    description, alt: what a shared link tells, and the words of its picture.
    """

    facts: Facts
    collection: Collection
    made: dict[str, bytes]
    description: str
    alt: str
    reviews: dict[str, dict] = field(repr=False)


def machines(record: "Record") -> Machines | None:
    """Return what is made for machines; None for a collection that nobody can cite.

    Raises InputError, naming the file, for a faulty CITATION.cff.
    """
    path = record.results.root / CITATION
    if not path.is_file():
        return None
    from claimbook.site.exports.claim_review import claim_reviews, title_of
    from claimbook.site.exports.made import labels_of, made_files
    from claimbook.site.exports.open_graph import summary
    from claimbook.site.exports.social_card import social_card_alt

    book, matrix, answers = record.book, record.summary.matrix, record.results.answers
    collection = read_collection(path)

    def address_in(page: str):
        base = collection.address
        return lambda claim: (
            f"{base}{claim_page(claim)}.html" if base else to_page(claim_page(claim), page)
        )

    made = made_files(book, matrix, collection, answers, address_in(f"{FOLDER}/page"))
    reviews = claim_reviews(
        book, matrix, collection, collection.released, address_in("claims/page")
    )
    alt = social_card_alt(title_of(book), answers, labels_of(matrix))
    return Machines(facts_of(book), collection, made, summary(answers), alt, reviews)
