"""What a crate tells of a book, apart from its files: few plain values that are quick to keep."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claimbook.book.book import Book


@dataclass(frozen=True)
class Facts:
    """A book in short.

    title: of its data. folder: where they are. description: `datapackage.yaml`. figures:
    parameter -> value and unit. updates: parameters that were put in. scenario: name and title of
    the scenario that was applied, if any. digest: of all that the answers were computed from.
    """

    title: str
    folder: Path
    description: dict
    figures: dict[str, tuple[float, str]]
    digest: str
    updates: frozenset[str] = field(default_factory=frozenset)
    scenario: tuple[str, str] | None = None


def facts_of(book: "Book") -> Facts:
    """Return a book in short."""
    from claimbook.site.exports.claim_review import title_of

    return Facts(
        title=title_of(book),
        folder=book.folder,
        description=book.tables.description,
        figures={
            name: (float(row["value"]), str(row["unit"])) for name, row in book.figures.iterrows()
        },
        digest=book.digest,
        updates=frozenset(book.updates),
        scenario=(book.scenario.name, book.scenario.title) if book.scenario else None,
    )
