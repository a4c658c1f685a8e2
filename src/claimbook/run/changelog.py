"""A draft of the changelog's entry for what changed between two revisions."""

from pathlib import Path

import pandas as pd

from claimbook.book.format import ends_text, plain_words
from claimbook.errors import InputError
from claimbook.run.change_report import Change, changed_answers
from claimbook.run.differences import FIGURES, GONE, NEW, NO_INPUT, cause_of, input_differences
from claimbook.run.git import git
from claimbook.run.states import RECORD, Inputs, inputs_of, revision

NO_REASON = "say why"
"""The words in place of a reason where git knows none; nobody but the author can fill it in."""
FURTHER = {
    NEW: ("Added", "New questions"),
    GONE: ("Removed", "Questions no longer asked"),
    NO_INPUT: ("Changed", "Answers that moved without another input"),
}


def draft(change: Change, reasons: dict[tuple, str]) -> str:
    """Return the entry as Markdown: what was added, what was removed, each changed number.

    reasons: from `reasons_of`.
    """
    changed = changed_answers(change.answers)
    changed["words"] = [
        f"`{row.answer}` ({row.before} → {row.after})" for row in changed.itertuples()
    ]
    causes = change.answers.drop_duplicates("question").set_index("question")["why"]
    changed["causes"] = list(causes[changed["answer"]])
    direct = {cause_of(row) for row in change.inputs.itertuples()}
    further = changed.loc[[direct.isdisjoint(why) for why in changed["causes"]]]
    parts: dict[str, list[str]] = {"Added": [], "Removed": [], "Numbers": [], "Changed": []}
    for row in change.inputs.itertuples():
        part, what = _worded(row)
        reason = reasons.get((row.where, row.row, row.column), NO_REASON)
        moved = changed.loc[[cause_of(row) in why for why in changed["causes"]], "words"]
        effect = "" if len(further) else " Moves no answer."
        effect = f" Moves {'; '.join(moved)}." if len(moved) else effect
        parts[part].append(f"- {what}. Reason: {reason}.{effect}")
    for why, answers in further.groupby(further["causes"].map("; ".join), sort=False):
        part, title = FURTHER.get(why, ("Changed", f"Answers that moved through {why}"))
        reason = f" Reason: {NO_REASON}." if why == NO_INPUT else ""
        parts[part].append(f"- {title}: {'; '.join(answers['words'])}.{reason}")
    filled = [f"### {part}\n\n" + "\n".join(lines) for part, lines in parts.items() if lines]
    return "\n\n".join(filled) or "Nothing changed: no input and no answer differs."


def _worded(row) -> tuple[str, str]:
    """Return the part of the entry that a difference belongs to, and what it says."""
    name, where = f"`{row.row}`", f"`{row.where}`"
    if row.where == FIGURES:
        ends = ends_text(row.before, row.after, row.column)
        return "Numbers", f"The text's figure {name}: {' → '.join(ends)}"
    if row.column is None:
        if row.before is None or row.after is None:
            part = "Added" if row.before is None else "Removed"
            return part, f"{where}: {name}"
        return "Changed", f"{where}: {name}: {row.before} → {row.after}"
    ends = ("empty" if v in ("", None) else f"{v}" for v in (row.before, row.after))
    part = "Numbers" if _is_number(row.before) or _is_number(row.after) else "Changed"
    return part, f"{where}: {name}, {plain_words(row.column)}: {' → '.join(ends)}"


def _is_number(value) -> bool:
    return pd.notna(pd.to_numeric(str(value), errors="coerce"))


def reasons_of(before: str, after: str, root: Path) -> dict[tuple, str]:
    """Return (where, row, column) -> subject of the last commit that changed it.

    before: a git revision. after: a later one, or `record` for the files as they stand. A change
    that is in no commit yet has no reason. Merges are passed over, for what they bring stands in
    commits of its own.
    """
    last = "HEAD" if after == RECORD else after
    options = ["--reverse", "--topo-order", "--no-merges", "--format=%H%x09%s"]
    listed = git(root, "log", *options, f"{before}..{last}", "--", "data") or b""
    reasons: dict[tuple, str] = {}
    for line in listed.decode(errors="replace").splitlines():
        commit, _, subject = line.partition("\t")
        for place in _places(_inputs(f"{commit}^", root), _inputs(commit, root)):
            reasons[place] = subject
    if after == RECORD:
        for place in _places(_inputs("HEAD", root), inputs_of(root / "data")):
            reasons.pop(place, None)
    return reasons


def _inputs(name: str, root: Path) -> Inputs | None:
    """Return the inputs of a revision; None if it has none that can be read."""
    try:
        with revision(name, root, ["data"]) as folder:
            return folder and inputs_of(folder / "data")
    except (InputError, KeyError, ValueError, OSError):  # a commit on the way may be broken
        return None


def _places(before: Inputs | None, after: Inputs | None) -> list[tuple]:
    if before is None or after is None:
        return []
    found = input_differences(before, after)[["where", "row", "column"]]
    return list(found.itertuples(index=False, name=None))
