"""The sub-command ``claimbook audit FILE ...``: audit any list of references, offline or online."""

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from claimbook.book.book import find_data
from claimbook.book.storage import write_whole
from claimbook.book.text import visible
from claimbook.citations import reports
from claimbook.citations.audit import audit, found_as_printed
from claimbook.citations.audit_arguments import RECORDS
from claimbook.citations.known_works import RECORD_COLUMNS, load_records
from claimbook.citations.normal import normal_doi
from claimbook.citations.notices import load_notices, notices_by_doi
from claimbook.citations.readers import Entry, Listing, read
from claimbook.citations.registers import REGISTERS, Lookup, Settings, look_up
from claimbook.citations.registers.statements import as_known, differences, statements
from claimbook.citations.weighing import weigh
from claimbook.citations.work import Work, update_text
from claimbook.errors import InputError

ONLINE_COLUMNS = ("registers", "registers_differ", "proposed_doi", "proposed_agrees")
"""registers: who said what, and when. registers_differ: fields in which they contradict each other.
proposed_doi: the DOI of the printed work, where it was found by its title; proposed_agrees: whether
all that is printed agrees with that work."""


def audit_lists(
    paths: Path | str | Iterable[Path | str],
    records: pd.DataFrame,
    online: bool = False,
    *,
    claims: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> tuple[pd.DataFrame, list[Lookup], Listing]:
    """Audit lists of references in any format against `records`; keys mean nothing here.

    Returns the table of `audit.audit` with `ONLINE_COLUMNS`, what registers said about each entry
    (empty offline), and what was read. Online needs `settings`; what registers answer settles what
    the records do not know. Raises InputError for a file that is no list, or for online without
    settings.
    """
    listing = read([paths] if isinstance(paths, Path | str) else paths)
    lookups: list[Lookup] = []
    if online:
        if settings is None:
            raise InputError("asking registers needs an e-mail address; give one with --mailto")
        entries = listing.entries
        lookups = look_up(
            [entry.work for entry in entries],
            settings,
            agrees=lambda i, work: _agrees(entries[i], work),
            same=lambda i, work: found_as_printed(entries[i], as_known(work)),
        )
    found = [as_known(lookup.work) for lookup in lookups if lookup.work is not None]
    found += [as_known(p) for lookup in lookups if (p := lookup.proposed) is not None]
    table = audit(listing, records, claims, match_keys=False, found=found)
    said = [_said(*each) for each in zip(lookups, listing.entries, strict=True)] if online else []
    for name in ONLINE_COLUMNS:
        cells = [row[name] for row in said]
        table[name] = cells + [""] * (len(table) - len(cells))
    updates, registered = table["updates"].to_list(), table["doi_registered_to"].to_list()
    for place, row in enumerate(said):
        notices = [*updates[place].split("; "), *row["updates"]]
        updates[place] = "; ".join(dict.fromkeys(filter(None, notices)))
        if registered[place] == "unknown" and row["not_registered"]:
            registered[place] = row["not_registered"]
    table["updates"], table["doi_registered_to"] = updates, registered
    return table, lookups, listing


def _agrees(entry: Entry, work: Work) -> bool:
    return False not in weigh(entry.work, work).agree.values()


def _said(lookup: Lookup, entry: Entry) -> dict:
    """Return `ONLINE_COLUMNS` of an entry, the notices, and who does not know its DOI."""
    row = dict.fromkeys(ONLINE_COLUMNS, "") | {"updates": [], "not_registered": ""}
    row["registers"] = statements(lookup.answers)
    row["registers_differ"] = differences(lookup.answers)
    asked = lookup.by_identifier
    if lookup.work is not None:
        row["updates"] = list(map(update_text, lookup.work.updates))
    elif asked and {a.status for a in asked} == {"not_registered"}:
        names = [REGISTERS[a.register].label for a in asked if a.question.startswith("doi:")]
        row["not_registered"] = f"not registered with {' or '.join(names)}" if names else ""
    if lookup.proposed is not None:
        compared = weigh(entry.work, lookup.proposed).agree
        agrees = all(v is not False for name, v in compared.items() if name != "doi")
        row["proposed_doi"] = lookup.proposed.doi
        row["proposed_agrees"] = "yes" if agrees else "no"
    return row


def run(args: argparse.Namespace) -> int:
    """Audit, write the reports into the output folder, print one; return the exit code.

    0, or 1 with --strict when an entry is neither accurate nor without a record, or retracted.
    """
    records = _records(args)
    settings = _settings(args) if args.online else None
    table, lookups, listing = audit_lists(args.files, records, args.online, settings=settings)
    table["updates"] = _with_notices(table, args)
    findings = reports.findings(table)
    for path in {Path(entry.file) for entry in listing.entries if entry.start < entry.end}:
        here = [finding for finding in findings if finding.file == str(path)]
        corrected = reports.corrected_bib(path.read_bytes(), here)
        if corrected is not None:
            target = path if args.fix else args.output / f"{path.stem}_corrected.bib"
            write_whole(target, corrected)
    reports.write(findings, table, args.output)
    for remark in listing.remarks:
        print(visible(remark), file=sys.stderr)
    if args.online:
        said = reports.answers_table(lookups)
        write_whole(args.output / "records.csv", said.to_csv(index=False, lineterminator="\n"))
    print(reports.printed(findings, args.format), end="")
    _report_unanswered(lookups)
    wrong = any(f.level in ("error", "warning") for f in findings)
    return 1 if args.strict and wrong else 0


def _with_notices(table: pd.DataFrame, args: argparse.Namespace) -> list[str]:
    """Return the notices of each entry, with those that the collection's own table knows."""
    known = notices_by_doi(load_notices(Path(args.data))) if getattr(args, "data", None) else {}
    cells = zip(table["updates"], table["printed_doi"], strict=True)
    return [
        "; ".join(dict.fromkeys(filter(None, [*cell.split("; "), *known.get(normal_doi(doi), [])])))
        for cell, doi in cells
    ]


def _records(args: argparse.Namespace) -> pd.DataFrame:
    """Return the works known here; none where there is no collection around.

    Raises InputError if the reports would go where curated data are.
    """
    data = getattr(args, "data", None)
    if not args.records and not data:
        try:
            args.data = data = find_data()
        except InputError:
            data = None
        if data is None or not (data / RECORDS).exists():  # a data folder of another kind
            return pd.DataFrame(columns=list(RECORD_COLUMNS), dtype=str)
    source = args.records or Path(data) / RECORDS
    output = args.output.resolve()
    curated = Path(data).resolve() if data else source.resolve().parent
    if output in (source.resolve().parent, curated) or (data and curated in output.parents):
        raise InputError(f"--output {args.output}: holds curated data; choose another folder")
    return load_records(source)


def _settings(args: argparse.Namespace) -> Settings:
    names = tuple(name.strip() for name in (args.registers or "").split(",") if name.strip())
    urls: str | dict[str, str] = {}
    for given in args.base_url or ():
        name, equals, url = given.partition("=")
        if equals and name in REGISTERS:
            urls = (urls if isinstance(urls, dict) else {}) | {name: url}
        else:
            urls = given
    default = ("crossref",) if isinstance(urls, str) else tuple(REGISTERS)
    return Settings(
        mailto=args.mailto or "",
        cache=args.output / "cache",
        registers=names or default,
        base_url=urls,
        timeout=args.timeout,
        refresh=args.refresh,
        every=args.every_register,
        progress=sys.stderr.isatty(),
        keys={
            name: key
            for name in REGISTERS
            if (key := os.environ.get(f"CLAIMBOOK_{name.upper()}_KEY", ""))
        },
    )


def _report_unanswered(lookups: list[Lookup]) -> None:
    answers = (answer for lookup in lookups for answer in lookup.answers)
    unanswered = [a for a in answers if a.status in ("failed", "not_asked")]
    if unanswered:
        first = f"{REGISTERS[unanswered[0].register].label}: {visible(unanswered[0].message)}"
        print(
            f"{len(unanswered)} questions without an answer (first: {first}); "
            "the same command asks them again",
            file=sys.stderr,
        )
