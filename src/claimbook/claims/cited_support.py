"""Does a cited work say what it is cited for?"""

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.datapackage import OF_CITED_WORK
from claimbook.book.evidence import DERIVED, NOT_EVIDENCE
from claimbook.book.tables import split_cell

NO_FINDING = "no_finding"
LEVELS = [
    "supports",
    "partly_supports",
    "does_not_support",
    "contradicts",
    "not_about_this",
    "not_seen",
    NO_FINDING,
]
FAVOURABLE = {"supports", "partly_supports"}
UNFAVOURABLE = {"does_not_support", "contradicts"}


def combined_support(levels: list[str]) -> str:
    """Return one level for what several findings of a work say of one claim.

    All favourable: supports, unless one supports only in part. Favourable and unfavourable
    together: partly_supports. All unfavourable: contradicts if one does. Findings that are not
    about the claim, or were not seen, decide only where there is nothing else.
    """
    said = set(levels)
    if said & FAVOURABLE:
        without_reserve = said & (FAVOURABLE | UNFAVOURABLE) == {"supports"}
        return "supports" if without_reserve else "partly_supports"
    for level in ("contradicts", "does_not_support", "not_about_this", "not_seen"):
        if level in said:
            return level
    return NO_FINDING


def findings_of_cited_works(book: Book) -> pd.DataFrame:
    """Return the findings of the works that the text cites; the others are context."""
    findings = book.table("findings")
    return findings[findings[book.tables.meaning("findings", OF_CITED_WORK)]]


def said_by_cited_works(book: Book) -> pd.DataFrame:
    """Return the findings that a cited work itself states, with support as plain text.

    A finding that was not verified has support ``not_seen``.
    """
    own = findings_of_cited_works(book)
    own = own[own["verification"] != DERIVED]
    unseen = own["verification"].isin(NOT_EVIDENCE)
    return own.assign(support=own["support"].astype(str).mask(unseen, "not_seen"))


def cited_support(book: Book) -> pd.DataFrame:
    """Set each claim against each work that is cited for it.

    One row per claim and cited work, in the order of the text: claim, paragraph, domain, role,
    hedge, key, support (ordered categorical of LEVELS), findings (row ids, ;-separated). Only
    findings of the cited work itself count; one that was not verified counts as not seen, and
    one that we derived from its numbers does not count, because the work does not say it.
    """
    findings = said_by_cited_works(book)
    rows = []
    for claim in book.claims.itertuples():
        for key in split_cell(claim.cites, ";"):
            own = findings[(findings["key"] == key) & (findings["claim"] == claim.claim)]
            rows.append(
                {
                    "claim": claim.claim,
                    "paragraph": claim.paragraph,
                    "domain": claim.domain,
                    "role": claim.role,
                    "hedge": claim.hedge,
                    "key": key,
                    "support": combined_support(own["support"].tolist()),
                    "findings": ";".join(own["row_id"]),
                }
            )
    columns = ["claim", "paragraph", "domain", "role", "hedge", "key", "support", "findings"]
    table = pd.DataFrame(rows, columns=columns)
    table["support"] = pd.Categorical(table["support"], LEVELS, ordered=True)
    for name in ("domain", "role", "hedge"):
        levels = book.claims[name].cat.categories
        table[name] = pd.Categorical(table[name], levels, ordered=True)
    return table
