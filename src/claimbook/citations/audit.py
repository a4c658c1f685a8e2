"""Audit a reference list: every printed entry against the record of the work, by rules.

The verdict of an entry, by the first rule that fits:

1. ``unreadable``: the entry cannot be read. ``missing_from_list``: the text cites it and the list
   has no such entry.
2. ``duplicate_of``: an earlier entry is of the same work: the same DOI and titles alike, or the
   same title and first author with nothing that speaks against it (`find_duplicates`).
3. The printed DOI is known to be registered. ``doi_of_another_work`` if what speaks against one
   work outweighs what speaks for it (`claimbook.citations.weighing`); otherwise ``accurate`` if no
   printed field disagrees with the record, else ``author_or_detail_errors``.
4. What the printed DOI is registered to is not known, but a known work is found as printed: title
   (`FOUND_SCORE`), first author, year and journal agree. ``doi_of_another_work`` if that work has
   another DOI; otherwise as in rule 3.
5. ``not_found_as_printed``: somebody searched (the entry has a row in the records), or a known work
   has the title but not the rest. ``record_unknown`` if nothing is known of it at all; that is no
   reproach to the entry.

A field missing in print, or unknown in the record, never disagrees. A preprint, a translation, a
correction, a book and its chapter are named as such (`relation`) and are no other work.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import pandas as pd
from pybtex.database import BibliographyData
from pybtex.database import Entry as PybtexEntry

from claimbook.book.bibliography import entry_fields
from claimbook.citations.fields import (
    FIELDS,
    SAME_WORK_SCORE,
    Authors,
    any_journal_agrees,
    as_text,
    authors_of,
    dois_agree,
    first_author_agrees,
    is_et_al,
    numbers_agree,
    pages_agree,
    parse_printed_authors,
    title_identifies,
    years_agree,
)
from claimbook.citations.known_works import UNVERIFIED, Record, Works, known_works
from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    normal_doi,
    title_letters,
    title_words,
    update_in_title,
)
from claimbook.citations.readers import Entry, Listing, Unreadable
from claimbook.citations.readers.bibtex import work_of_fields
from claimbook.citations.weighing import Weighed, best_title_score, is_preprint, titles_of, weigh
from claimbook.citations.work import Name, Update, Work, update_text

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
UNREADABLE = "unreadable"
"""What stands in place of a verdict for an entry that cannot be read."""

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
    "sureness",
    "speaks_for",
    "speaks_against",
    "relation",
    "updates",
    "file",
    "line",
    "remarks",
)


@dataclass(frozen=True)
class _Judged:
    verdict: str
    reason: str
    duplicate_of: str = ""


def printed_entries(bibliography: BibliographyData | Listing) -> list[Entry]:
    """Return the entries of a bibliography, in its order."""
    if isinstance(bibliography, Listing):
        return list(bibliography.entries)
    return [_entry(key, entry) for key, entry in bibliography.entries.items()]


def _entry(key: str, entry: PybtexEntry) -> Entry:
    """Return an entry of the book's own list, which pybtex read."""
    raw = {name.lower(): value for name, value in entry.fields.items()}
    work, _, _ = work_of_fields(raw, entry.type.lower())
    if "printedauthors" not in raw:
        names, complete = [], True
        for person in entry.persons.get("author", []):
            family = unmarked(" ".join(person.prelast_names + person.last_names))
            given = unmarked(" ".join(person.first_names + person.middle_names))
            if is_et_al(family):
                complete = False
                continue
            suffix = unmarked(" ".join(person.lineage_names))
            names.append(Name(family, given, suffix, collective=not given))
        work = replace(work, authors=tuple(names), authors_complete=complete)
    return Entry(key, work, entry_fields(entry), entry.type)


def cited_keys(claims: pd.DataFrame) -> list[str]:
    """Return the keys in column `cites` (``;``-separated) of a table of claims, in text order."""
    cells = (as_text(value).split(";") for value in claims["cites"])
    return list(dict.fromkeys(key.strip() for keys in cells for key in keys if key.strip()))


