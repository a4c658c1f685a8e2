"""Audit a reference list: every printed entry against the record of the work, by rules.

The verdict of an entry, by the first rule that fits:

1. ``missing_from_list``: the text cites it and the list has no such entry.
2. ``duplicate_of``: an earlier entry prints the same DOI with a title of the same work, or the
   same title with the same year and first author.
3. The printed DOI is known to be registered. ``doi_of_another_work`` if the registered title is of
   another work (`SAME_WORK_SCORE`); otherwise ``accurate`` if no printed field disagrees with the
   record, else ``author_or_detail_errors``.
4. What the printed DOI is registered to is not known, but a known work is found as printed: title
   (`FOUND_SCORE`), first author, year and journal agree. ``doi_of_another_work`` if that work has
   another DOI; otherwise as in rule 3.
5. ``not_found_as_printed``: somebody searched (the entry has a row in the records), or a known work
   has the title but not the rest. ``record_unknown`` if nothing is known of it at all; that is no
   reproach to the entry.

A field missing in print, or unknown in the record, never disagrees.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
from pybtex.database import BibliographyData

from claimbook.book.bibliography import entry_fields
from claimbook.citations.fields import (
    FIELDS,
    SAME_WORK_SCORE,
    Authors,
    as_text,
    authors_agree,
    authors_of_entry,
    dois_agree,
    first_author_agrees,
    journals_agree,
    normal_doi,
    normal_year,
    numbers_agree,
    pages_agree,
    parse_printed_authors,
    parse_record_authors,
    title_identifies,
    title_score,
    title_words,
    titles_agree,
    years_agree,
)
from claimbook.citations.known_works import UNVERIFIED, Work, Works, known_works

VERDICTS = (
    "accurate",
    "author_or_detail_errors",
    "doi_of_another_work",
    "duplicate_of",
    "not_found_as_printed",
    "missing_from_list",
    "record_unknown",
)
"""``record_unknown`` is given only to entries that no record and nobody's search covers."""

AUDIT_COLUMNS = (
    "key",
    "verdict",
    "duplicate_of",
    "disagreeing_fields",
    "unconfirmed_disagreements",
    "omitted_fields",
    "cited_in_text",
    "compared_with",
    "doi_registered_to",
    "title_likeness",
    "reason",
    *(f"printed_{name}" for name in FIELDS),
    *(f"record_{name}" for name in FIELDS),
    "record_key",
    "verification",
)

_AGREE = {
    "year": years_agree,
    "title": titles_agree,
    "journal": journals_agree,
    "volume": numbers_agree,
    "issue": numbers_agree,
    "pages": pages_agree,
    "doi": dois_agree,
}


@dataclass(frozen=True)
class Printed:
    """An entry as printed: its key, its fields as text, its authors taken apart."""

    key: str
    fields: dict[str, str]
    authors: Authors


@dataclass(frozen=True)
class _Judged:
    verdict: str
    reason: str
    duplicate_of: str = ""


def printed_entries(bibliography: BibliographyData) -> list[Printed]:
    """Return the entries of a bibliography, in its order."""
    return [
        Printed(key, entry_fields(entry), authors_of_entry(entry))
        for key, entry in bibliography.entries.items()
    ]


def compare_fields(printed: Printed, work: Work) -> dict[str, bool | None]:
    """Return for each of `FIELDS`: True agrees, False disagrees, None nothing to compare."""
    result = {
        "authors": authors_agree(printed.authors, parse_record_authors(work.fields["authors"]))
    }
    for name, agree in _AGREE.items():
        result[name] = agree(printed.fields[name], work.fields[name])
    return result


def cited_keys(claims: pd.DataFrame) -> list[str]:
    """Return the keys in column `cites` (``;``-separated) of a table of claims, in text order."""
    cells = (as_text(value).split(";") for value in claims["cites"])
    return list(dict.fromkeys(key.strip() for keys in cells for key in keys if key.strip()))


def find_duplicates(entries: list[Printed]) -> dict[str, str]:
    """Return entry -> the first entry that is the same work, for all but the first of a work.

    Same work: the same printed DOI and titles alike (`SAME_WORK_SCORE`); or the same title, year
    and first author. Entries are looked up by DOI and title, so the cost grows with their number.
    """
    by_doi: dict[str, list[Printed]] = {}
    by_title: dict[tuple, list[Printed]] = {}
    duplicates: dict[str, str] = {}
    for entry in entries:
        doi = normal_doi(entry.fields["doi"])
        title = (title_words(entry.fields["title"]), normal_year(entry.fields["year"]))
        same_doi = by_doi.setdefault(doi, []) if doi else []
        same_title = by_title.setdefault(title, []) if title[0] else []
        original = next(
            (
                other
                for other in same_doi
                if title_score(entry.fields["title"], other.fields["title"]) >= SAME_WORK_SCORE
            ),
            None,
        ) or next(
            (o for o in same_title if first_author_agrees(entry.authors, o.authors)),
            None,
        )
        if original is not None:
            duplicates[entry.key] = original.key
        else:
            same_doi.append(entry)
            same_title.append(entry)
    return duplicates


