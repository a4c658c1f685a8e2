"""The pages that follow from the book: cards, works, errata, how to run it, and the first page."""

from claimbook.citations.audit_report import CORRECTED
from claimbook.site.claim_pages import claim_pages
from claimbook.site.first_page_parts import first_page
from claimbook.site.links import DOWNLOADS
from claimbook.site.machines import claim_json_ld, downloads
from claimbook.site.notebook_pages import OPEN_PAGE
from claimbook.site.open_page import open_page
from claimbook.site.pages import BookPages
from claimbook.site.record import load_record
from claimbook.site.results import Results
from claimbook.site.work_pages import (
    CORRECTED_BIB,
    ERRATA,
    WORKS,
    bibliographies,
    errata_page,
    errata_text,
    works_page,
)


def book_pages(results: Results, changed: str | None) -> BookPages:
    """Load the book of some results and make its pages.

    changed: date on which the evidence was last changed, if it is known.

    Raises InputError for data that cannot be used, or that the results were not computed from.
    """
    record = load_record(results)
    errata = errata_text(record)
    further = {WORKS: ("The works", works_page(record))}
    if errata:
        further[ERRATA] = ("Errata", errata_page(errata))
    further[OPEN_PAGE] = ("Run it yourself", open_page(record))
    # one more page that is no notebook takes one more line here: name of the page, title, source
    bibs = bibliographies(record)
    linked = {f"../results/{ERRATA}.md": f"{ERRATA}.html"} if errata else {}
    if CORRECTED_BIB in bibs:
        linked[f"../data/{CORRECTED}"] = f"{DOWNLOADS}/{CORRECTED_BIB}"
    cards = claim_pages(record, claim_json_ld(record))
    return BookPages(
        name=record.about.name,
        first=first_page(record, changed),
        sources={f"{page}.md": text for page, (_, text) in further.items()},
        further=[(title, page) for page, (title, _) in further.items()],
        cards=cards,
        linked=linked,
        files={f"{DOWNLOADS}/{name}": path for name, path in bibs.items()} | downloads(record),
    )
