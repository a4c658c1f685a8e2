"""A small checkout about coffee with results, made without running a notebook; with git or not."""

import io
import os
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
from conftest import Project, write_coffee, write_implications

from claimbook import load
from claimbook.book.book import Book
from claimbook.book.implications import implied
from claimbook.claims.comparison import compare_all
from claimbook.run.outputs import write_json
from claimbook.run.states import Inputs, State, inputs_of

STEM = "10-one"


def records(book: Book) -> list[dict]:
    """The answers of a book as a notebook would put them on record: figures, then implications."""
    found = [comparison.record for comparison in compare_all(book)]
    figures = book.figures[["value", "unit"]].apply(tuple, axis=1).to_dict()
    for name, one in book.implications.items():
        value = float(f"{float(implied(one, book.tables, figures)):.9g}")
        found.append(
            {
                "question": name,
                "asks": one["asks"],
                "claim": one["claim"],
                "figure": None,
                "unit": one["unit"],
                "estimate": value,
                "low": None,
                "high": None,
                "rows": [asked["row"] for asked in one.get("inputs", {}).values()],
                "verdict": None,
                "reason": f"{value:.3g}",
            }
        )
    return [{**record, "notebook": STEM} for record in found]


def picture(book: Book) -> bytes:
    """A picture that hangs on one figure."""
    fig, ax = plt.subplots(figsize=(1, 1))
    ax.plot([0, book.figures.loc["brewing_time", "value"]])
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(fig)
    return buffer.getvalue()


def write_results(book: Book, output: Path, pictures: bool = True) -> None:
    """Write what a run would: results/, figures/, and inputs/ where the output is no checkout."""
    (output / "results").mkdir(parents=True, exist_ok=True)
    document = {
        "digest": book.digest,
        "scenario": book.scenario.name if book.scenario else None,
        "updates": dict(book.updates),
        "answers": records(book),
    }
    write_json(document, output / "results" / "answers.json")
    if pictures:
        (output / "figures").mkdir(exist_ok=True)
        (output / "figures" / f"{STEM}--line.png").write_bytes(picture(book))
    if not (output / "data").exists():
        book.copy_data(output / "inputs")


def state_of_book(name: str, book: Book, folder: Path) -> State:
    """The state of a book's results, without pictures; its inputs are read in `folder`."""
    book.copy_data(folder)
    return State(
        name=name,
        digest=book.digest,
        scenario=book.scenario.name if book.scenario else None,
        inputs=with_updates(inputs_of(folder), book),
        answers={record["question"]: record for record in records(book)},
        pictures={},
    )


def with_updates(inputs: Inputs, book: Book) -> Inputs:
    return Inputs(inputs.tables, inputs.entries, {**inputs.figures, **book.updates}, inputs.units)


def checkout(root: Path) -> Project:
    """A checkout about coffee, with implications, one notebook and its record."""
    write_implications(write_coffee(root / "data"))
    project = Project(root)
    project.notebook(STEM, "from claimbook import load\nbook = load().update_from(globals())")
    write_results(load(root / "data"), root)
    return project


def git(root: Path, *words: str) -> str:
    """Run git as somebody whose own settings do not matter; return what it prints."""
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.org"}
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, env=env, check=True
    )
    return done.stdout.strip()


def commit(root: Path, subject: str, record: bool = True) -> str:
    """Make the record anew, commit everything, and return the commit."""
    if record:
        write_results(load(root / "data"), root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", subject)
    return git(root, "rev-parse", "HEAD")


def edit(root: Path, name: str, old: str, new: str) -> None:
    """Replace one text in a file of the data."""
    path = root / "data" / name
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (name, old)
    path.write_text(text.replace(old, new), encoding="utf-8")
