"""Measure claimbook's audit and its peers on the same lists and the same server; write the table.

``python validation/audit/measure.py --works WORKS.json --lists DIR --peers DIR --rows DIR``

works: answers of Crossref, a JSON object DOI -> message or a list. lists: public .bib files.
peers: a folder with one environment per peer, named as on PyPI. rows: what was measured is kept
there, one file per program, and not measured again. write: write the table of docs/audit.md anew.
"""

import argparse
import datetime
import json
import os
import re
import tempfile
from pathlib import Path

from inputs import FAULTS, HABITS, load_works, planted, usable, written_back
from peers import Program, Ran, programs, run, version
from server import serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "audit.md"
START, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_ENTRY = re.compile(r"^[ \t]*@\s*(?!comment|string|preamble)[A-Za-z]+\s*[{(]", re.I | re.M)
NAMED = {
    "swapped DOI": r"another work|wrong-?work|title|doi",
    "wrong year": r"year",
    "lost author": r"author",
    "DOI of another work of the author": r"another work|wrong-?work|title|doi",
}
"""What a program's words on an entry must hold for the fault to count as named."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=Path, required=True)
    parser.add_argument("--lists", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--limit", type=float, default=900, help="seconds for a list")
    parser.add_argument("--only", default="", help="names of programs, separated by commas")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    works = load_works(args.works)
    right = usable(works)
    good = written_back(right)
    bad, more = planted(right, args.faults)
    known = works | {work["DOI"].lower(): work for work in more}
    lists = sorted(args.lists.glob("*.bib"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        inputs = {}
        for habit in HABITS:
            for name, entries in (("right", good), ("wrong", bad)):
                path = work / f"{name}-{habit}.bib"
                chosen = [e.text for e in entries if e.habit == habit]
                path.write_text("\n".join(chosen), encoding="utf-8")
                inputs[name, habit] = path
        with serving(known, work) as (url, port, certificate, seen):
            for program in programs(args.peers):
                if args.only and program.name not in args.only.split(","):
                    continue

                def ran(path: Path, limit: float, program: Program = program) -> Ran:
                    return run(program, path, work, url, port, certificate, limit)

                kept = args.rows / f"{program.name}.json"
                if not kept.exists():
                    found = {which: ran(path, args.limit) for which, path in inputs.items()}
                    read = [path.name for path in lists if _reads(path, ran(path, 60))]
                    row = _row(program, args.peers, found, good, bad, read)
                    args.rows.mkdir(parents=True, exist_ok=True)
                    kept.write_text(json.dumps(row, indent=1), encoding="utf-8")
                rows.append(json.loads(kept.read_text(encoding="utf-8")))
    text = _document(rows, len(good), len(bad), len(lists))
    print(text)
    if args.write:
        document = DOCUMENT.read_text(encoding="utf-8")
        before, after = document.split(START)[0], document.split(END)[1]
        DOCUMENT.write_text(f"{before}{START}\n{text}\n{END}{after}", encoding="utf-8")


def _reads(path: Path, ran: Ran) -> bool:
    """Whether a program reported on as many entries as the text has."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    return not ran.problem and ran.entries >= len(_ENTRY.findall(text))


def _row(program: Program, peers: Path, found: dict, good, bad, read: list[str]) -> dict:
    problems = [r.problem for r in found.values() if r.problem]
    accused = set().union(*(r.flagged for (n, _), r in found.items() if n == "right"))
    words: dict[str, str] = {}
    for (name, _), ran in found.items():
        words |= ran.flagged if name == "wrong" else {}
    missed = [e for e in bad if e.key not in words]
    named = [e for e in bad if re.search(NAMED[e.fault], words.get(e.key, ""), re.I)]
    return {
        "name": f"{program.name} {version(program, peers)}".strip(),
        "accused": len(accused & {e.key for e in good}),
        "by habit": {h: sum(e.key in accused for e in good if e.habit == h) for h in HABITS},
        "missed": len(missed),
        "by fault": {f: sum(e.fault == f for e in missed) for f in FAULTS},
        "named": len(named),
        "read": read,
        "accused keys": sorted(accused),
        "not named": [(e.key, e.fault, words.get(e.key, "")) for e in bad if e not in named],
        "seconds": sum(r.seconds for r in found.values()),
        "problems": problems,
    }


def _document(rows: list[dict], right: int, wrong: int, lists: int) -> str:
    lines = [
        f"Measured on {datetime.date.today().isoformat()} with {os.cpu_count()} processors shared "
        f"with other work; {right} right entries, {wrong} with one planted fault, {lists} public "
        "lists. Seconds are of the clock, for the right and the wrong entries together.",
        "",
        f"| program | right entries flagged (of {right}) | faults missed (of {wrong}) "
        f"| lists read in full (of {lists}) | seconds |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        lines.append(
            f"| {row['name']} | {row['accused']} | {row['missed']} "
            f"| {len(row['read'])} | {row['seconds']:.0f} |"
        )
    lines += ["", "Right entries flagged, by how they are written:", ""]
    lines += ["| program | " + " | ".join(HABITS) + " |", "| --- |" + " ---: |" * len(HABITS)]
    for row in rows:
        cells = " | ".join(str(row["by habit"][h]) for h in HABITS)
        lines.append(f"| {row['name']} | {cells} |")
    lines += ["", "Faults missed, by kind:", ""]
    lines += ["| program | " + " | ".join(FAULTS) + " |", "| --- |" + " ---: |" * len(FAULTS)]
    for row in rows:
        cells = " | ".join(str(row["by fault"][f]) for f in FAULTS)
        lines.append(f"| {row['name']} | {cells} |")
    named = next((row["named"] for row in rows if row["name"] == "claimbook"), None)
    if named is not None:
        lines += ["", f"claimbook says of {named} of the {wrong} what is wrong."]
    for row in rows:
        if row["problems"]:
            lines += ["", f"{row['name']}: {'; '.join(dict.fromkeys(row['problems']))}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
