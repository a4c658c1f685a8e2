"""Tables of an audited reference list, as a reader wants them; pure functions of the audit."""

import pandas as pd

from claimbook.book.bibliography import format_entry
from claimbook.book.book import Book
from claimbook.book.format import plain_words
from claimbook.book.text import doi_link, safe_link, visible
from claimbook.citations.audit import VERDICTS, missing_entries, uncited_entries
from claimbook.citations.corrections import LABELS, describe, how_sure, proposed, short_citation
from claimbook.citations.fields import FIELDS, as_text
from claimbook.claims.cited_support import FAVOURABLE, cited_support
from claimbook.claims.source_check import UNREAD, claims_by_footing

CITATION_MARKS = dict(zip(VERDICTS, "●◐≠=○+–", strict=True))
"""A sign beside each verdict on a citation, so that it reads without colour as well."""
MANY_AUTHORS = 4
"""From this many authors on, a table names the first and `et al.`."""


def citation_text(verdict: str) -> str:
    """Return a citation's verdict with its mark, in words: ``≠ DOI of another work``."""
    words = plain_words(verdict).replace("doi", "DOI").removesuffix(" of" * (verdict[-3:] == "_of"))
    return f"{CITATION_MARKS[verdict]} {words}"


def fields_text(fields: str, doubtful: str = "") -> str:
    """Return ``;``-separated fields in words; those that are doubtful stand in brackets."""
    names = {name: name.upper() if name == "doi" else name for name in fields.split(";") if name}
    unsure = set(doubtful.split(";"))
    shown = (f"({word})" if name in unsure else word for name, word in names.items())
    return ", ".join(shown) or "none"


def _records(book: Book) -> dict[str, dict[str, str]]:
    rows = book.table("references").to_dict("records")
    return {as_text(row["key"]): {n: as_text(v) for n, v in row.items()} for row in rows}


def address_of(row: dict[str, str]) -> str:
    """Return where a work can be looked up: its DOI, else a page that was read, else ``""``."""
    return doi_link(row["intended_doi"]) or safe_link(row["evidence_url"].split(" | ")[0])


def _few_authors(row: dict[str, str]) -> dict[str, str]:
    names = row["intended_authors"].split(";")
    if len(names) < MANY_AUTHORS:
        return row
    return row | {"intended_authors": f"{names[0].strip()} et al."}


def _found(entry: dict, row: dict[str, str]) -> str:
    """Return what stands behind an entry: under its DOI, and the work meant where it differs."""
    parts = []
    registered = entry["doi_registered_to"]
    if entry["verdict"] == "doi_of_another_work" and registered != "unknown":
        parts.append(f"The DOI leads to “{visible(registered)}”.")
    if row.get("intended_title"):
        if row["intended_title"] != registered or not parts:
            label = "Perhaps meant: " if proposed(row) else ""
            parts.append(label + describe(_few_authors(row)))
    else:
        parts.append("No work was found; nothing is disproved.")
    return " ".join(parts)


def overview(book: Book, audited: pd.DataFrame) -> pd.DataFrame:
    """Return one row per work: key, printed, found, verdict, fields, record, address.

    verdict: also says if the text never cites the work. fields: the disagreeing ones, those in
    brackets against a record that is itself unconfirmed. record: how the record is backed.
    """
    records = _records(book)
    rows = []
    for entry in audited.to_dict("records"):
        key, row = entry["key"], records[entry["key"]]
        if key in book.bibliography.entries:
            # with its bare DOI: an address without a gap would widen every table
            printed = format_entry(key, book.bibliography).replace("https://doi.org/", "doi: ")
        else:
            printed = f"cited as {row['cited_as']}; not in the list"
        verdict = citation_text(entry["verdict"])
        if entry["duplicate_of"]:
            verdict += f" of {entry['duplicate_of']}"
        if entry["cited_in_text"] is False:
            verdict += "; never cited"
        rows.append(
            {
                "key": key,
                "printed": printed,
                "found": _found(entry, row),
                "verdict": verdict,
                "fields": fields_text(
                    entry["disagreeing_fields"], entry["unconfirmed_disagreements"]
                ),
                "record": plain_words(row["verification"] or None),
                "address": address_of(row),
            }
        )
    return pd.DataFrame(rows)


def worst(audited: pd.DataFrame, number: int) -> list[str]:
    """Return the entries with most fields that disagree with what their DOI is registered to.

    Only confirmed disagreements count, and an entry that could only be held against a guess is
    never among them; equals stand in the order of the list.
    """
    wrong = audited["verdict"].ne("accurate") & audited["compared_with"].eq("registered")
    wrong = audited[wrong]
    fields = zip(wrong["disagreeing_fields"], wrong["unconfirmed_disagreements"], strict=True)
    sure = [len(set(every.split(";")) - set(doubtful.split(";"))) for every, doubtful in fields]
    ranked = wrong.assign(sure=sure).sort_values("sure", ascending=False, kind="stable")
    return ranked["key"].head(number).tolist()


