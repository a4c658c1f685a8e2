"""The pages that follow from the book, and the files that are published beside them."""

from claimbook.citations.corrections import CORRECTED
from claimbook.citations.known_works import RECORD_COLUMNS
from claimbook.errors import InputError
from claimbook.site.cache import BookPages
from claimbook.site.card_pages import card_pages
from claimbook.site.context import Site
from claimbook.site.exports.claim_review import claim_reviews, json_ld, title_of
from claimbook.site.exports.crate import provenance
from claimbook.site.exports.machine_files import machine_files
from claimbook.site.exports.open_graph import summary
from claimbook.site.exports.social_card import social_card_alt
from claimbook.site.first_page import first_page
from claimbook.site.links import DATA, DOWNLOADS, ERRATA, INDEX, MACHINE, OPEN, WHATIF, WORKS
from claimbook.site.open_and_data import data_page, open_page
from claimbook.site.whatif_page import whatif_page
from claimbook.site.work_pages import (
    CORRECTED_BIB,
    bibliographies,
    errata_page,
    errata_text,
    works_page,
)

NEEDED = {"claims": ("label",), "references": (*RECORD_COLUMNS, "verdict")}
"""Columns that cards and works need beside those that every book has."""


def book_pages(site: Site) -> BookPages:
    """Make the pages of the book.

    Raises InputError for data that cannot be used, or that the results were not computed from.
    """
    for table, columns in NEEDED.items():
        if missing := [name for name in columns if name not in site.book.table(table)]:
            raise InputError(f"table {table}: a site needs the columns {', '.join(missing)} too")
    machine, reviews = None, {}
    if site.collection:
        whole = (site.book, site.summary.matrix, site.collection)
        machine = machine_files(*whole, site.answers, site.card_address(f"{MACHINE}/page"))
        found = claim_reviews(*whole, site.card_address("claims/page"))
        reviews = {claim: json_ld(review) for claim, review in found.items()}
    errata, bibs = errata_text(site), bibliographies(site)
    whatif, whatif_files = whatif_page(site)
    pages = {WORKS: ("The works", works_page(site))}
    pages |= {ERRATA: ("Errata", errata_page(errata))} if errata else {}
    pages |= {WHATIF: ("What if", whatif)}
    pages |= {DATA: ("The data", data_page(site, machine))} if machine else {}
    pages |= {OPEN: ("Run it yourself", open_page(site))}
    cards = card_pages(site, reviews)
    first = first_page(site, {page: title for page, (title, _) in pages.items()})
    linked = {f"../results/{ERRATA}.md": f"{ERRATA}.html"} if errata else {}
    if CORRECTED_BIB in bibs:
        linked[f"../data/{CORRECTED}"] = f"{DOWNLOADS}/{CORRECTED_BIB}"
    return BookPages(
        name=site.about.name,
        sources={INDEX: first, **cards, **{page: text for page, (_, text) in pages.items()}},
        cards=list(cards),
        further=list(pages),
        linked=linked,
        files={f"{DOWNLOADS}/{name}": path for name, path in bibs.items()} | whatif_files,
        preview=_preview(site) if machine else None,
        machine=machine,
        provenance=provenance(site.book) if machine else None,
    )


def _preview(site: Site) -> tuple[str, str]:
    alt = social_card_alt(title_of(site.book), site.answers, site.labels)
    return summary(site.answers), alt
