"""The pages that follow from the book: cards, works, errata, how to run it, and the first page."""

from claimbook.citations.corrections import CORRECTED
from claimbook.site.claim_pages import claim_pages
from claimbook.site.data_page import PAGE as DATA_PAGE
from claimbook.site.data_page import TITLE as DATA_TITLE
from claimbook.site.data_page import data_page
from claimbook.site.first_page_parts import first_page
from claimbook.site.links import DOWNLOADS
from claimbook.site.machines import machines
from claimbook.site.notebook_pages import OPEN_PAGE
from claimbook.site.open_page import open_page
from claimbook.site.pages import BookPages
from claimbook.site.record import load_record
from claimbook.site.results import Results
from claimbook.site.whatif_page import PAGE as WHATIF_PAGE
from claimbook.site.whatif_page import TITLE as WHATIF_TITLE
from claimbook.site.whatif_page import whatif_page
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
    machine = machines(record)
    errata = errata_text(record)
    further = {WORKS: ("The works", works_page(record))}
    if errata:
        further[ERRATA] = ("Errata", errata_page(errata))
    whatif, whatif_files = whatif_page(record)
    further[WHATIF_PAGE] = (WHATIF_TITLE, whatif)
    if machine:
        further[DATA_PAGE] = (DATA_TITLE, data_page(record, machine))
    further[OPEN_PAGE] = ("Run it yourself", open_page(record))
    bibs = bibliographies(record)
    linked = {f"../results/{ERRATA}.md": f"{ERRATA}.html"} if errata else {}
    if CORRECTED_BIB in bibs:
        linked[f"../data/{CORRECTED}"] = f"{DOWNLOADS}/{CORRECTED_BIB}"
    cards = claim_pages(record, machine.reviews if machine else {})
    return BookPages(
        name=record.about.name,
        first=first_page(record, changed),
        sources={f"{page}.md": text for page, (_, text) in further.items()},
        further=[(title, page) for page, (title, _) in further.items()],
        cards=cards,
        linked=linked,
        files={f"{DOWNLOADS}/{name}": path for name, path in bibs.items()} | whatif_files,
        machine=machine,
    )
