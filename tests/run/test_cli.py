"""The command line as its users meet it: one clear message, the right exit code, no traceback."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import CLAIMBOOK, ROOT, claimbook, write_coffee

ESSAY = ROOT.parent / "shared" / "essay.txt"


@pytest.fixture
def project_with_notebook(project):
    project.notebook("10-one", "pass")
    return project


@pytest.mark.parametrize("pair, words", [
    ("brewing_tme=3", "unknown parameter 'brewing_tme'; did you mean 'brewing_time'?"),
    ("brewing_time=long", "brewing_time: 'long' is not a number"),
    ("brewing_time=2 kg", "brewing_time: '2 kg' does not fit"),
    ("extraction_min=101", "extraction_min: 101 percent is outside 0 to 100 percent"),
    ("extraction_min=30", "minimum to be no greater than the maximum"),
    ("brewing_time", "--set brewing_time: expected NAME=VALUE, such as brewing_time=5"),
    ("=3", "--set =3: expected NAME=VALUE"),
    ("brewing_time=", "brewing_time: an empty text was given"),
])  # fmt: skip
def test_bad_number_is_refused_before_anything_runs(project_with_notebook, pair, words):
    before = project_with_notebook.files()
    done = project_with_notebook.run("--set", pair)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("claimbook: ") and words in line
    assert project_with_notebook.files() == before


def test_other_mistakes_are_named(project_with_notebook, tmp_path):
    root = project_with_notebook.root
    for arguments, words in [
        (["--set", "brewing_time=3", "--set", "brewing_time=4"], "brewing_time is set twice"),
        (["11-one"], "no notebook '11-one'; did you mean '10-one'?"),
        (["--data", tmp_path / "nowhere"], "nowhere: no such folder"),
        (["--set", "brewing_time=3", "--output", "."], "--output is the record itself"),
    ]:
        done = project_with_notebook.run(*arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert words in done.stderr.splitlines()[0], done.stderr
    assert not (root / "build").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["run", "--jobs", "0"], ["run", "--timeout", "soon"]], ids=str
)
def test_words_that_are_no_command_show_the_usage(arguments, tmp_path):
    done = claimbook(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("usage: claimbook")


def test_fraction_for_a_percentage_warns_and_runs(project_with_notebook):
    done = project_with_notebook.run("--set", "extraction_min=0.1")
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "claimbook: warning: extraction_min: percent are percent: 0.1 means 0.1 percent; "
        "for the fraction 0.1 write 10"
    ]


def test_check_counts_what_is_there_and_runs_nothing(project):
    before = project.files()
    done = claimbook("check", cwd=project.root)
    assert done.returncode == 0 and done.stderr == ""
    assert "brews: 6 rows" in done.stdout
    assert "cited but not listed: cup1999" in done.stdout
    assert project.files() == before


def test_check_names_every_problem_with_file_row_column_and_value(project):
    path = project.root / "data" / "brews.csv"
    text = path.read_text().replace("espresso", "expresso").replace("b2,alba", "b2,alba,more")
    path.write_text(text)
    done = claimbook("check", cwd=project.root)
    assert done.returncode == 2
    assert [line.rsplit("/", 1)[1] for line in done.stderr.splitlines()] == [
        "brews.csv: row 3: more cells than the 10 columns of the header",
        "brews.csv: row 6, column method: 'expresso' is not one of filter, espresso, siphon; "
        "did you mean 'espresso'?",
    ]


def test_check_finds_evidence_in_a_unit_that_does_not_fit(project):
    path = project.root / "data" / "brews.csv"
    path.write_text(
        path.read_text().replace("b5,dora,espresso,25,,,second", "b5,dora,espresso,25,,,metre")
    )
    done = claimbook("check", cwd=project.root)
    assert done.returncode == 2
    assert "table brews, b5: 25.0 in metre does not fit" in done.stderr


def test_data_elsewhere_are_used_from_anywhere(tmp_path):
    data = write_coffee(tmp_path / "elsewhere")
    done = claimbook("check", "--data", data, cwd=tmp_path)
    assert done.returncode == 0 and "brews: 6 rows" in done.stdout
    done = claimbook("check", cwd=tmp_path)
    assert done.returncode == 2 and "say where the data are with --data DIR" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupt_while_loading_shows_no_traceback(project_with_notebook):
    process = subprocess.Popen(
        [*CLAIMBOOK, "check"], cwd=project_with_notebook.root, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 20
    while b"pandas" not in _maps(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert "Traceback" not in said
    assert process.returncode in (0, 130)


def _maps(pid):
    try:
        return Path(f"/proc/{pid}/maps").read_bytes()
    except OSError:
        return b"pandas"


def test_console_script_is_the_same_command(tmp_path):
    script = Path(sys.executable).with_name("claimbook")
    if not script.exists():
        pytest.skip("not installed as a script")
    done = subprocess.run([script, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and "check" in done.stdout


# --- the text itself is not ours to copy ----------------------------------------------------------


def words_of(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def test_no_nine_words_of_the_text_stand_together_in_a_tracked_file():
    if not ESSAY.exists():
        pytest.skip("the text stands only beside the developers' checkout")
    body = ESSAY.read_text(encoding="utf-8")
    body = re.split(r"(?m)^References", body)[0].split("[P1]")[1]
    words = words_of(body)
    runs = {tuple(words[i : i + 9]) for i in range(len(words) - 8)}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".png", ".bib") or name == "lock.txt" or not path.is_file():
            continue
        own = words_of(path.read_text(encoding="utf-8", errors="ignore"))
        found += [
            (name, " ".join(own[i : i + 9]))
            for i in range(len(own) - 8)
            if tuple(own[i : i + 9]) in runs
        ]
    assert found == []
