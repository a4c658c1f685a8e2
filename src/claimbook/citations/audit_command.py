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
from claimbook.citations.known_works import load_records
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
    for name in ONLINE_COLUMNS:
        table[name] = ""
    for index, lookup in enumerate(lookups):
        _add(table, index, lookup, listing.entries[index])
    return table, lookups, listing


def _agrees(entry: Entry, work: Work) -> bool:
    return False not in weigh(entry.work, work).agree.values()


def _add(table: pd.DataFrame, index: int, lookup: Lookup, entry: Entry) -> None:
    """Add what registers said to the row of an entry."""
    row = table.index[index]
    table.loc[row, "registers"] = statements(lookup.answers)
    table.loc[row, "registers_differ"] = differences(lookup.answers)
    if lookup.work is not None:
        notices = [*table.loc[row, "updates"].split("; "), *map(update_text, lookup.work.updates)]
        table.loc[row, "updates"] = "; ".join(dict.fromkeys(filter(None, notices)))
    elif lookup.by_identifier and lookup.by_identifier[0].question.startswith("doi:"):
        kinds = {a.status for a in lookup.by_identifier}
        if kinds == {"not_registered"} and table.loc[row, "doi_registered_to"] == "unknown":
            names = " or ".join(REGISTERS[a.register].label for a in lookup.by_identifier)
            table.loc[row, "doi_registered_to"] = f"not registered with {names}"
    proposed = lookup.proposed
    if proposed is not None:
        table.loc[row, "proposed_doi"] = proposed.doi
        compared = weigh(entry.work, proposed).agree
        agrees = all(v is not False for name, v in compared.items() if name != "doi")
        table.loc[row, "proposed_agrees"] = "yes" if agrees else "no"


def run(args: argparse.Namespace) -> int:
    """Audit, write the reports into the output folder, print one; return the exit code.

    0, or 1 with --strict when an entry is neither accurate nor without a record, or retracted.
    """
    data = getattr(args, "data", None) or (None if args.records else find_data())
    source = args.records or Path(data) / RECORDS
    records = load_records(source)
    output = args.output.resolve()
    curated = Path(data).resolve() if data else source.resolve().parent
    if output in (source.resolve().parent, curated) or (data and curated in output.parents):
        raise InputError(f"--output {args.output}: holds curated data; choose another folder")
    settings = _settings(args) if args.online else None
    table, lookups, listing = audit_lists(args.files, records, args.online, settings=settings)
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
