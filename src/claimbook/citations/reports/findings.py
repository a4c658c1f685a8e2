"""What an audit found, one finding per entry, as every report shows it."""

import re
from dataclasses import dataclass

import pandas as pd

from claimbook.book.text import doi_link, visible
from claimbook.citations.corrections import LABELS
from claimbook.citations.fields import as_text
from claimbook.citations.work import GRAVE, UPDATE_WORDS, UPDATES

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
_SURE = ("year", "volume", "issue", "pages")
_PLAIN = re.compile(r"[\w.:/()<>;+ -]+")


@dataclass(frozen=True)
class FieldChange:
    """What to change in a field; `sure` where it may be done without looking."""

    field: str
    printed: str
    found: str
    sure: bool = False


@dataclass(frozen=True)
class Finding:
    """What the audit says of one entry. updates: notices in words, the gravest first.

    weighed: what spoke for and against the record being of the printed work, and how sure that is.
    remarks: what the reader of the file remarked on the entry.
    """

    key: str
    file: str
    line: int
    verdict: str
    level: str
    sentence: str
    changes: tuple[FieldChange, ...] = ()
    updates: tuple[str, ...] = ()
    grave: bool = False
    registers: str = ""
    registers_differ: str = ""
    printed: str = ""
    doi: str = ""
    weighed: str = ""
    remarks: tuple[str, ...] = ()

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


def findings(table: pd.DataFrame) -> list[Finding]:
    """Return one finding per row of an audit."""
    rows = ({n: as_text(v) for n, v in row.items()} for row in table.to_dict("records"))
    return [_finding(row, row["file"], int(row["line"] or 0)) for row in rows]


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
        weighed=_weighed(row),
        remarks=tuple(filter(None, row["remarks"].split("; "))),
    )


def _weighed(row: dict[str, str]) -> str:
    """Return what spoke for and against, in one sentence; nothing where nothing was compared."""
    if not row["sureness"] or row["verdict"] in ("accurate", "record_unknown", "duplicate_of"):
        return ""
    spoke = f"for the same work: {row['speaks_for'] or 'nothing'}"
    return f"{spoke}; against: {row['speaks_against'] or 'nothing'}; {row['sureness']}"


def _notices(text: str) -> list[str]:
    """Return the notices of a cell, the gravest first."""
    words = "|".join(map(re.escape, UPDATE_WORDS.values()))
    notices = re.split(rf"; (?=(?:{words})(?: |$))", text) if text else []
    order = {UPDATE_WORDS[kind]: place for place, kind in enumerate(UPDATES)}
    return sorted(notices, key=lambda n: next(p for w, p in order.items() if n.startswith(w)))


def _changes(row: dict[str, str]) -> tuple[FieldChange, ...]:
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
        return (FieldChange("DOI", row["printed_doi"], proposed, sure),) if proposed else ()
    if row["verdict"] not in ("author_or_detail_errors", "not_found_as_printed"):
        return ()
    doubtful = set(row["unconfirmed_disagreements"].split(";"))
    same = row["verdict"] == "author_or_detail_errors" and not {"title", "authors"} & {*disagreeing}
    return tuple(
        FieldChange(
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
