"""Write what an audit found for others to use: a corrected bibliography, and errata.

``python -m claimbook.citations.corrections [DATA]`` writes DATA/references_corrected.bib anew.
"""

import re
import sys
from pathlib import Path

import pandas as pd

from claimbook.book.storage import write_whole
from claimbook.book.text import doi_link, markdown_text, safe_link, visible
from claimbook.citations.fields import FIELDS, as_text, split_record_name
from claimbook.citations.known_works import RECORD_COLUMNS, load_records
from claimbook.citations.normal import normal_doi

LABELS = {name: name for name in FIELDS} | {"doi": "DOI", "authors": "author list"}
SURE = {
    "abstract_or_page": "read on a page of, or about, the work itself",
    "secondary": "read in another work or a news page that describes it",
    "derived": "computed from other rows",
    "unverified": "not confirmed on any page",
    "not_found": "no page of the work as printed was found; the work given here is a proposal",
}
CORRECTED = "references_corrected.bib"
"""Name of the generated bibliography in a data folder."""
CORRECTED_COLUMNS = frozenset(
    {*RECORD_COLUMNS, "pmid", "verdict", "duplicate_of", "disagreeing_fields", "evidence_url"}
)
"""Columns that a table of works needs for what is written here."""
_HEADER = """% The cited works as they are, where they could be identified. Generated: do not edit.
% A note marks whatever the source itself did not confirm.
"""


# --- corrected bibliography ----------------------------------------------------------------------


def corrected(records: pd.DataFrame) -> str:
    """Return a .bib text of every work that could be identified, each once, in key order.

    records: table with key, the `intended_*` columns, pmid, verdict, duplicate_of, verification,
    unconfirmed_fields and evidence_url. An entry whose level of verification is not
    ``abstract_or_page``, whose fields are partly unconfirmed, or which only stands in for an entry
    that was not found carries a `note` that says so. Equal input gives equal bytes.
    """
    rows = [{n: as_text(v) for n, v in row.items()} for row in records.to_dict("records")]
    kept: dict[tuple, dict] = {}
    for row in rows:
        if row["intended_title"] and not row["duplicate_of"]:
            doi = normal_doi(row["intended_doi"])
            kept.setdefault((doi,) if doi else ("", row["key"]), row)
    entries = [_corrected_entry(row) for row in sorted(kept.values(), key=lambda r: r["key"])]
    return "\n".join([_HEADER, *entries])


