"""Shared by the tests: the collection's book, a small book about something else, and runs."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import yaml
from filelock import FileLock

from claimbook import load

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def book():
    """The collection's book with the printed figures. Tests must not change its tables."""
    return load(ROOT / "data")


@pytest.fixture
def data(tmp_path):
    """A copy of the collection's data that a test may damage."""
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


# --- a book about coffee: the package must know nothing of any subject ---------------------------

COFFEE = ROOT / "tests" / "coffee"


def coffee_description() -> dict:
    return yaml.safe_load((COFFEE / "datapackage.yaml").read_text())


def write_coffee(folder: Path) -> Path:
    """Write the book about coffee into `folder` and return it."""
    ignored = shutil.ignore_patterns("optional")
    return Path(shutil.copytree(COFFEE, folder, ignore=ignored, dirs_exist_ok=True))


def write_implications(folder: Path) -> Path:
    """Add implications to the book about coffee."""
    shutil.copy(COFFEE / "optional" / "implications.yaml", folder)
    return folder


def write_scenario(folder: Path, name: str, body: str, head: str | None = None) -> Path:
    """Write a scenario with a body of figures or evidence; `head` is in place of the usual one."""
    usual = "title: A title\nreason: A reason\nsource: A source\n"
    path = folder / "scenarios" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text((usual if head is None else head) + body, encoding="utf-8")
    return path


@pytest.fixture
def coffee(tmp_path):
    """The folder of the book about coffee, which a test may damage."""
    return write_coffee(tmp_path / "coffee")


# --- running the command line --------------------------------------------------------------------

CLAIMBOOK = [sys.executable, "-m", "claimbook.cli"]
FROZEN_COFFEE = ["brewing_time", "extraction_min", "extraction_max", "cups_a_day"]
PARAMETERS = "\n".join(f"{name}: float = None  # unit: what" for name in FROZEN_COFFEE)
PARAMETERS += "\nscenario: str = None  # x"