def find_duplicates(entries: list[Entry]) -> dict[int, int]:
    """Return the place of each repeated work -> the place of the first entry that is that work.

    Same work: the same printed DOI and titles alike (`SAME_WORK_SCORE`); or the same title and
    first author, years at most one apart, and nothing that speaks for two works: two different
    DOIs; a thesis or report beside a paper; another journal, unless volume and pages are the same;
    other pages in another volume or issue. Entries are looked up by DOI and title, at most
    `MAX_NAMESAKES` each, so the cost grows with their number.
    """
    by_doi: dict[str, list[int]] = {}
    by_title: dict[str, list[int]] = {}
    authors = [authors_of(e.work) for e in entries]
    duplicates: dict[int, int] = {}
    for place, entry in enumerate(entries):
        doi = normal_doi(entry.work.doi) if entry.work.doi else ""
        title = title_letters(entry.work.title)
        same_doi = by_doi.setdefault(doi, []) if doi else []
        same_title = by_title.setdefault(title, []) if title else []
        original = next(
            (o for o in same_doi[:MAX_NAMESAKES] if _alike(entry.work, entries[o].work)), None
        )
        if original is None:
            original = next(
                (
                    o
                    for o in same_title[:MAX_NAMESAKES]
                    if _one_work(entry.work, entries[o].work, authors[place], authors[o])
                ),
                None,
            )
        if original is not None:
            duplicates[place] = original
        else:
            same_doi.append(place)
            same_title.append(place)
    return duplicates


MAX_NAMESAKES = 30
"""Entries with one title, such as Editorial, that each further one is compared with."""


def _alike(one: Work, other: Work) -> bool:
    return (best_title_score(one, other) or 0.0) >= SAME_WORK_SCORE


def _one_work(one: Work, other: Work, authors: Authors, other_authors: Authors) -> bool:
    """Whether two entries of the same title are one work, by the rule of `find_duplicates`."""
    if not first_author_agrees(authors, other_authors):
        return False
    if dois_agree(one.doi, other.doi) is False:
        return False
    if one.kind != other.kind and {one.kind, other.kind} & {"dissertation", "report"}:
        return False
    journal = any_journal_agrees(one.container_titles, other.container_titles)
    volume = numbers_agree(one.volume, other.volume)
    issue = numbers_agree(one.issue, other.issue)
    pages = pages_agree(one.pages, other.pages)
    if journal is False and not (pages and volume):
        return False
    if pages is False and (volume is False or issue is False or journal is None):
        return False
    if years_agree(one.years, other.years) is not False:
        return bool(one.years) == bool(other.years) or pages is True
    near = any(abs(int(a) - int(b)) <= 1 for a in one.years for b in other.years)
    return near and pages is True and volume is not False


def audit(
    bibliography: BibliographyData | Listing,
    records: pd.DataFrame,
    claims: pd.DataFrame | None = None,
    *,
    match_keys: bool = True,
    found: Iterable[Record] = (),
) -> pd.DataFrame:
    """Return one row (`AUDIT_COLUMNS`) per printed entry, then per work cited without an entry.

    bibliography: the list as printed. records: what is known (`known_works.RECORD_COLUMNS`).
    claims: table with column `cites`; without it, and without documents that the listing read,
    `cited_in_text` is NA and nothing can be missing.
    match_keys: the rows of the records were written for these very entries, so a row's work is the
    one meant; otherwise entries find their records by DOI and title alone.
    found: works found elsewhere, such as online; they only settle DOIs the records do not know.

    disagreeing_fields, omitted_fields: ``;``-separated, in the order of `FIELDS`; omitted fields
    stand in the record and not in print. unconfirmed_disagreements: those disagreeing fields for
    which the record itself is unconfirmed. compared_with: ``registered``, ``intended``, the
    register that answered, or ``unknown``. title_likeness: 0 to 100, NA if nothing was compared.
    speaks_for, speaks_against: what tells that the record is of the printed work, or not; sureness
    of that. relation: translation, preprint and the like. updates: retraction, correction ...
    """
    works = known_works(records, found)
    entries = printed_entries(bibliography)
    duplicates = find_duplicates(entries)
    cited = None if claims is None else cited_keys(claims)
    rows = []
    if isinstance(bibliography, Listing):
        cited = list(bibliography.cited or ()) if bibliography.cited is not None else cited
    known = None if cited is None else set(cited)
    for place, entry in enumerate(entries):
        original = entries[duplicates[place]] if place in duplicates else None
        rows.append(_audit_entry(entry, works, original, known, match_keys))
    listed = {e.key.lower() for e in entries}
    if isinstance(bibliography, Listing):
        rows += [_unreadable_row(u, known) for u in bibliography.unreadable]
        listed |= {u.key.lower() for u in bibliography.unreadable}
    for key in cited or ():
        if key.lower() not in listed:
            rows.append(_missing_row(key, works if match_keys else Works()))
    table = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
    table["cited_in_text"] = table["cited_in_text"].astype("boolean")
    table["title_likeness"] = table["title_likeness"].astype("Float64")
    return table


