"""The sub-command ``claimbook audit FILE...``: audit any bibliography, offline or online."""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd
from pybtex.database import Entry

from claimbook.book.bibliography import load_bibliography
from claimbook.book.book import find_data
from claimbook.book.storage import write_whole
from claimbook.book.text import visible
from claimbook.citations import reports
from claimbook.citations.audit import Printed, audit, compare_fields, printed_entries
from claimbook.citations.audit_arguments import RECORDS
from claimbook.citations.known_works import load_records
from claimbook.citations.registers import REGISTERS, Lookup, Settings, look_up
from claimbook.citations.registers.statements import as_known, differences, statements
from claimbook.citations.reports.bib_text import decoded
from claimbook.citations.work import Name, Work
from claimbook.errors import InputError

ONLINE_COLUMNS = ("registers", "registers_differ", "updates", "proposed_doi", "proposed_agrees")
"""registers: who said what, and when. registers_differ: fields in which they contradict each other.
updates: notices about the work. proposed_doi: the DOI of the printed work, where it was found by
its title; proposed_agrees: whether all that is printed agrees with that work."""


def audit_bib(
    path: Path | str,
    records: pd.DataFrame,
    online: bool = False,
    *,
    claims: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> tuple[pd.DataFrame, list[Lookup]]:
    """Audit any .bib file against `records`, by DOI, else by title; keys mean nothing here.

    Returns the table of `audit.audit` with `ONLINE_COLUMNS`, and what registers said about each
    entry (empty offline). Online needs `settings`; what registers answer settles what the records
    do not know. Raises InputError for a broken file, or for online without settings.
    """
    bibliography = load_bibliography(path)
    lookups: list[Lookup] = []
    if online:
        if settings is None:
            raise InputError("asking registers needs an e-mail address; give one with --mailto")
        printed = printed_entries(bibliography)
        works = [_asked(p, e) for p, e in zip(printed, bibliography.entries.values(), strict=True)]
        lookups = look_up(
            works,
            settings,
            agrees=lambda i, work: _agrees(printed[i], work),
            same=lambda i, work: _same(printed[i], work),
        )
    found = [as_known(lookup.work) for lookup in lookups if lookup.work is not None]
    found += [as_known(p) for lookup in lookups if (p := lookup.proposed) is not None]
    table = audit(bibliography, records, claims, match_keys=False, found=found)
    for name in ONLINE_COLUMNS:
        table[name] = ""
    for index, lookup in enumerate(lookups):
        _add(table, index, lookup, printed[index])
    return table, lookups


def _asked(printed: Printed, entry: Entry) -> Work:
    """Return what registers need to know of an entry."""
    fields = {name.lower(): value for name, value in entry.fields.items()}
    arxiv = fields.get("eprint", "") if "arxiv" in str(fields).casefold() else ""
    first = printed.authors.head[:1]
    return Work(
        doi=printed.fields["doi"],
        pmid=fields.get("pmid", "").strip(),
        arxiv=arxiv,
        isbn=tuple(filter(None, (fields.get("isbn", ""),))),
        title=printed.fields["title"],
        authors=tuple(Name(" ".join(name.family)) for name in first),
        years=tuple(filter(None, (printed.fields["year"],))),
    )


def _agrees(printed: Printed, work: Work) -> bool:
    return False not in compare_fields(printed, as_known(work)).values()


def _same(printed: Printed, work: Work) -> bool:
    from claimbook.citations.audit import _found_as_printed

    return _found_as_printed(printed, as_known(work))


def _add(table: pd.DataFrame, index: int, lookup: Lookup, printed: Printed) -> None:
    """Add what registers said to the row of an entry."""
    row = table.index[index]
    table.loc[row, "registers"] = statements(lookup.answers)
    table.loc[row, "registers_differ"] = differences(lookup.answers)
    if lookup.work is not None:
        table.loc[row, "updates"] = "; ".join(map(reports.update_text, lookup.work.updates))
    elif lookup.by_identifier and lookup.by_identifier[0].question.startswith("doi:"):
        kinds = {a.status for a in lookup.by_identifier}
        if kinds == {"not_registered"} and table.loc[row, "doi_registered_to"] == "unknown":
            names = " or ".join(REGISTERS[a.register].label for a in lookup.by_identifier)
            table.loc[row, "doi_registered_to"] = f"not registered with {names}"
    proposed = lookup.proposed
    if proposed is not None:
        table.loc[row, "proposed_doi"] = proposed.doi
        compared = compare_fields(printed, as_known(proposed))
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
    findings, tables, lookups = [], [], []
    for path in args.files:
        table, said = audit_bib(path, records, args.online, settings=settings)
        text = decoded(Path(path).read_bytes())[0]
        found = reports.findings(table, str(path), text)
        findings += found
        tables.append(table)
        lookups += said
        corrected = reports.corrected_bib(Path(path).read_bytes(), found)
        if corrected is not None:
            target = Path(path) if args.fix else args.output / f"{Path(path).stem}_corrected.bib"
            write_whole(target, corrected)
    reports.write(findings, pd.concat(tables, ignore_index=True), args.output)
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
