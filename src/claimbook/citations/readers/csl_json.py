"""Read CSL JSON, as Zotero, Mendeley, pandoc and doi.org write it."""

import json
import re
from pathlib import Path

from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    has_doi,
    normal_isbn,
    normal_issn,
    normal_pmid,
    normal_years,
)
from claimbook.citations.readers.files import Lines, decoded, looks_like
from claimbook.citations.readers.listing import Entry, Listing, Unreadable, printed_fields
from claimbook.citations.work import Name, Work
from claimbook.errors import InputError

KINDS = {
    "article-journal": "journal-article", "article-magazine": "journal-article",
    "article-newspaper": "journal-article", "review": "journal-article",
    "article": "posted-content", "chapter": "book-chapter", "entry": "reference-entry",
    "entry-encyclopedia": "reference-entry", "paper-conference": "proceedings-article",
    "thesis": "dissertation", "manuscript": "posted-content",
}  # fmt: skip
_MEMBERS = frozenset({"title", "author", "DOI", "container-title", "issued", "editor"})
MAX_DEPTH = 100


def read(path: Path | str) -> Listing:
    """Read a CSL JSON file: a list of items, one item, or an object with `items`.

    Raises InputError if it is none.
    """
    text, remark = decoded(path)
    kind = looks_like(text)
    if kind != "JSON":
        raise InputError(f"{path}: no CSL JSON; this looks like {kind or 'something else'}")
    items, problems = _items(text)
    lines = Lines(text)
    entries, unreadable = [], []
    for position, item in items:
        line = lines.of(position)
        if not isinstance(item, dict):
            unreadable.append(Unreadable(str(path), line, "no object with the fields of a work"))
            continue
        item = _from_zotero(item) if "itemType" in item else item
        key = _text(item.get("id")) or _text(item.get("citation-key")) or f"line-{line}"
        if not _MEMBERS & item.keys():
            reason = "the item has neither title, author nor DOI"
            unreadable.append(Unreadable(str(path), line, reason, key))
            continue
        work = work_of_item(item)
        entries.append(
            Entry(key, work, printed_fields(work), _text(item.get("type")), str(path), line)
        )
    for position, reason in problems:
        unreadable.append(Unreadable(str(path), lines.of(position), reason))
    if not entries and items and all(u.reason.startswith("the item") for u in unreadable):
        raise InputError(f"{path}: no CSL JSON; this looks like JSON of another kind")
    if not entries and not unreadable:
        raise InputError(f"{path}: no entry found; the list is empty")
    return Listing(tuple(entries), tuple(unreadable), (remark,) if remark else ())


def _items(text: str) -> tuple[list[tuple[int, object]], list[tuple[int, str]]]:
    """Return the items with their places, and what is broken; items before that are read."""
    if re.search(r"[\[{]\s*" * MAX_DEPTH, text):
        return [], [(0, "nested too deeply")]
    decoder = json.JSONDecoder()
    start = re.search(r"[\[{]", text).start()
    if text[start] == "{":
        try:
            whole, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            return [], [(getattr(error, "pos", start), "no valid JSON from here on")]
        inner = next((whole[n] for n in ("items", "references") if n in whole), None)
        if isinstance(inner, list):
            return [(start, item) for item in inner], []
        if whole and all(isinstance(v, dict) for v in whole.values()):
            return [(start, {"id": k, **v}) for k, v in whole.items()], []
        return [(start, whole)], []
    items, problems, position = [], [], start + 1
    while True:
        position = re.compile(r"[\s,]*").match(text, position).end()
        if position >= len(text) or text[position] == "]":
            return items, problems
        try:
            item, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            problems.append((getattr(error, "pos", position), "no valid JSON; passed over"))
            following = re.compile(r"\n[ \t]{0,4}\{").search(text, position + 1)
            if following is None:
                return items, problems
            position = following.end() - 1
            continue
        items.append((position, item))
        position = end


