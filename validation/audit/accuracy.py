"""How often the audit accuses a correct entry, and how often it misses a wrong one.

``python validation/audit/accuracy.py [WORKS.json ...] [--files FOLDER] [--show]``

WORKS.json: messages of Crossref, as a list or by DOI; without any, made-up ones are taken. Each of
500 is written back as one of four reference managers exports it (`exporters`), and audited against
the register's own answer: whatever it is accused of is false. Then 300 get one fault each, which
the audit must find and name. FOLDER: public lists of references; each is audited without records,
and the entries that were read are counted against those in the text.
"""

import argparse
import copy
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
from exporters import EXPORTERS
from made_up import made_up

from claimbook.citations.audit import audit
from claimbook.citations.known_works import RECORD_COLUMNS, record_of
from claimbook.citations.readers import read
from claimbook.citations.readers.bibtex_text import NO_WORKS
from claimbook.citations.readers.files import decoded
from claimbook.citations.registers import crossref
from claimbook.errors import InputError

NO_RECORDS = pd.DataFrame(columns=list(RECORD_COLUMNS), dtype=str)
FINE = ("accurate", "record_unknown", "duplicate_of")


def works_in(paths: list[Path]) -> list[dict]:
    """Return the messages in files that name a title and an author, each DOI once, in order."""
    found: dict[str, dict] = {}
    for path in paths:
        data = json.loads(path.read_text(encoding="utf-8"))
        for work in data.values() if isinstance(data, dict) else data:
            if work.get("title") and work.get("author"):
                found.setdefault(work["DOI"].lower(), work)
    return [found[doi] for doi in sorted(found)]


def judged(text: str, works: list[dict]) -> pd.DataFrame:
    """Return the audit of a .bib text against works as the register describes them."""
    found = [record_of(crossref.work_of_answer({"message": w}), "crossref") for w in works]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.bib"
        path.write_text(text, encoding="utf-8")
        return audit(read([path]), NO_RECORDS, match_keys=False, found=found)


def accused(works: list[dict], exporter: str | None, show: bool) -> Counter:
    """Return the verdicts of works written back as they are; by each exporter in turn, or one."""
    names = list(EXPORTERS)
    texts = [EXPORTERS[exporter or names[n % len(names)]](work, n) for n, work in enumerate(works)]
    table = judged("\n".join(texts), works)
    if len(table) != len(works):
        print(f"{exporter}: {len(table)} rows of {len(works)} entries")
    if show:
        for row in table[~table["verdict"].isin(FINE)].to_dict("records"):
            print(f"  {exporter or ''} {row['key']}: {row['reason']}")
            for name in filter(None, row["disagreeing_fields"].split(";")):
                print(f"    {name}: {row[f'printed_{name}']!r} / {row[f'record_{name}']!r}")
    return Counter(table["verdict"])


def with_fault(works: list[dict], n: int, dice: random.Random) -> tuple[dict, str] | None:
    """Return the n-th work with one fault, and what the audit must find: verdict or field."""
    work, other = copy.deepcopy(works[n]), works[(n + dice.randrange(1, len(works))) % len(works)]
    fault = ("swapped DOI", "wrong year", "lost author", "other work of the author")[n % 4]
    if fault == "swapped DOI":
        if other["title"] == work["title"]:
            return None
        work["DOI"] = other["DOI"]
        return work, "doi_of_another_work"
    if fault == "wrong year":
        by = dice.choice((-3, -2, -1, 1, 2, 3))
        years = {
            work[k]["date-parts"][0][0]
            for k in ("issued", "published-print", "published-online")
            if k in work
        }
        if not years or None in years or min(years) + by in years:
            return None
        for name in ("issued", "published-print", "published-online"):
            if name in work:
                work[name]["date-parts"][0][0] = min(years) + by
        return work, "year"
    if fault == "lost author":
        people = [a for a in work["author"] if a.get("family")]
        if len(people) < 2:
            return None
        work["author"].remove(dice.choice(people))
        return work, "authors"
    for name in ("title", "subtitle", "container-title", "volume", "issue", "page", "issued"):
        work.pop(name, None)
        if name in other:
            work[name] = copy.deepcopy(other[name])
    for name in ("published-print", "published-online", "short-container-title", "article-number"):
        work.pop(name, None)
        if name in other:
            work[name] = copy.deepcopy(other[name])
    return work, "doi_of_another_work"


