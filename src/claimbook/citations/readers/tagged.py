"""Read RIS and NBIB (PubMed): records of lines that begin with a tag.

rispy 0.10 merges a record without its closing ``ER`` into the next one, and nbib 0.3 loses the
authors of records that have ``AU`` lines alone; these two small readers lose neither. Every line
that begins a record gives an entry or a row `Unreadable`.
"""

import re
from collections import defaultdict
from pathlib import Path

from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    has_doi,
    is_suffix,
    normal_doi,
    normal_isbn,
    normal_issn,
    normal_pmid,
    normal_years,
    update_in_title,
)
from claimbook.citations.readers.files import decoded, looks_like
from claimbook.citations.readers.listing import Entry, Listing, Unreadable, printed_fields
from claimbook.citations.readers.names import read_names
from claimbook.citations.work import Name, Update, Work
from claimbook.errors import InputError

RIS_KINDS = {
    "JOUR": "journal-article", "EJOUR": "journal-article", "MGZN": "journal-article",
    "NEWS": "journal-article", "ABST": "journal-article", "INPR": "journal-article",
    "JFULL": "journal", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book", "CHAP": "book-chapter",
    "ECHAP": "book-chapter", "ENCYC": "reference-entry", "CONF": "proceedings",
    "CPAPER": "proceedings-article", "THES": "dissertation", "RPRT": "report", "DATA": "dataset",
    "COMP": "software", "UNPB": "posted-content",
}  # fmt: skip
_RIS_LINE = re.compile(r"^\s{0,3}([A-Z][A-Z0-9])\s{0,2}-(?:\s(.*)|)$")
_NBIB_LINE = re.compile(r"^([A-Z]{2,4}) *- ?(.*)$")
_NBIB_UPDATES = {
    "RIN": "retraction", "EIN": "correction", "ECI": "expression_of_concern",
    "ECF": "", "CRI": "correction",
}  # fmt: skip


def _records(
    text: str, line_of: re.Pattern, opening: str, closing: str
) -> list[tuple[int, list[tuple[str, str]], list[str]]]:
    """Return the records of a text: line, tags with values in order, remarks."""
    records: list[tuple[int, list[tuple[str, str]], list[str]]] = []
    current: list[tuple[str, str]] | None = None
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        match = line_of.match(line)
        tag, value = (match[1], (match[2] or "").strip()) if match else ("", line.strip())
        if tag == opening:
            if current is not None and closing:
                records[-1][2].append(f"{closing}, which closes a record, is missing")
            current = []
            records.append((number, current, []))
        if tag and tag == closing:
            current = None
        elif current is None:
            continue
        elif tag:
            current.append((tag, value))
        elif value and current:
            last, before = current[-1]
            current[-1] = (last, f"{before} {value}".strip())
    return records


def _listing(path, text, remark, records, opening, work_of) -> Listing:
    entries, unreadable = [], []
    for line, pairs, remarks in records:
        tags: dict[str, list[str]] = defaultdict(list)
        for tag, value in pairs:
            if value:
                tags[tag].append(value)
        key, work, more = work_of(tags, pairs)
        key = key or f"line-{line}"
        if not work.title and not work.doi and not work.authors:
            reason = f"the {opening} record has neither title, author nor DOI"
            unreadable.append(Unreadable(str(path), line, reason, key))
            continue
        entries.append(
            Entry(
                key=key,
                work=work,
                fields=printed_fields(work),
                kind=work.kind,
                file=str(path),
                line=line,
                remarks=(*remarks, *more),
            )
        )
    return Listing(tuple(entries), tuple(unreadable), (remark,) if remark else ())


# --- RIS -----------------------------------------------------------------------------------------


def read_ris(path: Path | str) -> Listing:
    """Read an RIS file. Raises InputError if it is none."""
    text, remark = decoded(path)
    records = _records(text, _RIS_LINE, "TY", "ER")
    if not records:
        raise InputError(f"{path}: no RIS record found; {_other(text)}")
    return _listing(path, text, remark, records, "RIS", _ris_work)


def _other(text: str) -> str:
    kind = looks_like(text)
    if kind in ("BibTeX", "JSON"):
        kind += f"; name it {'.bib' if kind == 'BibTeX' else '.json'} to have it read so"
    return f"this looks like {kind or 'something else altogether'}"


