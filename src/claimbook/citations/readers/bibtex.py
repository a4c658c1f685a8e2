"""Read BibTeX and biblatex files: every entry that can be read, and the reason for each other."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from claimbook.citations.fields import parse_printed_authors
from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    has_doi,
    normal_arxiv,
    normal_isbn,
    normal_issn,
    normal_pmid,
    normal_years,
)
from claimbook.citations.readers.bibtex_text import NO_WORKS, Block, Strings, blocks
from claimbook.citations.readers.files import decoded, looks_like
from claimbook.citations.readers.listing import Entry, Listing, Unreadable, names_as_printed
from claimbook.citations.readers.names import read_names
from claimbook.citations.work import Work
from claimbook.errors import InputError

KINDS = {
    "article": "journal-article", "inproceedings": "proceedings-article",
    "conference": "proceedings-article", "incollection": "book-chapter", "inbook": "book-chapter",
    "inreference": "reference-entry", "book": "book", "mvbook": "book", "collection": "book",
    "mvcollection": "book", "proceedings": "proceedings", "mvproceedings": "proceedings",
    "techreport": "report", "report": "report", "manual": "report", "phdthesis": "dissertation",
    "mastersthesis": "dissertation", "thesis": "dissertation", "unpublished": "posted-content",
    "dataset": "dataset", "software": "software", "periodical": "journal",
}  # fmt: skip
"""Types of entries, as Crossref names them; any other type is ``other``."""
MAX_PARENTS = 5
INHERITED = frozenset(
    {"year", "date", "month", "booktitle", "publisher", "series", "editor", "journal"}
    | {"journaltitle", "volume", "number", "issue", "issn", "isbn", "organization", "location"}
    | {"address", "eventdate", "eventtitle", "venue", "maintitle", "institution", "language"}
)
"""What an entry takes from its parent; never what identifies a work: doi, title, pages, author."""


def read(paths: list[Path | str]) -> Listing:
    """Read BibTeX files in order; strings and parents of one serve those behind it.

    Raises InputError if a file is no BibTeX, or if none of them has an entry.
    """
    strings = Strings()
    found: list[tuple[str, Block]] = []
    remarks: list[str] = []
    for path in paths:
        text, remark = decoded(path)
        remarks += [remark] if remark else []
        blocks_of_file = blocks(text, strings)
        if not blocks_of_file:
            raise not_bibtex(path, text)
        found += [(str(path), block) for block in blocks_of_file]
    for file, block in found:
        if block.command == "comment":
            remarks += [f"{file}, {remark}" for remark in block.remarks]
    works = [(f, b) for f, b in found if b.command not in NO_WORKS]
    if not works:
        raise InputError(
            f"{paths[0]}: no BibTeX entry found, only @{found[0][1].command}; expected "
            "something like @article{key, title = {...}}"
        )
    return _listing(works, {b.key.lower(): b for _, b in reversed(found) if b.key}, remarks)


def not_bibtex(path: Path | str, text: str) -> InputError:
    """Return the error that says what a file without entries looks like."""
    kind = looks_like(text)
    if kind.startswith("RIS"):
        kind += "; name it .ris to have it read so"
    elif kind.startswith("NBIB"):
        kind += "; name it .nbib to have it read so"
    elif kind == "JSON":
        kind += "; name it .json to have it read as CSL JSON"
    elif kind == "BibTeX":
        kind = "a damaged BibTeX file"
    return InputError(
        f"{path}: no BibTeX entry found; this looks like {kind or 'something else altogether'}"
    )


def _listing(works: list[tuple[str, Block]], parents: dict[str, Block], remarks) -> Listing:
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    first: dict[str, tuple[str, Block]] = {}
    for file, block in works:
        notes = list(dict.fromkeys(block.remarks))
        if block.key:
            other_file, other = first.setdefault(block.key.lower(), (file, block))
            if other is not block:
                where = f"line {other.line}" + (f" of {other_file}" if other_file != file else "")
                notes.append(f"the key was already used on {where}; BibTeX keeps the first")
        fields = dict(block.fields)
        _inherit(block, fields, parents, notes)
        readable = {"title", "author", "doi", "url", "booktitle", "editor"} & fields.keys()
        if block.problem and not {"title", "doi"} & fields.keys():
            line = block.problem_line or block.line
            unreadable.append(Unreadable(file, line, block.problem, block.key))
            continue
        if block.problem:
            notes.append(f"line {block.problem_line}: {block.problem}; the rest is read")
        if not readable:
            reason = "the entry has no field" if not fields else "neither title, author nor DOI"
            unreadable.append(Unreadable(file, block.line, reason, block.key))
            continue
        work, text, more = work_of_fields(fields, block.command, block.undefined)
        entries.append(
            Entry(
                key=unmarked(block.key) or f"line-{block.line}",
                work=work,
                fields=text,
                kind=block.command,
                file=file,
                line=block.line,
                start=block.start,
                end=block.end,
                spans=block.spans,
                remarks=tuple(dict.fromkeys([*notes, *more])),
            )
        )
    return Listing(tuple(entries), tuple(unreadable), tuple(remarks))


def _inherit(block: Block, fields: dict, parents: dict[str, Block], notes: list[str]) -> None:
    """Add what `crossref` and `xdata` give: as BibTeX and biblatex do, within `INHERITED`."""
    seen = {block.key.lower()}
    current = block
    for _ in range(MAX_PARENTS + 1):
        names = [
            *_keys(current.fields.get("crossref", "")),
            *_keys(current.fields.get("xdata", "")),
        ]
        parent = None
        for name in names:
            parent = parents.get(name.lower())
            if parent is None:
                notes.append(f"its crossref leads to {name}, which is not listed")
                continue
            if parent.key.lower() in seen:
                notes.append("its crossref leads in a circle")
                return
            seen.add(parent.key.lower())
            inherited = {k: v for k, v in parent.fields.items() if k in INHERITED}
            if "title" in parent.fields and parent.command != "xdata":
                inherited.setdefault("booktitle", parent.fields["title"])
            if "year" in fields or "date" in fields:
                inherited.pop("year", None)
                inherited.pop("date", None)
            for key, value in inherited.items():
                fields.setdefault(key, value)
        if parent is None:
            return
        current = parent
    notes.append(f"its crossref leads through more than {MAX_PARENTS} entries")


def _keys(value: str) -> list[str]:
    return [k.strip() for k in value.split(",") if k.strip()]


def work_of_fields(
    printed: Mapping[str, str], command: str, undefined: Collection[str] = ()
) -> tuple[Work, dict[str, str], list[str]]:
    """Return the work that BibTeX fields describe, their plain text, and remarks on them.

    undefined: fields that show only the name of a string; nothing can be compared with them.
    """
    shown = {name: unmarked(printed[name]) for name in printed if name in _SHOWN}
    text = {name: value for name, value in shown.items() if name not in undefined}
    raw = {name: value for name, value in printed.items() if name not in undefined}

    def first(*names: str) -> str:
        return next((text[n] for n in names if text.get(n)), "")

    authors, complete, remarks = read_names(raw.get("author", ""))
    kind = KINDS.get(command, "other")
    if not authors and kind in ("book", "proceedings"):
        authors, complete, remarks = read_names(raw.get("editor", ""))
    listed = parse_printed_authors(raw["printedauthors"]) if "printedauthors" in raw else None
    doi = raw.get("doi", "")
    for name in ("url", "ee", "note", "howpublished", "eprint"):
        value = raw.get(name, "")
        if not doi and "doi" in value.lower() and has_doi(value):
            doi = value
            remarks.append(f"the DOI is taken from {name}")
    if doi and not has_doi(doi):
        remarks.append("the field doi holds no DOI")
    eprint = raw.get("eprint", "") or raw.get("arxiv", "") or raw.get("arxivid", "")
    eprint_type = (first("archiveprefix", "eprinttype") or "arxiv").lower()
    journal = first("journal", "journaltitle", "journalname")
    containers = [journal, first("booktitle"), first("series"), first("shortjournal")]
    if not any(containers[:2]):
        containers.append(first("howpublished"))
    arxiv = normal_arxiv(eprint) if eprint_type == "arxiv" else ""
    if not arxiv and "arxiv" in journal.lower():
        arxiv = normal_arxiv(journal)
    work = Work(
        doi=doi if has_doi(doi) else "",
        pmid=normal_pmid(raw.get("pmid", "") or (eprint if eprint_type == "pubmed" else "")),
        arxiv=arxiv,
        isbn=tuple(filter(None, map(normal_isbn, re.split(r"[,;\s/]+", raw.get("isbn", ""))))),
        issn=tuple(filter(None, map(normal_issn, re.split(r"[,;\s/]+", raw.get("issn", ""))))),
        title=first("title") or (first("booktitle") if kind in ("book", "proceedings") else ""),
        subtitle=first("subtitle"),
        other_titles=tuple(filter(None, (first("origtitle"), first("shorttitle")))),
        authors=authors,
        authors_complete=complete,
        years=normal_years(first("year", "date")) or normal_years(first("date")),
        container_titles=tuple(dict.fromkeys(filter(None, containers))),
        volume=first("volume"),
        issue=first("number", "issue"),
        pages=first("pages"),
        article_number=first("eid", "articleno", "article-number"),
        kind=kind,
        address=first("url"),
    )
    if listed is not None:
        work = replace(
            work,
            authors=listed.authors,
            authors_complete=listed.authors_complete,
            last_authors=listed.last_authors,
        )
    return work, _printed(shown, work), remarks


def _printed(text: dict[str, str], work: Work) -> dict[str, str]:
    """Return the fields of the audit as printed, and others that a report may show."""

    def first(*names: str) -> str:
        return next((text[n] for n in names if text.get(n)), "")

    authors = text.get("printedauthors") or names_as_printed(work)
    title = ": ".join(filter(None, (first("title"), first("subtitle")))) or work.title
    return {
        "authors": authors,
        "year": first("year") or first("date")[:4],
        "title": title,
        "journal": first("journal", "journaltitle", "booktitle", "howpublished", "publisher"),
        "volume": first("volume"),
        "issue": first("number", "issue"),
        "pages": first("pages", "eid", "articleno"),
        "doi": first("doi") or work.doi,
        "url": first("url"),
        **{name: text[name] for name in ("ids", "note", "pmid", "publisher") if text.get(name)},
    }


_SHOWN = frozenset(
    {"title", "subtitle", "year", "date", "journal", "journaltitle", "journalname", "booktitle"}
    | {"series", "shortjournal", "howpublished", "publisher", "volume", "number", "issue", "pages"}
    | {"eid", "articleno", "article-number", "doi", "url", "ids", "note", "pmid", "origtitle"}
    | {"shorttitle", "printedauthors", "archiveprefix", "eprinttype"}
)