def claimbook(*args, cwd, env=None, timeout=280) -> subprocess.CompletedProcess:
    """Run the command line as a user does: a process of its own, in a folder."""
    return subprocess.run(
        [*CLAIMBOOK, *map(str, args)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def write_cells(path: Path, *cells: str) -> Path:
    """Write a notebook with a parameters cell and one code cell for each text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell(PARAMETERS, id="parameters")
    first.metadata["tags"] = ["parameters"]
    title = nbformat.v4.new_markdown_cell("# Title", id="title")
    others = [nbformat.v4.new_code_cell(c, id=f"cell-{i}") for i, c in enumerate(cells)]
    notebook.cells = [title, first, *others]
    nbformat.write(notebook, path)
    return path


@dataclass
class Project:
    """A small checkout: data/ about coffee and notebooks/ that a test writes."""

    root: Path

    def notebook(self, name: str, *cells: str) -> Path:
        return write_cells(self.root / "notebooks" / f"{name}.ipynb", *cells)

    def run(self, *args, **options) -> subprocess.CompletedProcess:
        return claimbook("run", *args, cwd=self.root, **options)

    def notebooks(self) -> list[Path]:
        return sorted((self.root / "notebooks").glob("*.ipynb"))

    def files(self) -> dict[str, bytes]:
        """Every file of the checkout with its bytes."""
        found = sorted(p for p in self.root.rglob("*") if p.is_file())
        return {p.relative_to(self.root).as_posix(): p.read_bytes() for p in found}


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "checkout"
    write_coffee(root / "data")
    return Project(root)


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line in this process: returns exit code, standard output and error."""
    from claimbook.cli import main

    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main puts in its own

    def run(*args, cwd: Path) -> tuple[int, str, str]:
        monkeypatch.chdir(cwd)
        capsys.readouterr()
        code = main([str(arg) for arg in args])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def refused(outcome: tuple[int, str, str]) -> str:
    """Return the one line of a command that was refused with exit code 2."""
    code, out, err = outcome
    assert (code, out) == (2, ""), (code, out, err)
    (line,) = err.splitlines()
    assert line.startswith("claimbook: ") and "Traceback" not in line
    return line


def processes_mentioning(text: str) -> list[int]:
    """Processes whose command line or environment holds `text` (Linux only)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if text.encode() in told and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


@pytest.fixture
def marked(monkeypatch, tmp_path):
    """Give every process started from here a mark, and a folder of its own for temporary files."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return temporary


def what_is_left(project, marked) -> list[str | int]:
    """Work folders, temporary files and processes that remain; there should be none."""
    left = [p.name for p in project.root.rglob(".claimbook-*")]
    left += [p.name for p in marked.iterdir()]
    return left if all_gone(marked) else [*left, *processes_mentioning(str(marked))]


def all_gone(marked, seconds=5) -> bool:
    """Whether every process that was started with the mark ends within some seconds."""
    return wait_until(lambda: not processes_mentioning(str(marked)), seconds)


def wait_until(met, seconds=60) -> bool:
    """Wait for a condition; return whether it was met in time."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def stop(process: subprocess.Popen, number: int = signal.SIGKILL) -> None:
    if process.poll() is None:
        process.send_signal(number)
    process.wait(30)


# --- the site of the collection, made once for all tests -----------------------------------------


BUILD_FLOOR, REBUILD_FLOOR = 20, 5
"""Seconds in which the site is to be made, and made again after one notebook changed."""
QUIET_PACE = 1.8
"""Seconds of processor time that `_pace` takes where the site's floors were set."""


@dataclass
class Site:
    """A site, the command that made it, and what it took (seconds of processor time).

    rebuilt: after one notebook had changed. same: whether the site was the same again after the
    notebook had changed back.
    """

    folder: Path
    said: str
    code: int
    seconds: float
    rebuilt: float
    same: bool


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config):
    """Make the site before all tests run side by side, which would take its processor from it."""
    every = config.args_source is config.ArgsSource.TESTPATHS
    if every and not (config.option.keyword or config.option.markexpr or config.option.collectonly):
        shared = config._tmp_path_factory.getbasetemp()
        (shared / "site.json").write_text(json.dumps(_make_site(shared)))


def once(tmp_path_factory, name: str, make):
    """Return ``make(folder)`` as JSON keeps it, made once however many processes test it.

    folder: shared by all processes.
    """
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with FileLock(shared / f"{name}.lock"):
        kept = shared / f"{name}.json"
        if not kept.exists():
            kept.write_text(json.dumps(make(shared)))
    return shared, json.loads(kept.read_text())


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    """The site of the record, as ``claimbook site`` makes it."""
    shared, made = once(tmp_path_factory, "site", _make_site)
    made = Site(shared / "site", *made)
    assert made.code == 0, made.said
    return made


def _make_site(shared: Path) -> list:
    """Build the site, once more after one notebook changed, and again after it changed back."""
    results, output = shared / "site-results", shared / "site"
    for part in ("notebooks", "figures", "results"):
        shutil.copytree(ROOT / part, results / part)
    command = ("site", "--from", results, "--output", output)

    def built():
        for folder in (output, shared / ".site-work"):
            shutil.rmtree(folder, ignore_errors=True)
        return _timed(*command)

    done, seconds = _quieter(built, BUILD_FLOOR)
    first = _digests(output)
    notebook = results / "notebooks" / "30-prevalence.ipynb"
    before = notebook.read_bytes()
    others = iter((b"They give", b"These give"))

    def built_again():
        notebook.write_bytes(before.replace(b"United States adults together give", next(others)))
        return _timed(*command)

    changed, rebuilt = _quieter(built_again, REBUILD_FLOOR)
    other = _digests(output)
    notebook.write_bytes(before)
    again, _ = _timed(*command)
    code = done.returncode or changed.returncode or again.returncode
    same = _digests(output) == first != other
    return [done.stdout + done.stderr + changed.stderr + again.stderr, code, seconds, rebuilt, same]


def _quieter(measure, limit: float) -> tuple[subprocess.CompletedProcess, float]:
    """Return what ``measure()`` gave; if it was too slow, the faster of two: noise only adds."""
    first = measure()
    return first if first[1] < limit else min(first, measure(), key=lambda one: one[1])


def _timed(*command) -> tuple[subprocess.CompletedProcess, float]:
    """Run the command line; return what it did and the processor time that it took.

    The time is that of a quiet machine: where the imports before and after the command take longer
    than they do there, because others share processor and memory, the command did so as well.
    """
    before = _pace()
    done, seconds = _taking(lambda: claimbook(*command, cwd=ROOT))
    return done, seconds / max(1, (before + _pace()) / 2 / QUIET_PACE)


def _pace() -> float:
    """Return the processor time of a process that imports much of what the command does."""
    words = [sys.executable, "-c", "import pandas, scipy.stats, matplotlib.pyplot"]
    return _taking(lambda: subprocess.run(words, check=True))[1]


def _taking(run) -> tuple[subprocess.CompletedProcess, float]:
    """Return what ``run()`` did and its process's time: of the processor, where that is told."""
    before = os.times()
    done, after = run(), os.times()
    used = after.children_user + after.children_system
    children = used - before.children_user - before.children_system
    return done, children or after.elapsed - before.elapsed


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
