"""Running notebooks: all or nothing, one clear message, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import pytest
from conftest import CLAIMBOOK, Project, claimbook, what_is_left, write_coffee

from claimbook.book.folders import find_root
from claimbook.errors import InputError
from claimbook.run.running import find_notebooks

linux_only = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def one_message(done):
    """The single line on standard error, without a traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


FAILURES = {
    "10-raises": (["x = 1", "1 / 0", "y = 2"], r"cell 4 \('1 / 0'\): ZeroDivisionError: .*"),
    "11-raises-at-once": (["1 / 0"], r"cell 3 \('1 / 0'\): ZeroDivisionError: .*"),
    "12-kernel-dies": (
        ["x = 1", "import os\nos.kill(os.getpid(), 9)", "y = 2"],
        r"cell 4 \('import os'\): its kernel died",
    ),
    "13-kernel-leaves": (
        ["x = 1", "import os\nos._exit(0)", "y = 2"],
        r"cell 4 \('import os'\): its kernel died",
    ),
    "14-hangs": (
        ["x = 1", "import time\ntime.sleep(60)", "y = 2"],
        r"cell 4 \('import time'\): ran longer than 4 seconds",
    ),
    "15-leaves-early": (
        ["import sys", "sys.exit(0)", "y = 2"],
        r"cell 4 \('sys.exit\(0\)'\): SystemExit: 0; the cells after it did not run",
    ),
    "16-bad-number-inside": (
        ["from claimbook import load", "load().update(brewing_time=-1)"],
        r"cell 4 .*InputError: brewing_time: -1 minute is not above 0.*",
    ),
    "17-killed-with-its-worker": (
        ["x = 1", "import os\nos.kill(os.getppid(), 9)", "y = 2"],
        r"whole notebook: its process was ended by signal 9 \(Killed\)",
    ),
    "18-leaves-a-file": (
        ["import tempfile", "tempfile.mkstemp()[0]", "1 / 0"],
        r"cell 5 \('1 / 0'\): ZeroDivisionError: .*",
    ),
    "19-no-notebook": (None, r".*not a notebook.*"),
}


@linux_only
@pytest.mark.parametrize("options", [[], ["--set", "brewing_time=5"]], ids=["printed", "updated"])
def test_each_failed_notebook_and_cell_is_named_and_nothing_changes(project, marked, options):
    project.notebook("00-good", "print('fine')")
    for name, (cells, _) in FAILURES.items():
        if not options or name in ("10-raises", "15-leaves-early"):
            path = project.notebook(name, *cells or [])
            if cells is None:
                path.write_text("{")
    before = project.files()
    done = project.run(*options, "--timeout", 4, "--jobs", 3)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    said = done.stderr.removeprefix("claimbook: ").splitlines()
    assert len(said) == len(project.notebooks()) - 1
    for line in said:
        stem = line.split(".ipynb, ")[0]
        assert re.fullmatch(FAILURES[stem][1], line.removeprefix(f"{stem}.ipynb, ")), line
    assert project.files() == before
    assert what_is_left(project, marked) == []


def test_run_publishes_notebooks_figures_and_answers(project):
    project.notebook("10-one", "from claimbook import load\nbook = load().update_from(globals())",
        "from claimbook import show\nfrom claimbook.claims.comparison import compare_all",
        "show.record(*(c.answer for c in compare_all(book)))",
        "import matplotlib.pyplot as plt\nfrom claimbook.show.pictures import Picture\n"
        "fig, ax = plt.subplots()\nax.plot([1, 2])\n"
        "import pandas as pd\ndata = pd.DataFrame({'y': [1, 2]})\n"
        "show.picture(Picture(fig, 'A line.', data), 'a-line', source='nothing')",
    )  # fmt: skip
    project.notebook("20-two", "print(1 + 1)")
    done = project.run()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    names = set(project.files()) - {n for n in project.files() if n.startswith("data/")}
    assert names == {
        "notebooks/10-one.ipynb",
        "notebooks/20-two.ipynb",
        "figures/10-one--a-line.csv",
        "figures/10-one--a-line.png",
        "figures/10-one--a-line.svg",
        "results/answers.json",
    }
    first = project.files()
    record = json.loads(first["results/answers.json"])
    assert [a["question"] for a in record["answers"]] == [
        "brewing_time",
        "extraction",
        "cups_a_day",
    ]
    assert {a["notebook"] for a in record["answers"]} == {"10-one"}
    assert record["updates"] == {}

    assert project.run("--jobs", 1).returncode == 0
    assert project.files() == first, "a second run changes no byte"

    done = project.run("--set", "brewing_time=9 minute")
    assert done.returncode == 0, done.stderr
    after = project.files()
    assert {name: after[name] for name in first} == first, "an experiment leaves the record alone"
    built = json.loads(after["build/results/answers.json"])
    assert built["updates"] == {"brewing_time": 9.0}
    assert built["digest"] != record["digest"]
    injected = [c for c in json.loads(after["build/notebooks/10-one.ipynb"])["cells"]
                if c["metadata"].get("tags") == ["injected-parameters"]]  # fmt: skip
    assert len(injected) == 1 and "brewing_time = 9.0" in "".join(injected[0]["source"])

    # one notebook of an older experiment must not pass for one of another
    done = project.run("20-two", "--set", "brewing_time=5")
    assert done.returncode == 2
    assert "10-one" in one_message(done)
    assert {n: b for n, b in project.files().items() if n.startswith("build/")} == {
        n: b for n, b in after.items() if n.startswith("build/")
    }