def missed(works: list[dict], count: int, show: bool) -> tuple[int, Counter]:
    """Return how many faults were planted, and those missed, by kind."""
    dice = random.Random(18)
    names = list(EXPORTERS)
    planted, missing = 0, Counter()
    place = 0
    while planted < count and place < 20 * count:
        fault = with_fault(works, place % len(works), dice)
        place += 1
        if fault is None:
            continue
        work, expected = fault
        text = EXPORTERS[names[dice.randrange(len(names))]](work, place)
        row = judged(text, [w for w in works if w["DOI"].lower() == work["DOI"].lower()]).iloc[0]
        planted += 1
        if expected != row["verdict"] and expected not in row["disagreeing_fields"].split(";"):
            missing[expected] += 1
            if show:
                print(f"  missed {expected}: {row['verdict']}, {row['reason']}\n{text}")
    return planted, missing


def public_files(folder: Path, show: bool) -> None:
    """Audit every list in a folder, and print what was read, refused and lost."""
    counts: Counter = Counter()
    begun = time.process_time()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        counts["files"] += 1
        try:
            listing = read([path])
            table = audit(listing, NO_RECORDS, match_keys=False)
        except InputError as error:
            counts["refused by name"] += 1
            if show:
                print(f"  {error}")
            continue
        counts["entries"] += len(listing.entries)
        counts["unreadable"] += len(listing.unreadable)
        counts["rows"] += len(table)
        there = entries_in(decoded(path)[0], path.suffix.lower())
        lost = there - len(listing.entries) - len(listing.unreadable)
        counts["lost"] += max(0, lost)
        if lost > 0 and show:
            print(f"  {path.name}: {lost} of {there} entries lost")
    print(", ".join(f"{counts[n]} {n}" for n in ("files", "entries", "unreadable")), end="; ")
    print(
        f"{counts['refused by name']} files refused by name, {counts['lost']} entries lost", end=""
    )
    print(f"; {time.process_time() - begun:.1f} s of processor time")


def entries_in(text: str, suffix: str) -> int:
    """Return how many entries begin in a text, counted without reading it."""
    if suffix == ".ris":
        return len(re.findall(r"(?m)^\s{0,3}TY\s{0,2}-", text))
    if suffix == ".nbib":
        return len(re.findall(r"(?m)^PMID *-", text))
    if suffix == ".json":
        return 0
    uncommented = re.sub(r"(?is)@comment\s*\{.*?(?=\n\s*@|\Z)", "", text)
    commands = re.findall(r"(?m)^\s*@\s*(\w+)\s*[{(]", uncommented)
    return sum(1 for command in commands if command.lower() not in NO_WORKS)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", type=Path)
    parser.add_argument("--files", type=Path)
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args(words)
    works = works_in(args.works) if args.works else []
    real = len(works)
    works += made_up(max(0, 500 - real))
    counted = accused(works[:500], None, args.show)
    wrong = sum(count for verdict, count in counted.items() if verdict not in FINE)
    print(f"{len(works[:500])} answers ({min(real, 500)} real) written back by four exporters:")
    print(f"  {wrong} accused, {counted['doi_of_another_work']} of being another work")
    for exporter in EXPORTERS:
        counted = accused(works[:500], exporter, args.show)
        wrong = sum(count for verdict, count in counted.items() if verdict not in FINE)
        print(
            f"  {exporter} alone: {wrong} accused, {counted['doi_of_another_work']} of another work"
        )
    planted, missing = missed(works, 300, args.show)
    found = planted - missing.total()
    print(f"{planted} planted faults: {found} found and named {dict(missing) or ''}")
    if args.files:
        public_files(args.files, args.show)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
