"""A draft of the changelog's entry for what changed between two revisions."""

import re
from pathlib import Path

import pandas as pd

from claimbook.changes.comparison import changed_answers
from claimbook.changes.differences import FIGURES, cause_of, input_differences
from claimbook.changes.states import RECORD, git, inputs_of, revision
from claimbook.wording import plain_words

UNCAUSED = ("no input: the code or what it runs on", "a new question", "no longer asked")
NO_REASON = "say why"
"""What stands for a reason where git knows none; nobody but the author can fill it in."""


def draft(change, reasons: dict[tuple, str]) -> str:
    """Return the entry as Markdown: what was added, what was removed, each changed number.

    change: from `comparison.changes_between`. reasons: from `reasons_of`.
    """
    moved = _moved(change.answers)
    parts: dict[str, list[str]] = {"Added": [], "Removed": [], "Numbers": [], "Changed": []}
    for row in change.inputs.itertuples():
        part, what = _worded(row)
        reason = reasons.get((row.where, row.row, row.column), NO_REASON)
        answers = moved.get(cause_of(row), [])
        effect = f" Moves {'; '.join(answers)}." if answers else " Moves no answer."
        parts[part].append(f"- {what}. Reason: {reason}.{effect}")
    unexplained = moved.get("", [])
    if unexplained:
        parts["Changed"].append(
            f"- Answers that moved without another input: {'; '.join(unexplained)}. "
            f"Reason: {NO_REASON}."
        )
    filled = [f"### {part}\n\n" + "\n".join(lines) for part, lines in parts.items() if lines]
    return "\n\n".join(filled) or "Nothing changed: no input and no answer differs."


def _worded(row) -> tuple[str, str]:
    """Return the part of the entry that a difference belongs to, and what it says."""
    name = f"`{row.row}`"
    if row.where == FIGURES:
        unit = f" {row.column}" if row.column else ""
        return "Numbers", f"The text's figure {name}: {row.before:g} → {row.after:g}{unit}"
    where = f"`{row.where}`"
    if row.column is None:
        if row.before is None or row.after is None:
            part = "Added" if row.before is None else "Removed"
            return part, f"{where}: {name}"
        return "Changed", f"{where}: {name}: {row.before} → {row.after}"
    ends = ("empty" if v in ("", None) else f"{v}" for v in (row.before, row.after))
    part = "Numbers" if _is_number(row.before) or _is_number(row.after) else "Changed"
    return part, f"{where}: {name}, {plain_words(row.column)}: {' → '.join(ends)}"


def _is_number(value) -> bool:
    return bool(re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", str(value), re.I))


def _moved(answers: pd.DataFrame) -> dict[str, list[str]]:
    """Return cause -> the answers it moved, in words; "" for those that no input explains."""
    moved: dict[str, list[str]] = {}
    reasons = answers.drop_duplicates("question").set_index("question")["why"]
    for row in changed_answers(answers).itertuples():
        words = f"`{row.answer}` ({row.before} → {row.after})"
        why = reasons[row.answer]
        for cause in why.split("; ") if why not in UNCAUSED else [""]:
            moved.setdefault(cause, []).append(words)
    return moved


def reasons_of(before: str, after: str, root: Path) -> dict[tuple, str]:
    """Return (where, row, column) -> subject of the last commit that changed it.

    before: a git revision. after: a later one, or `record` for the files as they stand. A change
    that is in no commit yet has no reason.
    """
    last = "HEAD" if after == RECORD else after
    listed = git(root, "log", "--reverse", "--format=%H%x09%s", f"{before}..{last}", "--", "data")
    reasons: dict[tuple, str] = {}
    previous = before
    for line in (listed or b"").decode().splitlines():
        commit, _, subject = line.partition("\t")
        for row in _changed_inputs(previous, commit, root).itertuples():
            reasons[row.where, row.row, row.column] = subject
        previous = commit
    return reasons


def _changed_inputs(before: str, after: str, root: Path) -> pd.DataFrame:
    with revision(before, root, ["data"]) as one, revision(after, root, ["data"]) as other:
        return input_differences(inputs_of(one / "data"), inputs_of(other / "data"))
