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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from claimbook import load

ROOT = Path(__file__).resolve().parents[1]
RECORD = ("data", "notebooks", "figures", "results", "README.md", "CITATION.cff")


@pytest.fixture(scope="session")
def book():
    """The collection's book with the printed figures. Tests must not change its tables."""
    return load(ROOT / "data")


@pytest.fixture
def data(tmp_path):
    """A copy of the collection's data that a test may damage."""
    return Path(shutil.copytree(ROOT / "data", tmp_path / "data"))


# --- a book about coffee: the package must know nothing of any subject ---------------------------

COFFEE_FIELDS = {
    "claims": """
        claim: string, required, unique
        paragraph: integer, required
        statement: string, required
        domain: string, required, in taste trade
        role: string, required, in figure finding
        value: number, see unit
        low: number, see unit
        high: number, see unit
        unit: string
        relation: string, in about up_to at_least range
        population: string
        hedge: string, required, in stated possible
        cites: string, list references.key
    """,
    "references": """
        key: string, required, unique
        verification: string, required, in read unverified not_found
    """,
    "findings": """
        row_id: string, required, unique
        key: string
        claim: string
        source_reports: string
        value: number, see unit
        low: number, see unit
        high: number, see unit
        unit: string
        support: string, required, in supports partly_supports does_not_support contradicts
        cited_by_essay: boolean, required
        evidence_url: string
        verification: string, required, in read derived unverified not_found
    """,
    "brews": """
        row_id: string, required, unique
        study_key: string, required
        method: string, required, in filter espresso siphon
        value: number, see unit
        low: number, see unit
        high: number, see unit
        unit: string
        brewed: date
        evidence_url: string
        verification: string, required, in read derived unverified not_found
    """,
}

COFFEE_ROWS = {
    "claims": """
        claim,paragraph,statement,domain,role,value,low,high,unit,relation,population,hedge,cites
        brewing_time,1,Filter coffee takes long,taste,figure,4,,,minute,about,,stated,bean2001
        extraction,2,A fifth is dissolved,taste,figure,,18,22,percent,range,,stated,bean2001;cup1999
        cups_a_day,2,People drink two or more,trade,figure,2,,,count,at_least,,possible,
        aroma,3,The aroma fades,taste,finding,,,,,,,stated,cup1999
    """,
    "references": """
        key,verification
        bean2001,read
        cup1999,unverified
    """,
    "findings": """
        row_id,key,claim,source_reports,value,low,high,unit,support,cited_by_essay,evidence_url,verification
        bean_f1,bean2001,brewing_time,Four minutes were best,240,,,second,supports,true,https://example.org/b,read
        cup_f1,cup1999,extraction,Twenty percent,20,,,percent,supports,true,,unverified
    """,
    "brews": """
        row_id,study_key,method,value,low,high,unit,brewed,evidence_url,verification
        b1,alba,filter,230,,,second,2001-02-03,https://example.org/1,read
        b2,alba,filter,300,,,second,,https://example.org/2,read
        b3,bosco,filter,4,3,5,minute,,https://example.org/3,read
        b4,corvo,filter,9,,,minute,,,unverified
        b5,dora,espresso,25,,,second,,https://example.org/5,read
        b6,dora,filter,19.5,,,percent,,https://example.org/6,derived
    """,
}

COFFEE_QUESTIONS = """
brewing_time:
  asks: How long does filter coffee take?
  claim: brewing_time
  cited_row: bean_f1
  measured: the time of filter coffee
  direct:
    - table: brews
      where: {method: filter, unit: [second, minute]}
      value: value
      low: low
      high: high
  indirect:
    - table: brews
      where: {method: espresso}
      value: value
extraction:
  asks: What share of the coffee is dissolved?
  claim: extraction
  measured: the dissolved share
  direct:
    - {table: brews, where: {row_id: b6}, value: value}
cups_a_day:
  asks: How many cups a day?
  claim: cups_a_day
  measured: cups a day
  direct:
    - {table: findings, where: {row_id: cup_f1}, value: value}
"""