def audit(
    bibliography: BibliographyData,
    records: pd.DataFrame,
    claims: pd.DataFrame | None = None,
    *,
    match_keys: bool = True,
    found: Iterable[Work] = (),
) -> pd.DataFrame:
    """Return one row (`AUDIT_COLUMNS`) per printed entry, then per work cited without an entry.

    bibliography: the list as printed. records: what is known (`audit_works.RECORD_COLUMNS`).
    claims: table with column `cites`; without it `cited_in_text` is NA and nothing can be missing.
    match_keys: the rows of the records were written for these very entries, so a row's work is the
    one meant; otherwise entries find their records by DOI and title alone.
    found: works found elsewhere, such as online; they only settle DOIs the records do not know.

    disagreeing_fields, omitted_fields: ``;``-separated, in the order of `FIELDS`; omitted fields
    stand in the record and not in print. unconfirmed_disagreements: those disagreeing fields for
    which the record itself is unconfirmed. compared_with: ``registered``, ``intended``,
    ``crossref`` or ``unknown``. title_likeness: 0 to 100, NA if nothing was compared.
    """
    works = known_works(records, found)
    entries = printed_entries(bibliography)
    duplicates = find_duplicates(entries)
    cited = None if claims is None else cited_keys(claims)
    rows = [_audit_entry(e, works, duplicates, cited, match_keys) for e in entries]
    listed = {e.key.lower() for e in entries}
    for key in cited or ():
        if key.lower() not in listed:
            rows.append(_missing_row(key, works))
    table = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
    table["cited_in_text"] = table["cited_in_text"].astype("boolean")
    table["title_likeness"] = table["title_likeness"].astype("Float64")
    return table


def _audit_entry(
    entry: Printed,
    works: Works,
    duplicates: dict[str, str],
    cited: list[str] | None,
    match_keys: bool,
) -> dict:
    registered = works.by_doi.get(normal_doi(entry.fields["doi"]))
    searched = match_keys and entry.key in works.rows
    meant = works.intended.get(entry.key) if searched else works.find_title(entry.fields["title"])
    judged = _judge(entry, registered, meant, duplicates.get(entry.key, ""), searched)
    work = _work_to_compare(entry, registered, meant)
    row = _row(entry, work, judged)
    row["cited_in_text"] = None if cited is None else entry.key in cited
    row["doi_registered_to"] = _doi_answer(entry, registered)
    return row


def _judge(
    entry: Printed,
    registered: Work | None,
    meant: Work | None,
    duplicate_of: str,
    searched: bool,
) -> _Judged:
    """Apply the rules of this module, in their order."""
    title = entry.fields["title"]
    if duplicate_of:
        return _Judged(
            "duplicate_of", f"the same work as the entry {duplicate_of}", duplicate_of=duplicate_of
        )
    if registered is not None and registered.title:
        if title_score(title, registered.title) < SAME_WORK_SCORE:
            return _Judged("doi_of_another_work", "the printed DOI is registered to another work")
        return _by_details(entry, registered, "the printed DOI leads to the work")
    unknown = "what the printed DOI is registered to is unknown"
    if not entry.fields["doi"]:
        unknown = "no DOI is printed"
    if meant is not None and _found_as_printed(entry, meant):
        if dois_agree(entry.fields["doi"], meant.fields["doi"]) is False:
            return _Judged(
                "doi_of_another_work",
                f"the work found has another DOI; {unknown}",
            )
        return _by_details(entry, meant, f"the work was found as printed; {unknown}")
    if searched or meant is not None:
        return _Judged("not_found_as_printed", f"no work as printed is known; {unknown}")
    return _Judged("record_unknown", f"no record of this work is at hand; {unknown}")


def _found_as_printed(entry: Printed, work: Work) -> bool:
    """Whether title, first author, year and journal agree (an unknown one does not object)."""
    first = first_author_agrees(entry.authors, parse_record_authors(work.fields["authors"]))
    return (
        work.verification != UNVERIFIED
        and title_identifies(entry.fields["title"], work.title)
        and first is not False
        and years_agree(entry.fields["year"], work.fields["year"]) is not False
        and journals_agree(entry.fields["journal"], work.fields["journal"]) is not False
    )


def _by_details(entry: Printed, work: Work, how: str) -> _Judged:
    wrong = [name for name, agrees in compare_fields(entry, work).items() if agrees is False]
    if wrong:
        return _Judged("author_or_detail_errors", f"{how}; these differ: {', '.join(wrong)}")
    return _Judged("accurate", f"{how}; nothing printed disagrees")


def _work_to_compare(entry: Printed, registered: Work | None, meant: Work | None) -> Work | None:
    """Return the record whose fields the printed ones are held against.

    The registered one if its title is of the printed work; else the work meant if its title is;
    else whichever is known, the registered one first.
    """
    for work in (registered, meant):
        if work is not None and title_score(entry.fields["title"], work.title) >= SAME_WORK_SCORE:
            return work
    return registered if registered is not None and registered.title else meant