def _audit_entry(
    entry: Entry,
    works: Works,
    duplicate_of: Entry | None,
    cited: Collection[str] | None,
    match_keys: bool,
) -> dict:
    registered = works.by_doi.get(normal_doi(entry.work.doi)) if entry.work.doi else None
    searched = match_keys and entry.key in works.rows
    meant = works.intended.get(entry.key) if searched else works.find_title(entry.work.title)
    note = entry.fields.get("note", "")
    weighed = {id(r): weigh(entry.work, r.work, note) for r in (registered, meant) if r is not None}
    judged = _judge(entry, registered, meant, duplicate_of, searched, weighed)
    record = _record_to_compare(entry, registered, meant, weighed)
    row = _row(entry, record, judged, weighed)
    row["cited_in_text"] = None if cited is None else entry.key in cited
    row["doi_registered_to"] = _doi_answer(entry, registered)
    return row


def _judge(
    entry: Entry,
    registered: Record | None,
    meant: Record | None,
    duplicate_of: Entry | None,
    searched: bool,
    weighed: dict[int, Weighed],
) -> _Judged:
    """Apply the rules of this module, in their order."""
    if duplicate_of is not None:
        where = f" (line {duplicate_of.line})" if duplicate_of.key == entry.key else ""
        return _Judged(
            "duplicate_of",
            f"the same work as the entry {duplicate_of.key}{where}",
            duplicate_of.key,
        )
    if registered is not None and registered.title:
        if weighed[id(registered)].another_work:
            return _Judged("doi_of_another_work", "the printed DOI is registered to another work")
        return _by_details(weighed[id(registered)], "the printed DOI leads to the work")
    unknown = "what the printed DOI is registered to is unknown"
    if not entry.fields["doi"]:
        unknown = "no DOI is printed"
    elif not entry.work.doi:
        unknown = "what is printed as DOI is none"
    if meant is not None and found_as_printed(entry, meant):
        found = weighed[id(meant)]
        if found.agree["doi"] is False and not found.relation:
            if found.agree["pages"] is False and len(title_words(entry.work.title)) < 6:
                return _Judged("record_unknown", f"only a namesake of it is known; {unknown}")
            if not is_preprint(entry.work) or is_preprint(meant.work):
                reason = f"the work found has another DOI; {unknown}"
                return _Judged("doi_of_another_work", reason)
        return _by_details(found, f"the work was found as printed; {unknown}")
    if searched or meant is not None:
        return _Judged("not_found_as_printed", f"no work as printed is known; {unknown}")
    return _Judged("record_unknown", f"no record of this work is at hand; {unknown}")


def found_as_printed(entry: Entry, record: Record) -> bool:
    """Whether title, first author, year and journal agree (an unknown one does not object)."""
    first = first_author_agrees(authors_of(entry.work), authors_of(record.work))
    journal = any_journal_agrees(entry.work.container_titles, record.work.container_titles)
    titles = [(p, r) for p in titles_of(entry.work) for r in titles_of(record.work)]
    return (
        record.verification != UNVERIFIED
        and any(title_identifies(p, r) for p, r in titles)
        and first is not False
        and years_agree(entry.work.years, record.work.years) is not False
        and journal is not False
    )


def _by_details(weighed: Weighed, how: str) -> _Judged:
    wrong = [name for name, agrees in weighed.agree.items() if agrees is False]
    related = f"; {weighed.relation}" if weighed.relation else ""
    if wrong:
        differ = f"{how}; these differ: {', '.join(wrong)}{related}"
        return _Judged("author_or_detail_errors", differ)
    return _Judged("accurate", f"{how}; nothing printed disagrees{related}")


def _record_to_compare(
    entry: Entry, registered: Record | None, meant: Record | None, weighed: dict[int, Weighed]
) -> Record | None:
    """Return the record whose fields the printed ones are compared with.

    The registered one if it is of the printed work; else the work meant if its title is; else
    whichever is known, the registered one first.
    """
    for record in (registered, meant):
        if record is None or not record.title:
            continue
        if record is registered and not weighed[id(record)].another_work:
            return record
        if (best_title_score(entry.work, record.work) or 0.0) >= SAME_WORK_SCORE:
            return record
    return registered if registered is not None and registered.title else meant


