"""One work as a reader or a register describes it, in one form that all of them fill."""

from dataclasses import dataclass, replace

UPDATES = ("retraction", "withdrawal", "expression_of_concern", "correction")
"""What a publisher may say about a published work, the gravest first."""
UPDATE_WORDS = {
    "retraction": "retracted",
    "withdrawal": "withdrawn",
    "expression_of_concern": "expression of concern",
    "correction": "corrected",
}
GRAVE = frozenset(UPDATES[:2])
"""Updates after which a work should not be cited without saying so."""
RELATIONS = (
    "preprint_of",
    "has_preprint",
    "translation_of",
    "has_translation",
    "version_of",
    "has_version",
    "part_of",
    "has_part",
    "correction_of",
    "review_of",
)


@dataclass(frozen=True)
class Name:
    """One author. An organisation has its whole name in `family` and is `collective`."""

    family: str = ""
    given: str = ""
    suffix: str = ""
    collective: bool = False


@dataclass(frozen=True)
class Update:
    """A notice about a work: one of `UPDATES`, its date (``2012-03-01``), its DOI, who says so."""

    kind: str
    date: str = ""
    notice_doi: str = ""
    source: str = ""


def update_text(update: Update) -> str:
    """Return a notice in words: ``retracted 2019-05-07 (10.1000/notice; Retraction Watch)``."""
    where = "; ".join(filter(None, (update.notice_doi, update.source)))
    words = " ".join(filter(None, (UPDATE_WORDS[update.kind], update.date)))
    return f"{words} ({where})" if where else words


@dataclass(frozen=True)
class Relation:
    """How a work is related to another one: one of `RELATIONS`, and that work's DOI."""

    kind: str
    doi: str


@dataclass(frozen=True)
class Work:
    """All that any reader or register can give; empty where it says nothing.

    other_titles: translated or original titles. authors_complete: False where names are left out
    at the end, or between `authors` and `last_authors`. years: of print, online or issue; any of
    them is right. container_titles: journal, book, series, and their abbreviations.
    kind: as Crossref names types (``journal-article``). register: who answered. looked_up: date.
    """

    doi: str = ""
    pmid: str = ""
    arxiv: str = ""
    isbn: tuple[str, ...] = ()
    issn: tuple[str, ...] = ()
    title: str = ""
    subtitle: str = ""
    other_titles: tuple[str, ...] = ()
    authors: tuple[Name, ...] = ()
    authors_complete: bool = True
    last_authors: tuple[Name, ...] = ()
    years: tuple[str, ...] = ()
    container_titles: tuple[str, ...] = ()
    volume: str = ""
    issue: str = ""
    pages: str = ""
    article_number: str = ""
    kind: str = ""
    updates: tuple[Update, ...] = ()
    relations: tuple[Relation, ...] = ()
    register: str = ""
    address: str = ""
    looked_up: str = ""

    def filled(self, other: "Work") -> "Work":
        """Return this work with its empty fields taken from `other`."""
        empty = {
            name: value
            for name, value in vars(other).items()
            if value not in ("", ()) and getattr(self, name) in ("", ())
        }
        return replace(self, **empty)
