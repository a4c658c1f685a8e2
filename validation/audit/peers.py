"""Programs that audit a .bib file, each run as its users do and its report read.

A peer is installed in an environment of its own: ``python -m venv DIR/NAME`` and pip. What an entry
is said to be counts as flagged if its user would look into it: wrong, warned of, or not found.
"""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a program made of a file. words: what it said of each flagged entry."""

    entries: int
    flagged: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Program:
    """name as on PyPI, command(file, report, address) and how its report is read."""

    name: str
    distribution: str
    command: Callable[[Path, Path, str], list[str]]
    read: Callable[[Path, str], tuple[int, dict[str, str]]]


def _claimbook(report: Path, printed: str) -> tuple[int, dict[str, str]]:
    entries = json.loads(printed)["entries"]
    wrong = {e["key"]: e["message"] for e in entries if e["level"] in ("warning", "error")}
    return len(entries), wrong


def _bibaudit(report: Path, printed: str) -> tuple[int, dict[str, str]]:
    results = json.loads(report.read_text(encoding="utf-8"))["results"]
    wrong = {
        r["key"]: f"{r['verdict']} " + " ".join(i["field"] for i in r["issues"])
        for r in results
        if r["fails"]
    }
    return len(results), wrong


def _bibverify(report: Path, printed: str) -> tuple[int, dict[str, str]]:
    results = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    flagged = ("ERROR", "WARNING", "NOT_FOUND")
    wrong = {r["key"]: f"{r['status']} {r['issues']}" for r in results if r["status"] in flagged}
    return len(results), wrong


def _refchecker(report: Path, printed: str) -> tuple[int, dict[str, str]]:
    whole = json.loads(report.read_text(encoding="utf-8"))
    wrong: dict[str, str] = {}
    for record in whole["records"]:
        key = re.match(r"@\w+\{([^,]+)", record["ref_raw_text"] or "")
        if key:
            wrong[key[1]] = f"{wrong.get(key[1], '')} {record['error_type']}".strip()
    return whole["summary"]["total_references_processed"], wrong


def _biblioaudit(report: Path, printed: str) -> tuple[int, dict[str, str]]:
    with report.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    flagged = {
        r["Citation Key"]: r["Verification Status"]
        for r in rows
        if r["Verification Status"] != "Verified"
    }
    return len(rows), flagged


def programs(folder: Path) -> list[Program]:
    """Return claimbook and the peers installed below a folder, each in its own environment."""

    def in_(name: str, program: str) -> str:
        return str((folder / name / "bin" / program).resolve())

    mine = [sys.executable, "-m", "claimbook.cli", "audit"]
    asked = ["--online", "--mailto", "a@example.org", "--format", "json"]
    return [
        Program(
            "claimbook",
            "",
            lambda f, r, url: [*mine, str(f), *asked, "--output", str(r), "--base-url", url],
            _claimbook,
        ),
        Program(
            "bibaudit",
            "bibaudit",
            lambda f, r, url: [
                *(in_("bibaudit", "bibaudit"), "check", str(f), "--format", "json"),
                *("-o", str(r), "--cache-dir", f"{r}.cache", "--mailto", "a@example.org"),
            ],
            _bibaudit,
        ),
        Program(
            "bibtex-verifier",
            "bibtex_verifier",
            lambda f, r, url: [
                *(in_("bibtex-verifier", "bibverify"), str(f), "-o", str(r.with_suffix(".md"))),
                *("--json", "--email", "a@example.org", "--rate-limit", "0"),
            ],
            _bibverify,
        ),
        Program(
            "academic-refchecker",
            "academic_refchecker",
            lambda f, r, url: [
                *(in_("academic-refchecker", "academic-refchecker"), "--paper", str(f)),
                *("--report-file", str(r), "--report-format", "json"),
            ],
            _refchecker,
        ),
        Program(
            "biblioaudit",
            "biblioaudit",
            lambda f, r, url: [
                *(in_("biblioaudit", "biblioaudit"), str(f), "-o", str(r), "-r", "8")
            ],
            _biblioaudit,
        ),
    ]


def version(program: Program, folder: Path) -> str:
    found = list(
        (folder / program.name).glob(f"lib/*/site-packages/{program.distribution}-*.dist-info")
    )
    return found[0].name.removesuffix(".dist-info").rpartition("-")[2] if found else ""


def run(
    program: Program, bib: Path, work: Path, url: str, port: int, certificate: Path, limit: float
) -> Ran:
    """Run a program on one file, with every name led to the server, and read its report."""
    report = work / f"{program.name}-{bib.stem}.out"
    environment = {n: v for n, v in os.environ.items() if "proxy" not in n.lower()}
    if program.name != "claimbook":
        here = Path(__file__).parent / "redirect"
        environment |= {"AUDIT_SERVER_PORT": str(port), "PYTHONPATH": str(here)}
    certificates = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    environment |= dict.fromkeys(certificates, str(certificate))
    environment |= {"HOME": str(work), "NO_COLOR": "1", "NO_PROXY": "*"}
    start = time.monotonic()
    try:
        done = subprocess.run(
            program.command(bib.resolve(), report, url),
            env=environment,
            cwd=work,
            capture_output=True,
            text=True,
            timeout=limit,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Ran(0, {}, time.monotonic() - start, f"not done after {limit:.0f} s")
    seconds = time.monotonic() - start
    try:
        entries, flagged = program.read(report, done.stdout)
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        last = (done.stderr.strip() or done.stdout.strip() or "no report").splitlines()[-1]
        return Ran(0, {}, seconds, last[:160])
    return Ran(entries, flagged, seconds)