def _ris_work(tags: dict[str, list[str]], pairs) -> tuple[str, Work, list[str]]:
    def first(*names: str) -> str:
        return next((unmarked(tags[n][0]) for n in names if tags.get(n)), "")

    remarks = []
    authors, complete = _ris_authors(tags["AU"] or tags["A1"])
    kind = RIS_KINDS.get(first("TY").upper(), "other")
    if not authors and kind in ("book", "proceedings"):
        authors, complete = _ris_authors(tags["ED"] or tags["A2"])
    dois = [v for n in ("DO", "DI", "M3", "UR", "L3", "N1") for v in tags[n] if has_doi(v)]
    printed = [normal_doi(v) for v in tags["DO"] if has_doi(v)]
    if len(set(printed)) > 1:
        remarks.append(f"DO is given {len(printed)} times; the first is used")
    numbers = [part for v in tags["SN"] for part in re.split(r"[;,\s]+(?=[\d])", v)]
    names = ("JO", "JF", "T2", "BT", "JA", "J1", "J2", "T3")
    containers = [unmarked(v) for n in names for v in tags[n]]
    start, end = first("SP"), first("EP")
    pages = "-".join(filter(None, (start, end)))
    if re.search(r"\d\W+\w*\d", start):  # some write the whole range as the start
        pages = start
    title = first("TI", "T1", "CT")
    if not title and kind == "book":
        title = first("BT", "T2")
    work = Work(
        doi=dois[0] if dois else "",
        pmid=normal_pmid(first("AN")) if "pubmed" in first("DB", "DP").lower() else "",
        isbn=tuple(filter(None, map(normal_isbn, numbers))),
        issn=tuple(i for n in numbers if not normal_isbn(n) and (i := normal_issn(n))),
        title=title,
        other_titles=tuple(filter(None, (first("TT"), first("OP")))),
        authors=authors,
        authors_complete=complete,
        years=normal_years(first("PY", "Y1", "DA") or first("DA")),
        container_titles=tuple(dict.fromkeys(filter(None, containers))),
        volume=first("VL"),
        issue=first("IS", "CP"),
        pages=pages,
        article_number=first("C7", "AR"),
        kind=kind,
        address=first("UR"),
    )
    return first("ID", "LB"), work, remarks


def _ris_authors(values: list[str]) -> tuple[tuple[Name, ...], bool]:
    names: list[Name] = []
    complete = True
    for value in values:
        if value.count(",") <= 2 and ";" not in value and not re.search(r"\bet al\b", value):
            names.append(_ris_name(unmarked(value)))
            continue
        found, whole, _ = read_names(value)
        names += found
        complete = complete and whole
    return tuple(n for n in names if n.family), complete


def _ris_name(value: str) -> Name:
    parts = [p.strip() for p in value.split(",") if p.strip()]
    if len(parts) == 1:
        words = parts[0].split()
        if len(words) > 1 and re.fullmatch(r"(?:[A-Z]\.?-?){1,4}", words[-1]):
            return Name(" ".join(words[:-1]), words[-1])
        return Name(parts[0], collective=len(words) > 1)
    if len(parts) > 2 and is_suffix(parts[1]):
        parts = [parts[0], parts[2], parts[1]]
    return Name(parts[0], parts[1], parts[2] if len(parts) > 2 else "") if parts else Name()


# --- NBIB ----------------------------------------------------------------------------------------


def read_nbib(path: Path | str) -> Listing:
    """Read PubMed's NBIB (MEDLINE) format. Raises InputError if a file is none."""
    text, remark = decoded(path)
    records = _records(text, _NBIB_LINE, "PMID", "")
    if not records:
        raise InputError(f"{path}: no PubMed record found; {_other(text)}")
    return _listing(path, text, remark, records, "PubMed", _nbib_work)


def _nbib_work(tags: dict[str, list[str]], pairs) -> tuple[str, Work, list[str]]:
    def first(*names: str) -> str:
        return next((unmarked(tags[n][0]) for n in names if tags.get(n)), "")

    full = len(tags["FAU"]) >= len(tags["AU"])
    names = []
    for tag, value in pairs:
        if tag == "CN":
            names.append(Name(unmarked(value), collective=True))
        elif tag == ("FAU" if full else "AU"):
            names.append(_ris_name(unmarked(value)))
    dois = [v for n in ("LID", "AID", "SO") for v in tags[n] if "[doi]" in v or n == "SO"]
    dois = [normal_doi(v) for v in dois if has_doi(v)]
    updates = [
        Update(kind, notice_doi=normal_doi(v) if has_doi(v) else "", source="PubMed")
        for tag, kind in _NBIB_UPDATES.items()
        if kind
        for v in tags[tag]
    ]
    types = [v.lower() for v in tags["PT"]]
    if "retracted publication" in types and not any(u.kind == "retraction" for u in updates):
        updates.append(Update("retraction", source="PubMed"))
    title = first("TI", "BTI", "CTI").rstrip(".")
    book = bool(tags["BTI"])
    in_title = update_in_title(title)
    work = Work(
        doi=dois[0] if dois else "",
        pmid=normal_pmid(first("PMID")),
        isbn=tuple(filter(None, (normal_isbn(v) for v in tags["ISBN"]))),
        issn=tuple(dict.fromkeys(filter(None, map(normal_issn, tags["IS"])))),
        title=title,
        other_titles=tuple(filter(None, (first("TT", "VTI"),))),
        authors=tuple(n for n in names if n.family),
        years=tuple(
            dict.fromkeys(y for n in ("DP", "DEP") for v in tags[n] for y in _nbib_year(v))
        ),
        container_titles=tuple(dict.fromkeys(filter(None, (first("JT"), first("TA"))))),
        volume=first("VI"),
        issue=first("IP"),
        pages=first("PG"),
        kind="book" if book else "journal-article",
        updates=(*updates, *([in_title] if in_title and not updates else [])),
    )
    return first("PMID"), work, []


def _nbib_year(value: str) -> tuple[str, ...]:
    match = re.match(r"(\d{4})", value)
    return (match[1],) if match else normal_years(value)
