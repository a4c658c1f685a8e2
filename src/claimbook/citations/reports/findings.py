"""What an audit found, one finding per entry, as every report shows it."""

import re
from dataclasses import dataclass

import pandas as pd

from claimbook.book.text import doi_link, visible
from claimbook.citations.corrections import LABELS
from claimbook.citations.fields import as_text
from claimbook.citations.reports.bib_text import raw_entries
from claimbook.citations.work import GRAVE, UPDATES, Update

LEVELS = ("error", "warning", "note", "none")
VERDICT_LEVELS = {
    "accurate": "none",
    "record_unknown": "note",
    "doi_of_another_work": "error",
    "unreadable": "error",
}
"""Of all other verdicts: warning."""
WORDS = {
    "accurate": "accurate",
    "author_or_detail_errors": "details differ",
    "doi_of_another_work": "DOI of another work",
    "duplicate_of": "listed twice",
    "not_found_as_printed": "not found as printed",
    "missing_from_list": "cited, not listed",
    "record_unknown": "nothing known of it",
    "unreadable": "cannot be read",
}
UPDATE_WORDS = {
    "retraction": "retracted",
    "withdrawal": "withdrawn",
    "expression_of_concern": "expression of concern",
    "correction": "corrected",
}
_SURE = ("year", "volume", "issue", "pages")
_PLAIN = re.compile(r"[\w.:/()<>;+ -]+")


@dataclass(frozen=True)
class Change:
    """What to change in a field; `sure` where it may be done without looking."""

    field: str
    printed: str
    found: str
    sure: bool = False


@dataclass(frozen=True)
class Finding:
    """What the audit says of one entry. updates: notices in words, the gravest first."""

    key: str
    file: str
    line: int
    verdict: str
    level: str
    sentence: str
    changes: tuple[Change, ...] = ()
    updates: tuple[str, ...] = ()
    grave: bool = False
    registers: str = ""
    registers_differ: str = ""
    printed: str = ""
    doi: str = ""

    @property
    def word(self) -> str:
        return WORDS.get(self.verdict, self.verdict.replace("_", " "))

    @property
    def link(self) -> str:
        return doi_link(self.doi)

    @property
    def message(self) -> str:
        """All of it in one line."""
        parts = [f"{self.word}: {self.sentence}" if self.sentence else self.word]
        parts += [f"{c.field}: printed “{c.printed}”, found “{c.found}”" for c in self.changes]
        parts += self.updates
        if self.registers_differ:
            parts.append(f"registers contradict each other ({self.registers_differ})")
        return "; ".join(parts)


def update_text(update: Update) -> str:
    """Return a notice in words: ``retracted 2019-05-07 (10.1000/notice; Retraction Watch)``."""
    where = "; ".join(filter(None, (update.notice_doi, update.source)))
    words = " ".join(filter(None, (UPDATE_WORDS[update.kind], update.date)))
    return f"{words} ({where})" if where else words


def findings(table: pd.DataFrame, file: str = "", text: str = "") -> list[Finding]:
    """Return one finding per row of an audit. text: of the file, to find the lines of entries."""
    lines: dict[str, list[int]] = {}
    for entry in raw_entries(text):
        lines.setdefault(entry.key, []).append(entry.line)
    found = []
    for row in table.to_dict("records"):
        row = {name: as_text(value) for name, value in row.items()}
        where = lines.get(row["key"], [])
        line = int(row.get("line") or (where.pop(0) if where else 0) or 0)
        found.append(_finding(row, row.get("file") or file, line))
    return found


def _finding(row: dict[str, str], file: str, line: int) -> Finding:
    updates = _notices(row.get("updates", ""))
    graves = {UPDATE_WORDS[kind] for kind in GRAVE}
    grave = any(u.startswith(tuple(graves)) for u in updates)
    level = VERDICT_LEVELS.get(row["verdict"], "warning")
    if grave:
        level = "error"
    elif updates and level == "none":
        level = "warning" if any(u.startswith("expression") for u in updates) else "note"
    sentence = row["reason"]
    if row["doi_registered_to"].startswith("not registered"):
        sentence += f"; the printed DOI is {row['doi_registered_to']}"
        level = "warning" if level in ("none", "note") else level
    return Finding(
        key=row["key"],
        file=file,
        line=line,
        verdict=row["verdict"],
        level=level,
        sentence=sentence,
        changes=_changes(row),
        updates=tuple(updates),
        grave=grave,
        registers=row.get("registers", ""),
        registers_differ=row.get("registers_differ", ""),
        printed=_reference(row),
        doi=row["printed_doi"],
    )


def _notices(text: str) -> list[str]:
    """Return the notices of a cell, the gravest first."""
    words = "|".join(map(re.escape, UPDATE_WORDS.values()))
    notices = re.split(rf"; (?=(?:{words})(?: |$))", text) if text else []
    order = {UPDATE_WORDS[kind]: place for place, kind in enumerate(UPDATES)}
    return sorted(notices, key=lambda n: next(p for w, p in order.items() if n.startswith(w)))


def _changes(row: dict[str, str]) -> tuple[Change, ...]:
    """Return what to change: only what the work itself says, and whether that is sure.

    Sure is a detail of a work whose title and authors agree, which the record confirms and no
    other register contradicts; and the DOI of a work found by a title that it shares in full.
    """
    disagreeing = [n for n in row["disagreeing_fields"].split(";") if n]
    if row["verdict"] == "doi_of_another_work":
        proposed = row.get("proposed_doi", "")
        if not proposed and row["compared_with"] != "registered" and "doi" in disagreeing:
            proposed = row["record_doi"]
        sure = row.get("proposed_agrees") == "yes" and bool(_PLAIN.fullmatch(proposed))
        return (Change("DOI", row["printed_doi"], proposed, sure),) if proposed else ()
    if row["verdict"] not in ("author_or_detail_errors", "not_found_as_printed"):
        return ()
    doubtful = set(row["unconfirmed_disagreements"].split(";"))
    same = row["verdict"] == "author_or_detail_errors" and not {"title", "authors"} & {*disagreeing}
    return tuple(
        Change(
            LABELS[name],
            row[f"printed_{name}"],
            row[f"record_{name}"],
            same
            and name in _SURE
            and name not in doubtful
            and f"{name}: " not in row.get("registers_differ", "")
            and bool(_PLAIN.fullmatch(row[f"record_{name}"])),
        )
        for name in disagreeing
    )


def _reference(row: dict[str, str]) -> str:
    """Return an entry as printed in one line."""
    parts = [row[f"printed_{n}"] for n in ("authors", "title", "journal")]
    parts[0] += f" ({row['printed_year']})" if row["printed_year"] else ""
    return visible(". ".join(p.strip().rstrip(".") for p in parts if p.strip()))
