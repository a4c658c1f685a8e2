"""A .bib file with what is sure put right, and every other byte as it was."""

import re
from collections import Counter

from claimbook.book.bibliography import plain_text
from claimbook.book.text import doi_link
from claimbook.citations.normal import normal_doi, normal_pages, normal_year
from claimbook.citations.reports.bib_text import RawEntry, RawField, decoded_exactly, raw_entries
from claimbook.citations.reports.findings import FieldChange, Finding

NAMES = {
    "year": ("year", "date"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "DOI": ("doi",),
}
"""What BibTeX and biblatex call the fields that may be put right."""
_NORMAL = {"pages": normal_pages, "DOI": normal_doi, "year": normal_year}


def corrected_bib(raw: bytes, findings: list[Finding]) -> bytes | None:
    """Return the file with its sure changes made, or None where there is none to make.

    An entry whose key is there twice or that is written in an unusual way is left alone, and so is
    a field that does not plainly say what was read from it.
    """
    if not any(change.sure for finding in findings for change in finding.changes):
        return None
    text, codec = decoded_exactly(raw)
    entries = raw_entries(text)
    keys = Counter(entry.key for entry in entries)
    by_key = {e.key: e for e in entries if e.whole and keys[e.key] == 1}
    edits = []
    for finding in findings:
        entry = by_key.get(finding.key)
        if entry is None:
            continue
        for change in finding.changes:
            field = _field(entry, change) if change.sure else None
            if field is not None:
                edits.append((field, _written(text, field, change)))
                edits += _addresses(text, entry, change)
    if not edits:
        return None
    for field, value in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: field.start] + value + text[field.end :]
    return text.encode(codec, errors="surrogateescape")


def _field(entry: RawEntry, change: FieldChange) -> RawField | None:
    """Return the one field that says what is to be changed, if it says just that."""
    names = [name for name in NAMES.get(change.field, ()) if name in entry.fields]
    if len(names) != 1:
        return None
    field = entry.fields[names[0]]
    normal = _NORMAL.get(change.field, lambda v: v)
    if normal(plain_text(field.value).strip()) != normal(change.printed):
        return None
    if names[0] == "date" and not re.fullmatch(r"\s*\d{4}\s*", field.value):
        return None
    return field


def _addresses(text: str, entry: RawEntry, change: FieldChange) -> list[tuple[RawField, str]]:
    """Return the change of an address that leads to the DOI that is changed, if there is one."""
    address = entry.fields.get("url")
    if change.field != "DOI" or address is None or "doi.org/" not in address.value:
        return []
    if normal_doi(address.value) != normal_doi(change.printed):
        return []
    there = FieldChange("url", address.value, doi_link(change.found), sure=True)
    return [(address, _written(text, address, there))] if there.found else []


def _written(text: str, field: RawField, change: FieldChange) -> str:
    """Return the new value between the same braces or quotes."""
    value = change.found
    if change.field == "pages":
        value = re.sub(r"(?<=\w)-(?=\w)", "--", value)
    opening = text[field.start]
    if opening in '{"':
        inner = field.value
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        return opening + before + value + after + {"{": "}", '"': '"'}[opening]
    return value if value.isdigit() else "{" + value + "}"