def _from_zotero(item: dict) -> dict:
    """Return an item of Zotero's own JSON with the names of CSL."""
    names = {"publicationTitle": "container-title", "bookTitle": "container-title"}
    names |= {"journalAbbreviation": "container-title-short", "date": "issued", "pages": "page"}
    names |= {"proceedingsTitle": "container-title", "url": "URL", "citationKey": "id"}
    creators = item.get("creators") if isinstance(item.get("creators"), list) else []
    authors = [
        {"family": c.get("lastName"), "given": c.get("firstName"), "literal": c.get("name")}
        for c in creators
        if isinstance(c, dict) and c.get("creatorType", "author") == "author"
    ]
    kinds = {"journalArticle": "article-journal", "bookSection": "chapter", "preprint": "article"}
    kinds |= {"conferencePaper": "paper-conference", "computerProgram": "software"}
    renamed = {names[n]: v for n, v in item.items() if n in names}
    kind = _text(item["itemType"])
    return {**item, **renamed, "author": authors, "type": kinds.get(kind, kind)}


def _text(value) -> str:
    if isinstance(value, list):
        return next((t for t in map(_text, value) if t), "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return unmarked(str(value))


def _texts(value) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, value if isinstance(value, list) else [value])))


def _name(value) -> Name | None:
    if not isinstance(value, dict):
        return None
    family, given = _text(value.get("family")), _text(value.get("given"))
    literal = _text(value.get("literal")) or _text(value.get("name"))
    if not family:
        return Name(literal or given, collective=bool(literal)) if literal or given else None
    particle = _text(value.get("non-dropping-particle")) or _text(value.get("dropping-particle"))
    family = " ".join(filter(None, (particle, family)))
    return Name(family, given, _text(value.get("suffix")), collective=not given)


def _years(item: dict) -> tuple[str, ...]:
    found = []
    for name in ("issued", "published-print", "published-online", "published"):
        date = item.get(name)
        if isinstance(date, dict):
            parts = date.get("date-parts")
            for part in parts if isinstance(parts, list) else []:
                found += normal_years(_text(part[0])) if isinstance(part, list) and part else ()
            for member in ("raw", "literal", "year"):
                found += normal_years(_text(date.get(member)))
        else:
            found += normal_years(_text(date))
    return tuple(dict.fromkeys(found))


def work_of_item(item: dict) -> Work:
    """Return the work that a CSL item describes; members of a wrong kind count as missing."""
    kind = _text(item.get("type"))
    people = item.get("author") or (item.get("editor") if kind == "book" else None) or []
    people = people if isinstance(people, list) else [people]
    names = tuple(n for n in map(_name, people) if n is not None)
    complete = not any(n.family.lower() in ("et al", "et al.", "others") for n in names)
    doi = _text(item.get("DOI")) or _text(item.get("doi"))
    if not doi:
        doi = next((v for n in ("URL", "note") if "doi" in (v := _text(item.get(n))).lower()), "")
    titles = _texts(item.get("title"))
    isbn = (i for v in _texts(item.get("ISBN")) for i in re.split(r"[,;\s]+", v))
    issn = (i for v in _texts(item.get("ISSN")) for i in re.split(r"[,;\s]+", v))
    containers = [
        t
        for n in ("container-title", "container-title-short", "journalAbbreviation")
        for t in _texts(item.get(n))
    ]
    containers += _texts(item.get("collection-title"))
    return Work(
        doi=doi if has_doi(doi) else "",
        pmid=normal_pmid(_text(item.get("PMID"))),
        isbn=tuple(filter(None, map(normal_isbn, isbn))),
        issn=tuple(filter(None, map(normal_issn, issn))),
        title=titles[0] if titles else "",
        subtitle=_text(item.get("subtitle")),
        other_titles=_texts(item.get("original-title")) + titles[1:],
        authors=tuple(n for n in names if n.family.lower() not in ("et al", "et al.", "others")),
        authors_complete=complete,
        years=_years(item),
        container_titles=tuple(dict.fromkeys(containers)),
        volume=_text(item.get("volume")),
        issue=_text(item.get("issue")),
        pages=_text(item.get("page")),
        article_number=_text(item.get("article-number")),
        kind=KINDS.get(kind, kind or "other"),
        address=_text(item.get("URL")),
    )