def _row(entry: Entry, record: Record | None, judged: _Judged, weighed: dict[int, Weighed]) -> dict:
    row = dict.fromkeys(AUDIT_COLUMNS, "")
    row |= {f"printed_{name}": entry.fields[name] for name in FIELDS}
    row |= {
        "key": entry.key,
        "verdict": judged.verdict,
        "duplicate_of": judged.duplicate_of,
        "reason": judged.reason,
        "compared_with": "unknown",
        "title_likeness": None,
        "updates": _updates(entry, record),
        "file": entry.file,
        "line": str(entry.line or ""),
        "remarks": "; ".join(entry.remarks),
    }
    if record is None:
        return row
    compared = weighed.get(id(record)) or weigh(entry.work, record.work)
    wrong = [name for name in FIELDS if compared.agree[name] is False]
    unsure = FIELDS if record.verification == UNVERIFIED else record.unconfirmed
    likeness = best_title_score(entry.work, record.work)
    return row | {
        "disagreeing_fields": ";".join(wrong),
        "unconfirmed_disagreements": ";".join(name for name in wrong if name in unsure),
        "omitted_fields": ";".join(
            name for name in FIELDS if record.fields[name] and not entry.fields[name]
        ),
        "compared_with": record.source,
        "title_likeness": None if likeness is None else round(likeness, 1),
        "record_key": record.key,
        "verification": record.verification,
        "sureness": compared.sureness,
        "speaks_for": compared.spoke(for_it=True),
        "speaks_against": compared.spoke(for_it=False),
        "relation": compared.relation,
        **{f"record_{name}": record.fields[name] for name in FIELDS},
    }


def updates_of(entry: Entry, record: Record | None) -> tuple[Update, ...]:
    """Return retractions, corrections and the like of an entry's work, each kind once.

    From the register, from the format (PubMed says so), and from titles that begin with RETRACTED.
    """
    found = list(entry.work.updates)
    titles = [entry.work.title]
    if record is not None:
        found += record.work.updates
        titles.append(record.work.title)
    found += filter(None, map(update_in_title, titles))
    kept: dict[tuple[str, str], Update] = {}
    for update in found:
        if update.source != "title" or all(kind != update.kind for kind, _ in kept):
            kept.setdefault((update.kind, update.notice_doi), update)
    return tuple(kept.values())


def _updates(entry: Entry, record: Record | None) -> str:
    same = record if record is not None and _alike(entry.work, record.work) else None
    return "; ".join(map(update_text, updates_of(entry, same)))


def _unreadable_row(unreadable: Unreadable, cited: Collection[str] | None) -> dict:
    row = dict.fromkeys(AUDIT_COLUMNS, "")
    return row | {
        "key": unreadable.key or f"line-{unreadable.line}",
        "verdict": UNREADABLE,
        "reason": f"line {unreadable.line}: {unreadable.reason}",
        "cited_in_text": None if cited is None else unreadable.key in cited,
        "compared_with": "unknown",
        "title_likeness": None,
        "doi_registered_to": "unknown",
        "file": unreadable.file,
        "line": str(unreadable.line),
    }


def _doi_answer(entry: Entry, registered: Record | None) -> str:
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
    work = replace(parse_printed_authors(authors), years=(year,) if year else ())
    entry = Entry(key, work, fields)
    record = works.intended.get(key)
    judged = _Judged(
        "missing_from_list",
        "cited in the text without an entry in the list"
        + ("" if record else "; which work is meant is unknown"),
    )
    row = _row(entry, record, judged, {})
    wrong = [n for n in row["disagreeing_fields"].split(";") if n]
    if record is not None and authors and not _in_text_authors_agree(work, record):
        wrong = ["authors", *[n for n in wrong if n != "authors"]]
    elif "authors" in wrong:
        wrong.remove("authors")
    return row | {
        "disagreeing_fields": ";".join(wrong),
        "omitted_fields": "",
        "cited_in_text": True,
        "doi_registered_to": "no DOI printed",
    }


def _in_text_authors_agree(cited: Work, record: Record) -> bool:
    """Whether an in-text citation, which names one or two families, can mean the work."""
    return first_author_agrees(authors_of(cited), authors_of(record.work)) is not False


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
