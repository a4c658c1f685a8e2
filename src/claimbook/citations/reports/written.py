"""The reports of an audit: text, CSV, JSON, HTML, SARIF 2.1.0 and annotations for GitHub."""

import datetime
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from claimbook.book.storage import write_whole
from claimbook.book.text import visible
from claimbook.citations.fields import text_fields
from claimbook.citations.registers import Lookup
from claimbook.citations.reports.findings import LEVELS, WORDS, Finding

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
RULES = {
    "accurate": "Nothing printed disagrees with the record of the work.",
    "author_or_detail_errors": "The work is known, and some of what is printed differs.",
    "doi_of_another_work": "The printed DOI belongs to another work than the printed one.",
    "duplicate_of": "The list has this work already.",
    "not_found_as_printed": "No work with these details is known.",
    "missing_from_list": "The text cites it, and the list has no entry for it.",
    "record_unknown": "No record of this work is at hand.",
    "unreadable": "The entry cannot be read.",
    "retracted": "The cited work was retracted or withdrawn.",
    "notice": "A notice was published about the cited work.",
}
HEADINGS = {"error": "error", "warning": "warning", "note": "note", "none": "right"}


def printed(findings: list[Finding], form: str = "text") -> str:
    """Return the findings in one of the formats of `audit_arguments.FORMATS`."""
    return {
        "text": _as_text,
        "csv": _as_csv,
        "json": _as_json,
        "html": _as_html,
        "sarif": _as_sarif,
        "github": _as_annotations,
    }[form](findings)


def write(findings: list[Finding], table: pd.DataFrame, folder: Path) -> None:
    """Write audit.csv (the whole table), and audit.html, .json and .sarif into a folder."""
    write_whole(folder / "audit.csv", table.to_csv(index=False, lineterminator="\n"))
    for form in ("html", "json", "sarif"):
        write_whole(folder / f"audit.{form}", printed(findings, form))


def _counts(findings: list[Finding]) -> str:
    counts = Counter(finding.verdict for finding in findings)
    order = [verdict for verdict in WORDS if verdict in counts]
    totals = ", ".join(f"{counts[verdict]} {verdict}" for verdict in order) or "none"
    retracted = sum(finding.grave for finding in findings)
    retracted = f"; {retracted} retracted or withdrawn" if retracted else ""
    return f"{len(findings)} entries: {totals}{retracted}"


def _as_text(findings: list[Finding]) -> str:
    """Return an entry a line with what to change below it, then how many have which verdict."""
    lines = []
    for finding in findings:
        key = visible(finding.key)
        lines.append(f"{key}: {finding.verdict} ({visible(finding.sentence)})")
        lines += [
            f"    {c.field}: printed “{visible(c.printed)}”, found “{visible(c.found)}”"
            + (" (sure)" if c.sure else "")
            for c in finding.changes
        ]
        lines += [f"    {visible(words)}" for words in (finding.weighed,) if words]
        lines += [f"    {visible(words)}" for words in (*finding.updates, *finding.remarks)]
        if finding.registers_differ:
            lines.append(f"    registers contradict each other: {finding.registers_differ}")
    return "\n".join([*lines, _counts(findings)]) + "\n"


def _as_records(findings: list[Finding]) -> list[dict]:
    return [asdict(f) | {"message": f.message, "address": f.link} for f in findings]


def _as_json(findings: list[Finding]) -> str:
    whole = {"made": _today(), "summary": _counts(findings), "entries": _as_records(findings)}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _as_csv(findings: list[Finding]) -> str:
    """Return one row per entry, with all changes of an entry in one cell."""
    rows = [
        {
            "file": f.file,
            "line": f.line,
            "key": f.key,
            "level": f.level,
            "verdict": f.verdict,
            "sentence": f.sentence,
            "changes": "; ".join(f"{c.field}: {c.printed} → {c.found}" for c in f.changes),
            "sure": "; ".join(c.field for c in f.changes if c.sure),
            "weighed": f.weighed,
            "updates": "; ".join(f.updates),
            "remarks": "; ".join(f.remarks),
            "registers": f.registers,
            "registers_differ": f.registers_differ,
            "address": f.link,
        }
        for f in findings
    ]
    names = list(rows[0]) if rows else ["file", "line", "key", "level", "verdict", "sentence"]
    safe = pd.DataFrame(rows, columns=names).map(_no_formula)
    return safe.to_csv(index=False, lineterminator="\n")


def _no_formula(value):
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value


def _as_html(findings: list[Finding]) -> str:
    """Return one page that works without a network and, but for its filter, without scripts."""
    environment = Environment(
        loader=PackageLoader("claimbook.citations.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    return environment.get_template("audit.html").render(
        findings=findings,
        summary=_counts(findings),
        counts=Counter(f.level for f in findings),
        levels=LEVELS,
        headings=HEADINGS,
        made=_today(),
        files=list(dict.fromkeys(f.file for f in findings)),
    )


def _results(finding: Finding) -> Iterable[tuple[str, str]]:
    """Return the rules that an entry breaks, each with its level."""
    if finding.grave:
        yield "retracted", "error"
    elif finding.updates:
        yield "notice", "warning" if finding.updates[0].startswith("expression") else "note"
    level = "note" if finding.grave and finding.verdict == "accurate" else finding.level
    if finding.verdict != "accurate":
        yield finding.verdict, level


def _as_sarif(findings: list[Finding]) -> str:
    """Return SARIF 2.1.0, as code scanning on GitHub and elsewhere reads it."""
    names = list(RULES)
    results = []
    for finding in findings:
        place = {"artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        for rule, level in _results(finding):
            results.append(
                {
                    "ruleId": rule,
                    "ruleIndex": names.index(rule),
                    "level": level,
                    "message": {"text": visible(f"{finding.key}: {finding.message}")},
                    "locations": [{"physicalLocation": place}],
                    "partialFingerprints": {"entry/v1": f"{finding.key} {rule}"},
                }
            )
    driver = {
        "name": "claimbook audit",
        "semanticVersion": version("claimbook"),
        "rules": [{"id": name, "shortDescription": {"text": text}} for name, text in RULES.items()],
    }
    run = {"tool": {"driver": driver}, "columnKind": "utf16CodeUnits", "results": results}
    whole = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _as_annotations(findings: list[Finding]) -> str:
    """Return workflow commands that GitHub shows beside the lines of a pull request."""
    lines = []
    for finding in findings:
        for rule, level in _results(finding):
            command = {"note": "notice"}.get(level, level)
            place = f"file={_property(finding.file)},line={max(finding.line, 1)}"
            title = _property(f"{finding.key}: {rule.replace('_', ' ')}")
            lines.append(f"::{command} {place},title={title}::{_data(finding.message)}")
    return "".join(f"{line}\n" for line in lines) + _counts(findings) + "\n"


def _data(value: str) -> str:
    return visible(value).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def answers_table(lookups: Iterable[Lookup]) -> pd.DataFrame:
    """Return what registers answered, one row per question."""
    rows = [
        {
            "register": answer.register,
            "question": answer.question,
            "status": answer.status,
            "message": answer.message,
            **(text_fields(answer.work) if answer.work is not None else {}),
            "looked_up": answer.work.looked_up if answer.work is not None else "",
        }
        for lookup in lookups
        for answer in lookup.answers
    ]
    names = ["register", "question", "status", "message", "authors", "year", "title", "journal"]
    names += ["volume", "issue", "pages", "doi", "looked_up"]
    return pd.DataFrame(rows, columns=names).drop_duplicates(["register", "question"])


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
