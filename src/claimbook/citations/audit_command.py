"""The sub-command ``claimbook audit FILE.bib``: audit any bibliography, offline or online."""

import argparse
import sys
from pathlib import Path

import pandas as pd

from claimbook.book.bibliography import entry_fields, load_bibliography
from claimbook.book.book import find_data
from claimbook.book.storage import write_whole
from claimbook.book.text import visible
from claimbook.citations.audit import VERDICTS, audit
from claimbook.citations.audit_arguments import RECORDS
from claimbook.citations.crossref import BASE_URL, Answer, Settings, answers_table, fetch, works_of
from claimbook.citations.known_works import load_records
from claimbook.errors import InputError


def audit_bib(
    path: Path | str,
    records: pd.DataFrame,
    online: bool = False,
    *,
    claims: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> tuple[pd.DataFrame, list[Answer]]:
    """Audit any .bib file against `records`, by DOI, else by title; keys mean nothing here.

    Returns the table of `audit.audit` and the answers of Crossref (empty offline). Online needs
    `settings`; what Crossref answers settles the DOIs that the records do not know.
    Raises InputError for a broken file, or for online without settings.
    """
    bibliography = load_bibliography(path)
    answers: list[Answer] = []
    if online:
        if settings is None:
            raise InputError("asking Crossref needs an e-mail address; give one with --mailto")
        dois = (entry_fields(entry)["doi"] for entry in bibliography.entries.values())
        answers = fetch(dois, settings)
    table = audit(bibliography, records, claims, match_keys=False, found=works_of(answers))
    unregistered = {a.doi for a in answers if a.status == "not_registered"}
    if unregistered:
        gone = table["printed_doi"].str.casefold().isin(unregistered)
        gone &= table["doi_registered_to"] == "unknown"
        table.loc[gone, "doi_registered_to"] = "not registered with Crossref"
    return table, answers


def report(table: pd.DataFrame) -> str:
    """Return the audit as lines of text: an entry each, then how many have which verdict."""
    lines = []
    for row in table.to_dict("records"):
        lines.append(f"{visible(row['key'])}: {row['verdict']} ({visible(row['reason'])})")
        if row["doi_registered_to"] == "not registered with Crossref":
            lines.append("    the printed DOI is not registered with Crossref")
    counts = table["verdict"].value_counts()
    totals = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts]
    return "\n".join([*lines, f"{len(table)} entries: {', '.join(totals) or 'none'}"])


def run(args: argparse.Namespace) -> int:
    """Audit, write the tables into the output folder, print the report; return the exit code.

    0, or 1 with --strict when an entry is neither accurate nor without a record.
    """
    data = getattr(args, "data", None) or (None if args.records else find_data())
    source = args.records or Path(data) / RECORDS
    records = load_records(source)
    output = args.output.resolve()
    curated = Path(data).resolve() if data else source.resolve().parent
    if output in (source.resolve().parent, curated) or (data and curated in output.parents):
        raise InputError(f"--output {args.output}: holds curated data; choose another folder")
    settings = None
    if args.online:
        settings = Settings(
            mailto=args.mailto or "",
            cache=args.output / "cache",
            base_url=args.base_url or BASE_URL,
            timeout=args.timeout,
            refresh=args.refresh,
            progress=sys.stderr.isatty(),
        )
    table, answers = audit_bib(args.file, records, args.online, settings=settings)
    write_whole(args.output / "audit.csv", table.to_csv(index=False, lineterminator="\n"))
    if args.online:
        found = answers_table(answers)
        write_whole(args.output / "records.csv", found.to_csv(index=False, lineterminator="\n"))
    print(report(table))
    unanswered = [a for a in answers if a.status in ("failed", "not_asked")]
    if unanswered:
        print(
            f"{len(unanswered)} DOIs without an answer (first: {visible(unanswered[0].message)}); "
            "the same command asks for them again",
            file=sys.stderr,
        )
    wrong = ~table["verdict"].isin(["accurate", "record_unknown"])
    return 1 if args.strict and wrong.any() else 0
