"""What became of the works of a collection's evidence: retracted, corrected, concerned, or not.

``python -m claimbook.citations.notices [DATA] --mailto YOU@EXAMPLE.ORG`` asks Crossref (publishers
and Retraction Watch) and PubMed about every DOI in the evidence and writes evidence/notices.csv
anew; without an address it adds the DOIs that the table lacks as not looked up.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from claimbook.book.storage import write_whole
from claimbook.citations.normal import normal_doi
from claimbook.citations.registers import Lookup, Settings, look_up
from claimbook.citations.work import UPDATES, Update, Work, update_text

NOTICES = Path("evidence/notices.csv")
COLUMNS = ("doi", "kind", "date", "notice", "looked_up", "source")
NOT_LOOKED_UP, NO_NOTICE = "not_looked_up", "none"
"""Beside the kinds of `UPDATES`."""
ASKED = ("crossref", "pubmed")


def dois_of_evidence(data: Path) -> list[str]:
    """Return every DOI in the tables of a data folder's evidence, in alphabetical order."""
    found: set[str] = set()
    for path in sorted((data / "evidence").glob("*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for name in {"doi", "intended_doi"} & set(table.columns):
            found |= set(map(normal_doi, table[name]))
    return sorted(found - {""})


def load_notices(data: Path) -> pd.DataFrame:
    """Return the table of notices of a data folder; one without rows where there is none."""
    path = data / NOTICES
    if not path.exists():
        return pd.DataFrame(columns=list(COLUMNS), dtype=str)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def notices_by_doi(notices: pd.DataFrame) -> dict[str, list[str]]:
    """Return DOI -> notices in words, for the works that have any."""
    found: dict[str, list[str]] = {}
    for row in notices.to_dict("records"):
        if row["kind"] in UPDATES:
            update = Update(row["kind"], row["date"], row["notice"], row["source"])
            found.setdefault(normal_doi(row["doi"]), []).append(update_text(update))
    return found


def notices_table(
    dois: Iterable[str], lookups: Iterable[Lookup] = (), known: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return a row per notice; per work without one a row that says whether that is known.

    A work that no register answered about keeps its rows of `known`.
    """
    answered = {}
    for lookup in lookups:
        for work in (a.work for a in lookup.answers if a.work is not None):
            answered.setdefault(normal_doi(work.doi), []).append(work)
    kept = {} if known is None else dict(list(known.groupby("doi")))
    rows = []
    for doi in dois:
        works = answered.get(doi, [])
        updates = [(u, w.looked_up) for w in works for u in w.updates]
        rows += [
            dict(zip(COLUMNS, (doi, u.kind, u.date, u.notice_doi, day, u.source), strict=True))
            for u, day in dict.fromkeys(updates)
        ]
        if works and not updates:
            who = ", ".join(dict.fromkeys(work.register for work in works))
            row = (doi, NO_NOTICE, "", "", max(work.looked_up for work in works), who)
            rows.append(dict(zip(COLUMNS, row, strict=True)))
        elif not works and doi in kept:
            rows += kept[doi].to_dict("records")
        elif not works:
            rows.append(dict.fromkeys(COLUMNS, "") | {"doi": doi, "kind": NOT_LOOKED_UP})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def main(arguments: list[str]) -> int:
    """Write the table of notices of a data folder anew; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m claimbook.citations.notices")
    parser.add_argument("data", nargs="?", type=Path, default=Path("data"))
    parser.add_argument("--mailto", default="", help="your e-mail address, for the registers")
    parser.add_argument("--base-url", default="", help="ask there instead")
    parser.add_argument("--cache", type=Path, default=Path("build/audit/cache"))
    args = parser.parse_args(arguments)
    dois = dois_of_evidence(args.data)
    lookups = []
    if args.mailto:
        settings = Settings(
            mailto=args.mailto,
            cache=args.cache,
            registers=ASKED,
            base_url=args.base_url or {},
            every=True,
            progress=sys.stderr.isatty(),
        )
        lookups = look_up([Work(doi=doi) for doi in dois], settings)
    table = notices_table(dois, lookups, load_notices(args.data))
    write_whole(args.data / NOTICES, table.to_csv(index=False, lineterminator="\n"))
    unknown = int((table["kind"] == NOT_LOOKED_UP).sum())
    said = int(table["kind"].isin(UPDATES).sum())
    print(f"{args.data / NOTICES}: {len(dois)} works, {said} notices, {unknown} not looked up")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