COFFEE_BIB = "@misc{bean2001, title = {Beans}, author = {Bean, A.}, year = {2001}}\n"


COFFEE_IMPLICATIONS = """
brewing_a_day:
  asks: How long would all cups of a day take, one after the other?
  claim: cups_a_day
  formula: cups_a_day * each
  unit: hour
  inputs:
    each: {table: brews, row: b1}
brews_an_hour:
  asks: How many brews fit in an hour?
  claim: brewing_time
  formula: 1 / brewing_time
  unit: 1/hour
spread_of_extraction:
  asks: How far apart are the ends?
  claim: extraction
  formula: (extraction_max - extraction_min) / extraction_min
  unit: percent
"""


def _field(line: str) -> dict:
    name, _, rest = line.strip().partition(": ")
    kind, *properties = rest.split(", ")
    field: dict = {"name": name, "type": kind, "constraints": {}}
    for one in properties:
        word, _, more = one.partition(" ")
        if one in ("required", "unique"):
            field["constraints"][one] = True
        elif word == "in":
            field["constraints"]["enum"] = more.split()
        elif word == "list":
            field |= {"items": more, "separator": ";"}
        else:
            field["unit"] = one
    return field


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]


def coffee_description() -> dict:
    resources = [
        {
            "name": name,
            "path": f"{name}.csv",
            "schema": {"fields": [_field(line) for line in lines_of(fields)]},
        }
        for name, fields in COFFEE_FIELDS.items()
    ]
    return {"name": "coffee", "resources": resources}


def write_coffee(folder: Path) -> Path:
    """Write the book about coffee into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "datapackage.yaml").write_text(json.dumps(coffee_description()))  # JSON is YAML
    for name, rows in COFFEE_ROWS.items():
        (folder / f"{name}.csv").write_text("\n".join(lines_of(rows)) + "\n")
    (folder / "questions.yaml").write_text(COFFEE_QUESTIONS)
    (folder / "references.bib").write_text(COFFEE_BIB)
    return folder


def write_implications(folder: Path) -> Path:
    """Add implications to the book about coffee."""
    (folder / "implications.yaml").write_text(COFFEE_IMPLICATIONS)
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
PARAMETERS = "\n".join(
    [
        *(f"{name}: float = None  # unit: what" for name in FROZEN_COFFEE),
        "scenario: str = None  # x",
    ]
)


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


# --- the whole collection, run once for all tests ------------------------------------------------


@dataclass
class Ran:
    """A copy of the checkout after one run: what was written, and what the command said."""

    root: Path
    output: Path
    said: str
    code: int

    def notebook(self, stem: str):
        return nbformat.read(self.output / "notebooks" / f"{stem}.ipynb", as_version=4)

    def answers(self) -> dict:
        return json.loads((self.output / "results" / "answers.json").read_text(encoding="utf-8"))


@contextmanager
def _only_one(path: Path):
    """Hold `path` as a lock between the test processes."""
    try:
        import fcntl
    except ImportError:  # each process then makes its own copy
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_once(tmp_path_factory, name: str, prepare, *args, output=None, env=None) -> Ran:
    """Run the collection in a copy of the checkout, once however many processes test it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER") and os.name != "nt":
        shared = shared.parent
    root, told = shared / name, shared / f"{name}.json"
    with _only_one(shared / f"{name}.lock"):
        if not told.exists():
            root.mkdir()
            for part in RECORD:
                source = ROOT / part
                copy = shutil.copytree if source.is_dir() else shutil.copy
                copy(source, root / part)
            prepare(root)
            done = claimbook("run", *args, cwd=root, env=env)
            told.write_text(json.dumps([done.stdout + done.stderr, done.returncode]))
    said, code = json.loads(told.read_text())
    return Ran(root, root / output if output else root, said, code)


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


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Site:
    """The site of the record, as ``claimbook site`` makes it."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER") and os.name != "nt":
        shared = shared.parent
    with _only_one(shared / "site.lock"):
        told = shared / "site.json"
        if not told.exists():
            told.write_text(json.dumps(_make_site(shared)))
    made = Site(shared / "site", *json.loads(told.read_text()))
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