def _row(entry: Printed, work: Work | None, judged: _Judged) -> dict:
    row = dict.fromkeys(AUDIT_COLUMNS, "")
    row |= {f"printed_{name}": entry.fields[name] for name in FIELDS}
    row |= {
        "key": entry.key,
        "verdict": judged.verdict,
        "duplicate_of": judged.duplicate_of,
        "reason": judged.reason,
        "compared_with": "unknown",
        "title_likeness": None,
    }
    if work is None:
        return row
    compared = compare_fields(entry, work)
    wrong = [name for name in FIELDS if compared[name] is False]
    titles = entry.fields["title"], work.title
    likeness = title_score(*titles) if all(titles) else None
    return row | {
        "disagreeing_fields": ";".join(wrong),
        "unconfirmed_disagreements": ";".join(
            name for name in wrong if name in work.unconfirmed or work.verification == UNVERIFIED
        ),
        "omitted_fields": ";".join(
            name for name in FIELDS if work.fields[name] and not entry.fields[name]
        ),
        "compared_with": work.source,
        "title_likeness": None if likeness is None else round(likeness, 1),
        "record_key": work.key,
        "verification": work.verification,
        **{f"record_{name}": work.fields[name] for name in FIELDS},
    }


def _doi_answer(entry: Printed, registered: Work | None) -> str:
    """Return the title to which the printed DOI is registered, or that this is unknown."""
    if not entry.fields["doi"]:
        return "no DOI printed"
    if registered is None or not registered.title:
        return "unknown"
    return registered.title


def _missing_row(key: str, works: Works) -> dict:
    """Return the row of a work that is cited and not listed; its in-text citation is compared."""
    cited_as = works.rows.get(key, {}).get("cited_as", "")
    match = re.fullmatch(r"(.*?),?\s*\(?(\d{4})[a-z]?\)?", cited_as)
    authors, year = match.groups() if match else (cited_as, "")
    fields = dict.fromkeys((*FIELDS, "url"), "") | {"authors": authors, "year": year}
    entry = Printed(key, fields, parse_printed_authors(authors))
    work = works.intended.get(key)
    judged = _Judged(
        "missing_from_list",
        "cited in the text without an entry in the list"
        + ("" if work else "; which work is meant is unknown"),
    )
    row = _row(entry, work, judged)
    wrong = [n for n in row["disagreeing_fields"].split(";") if n]
    if work is not None and authors and not _in_text_authors_agree(entry.authors, work):
        wrong = ["authors", *[n for n in wrong if n != "authors"]]
    elif "authors" in wrong:
        wrong.remove("authors")
    return row | {
        "disagreeing_fields": ";".join(wrong),
        "omitted_fields": "",
        "cited_in_text": True,
        "doi_registered_to": "no DOI printed",
    }


def _in_text_authors_agree(cited: Authors, work: Work) -> bool:
    """Whether an in-text citation, which names one or two families, can mean the work."""
    return first_author_agrees(cited, parse_record_authors(work.fields["authors"])) is not False


def uncited_entries(table: pd.DataFrame) -> list[str]:
    """Return the keys that are listed but that no claim cites, from a table of `audit`."""
    return list(table.loc[(~table["cited_in_text"]).fillna(False), "key"])


def missing_entries(table: pd.DataFrame) -> list[str]:
    """Return the keys that a claim cites but that are not listed, from a table of `audit`."""
    return list(table.loc[table["verdict"] == "missing_from_list", "key"])


def compare_with_curated(table: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Return, per key of `records`, the curated and the computed verdict side by side.

    Columns: key, curated_verdict, computed_verdict, verdicts_agree, curated_fields,
    computed_fields, fields_agree, curated_duplicate_of, computed_duplicate_of, curated_cited,
    computed_cited. Disagreeing fields are compared as sets.
    """
    computed = table.set_index("key")
    rows = []
    for row in records.to_dict("records"):
        mine = computed.loc[row["key"]] if row["key"] in computed.index else None
        fields = [
            ";".join(sorted(filter(None, as_text(v).split(";")), key=FIELDS.index))
            for v in (row["disagreeing_fields"], "" if mine is None else mine["disagreeing_fields"])
        ]
        verdict = "" if mine is None else mine["verdict"]
        rows.append(
            {
                "key": row["key"],
                "curated_verdict": as_text(row["verdict"]),
                "computed_verdict": verdict,
                "verdicts_agree": as_text(row["verdict"]) == verdict,
                "curated_fields": fields[0],
                "computed_fields": fields[1],
                "fields_agree": fields[0] == fields[1],
                "curated_duplicate_of": as_text(row["duplicate_of"]),
                "computed_duplicate_of": "" if mine is None else mine["duplicate_of"],
                "curated_cited": as_text(row["cited_in_text"]).lower() == "true",
                "computed_cited": None if mine is None else mine["cited_in_text"],
            }
        )
    return pd.DataFrame(rows)
