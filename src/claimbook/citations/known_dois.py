"""Which DOI belongs to which source key, from all tables that say so."""

import pandas as pd

from claimbook.book.book import Book


def known_dois(book: Book) -> dict[str, str]:
    """Return source -> DOI as registered, for every key of a work or study that has one.

    A work of the reference list has the DOI of the work that is meant, never the printed one.
    """
    found: dict[str, str] = {}
    for frame in book.tables.frames.values():
        for key, doi in (("study_key", "doi"), ("key", "intended_doi")):
            if {key, doi} <= set(frame.columns):
                pairs = frame.dropna(subset=[key, doi])
                found |= dict(zip(pairs[key], pairs[doi], strict=True))
    return {str(key): str(doi) for key, doi in found.items() if not pd.isna(doi)}
