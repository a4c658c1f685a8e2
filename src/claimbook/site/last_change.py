"""When the evidence was last changed."""

import re
import subprocess
from pathlib import Path


def last_change(root: Path, data: Path) -> str | None:
    """Return the date (YYYY-MM-DD) on which the tables were last changed, or None.

    It is that of the last commit that touched a table. Where there is no history, as in a
    download, it is the date of release in CITATION.cff.
    """
    if _git(data, "rev-parse", "--is-shallow-repository") == "false":
        tables = (":(glob)**/*.csv", "*.bib")
        if date := _git(data, "log", "-1", "--format=%cs", "--", *tables):
            return date
    citation = root / "CITATION.cff"
    if citation.is_file():
        text = citation.read_text(encoding="utf-8")
        released = re.search(r"^date-released: *[\"']?(\d{4}-\d\d-\d\d)", text, re.M)
        return released and released[1]
    return None


def _git(folder: Path, *words: str) -> str:
    """Return what git answers in a folder, ``""`` where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
