"""The works behind the rows of evidence, as schema.org describes a creative work.

A work is told by its row, by other rows of the same study, and by the table of references, in this
order. What a row marks as unconfirmed is left out, and so are rows that were never verified.
"""

from claimbook.book.book import Book
from claimbook.book.evidence import verified
from claimbook.book.text import doi_link, safe_link, visible
from claimbook.citations.fields import as_text

STUDY_COLUMNS = ("study_key", "source_key", "source_id", "key")
"""Columns that name the work of a row; the first that a table has counts."""
FIELDS = ("title", "year", "journal", "doi", "pmid")
OF_THE_ROW = ("first_author", "source_citation", "evidence_url")


def works_of_rows(book: Book) -> dict[str, tuple[str, dict]]:
    """Return row id -> name of its work and the work as a schema.org CreativeWork.

    Only verified rows of the tables of evidence are there.
    """
    rows = [row for name in book.tables.frames for row in _rows(book, name)]
    studies: dict[str, dict[str, str]] = {}
    for row in [*rows, *_references(book)]:
        known = studies.setdefault(row["study"], {})
        for name, value in row["fields"].items():
            known.setdefault(name, value)
    return {
        row["row_id"]: (row["study"], _work(row["study"], studies[row["study"]] | row["fields"]))
        for row in rows
    }


def _rows(book: Book, table: str) -> list[dict]:
    frame = book.table(table)
    column = next((name for name in STUDY_COLUMNS if name in frame), None)
    if column is None or not {"row_id", "verification"} <= set(frame):
        return []
    return [
        {
            "row_id": record["row_id"],
            "study": as_text(record[column]) or record["row_id"],
            "fields": _confirmed(record, "", OF_THE_ROW),
        }
        for record in verified(frame).astype(object).to_dict("records")
    ]


def _references(book: Book) -> list[dict]:
    records = book.table("references").astype(object).to_dict("records")
    return [{"study": r["key"], "fields": _confirmed(r, "intended_", ())} for r in records]


def _confirmed(record: dict, prefix: str, more: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of a work that a record gives and does not mark as unconfirmed."""
    doubtful = {name.strip() for name in as_text(record.get("unconfirmed_fields")).split(";")}
    columns = {name: name if name == "pmid" else prefix + name for name in FIELDS}
    columns |= {name: name for name in more}
    found = {name: as_text(record.get(column)) for name, column in columns.items()}
    return {n: visible(v) for n, v in found.items() if v and columns[n] not in doubtful}


def _work(study: str, fields: dict[str, str]) -> dict:
    """Return a work as JSON-LD: with its DOI as its name in the web, if that is known."""
    doi, journal = doi_link(fields.get("doi", "")), fields.get("journal")
    page = safe_link(fields.get("evidence_url", "").split(" | ")[0])
    by = ", ".join(fields[name] for name in ("first_author", "year") if name in fields)
    name = fields.get("title") or fields.get("source_citation") or by or study
    work: dict = {"@type": "ScholarlyArticle" if journal else "CreativeWork", "name": visible(name)}
    if doi:
        work["@id"] = doi
    if doi or page:
        work["url"] = doi or page
    if fields.get("year"):
        work["datePublished"] = fields["year"]
    if journal:
        work["isPartOf"] = {"@type": "Periodical", "name": journal}
    ids = [
        {"@type": "PropertyValue", "propertyID": scheme, "value": fields[scheme]}
        for scheme in ("doi", "pmid")
        if fields.get(scheme)
    ]
    if ids:
        work["identifier"] = ids
    return work
