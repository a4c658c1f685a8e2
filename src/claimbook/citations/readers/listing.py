"""What every reader returns: the entries it read, those that it could not, and its remarks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from claimbook.citations.work import Work


@dataclass(frozen=True)
class Entry:
    """One entry of a list. fields: as printed, in plain text. line: of its file, from 1.

    start, end: where its text is in the decoded file; both 0 where the format has no such place.
    """

    key: str
    work: Work
    fields: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    file: str = ""
    line: int = 0
    start: int = 0
    end: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """An entry that cannot be read: where it is, its key if known, the reason in plain words."""

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