def side_by_side(audited: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return one row per field of an entry: field, printed, found, reading (in words)."""
    entry = audited.set_index("key").loc[key]
    wrong = set(entry["disagreeing_fields"].split(";"))
    doubtful = set(entry["unconfirmed_disagreements"].split(";"))
    rows = []
    for name in FIELDS:
        printed, found = entry[f"printed_{name}"], entry[f"record_{name}"]
        if name in wrong:
            reading = "≠ differs" + (", record unconfirmed" if name in doubtful else "")
        elif printed and found:
            reading = "agrees"
        else:
            reading = "not printed" if found else "not in the record" if printed else "unknown"
        rows.append([LABELS[name], visible(printed) or "–", visible(found) or "–", reading])
    return pd.DataFrame(rows, columns=["field", "printed", "found", "reading"])


def corrections(book: Book, audited: pd.DataFrame) -> pd.DataFrame:
    """Return what the author could change, numbered as in the errata.

    Columns: number, entry (as printed, short), what (is wrong), suggestion, how_sure, address.
    """
    records = _records(book)
    rows = []
    for entry in audited.to_dict("records"):
        row = records[entry["key"]]
        if entry["verdict"] in ("accurate", "record_unknown") or not row["intended_title"]:
            continue
        fields = fields_text(entry["disagreeing_fields"])
        what = citation_text(entry["verdict"])
        what += f" of {entry['duplicate_of']}" if entry["duplicate_of"] else ""
        label = "perhaps: " if proposed(row) else ""
        rows.append(
            {
                "entry": short_citation(entry),
                "what": what + (f" ({fields})" if entry["disagreeing_fields"] else ""),
                "suggestion": label + describe(row),
                "how_sure": how_sure(row),
                "address": address_of(row),
            }
        )
    for key in uncited_entries(audited):
        entry = audited[audited["key"] == key].iloc[0].to_dict()
        rows.append(
            {
                "entry": short_citation(entry),
                "what": "listed, never cited in the text",
                "suggestion": "cite it, or leave the entry out",
                "how_sure": "every citation of the text was compared with the list.",
                "address": address_of(records[key]),
            }
        )
    table = pd.DataFrame(rows, columns=["entry", "what", "suggestion", "how_sure", "address"])
    table.insert(0, "number", range(1, len(table) + 1))
    return table


def pairs_with_citations(book: Book, audited: pd.DataFrame) -> pd.DataFrame:
    """Return `support.cited_support` with the verdict on each citation (ordered categorical)."""
    pairs = cited_support(book)
    verdicts = audited.set_index("key")["verdict"]
    shown = [v for v in VERDICTS if v != "record_unknown" or (verdicts == v).any()]
    pairs["citation"] = pd.Categorical(pairs["key"].map(verdicts), shown, ordered=True)
    return pairs


def by_domain_and_citation(pairs: pd.DataFrame) -> pd.DataFrame:
    """Count pairs by domain and citation verdict (rows that occur) and support (columns), summed.

    Returns columns domain, citation, one per level of support in words, total; the last row sums.
    """
    counts = pd.crosstab([pairs["domain"], pairs["citation"]], pairs["support"], dropna=False)
    counts = counts[counts.sum(axis=1) > 0]
    counts.columns = [plain_words(level) for level in counts.columns]
    counts["total"] = counts.sum(axis=1)
    table = counts.reset_index().astype({"domain": str, "citation": str})
    table["citation"] = table["citation"].map(citation_text)
    table.loc[len(table)] = ["all", "all", *counts.sum()]
    return table


def counted(book: Book, audited: pd.DataFrame, check: pd.DataFrame) -> dict[str, dict]:
    """Return what can be counted about the list: name -> `k` of `n`, and the rows counted.

    check: table of `source_check.source_check`.
    """
    listed = audited[audited["verdict"] != "missing_from_list"]
    cited = audited[audited["cited_in_text"].fillna(False)]
    footing = claims_by_footing(check)
    pairs = cited_support(book)
    backed = pairs[pairs["support"].isin(FAVOURABLE)]
    entries = {
        "citations_accurate": "accurate",
        "citations_not_found": "not_found_as_printed",
        "citations_doi_of_another_work": "doi_of_another_work",
    }
    found = {
        name: (listed.loc[listed["verdict"] == verdict, "key"], len(listed))
        for name, verdict in entries.items()
    }
    found["cited_not_listed"] = missing_entries(audited), len(cited)
    found["listed_not_cited"] = uncited_entries(audited), len(listed)
    found["pairs_backed"] = backed["claim"] + ":" + backed["key"], len(pairs)
    resting = {
        "claims_not_backed": footing["footing"] == "not_backed",
        "claims_one_work_twice": footing["one_work_twice"],
        "claims_on_works_not_found": footing["all_not_found"],
    }
    found |= {name: (footing.loc[rows, "claim"], len(footing)) for name, rows in resting.items()}
    return {
        name: {"estimate": len(rows), "k": len(rows), "n": of, "rows": list(rows)}
        for name, (rows, of) in found.items()
    }


BACKING = [
    "backs a claim, wholly or in part",
    "read, backs none of its claims",
    "not read on any of its claims",
    "never cited",
]


def backing_by_citation(pairs: pd.DataFrame, audited: pd.DataFrame) -> pd.DataFrame:
    """Count works by citation verdict (rows, all levels that may occur) and `BACKING` (columns).

    pairs: table of `pairs_with_citations`.
    """
    said = {key: set(levels) for key, levels in pairs.groupby("key")["support"]}

    def backing(key: str) -> str:
        if key not in said:
            return BACKING[3]
        if said[key] & FAVOURABLE:
            return BACKING[0]
        return BACKING[2] if said[key] <= UNREAD else BACKING[1]

    kinds = pd.Categorical(audited["key"].map(backing), BACKING)
    verdicts = pd.Categorical(audited["verdict"], pairs["citation"].cat.categories)
    counts = pd.crosstab(verdicts, kinds, dropna=False)
    return counts.rename_axis(index="citation", columns="backing")
