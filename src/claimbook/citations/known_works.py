"""The works that are known, found by DOI or by title without comparing everything to everything."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from claimbook.book.text import visible
from claimbook.citations.fields import (
    FIELDS,
    MIN_SHARED_WORDS,
    SAME_WORK_SCORE,
    as_text,
    parse_record_authors,
    text_fields,
    title_score,
)
from claimbook.citations.normal import normal_doi, normal_years, title_words
from claimbook.citations.work import Work
from claimbook.errors import InputError

RECORD_COLUMNS = (
    "key",
    *(f"registered_{name}" for name in FIELDS),
    *(f"intended_{name}" for name in FIELDS),
    "verification",
    "unconfirmed_fields",
)
"""Columns that a table of records must have; README of the data folder explains them."""

UNVERIFIED = "unverified"
MAX_POSTINGS = 200
"""A title word in more works than this says too little to be worth following."""
MAX_CANDIDATES = 20
"""Titles compared in full for one entry: those that share most of its rarest words."""
RAREST_WORDS = 8


@dataclass(frozen=True)
class Record:
    """A work that is known, and how well.

    key: row of the records it stands in, or its DOI. source: ``registered`` (read under the DOI),
    ``intended`` (the work probably meant), or the register that answered. fields: the eight of
    `FIELDS` as text, ``""`` where unknown. unconfirmed: fields not confirmed by the source itself.
    verification: how the row is backed.
    """

    key: str
    source: str
    work: Work
    fields: Mapping[str, str]
    unconfirmed: frozenset[str] = frozenset()
    verification: str = ""

    @property
    def title(self) -> str:
        return self.fields["title"]


def record_of(work: Work, source: str = "", verification: str = "abstract_or_page") -> Record:
    """Return the record of a work that a register described."""
    return Record(
        normal_doi(work.doi),
        source or work.register,
        work,
        text_fields(work),
        frozenset(),
        verification,
    )


def work_of_text(fields: Mapping[str, str]) -> Work:
    """Return the work that the text of `FIELDS` describes, authors as ``Family IN; et al.``."""
    return replace(
        parse_record_authors(fields["authors"]),
        doi=fields["doi"],
        title=fields["title"],
        years=normal_years(fields["year"]),
        container_titles=(fields["journal"],) if fields["journal"] else (),
        volume=fields["volume"],
        issue=fields["issue"],
        pages=fields["pages"],
    )


@dataclass
class Works:
    """Known works: `intended` by row key, `by_doi` as registered, and an index of title words."""

    intended: dict[str, Record] = field(default_factory=dict)
    by_doi: dict[str, Record] = field(default_factory=dict)
    by_title: dict[tuple[str, ...], Record] = field(default_factory=dict)
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    _titled: list[Record] = field(default_factory=list)
    _postings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add_title(self, work: Record) -> None:
        """Make a work findable by its title; the first of equal titles stays."""
        words = title_words(work.title)
        if not words or words in self.by_title:
            return
        self.by_title[words] = work
        for word in set(words):
            self._postings[word].append(len(self._titled))
        self._titled.append(work)

    def find_title(self, title: str) -> Record | None:
        """Return the work whose title is most like `title`, or None if none is alike enough.

        Only works that share rare words with it are compared, `MAX_CANDIDATES` at most, so the
        cost of one search does not grow with the number of works.
        """
        words = title_words(title)
        if words in self.by_title:
            return self.by_title[words]
        known = [w for w in set(words) if 0 < len(self._postings.get(w, ())) <= MAX_POSTINGS]
        rarest = sorted(known, key=lambda w: (len(self._postings[w]), w))[:RAREST_WORDS]
        shared = Counter(i for w in rarest for i in self._postings[w])
        best = sorted(shared.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]
        scored = [
            (title_score(title, self._titled[index].title), -index)
            for index, _ in best
            if len(set(words) & set(title_words(self._titled[index].title))) >= MIN_SHARED_WORDS
        ]
        score, index = max(scored, default=(0.0, 0))
        return self._titled[-index] if score >= SAME_WORK_SCORE else None


def check_record_columns(records: pd.DataFrame, name: str = "records") -> None:
    """Raise InputError if a table of records lacks a column or repeats a key."""
    missing = [c for c in RECORD_COLUMNS if c not in records.columns]
    if missing:
        raise InputError(f"{name}: column(s) {', '.join(missing)} missing from the table of works")
    repeated = records["key"][records["key"].duplicated()]
    if len(repeated):
        raise InputError(f"{name}: key '{repeated.iloc[0]}' stands in more than one row")


def load_records(path: Path) -> pd.DataFrame:
    """Return a table of known works, all cells as text. Raises InputError if it is not one."""
    try:
        records = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected the table of known works") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table ({visible(str(error))})") from None
    check_record_columns(records, str(path))
    return records


def known_works(records: pd.DataFrame, found: Iterable[Record] = ()) -> Works:
    """Return the works of a table of records (`RECORD_COLUMNS`), then those `found` elsewhere.

    A DOI keeps its first record, and records come in this order: what was read under the DOI, what
    the row takes for the work meant, what was found elsewhere. So nothing found online replaces a
    curated record. Where the DOI read and the DOI of the work meant are one, fields unknown on the
    one side are filled from the other. Rows of level ``unverified`` identify nothing.
    """
    check_record_columns(records)
    works = Works()
    for row in records.to_dict("records"):
        cells = {name: as_text(value) for name, value in row.items()}
        works.rows[cells["key"]] = cells
        registered, intended = (_work(cells, side) for side in ("registered", "intended"))
        if any(intended.fields.values()):
            works.intended[cells["key"]] = intended
        doi = normal_doi(registered.fields["doi"])
        if doi:
            if doi == normal_doi(intended.fields["doi"]):
                registered = _filled(registered, intended)
            works.by_doi.setdefault(doi, registered)
    for work in works.intended.values():
        doi = normal_doi(work.fields["doi"])
        if doi and work.verification != UNVERIFIED:
            works.by_doi.setdefault(doi, work)
    for work in found:
        works.by_doi.setdefault(normal_doi(work.fields["doi"]), work)
    for work in (*works.intended.values(), *works.by_doi.values()):
        if work.verification != UNVERIFIED:
            works.add_title(work)
    return works


def _work(cells: dict[str, str], side: str) -> Record:
    unconfirmed = {
        name.removeprefix(f"{side}_")
        for name in cells["unconfirmed_fields"].split(";")
        if name.startswith(f"{side}_")
    }
    fields = {name: cells[f"{side}_{name}"] for name in FIELDS}
    return Record(
        cells["key"],
        side,
        work_of_text(fields),
        fields,
        frozenset(unconfirmed),
        cells["verification"],
    )


def _filled(record: Record, other: Record) -> Record:
    """Return `record` with its empty fields taken from `other`, and marked unconfirmed as there."""
    taken = {n for n in FIELDS if not record.fields[n] and other.fields[n]}
    fields = {n: other.fields[n] if n in taken else record.fields[n] for n in FIELDS}
    return replace(
        record,
        work=work_of_text(fields),
        fields=fields,
        unconfirmed=record.unconfirmed | (other.unconfirmed & taken),
    )