def _corrected_entry(row: dict[str, str]) -> str:
    article = bool(row["intended_volume"] or row["intended_pages"])
    address = "" if article else row["evidence_url"].split(" | ")[0]
    pages = re.sub(r"(?<=\d)-(?=[A-Za-z]?\d)", "--", _escaped(row["intended_pages"]))
    fields = {
        "author": _bibtex_authors(row["intended_authors"]),
        "year": _escaped(row["intended_year"]),
        "title": "{" + _escaped(row["intended_title"]) + "}",
        "journal" if article else "howpublished": _escaped(row["intended_journal"]),
        "volume": _escaped(row["intended_volume"]),
        "number": _escaped(row["intended_issue"]),
        "pages": pages,
        "doi": visible(row["intended_doi"]) if doi_link(row["intended_doi"]) else "",
        "url": safe_link(address),
        "pmid": row.get("pmid", "") if row.get("pmid", "").isdigit() else "",
        "note": _escaped(_mark(row)),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    key = re.sub(r"[^\w.:+-]", "_", row["key"])
    return f"@{'article' if article else 'misc'}{{{key},\n{''.join(lines)}}}\n"


def _mark(row: dict[str, str]) -> str:
    """Return what a reader must know before trusting an entry, or ``""``."""
    remarks = []
    if proposed(row):
        remarks.append("Proposed: no work as printed in the list was found")
    if row["verification"] not in ("abstract_or_page", "not_found"):
        level = SURE.get(row["verification"], "how it was checked is not known")
        remarks.append(level[0].upper() + level[1:])
    elif row["verification"] == "not_found" and not remarks:
        remarks.append("Proposed: no page of the work as printed was found")
    open_fields = _unconfirmed(row, "intended_")
    if open_fields:
        remarks.append(f"Not confirmed by the source itself: {', '.join(open_fields)}")
    names = [n.strip() for n in row["intended_authors"].split(";")]
    if "et al." in names[:-1]:
        remarks.append(f"Authors left out before the last one, {names[-1]}")
    return ". ".join(remarks) + "." if remarks else ""


def proposed(row: dict) -> bool:
    """Whether the work meant is a proposal: nothing with the printed title was found."""
    retitled = "title" in row["disagreeing_fields"].split(";")
    return row["verdict"] == "not_found_as_printed" or (
        row["verdict"] == "doi_of_another_work" and retitled
    )


def _unconfirmed(row: dict[str, str], side: str) -> list[str]:
    names = {n.strip() for n in row["unconfirmed_fields"].split(";")}
    return [LABELS[name] for name in FIELDS if f"{side}{name}" in names]


def _bibtex_authors(authors: str) -> str:
    """Return ``Family, I. N. and {Organisation} and others`` from ``Family IN; Organisation``."""
    names = [name.strip() for name in authors.split(";") if name.strip()]
    if "et al." in names:
        names = [*names[: names.index("et al.")], "et al."]
    written = []
    for name in names:
        family, initials, suffix = split_record_name(name)
        if name == "et al.":
            written.append("others")
        elif not initials:
            written.append("{" + _escaped(family) + "}")
        else:
            spaced = " ".join(f"{letter}." for letter in initials if letter.isalpha())
            family = _escaped(family)
            family = "{" + family + "}" if " " in family else family
            parts = (family, f"{suffix.rstrip('.')}." if suffix else "", spaced)
            written.append(", ".join(filter(None, parts)))
    return " and ".join(written)


def _escaped(value: str) -> str:
    """Return text that BibTeX and LaTeX take literally: no brace, command, comment or math."""
    text = visible(value).replace("\\", "/").replace("{", "(").replace("}", ")")
    text = re.sub(r"([&%$#_])", r"\\\1", text)
    return text.replace("~", "-").replace("^", "'").replace("@", "(at)").strip()


# --- errata --------------------------------------------------------------------------------------


def errata(audited: pd.DataFrame, records: pd.DataFrame) -> str:
    """Return the errata as Markdown: numbered corrections, then what could not be checked.

    audited: table of `audit.audit` with claims. records: the rows it was audited against, whose
    verification, unconfirmed_fields and evidence_url tell how sure each correction is.
    """
    rows = {as_text(r["key"]): r for r in records.to_dict("records")}
    rows = {key: {n: as_text(v) for n, v in row.items()} for key, row in rows.items()}
    table = audited.to_dict("records")
    lines = [
        "# Errata",
        "",
        "Kindly offered to the author: what the list of references prints, what was found in its "
        "place, where to look, and how sure that is. Generated from the audit; an entry that is "
        "not named here agreed in every printed field that could be compared.",
        "",
        "## Suggested corrections",
        "",
    ]
    number = 0
    for entry in table:
        if entry["verdict"] in ("accurate", "record_unknown"):
            continue
        row = rows.get(entry["key"], {})
        if not row.get("intended_title"):
            continue
        number += 1
        lines += _correction(number, entry, row)
    uncited = [e for e in table if not pd.isna(e["cited_in_text"]) and not e["cited_in_text"]]
    for entry in uncited:
        number += 1
        lines += [
            f"{number}. **{markdown_text(short_citation(entry))}** stands in the list, and the "
            "text does not cite it. A citation could be added, or the entry left out. How sure: "
            "every citation in the text was compared with the list.",
            "",
        ]
    if number == 0:
        lines += ["None.", ""]
    return "\n".join([*lines, *_unchecked(table, rows)]).rstrip("\n") + "\n"


def short_citation(entry: dict) -> str:
    """Return ``authors (year)`` as printed, shortened to the first author of a long list."""
    authors = visible(entry["printed_authors"]) or "No author"
    if authors.count(",") > 3:
        authors = authors.split(",")[0] + " et al."
    return f"{authors} ({visible(entry['printed_year']) or 'no year'})"


_OPENING = {
    "author_or_detail_errors": "The DOI leads to the work, but some of what is printed differs.",
    "doi_of_another_work": "The printed DOI is not the DOI of the printed work.",
    "duplicate_of": "This is the same work as another entry of the list.",
    "not_found_as_printed": "No work with this combination of details was found.",
    "missing_from_list": "The text cites this work; the list has no entry for it.",
}


def _correction(number: int, entry: dict, row: dict[str, str]) -> list[str]:
    lines = [
        f"{number}. **{markdown_text(short_citation(entry))}**. {_OPENING[entry['verdict']]}",
        f"   - Entry: `{re.sub(r'[^A-Za-z0-9_.:+-]', '', entry['key'])}`",
    ]
    if entry["verdict"] == "duplicate_of":
        lines.append(f"   - Same work as: {markdown_text(entry['duplicate_of'])}")
    differing = [n for n in entry["disagreeing_fields"].split(";") if n]
    other = entry["verdict"] == "doi_of_another_work" and entry["compared_with"] == "registered"
    found = "under that DOI" if other else "proposed" if proposed(entry) else "found"
    doubtful = set(entry["unconfirmed_disagreements"].split(";"))
    for name in differing:
        doubt = " (the record itself is unconfirmed here)" if name in doubtful else ""
        lines.append(
            f"   - {LABELS[name].capitalize() if name != 'doi' else 'DOI'}: printed "
            f"“{markdown_text(entry[f'printed_{name}']) or 'nothing'}”, {found} "
            f"“{markdown_text(entry[f'record_{name}'])}”{doubt}"
        )
    registered = entry["doi_registered_to"]
    if entry["verdict"] == "doi_of_another_work":
        known = registered not in ("unknown", "no DOI printed")
        lines.append(
            f"   - The printed DOI is registered to: “{markdown_text(registered)}”"
            if known
            else "   - What the printed DOI is registered to could not be checked."
        )
    name = "Perhaps meant" if proposed(entry) else "The work"
    lines.append(f"   - {name}: {markdown_text(describe(row))}")
    addresses = [safe_link(a) for a in row["evidence_url"].split(" | ")]
    addresses = [a for a in (doi_link(row["intended_doi"]), *addresses) if a]
    if addresses:
        lines.append("   - Where to look: " + ", ".join(f"<{a}>" for a in addresses[:3]))
    lines.append(f"   - How sure: {how_sure(row)}")
    return [*lines, ""]


def describe(row: dict[str, str]) -> str:
    """Return the work meant by a row of the records as one line of plain text."""
    issue = f"({row['intended_issue']})" if row["intended_issue"] else ""
    place = ", ".join(
        filter(
            None,
            (row["intended_journal"], row["intended_volume"] + issue, row["intended_pages"]),
        )
    )
    authors, year = row["intended_authors"] or "authors unknown", row["intended_year"]
    title = row["intended_title"]
    title += "" if title[-1:] in (".", "?", "!") else "."
    return f"{authors.rstrip('.')} ({year or 'n.d.'}). {title} {place}."


def how_sure(row: dict[str, str]) -> str:
    """Return how well the record of a work was confirmed, as a sentence without a subject."""
    sure = SURE.get(row["verification"], "not known")
    if proposed(row) and row["verification"] != "not_found":
        sure += "; that it is the work meant is a proposal"
    unconfirmed = _unconfirmed(row, "intended_")
    if unconfirmed:
        sure += f"; not confirmed by the source itself: {', '.join(unconfirmed)}"
    return sure + "."


def _unchecked(table: list[dict], rows: dict[str, dict[str, str]]) -> list[str]:
    """Return the section on DOIs, entries and fields that nobody could check."""
    lines = []
    for entry in table:
        row = rows.get(entry["key"], {})
        name = markdown_text(short_citation(entry))
        nothing = not row.get("intended_title")
        if entry["verdict"] in ("not_found_as_printed", "record_unknown") and nothing:
            lines.append(f"- **{name}**: no page of this work was found; nothing is disproved.")
        elif entry["verdict"] == "missing_from_list" and nothing:
            lines.append(f"- **{name}**: cited without an entry; which work is meant is unknown.")
        if entry["doi_registered_to"] == "unknown":
            doi = markdown_text(entry["printed_doi"])
            lines.append(f"- **{name}**: what the DOI {doi} is registered to.")
        if entry["verdict"] == "accurate":
            unconfirmed = _unconfirmed(row, "intended_") if row else []
            if unconfirmed:
                lines.append(
                    f"- **{name}**: agrees as far as known; not confirmed by the source itself: "
                    f"{', '.join(unconfirmed)}."
                )
    if not lines:
        return []
    return ["## What could not be checked", "", *lines, ""]


def main(arguments: list[str]) -> int:
    """Write references_corrected.bib into the data folder named (default: data)."""
    data = Path(arguments[0]) if arguments else Path("data")
    records = load_records(data / "evidence" / "references.csv")
    write_whole(data / CORRECTED, corrected(records))
    print(f"{data / CORRECTED} written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
