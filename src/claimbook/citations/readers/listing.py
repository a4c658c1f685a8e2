"""What every reader returns: the entries it read, those that it could not, and its remarks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claimbook.citations.fields import text_fields
from claimbook.citations.work import Work


@dataclass(frozen=True)
class Entry:
    """One entry of a list. fields: as printed, in plain text. line: of its file, from 1.

    start, end: where its text stands in the decoded file; both 0 where there is no such place.
    spans: the same of the values of its fields, braces or quotation marks included.
    """

    key: str
    work: Work
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    file: str = ""
    line: int = 0
    start: int = 0
    end: int = 0
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """An entry that cannot be read: its place, its key if known, the reason in plain words."""

    file: str
    line: int
    reason: str
    key: str = ""


@dataclass(frozen=True)
class Listing:
    """The entries of one or more files in their order. cited: keys that documents cite, or None."""

    entries: tuple[Entry, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    remarks: tuple[str, ...] = ()
    cited: tuple[str, ...] | None = None


def names_as_printed(work: Work) -> str:
    """Return authors as ``A, B., C, D., & E, F.``, ``et al.`` where the list is cut."""
    names = []
    for name in work.authors:
        given = f"{name.family}, {name.given}" if name.given else name.family
        names.append(" ".join(filter(None, (given, name.suffix))))
    if names and not work.authors_complete:
        return ", ".join(names) + ", et al."
    return ", ".join(names[:-1]) + ", & " + names[-1] if len(names) > 1 else "".join(names)


def printed_fields(work: Work) -> dict[str, str]:
    """Return what an audit shows of an entry of which only the work is known."""
    fields = text_fields(work)
    return fields | {"authors": names_as_printed(work), "url": work.address}