def test_stale_figures_of_a_notebook_are_removed_and_others_stay(project):
    project.notebook("10-one", "pass")
    figures = project.root / "figures"
    figures.mkdir()
    for name in ("10-one--gone.png", "10-one--gone.svg", "20-two--kept.png", "notes.txt"):
        (figures / name).write_text("old")
    assert project.run("10").returncode == 0
    assert sorted(p.name for p in figures.iterdir()) == ["20-two--kept.png", "notes.txt"]


@pytest.mark.parametrize("blocked", ["output", "results"])
def test_output_that_cannot_be_written_is_one_message(project, tmp_path, blocked):
    project.notebook("10-one", "pass")
    output = tmp_path / "out"
    if blocked == "output":
        output.write_text("a file, not a folder")
    else:
        output.mkdir()
        (output / blocked).write_text("a file, not a folder")
    before = project.files(), sorted(tmp_path.rglob("*"))
    done = project.run("--output", output)
    assert done.returncode == 2
    assert "cannot write to" in one_message(done) and "out" in done.stderr
    assert (project.files(), sorted(tmp_path.rglob("*"))) == before


def test_notebook_edited_while_it_runs_is_not_overwritten(project):
    path = project.notebook("10-one", "from pathlib import Path\np = Path('10-one.ipynb')",
        "p.write_text(p.read_text().replace('# Title', '# Better title'))",
    )  # fmt: skip
    done = project.run()
    assert done.returncode == 1
    assert "10-one.ipynb" in one_message(done) and "changed while" in done.stderr
    assert "# Better title" in path.read_text()


def test_data_from_the_environment_do_not_overwrite_the_record(project, tmp_path):
    other = write_coffee(tmp_path / "other")
    project.notebook("10-one", "from claimbook import load", "print(load().folder.name)")
    before = project.files()
    done = project.run(env={"CLAIMBOOK_DATA": os.path.relpath(other, project.root)})
    assert done.returncode == 0, done.stderr
    after = project.files()
    assert {name: after[name] for name in before} == before
    assert b"other" in after["build/notebooks/10-one.ipynb"]


def test_run_works_in_an_awkward_checkout_from_a_folder_below(tmp_path):
    project = Project(tmp_path / "a {b} c'd é %s $HOME")
    write_coffee(project.root / "data")
    project.notebook("10-one", "print('fine')")
    (project.root / "notebooks" / "deep").mkdir()
    done = claimbook("run", "--set", "brewing_time=5", cwd=project.root / "notebooks" / "deep")
    assert done.returncode == 0, done.stderr
    assert (project.root / "build" / "results" / "answers.json").exists()


@linux_only
@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_interrupt_stops_kernels_and_leaves_the_record(project, marked, name, code):
    flag = project.root.parent / "started"
    slow = f"open({str(flag)!r}, 'a').write('x')", "import time\ntime.sleep(100)"
    project.notebook("10-slow", *slow)
    project.notebook("20-slow", *slow)
    project.notebook("30-never", f"open({str(flag)!r} + '30', 'w')")
    before = project.files()
    process = subprocess.Popen(
        [*CLAIMBOOK, "run", "--jobs", "2"], cwd=project.root, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 60
        while not (flag.exists() and len(flag.read_text()) == 2) and time.monotonic() < deadline:
            time.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == code
    assert time.monotonic() - begun < 10
    assert said.strip() == "claimbook: stopped; nothing was changed"
    assert project.files() == before
    assert what_is_left(project, marked) == []
    assert not Path(f"{flag}30").exists()


def test_notebooks_are_found_by_name_stem_and_number(project):
    for name in ("00-first", "10-second", "20-third"):
        project.notebook(name)

    def found(*names):
        return [p.stem for p in find_notebooks(project.root, names)]

    assert found() == ["00-first", "10-second", "20-third"]
    assert found("20", "notebooks/00-first.ipynb") == ["00-first", "20-third"]
    assert found("10-second", "10", "10-second.ipynb") == ["10-second"]
    with pytest.raises(InputError, match="no notebook '10-secnd'; did you mean '10-second'"):
        found("10-secnd")


def test_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(InputError, match="no notebooks/"):
        find_root(tmp_path)


def test_executed_notebook_holds_no_time_path_or_random_name(project):
    path = project.notebook("10-one", "print('a')\nprint('b')", "1 + 1")
    assert project.run().returncode == 0
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    text = path.read_text()
    assert "papermill" not in text and "start_time" not in text and str(project.root) not in text
    assert [c.execution_count for c in notebook.cells if c.cell_type == "code"] == [1, 2, 3]
    assert notebook.cells[2].outputs[0].text == "a\nb\n"
