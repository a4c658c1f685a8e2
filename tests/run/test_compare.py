"""claimbook compare: what it takes for a state, what it tells, and in which forms."""

import base64
import json
import os
import re
import shutil
import time
from pathlib import Path

import nbformat
import pytest
from conftest import ANSWERING, Project, refused, write_scenario
from small_record import STEM, checkout, commit, edit, git, picture, write_results

from claimbook import load
from claimbook.errors import InputError
from claimbook.run import change_report as comparison
from claimbook.run import states
from claimbook.run.change_report import changed_answers, input_summary
from claimbook.run.states import read_state, scenario_results

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="no git")
HOSTILE = "<script>alert(1)</script> | `x` **b** [l](javascript:x) $y$ \x1b[31mred\x9b0m\u202e"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    project = checkout(tmp_path_factory.mktemp("compare") / "checkout")
    rows = "evidence: [{table: brews, where: {row_id: b2}, set: {value: 9000}}]"
    write_scenario(project.root / "data", "slow", "figures: {brewing_time: 9 minute}")
    write_scenario(project.root / "data", "rows", rows)
    write_results(load(project.root / "data"), project.root)
    for name in ("slow", "rows"):
        made_ready(project, name)
    return project


@pytest.fixture
def project(template, tmp_path):
    """A checkout with two scenarios, both of which have results; it is no git repository."""
    return Project(Path(shutil.copytree(template.root, tmp_path / "checkout")))


def made_ready(project, name):
    """Write the results of a scenario, as a run of its notebooks would have left them."""
    output = project.root / "build" / "scenarios" / name
    (output / "notebooks").mkdir(parents=True)
    shutil.copy(project.root / "notebooks" / f"{STEM}.ipynb", output / "notebooks")
    write_results(load(project.root / "data").in_scenario(name), output)
    return output


def results(project, name, **figures):
    """Write a folder of results into the checkout and return it."""
    write_results(load(project.root / "data").update(**figures), project.root / name)
    return project.root / name


# --- states ---------------------------------------------------------------------------------------


def test_identical_states_differ_in_nothing(project, command):
    for options in ([], ["--exit-code"]):
        code, said, errors = command("compare", "record", *options, cwd=project.root)
        assert (code, errors) == (0, "")
        assert said == (
            "From record to record\n\nInputs that differ: none\n\nVerdicts that flipped: none\n\n"
            "Answers that changed: 0 of 6\n"
        )


def test_scenario_is_compared_with_the_record_in_text(project, command):
    code, said, errors = command("compare", "record", "slow", cwd=project.root)
    assert (code, errors) == (0, "")
    lines = said.splitlines()
    assert lines[0] == "From record to slow"
    assert "Inputs that differ: 1" in lines
    assert "  figures: brewing_time: 4\u00a0min -> 9\u00a0min" in lines
    assert "Verdicts that flipped: 1" in lines
    assert "  brewing_time: holds -> contradicted" in lines
    assert "Answers that changed: 2 of 6" in lines
    unit = "\u00a01/hour"
    assert f"  brews_an_hour: 15{unit} -> 6.67{unit} (-8.33{unit}); why: brewing_time" in lines


def test_exit_code_says_whether_an_answer_changed(project, command):
    assert command("compare", "record", "slow", "--exit-code", cwd=project.root)[0] == 1
    assert command("compare", "slow", "slow", "--exit-code", cwd=project.root)[0] == 0
    words = results(project, "words")
    path = words / "results" / "answers.json"
    path.write_text(path.read_text().replace("No verified study", "No study"))
    code, said, _ = command("compare", "record", "words", "--exit-code", cwd=project.root)
    assert code == 0 and "Only said in other words: cups_a_day" in said


def test_evidence_of_a_scenario_is_the_reason(project, command):
    _, said, _ = command("compare", "record", "rows", cwd=project.root)
    assert "  brews: b2: value: 300 -> 9000" in said.splitlines()
    assert re.search(r"^  brewing_time: .*; 1 more number; why: brews b2$", said, re.M)
    assert "figures:" not in said


def test_json_is_strict_and_whole(project, command):
    code, said, errors = command("compare", "rows", "slow", "--json", cwd=project.root)
    assert (code, errors) == (0, "") and said.isascii()

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    document = json.loads(said, parse_constant=refuse)
    assert (document["before"], document["after"]) == ("rows", "slow")
    assert document["scenarios"] == ["rows", "slow"] and document["answers_in_all"] == 6
    assert document["pictures"] == [f"{STEM}--line.png"]
    assert {"where": "figures", "row": "brewing_time", "column": "minute", "before": 4.0,
            "after": 9.0} in document["inputs"]  # fmt: skip
    verdict = document["answers"][0]
    assert (verdict["question"], verdict["change"]) == ("brewing_time", "verdict")
    assert verdict["why"] == ["brewing_time", "brews b2"]
    (number,) = [a for a in document["answers"] if a["question"] == "brews_an_hour"]
    assert number["by"] == pytest.approx(number["after"] - number["before"])


def test_run_of_one_notebook_is_compared_by_that_notebook(project, command):
    """The answers of the others are neither removed nor changed, and their number is given."""
    output = results(project, "part", brewing_time=9)
    (output / "notebooks").mkdir()
    shutil.copy(project.root / "notebooks" / f"{STEM}.ipynb", output / "notebooks")
    (project.root / "figures" / "20-two--line.png").write_bytes(b"of the other notebook")
    record, part = (folder / "results" / "answers.json" for folder in (project.root, output))
    document = json.loads(record.read_text())
    others = [
        one["question"] for one in document["answers"][:4] if one["question"] != "brewing_time"
    ]
    for one in document["answers"]:
        one["notebook"] = "20-two" if one["question"] in others else STEM
    record.write_text(json.dumps(document))
    document = json.loads(part.read_text())
    document["answers"] = [one for one in document["answers"] if one["question"] not in others]
    part.write_text(json.dumps(document))
    for states_, verdicts in (
        (("record", "part"), "holds -> contradicted"),
        (("part", "record"), "contradicted -> holds"),
    ):
        code, text, errors = command("compare", *states_, cwd=project.root)
        assert (code, errors) == (0, "") and f"brewing_time: {verdicts}" in text
        assert "Answers that changed: 2 of 3\n" in text
        assert "Not compared, for their notebook was not run: 3 answers" in text
        found = json.loads(command("compare", *states_, "--json", cwd=project.root)[1])
        assert (found["answers_in_all"], found["answers_not_compared"]) == (3, 3)
        assert found["pictures"] == [f"{STEM}--line.png"]


def test_very_small_numbers_that_differ_are_told_apart(project, command):
    for name, minutes in (("short", 2e-9), ("shorter", 5.4321e-14)):
        results(project, name, brewing_time=minutes)
    code, text, _ = command("compare", "short", "shorter", cwd=project.root)
    assert "  figures: brewing_time: 2.00e-09\u00a0min -> 5.43e-14\u00a0min" in text.splitlines()
    document = json.loads(command("compare", "short", "shorter", "--json", cwd=project.root)[1])
    (ends,) = [(row["before"], row["after"]) for row in document["inputs"]]
    assert ends == (2e-9, 5.4321e-14)
    (value,) = json.loads((project.root / "shorter/results/answers.json").read_text())[
        "updates"
    ].values()
    assert value == 5.4321e-14


def test_folder_of_results_is_a_state(project, command):
    output = results(project, "elsewhere", cups_a_day=5)
    for name in ("elsewhere", str(output), "./elsewhere"):
        _, said, _ = command("compare", "record", name, cwd=project.root)
        assert "  figures: cups_a_day: 2 -> 5" in said.splitlines()
    assert "  brewing_a_day: " in said and "Answers that changed: 1 of 6" in said


@needs_git
def test_revision_is_a_state(project, command):
    git(project.root, "init", "-q")
    (project.root / ".gitignore").write_text("build/\n")
    first = commit(project.root, "First")
    edit(project.root, "brews.csv", "b1,alba,filter,230", "b1,alba,filter,9999")
    commit(project.root, "Second")
    git(project.root, "tag", "v2")
    for before, after in ((first, "v2"), (first[:8], "record"), ("HEAD~1", "HEAD")):
        _, said, errors = command("compare", before, after, cwd=project.root)
        assert errors == "" and "  brews: b1: value: 230 -> 9999" in said.splitlines(), said
        assert f"From {before} to {after}" in said
    _, said, _ = command("compare", "v2", "record", cwd=project.root)
    assert "Answers that changed: 0 of 6" in said
    edit(project.root, "brews.csv", "b1,alba,filter,9999", "b1,alba,filter,9998")
    _, said, errors = command("compare", "HEAD", cwd=project.root)
    assert "the record was not computed from the data as they stand" in errors
    assert "  brews: b1: value: 9999 -> 9998" in said and "Answers that changed: 0 of 6" in said


@needs_git
def test_revision_without_pictures_is_a_state_and_one_without_results_is_none(project, command):
    git(project.root, "init", "-q")
    (project.root / ".gitignore").write_text("build/\nfigures/\n")
    commit(project.root, "First")
    assert command("compare", "HEAD", cwd=project.root)[0] == 0
    git(project.root, "rm", "-q", "-r", "--cached", "results")
    commit(project.root, "No results", record=False)
    (project.root / ".gitignore").write_text("build/\nfigures/\nresults/\n")
    git(project.root, "rm", "-q", "-r", "--cached", "results", "--ignore-unmatch")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "Ignored")
    line = refused(command("compare", "HEAD", cwd=project.root))
    assert "HEAD: " in line and "results/answers.json is missing" in line


@needs_git
def test_checkout_below_the_top_of_its_repository_is_compared(tmp_path, command):
    project = checkout(tmp_path / "repository" / "below")
    git(tmp_path / "repository", "init", "-q")
    write_results(load(project.root / "data"), project.root)
    git(tmp_path / "repository", "add", "-A")
    git(tmp_path / "repository", "commit", "-q", "-m", "First")
    code, said, errors = command("compare", "HEAD", cwd=project.root)
    assert (code, errors) == (0, "") and "Answers that changed: 0 of 6" in said


def test_scenario_comes_before_a_folder_and_a_folder_before_a_revision(project, command):
    """The four kinds of name are tried in this order; a folder can be named by its path."""
    folder = results(project, "slow", cups_a_day=5)
    assert "brewing_time" in command("compare", "record", "slow", cwd=project.root)[1]
    _, said, _ = command("compare", "record", "./slow", cwd=project.root)
    assert "  figures: cups_a_day: 2 -> 5" in said and "brewing_time" not in said
    shutil.copytree(folder, project.root / "record")
    assert "Answers that changed: 0" in command("compare", "record", cwd=project.root)[1]


@pytest.mark.parametrize("name", ["solw", "", "HEAD", "-x", "no such thing", "../slow", "a\nb"])
def test_unknown_state_is_named_with_the_nearest(project, command, name):
    words = ["compare", "record", "--", name] if name.startswith("-") else ["compare", name]
    code, said, errors = command(*words, cwd=project.root)
    assert (code, said) == (2, "")
    assert "is no scenario, folder or git revision" in errors or not name.strip()
    assert "known: record, rows, slow" in errors
    assert ("did you mean 'slow'?" in errors) == (name in ("solw", "../slow"))


@pytest.mark.parametrize(
    "harm, words",
    [
        (lambda f: (f / "results" / "answers.json").unlink(), "results/answers.json is missing"),
        (lambda f: shutil.rmtree(f / "inputs"), "its tables are missing"),
        (lambda f: (f / "results" / "answers.json").write_text("{"), "not the answers of a run"),
        (lambda f: (f / "results" / "answers.json").write_text("[]"), "not the answers of a run"),
        (lambda f: (f / "results" / "answers.json").write_text("{}"), "not the answers of a run"),
        (lambda f: (f / "results" / "answers.json").write_text(
            '{"digest": "d", "updates": {}, "answers": [1]}'), "not the answers of a run"),
        (lambda f: (f / "inputs" / "brews.csv").unlink(), "brews.csv"),
        (lambda f: (f / "inputs" / "questions.yaml").write_text("a: &x 1"), "anchors and aliases"),
        (lambda f: (f / "inputs" / "datapackage.yaml").write_text("a: 1"), "datapackage.yaml"),
    ],
)  # fmt: skip
def test_folder_that_is_damaged_is_one_message(project, command, harm, words):
    output = results(project, "elsewhere")
    harm(output)
    code, said, errors = command("compare", "record", "elsewhere", cwd=project.root)
    assert (code, said) == (2, "") and len(errors.splitlines()) == 1
    assert errors.startswith("claimbook: elsewhere: ") and words in errors


# --- results of a scenario ------------------------------------------------------------------------


def test_results_of_a_scenario_are_kept_while_they_are_current(project, monkeypatch, capsys):
    """They are made anew for other data, another notebook, other code, or if one is missing."""
    root, data = project.root, project.root / "data"
    output = root / "build" / "scenarios" / "slow"
    ran = []
    monkeypatch.setattr(states, "run_notebooks", ran.append)
    assert scenario_results("slow", root, data) == output and ran == []
    later = time.time() + 100

    notebook = root / "notebooks" / f"{STEM}.ipynb"
    was = notebook.stat().st_mtime
    os.utime(notebook, (later, later))
    scenario_results("slow", root, data)
    assert (
        len(ran) == 1 and "running scenario slow; its results are kept" in capsys.readouterr().err
    )
    assert (ran[0].output, ran[0].book.updates) == (output, {"brewing_time": 9})
    os.utime(notebook, (was, was))
    scenario_results("slow", root, data)
    assert len(ran) == 1

    module = root / "src" / "essay" / "module.py"  # the engine's own sources count as well
    module.parent.mkdir(parents=True)
    module.write_text("")
    assert Path(states.__file__) in states.code_files(root)
    os.utime(module, (later, later))
    scenario_results("slow", root, data)
    assert len(ran) == 2
    os.utime(module, (was, was))

    executed = output / "notebooks" / f"{STEM}.ipynb"
    kept = executed.read_bytes()
    executed.unlink()
    scenario_results("slow", root, data)
    assert len(ran) == 3
    executed.write_bytes(kept)

    edit(root, "brews.csv", "b1,alba,filter,230", "b1,alba,filter,231")
    scenario_results("slow", root, data)
    assert len(ran) == 4


def test_faulty_scenario_is_refused(project, command):
    write_scenario(project.root / "data", "bad", "figures: {brewing_tme: 9 minute}")
    write_results(load(project.root / "data"), project.root)
    line = refused(command("compare", "record", "bad", cwd=project.root))
    assert "scenarios/bad.yaml: figures: brewing_tme: no such figure" in line


@pytest.mark.timeout(300)
def test_scenario_without_results_is_run_once(project, command):
    write_scenario(project.root / "data", "new", "figures: {cups_a_day: 7 count}")
    write_results(load(project.root / "data"), project.root)
    project.notebook(STEM, *ANSWERING)
    code, said, errors = command("compare", "record", "new", cwd=project.root)
    assert code == 0 and "running scenario new" in errors
    assert "  figures: cups_a_day: 2 -> 7" in said.splitlines()
    again = command("compare", "record", "new", cwd=project.root)
    assert again == (0, said, "")


# --- the words of the tables ----------------------------------------------------------------------


def change_between(project, before, after):
    root = project.root
    return comparison.changes_between(
        *(read_state(name, root, root / "data") for name in (before, after))
    )


def test_answers_that_came_or_went_are_told_in_the_right_direction(project):
    output = results(project, "fewer")
    path = output / "results" / "answers.json"
    document = json.loads(path.read_text())
    document["answers"] = document["answers"][1:]
    path.write_text(json.dumps(document))
    went = changed_answers(change_between(project, "record", str(output)).answers)
    came = changed_answers(change_between(project, str(output), "record").answers)
    was = "holds, 4.21\u00a0min"
    assert went.to_numpy().tolist() == [["brewing_time", was, "–", "–", "", "no longer asked"]]
    assert came.to_numpy().tolist() == [["brewing_time", "–", was, "–", "", "a new question"]]


def test_numbers_that_differ_are_told_with_the_digits_that_differ(project):
    output = results(project, "nearly")
    path = output / "results" / "answers.json"
    path.write_text(path.read_text().replace('"estimate": 22.2222', '"estimate": 22.2219'))
    changed = changed_answers(change_between(project, "record", str(output)).answers)
    (row,) = changed.itertuples()
    assert (row.before, row.after) == ("22.2222\u00a0%", "22.2219\u00a0%")


def test_many_rows_are_shortened_in_words_and_whole_in_the_document(project):
    output = results(project, "more")
    path = output / "inputs" / "brews.csv"
    rows = [f"x{n},nero,filter,240,,,second,,https://example.org/x,read" for n in range(9)]
    path.write_text(path.read_text() + "\n".join(rows) + "\n")
    document = output / "results" / "answers.json"
    edited = json.loads(document.read_text())
    edited["answers"][0] |= {"rows": [f"x{n}" for n in range(9)], "studies": 9, "estimate": 4.5}
    document.write_text(json.dumps(edited))
    change = change_between(project, "record", str(output))
    (row,) = input_summary(change.inputs).to_numpy().tolist()
    assert row == ["brews", "x0, x1, x2, x3 and 5 more", "added"]
    told = changed_answers(change.answers).iloc[0]
    assert told["why"] == "brews x0, x1, x2, x3 and 5 more"
    assert told["also"] == "1 more number"
    assert len(comparison.change_document(change)["inputs"]) == 9


def test_control_characters_of_the_data_do_not_reach_the_terminal(project, command):
    output = results(project, "hostile")
    for path in (output / "inputs" / "brews.csv", output / "results" / "answers.json"):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            path.write_text(text.replace("b5,dora", f'b5,"{HOSTILE}"'), encoding="utf-8")
        else:
            document = json.loads(text)
            document["answers"][0] |= {"verdict": "not supported", "estimate": None}
            document["answers"][1] |= {"question": HOSTILE}
            path.write_text(json.dumps(document))
    for options in ([], ["--json"]):
        code, said, errors = command("compare", "record", "hostile", *options, cwd=project.root)
        assert (code, errors) == (0, "")
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
        assert "<script>" in said


# --- as a notebook --------------------------------------------------------------------------------


@pytest.mark.timeout(300)
def test_comparison_is_rendered_with_pictures_side_by_side(project, command, tmp_path):
    root = project.root
    edit_scenario = root / "data" / "scenarios" / "slow.yaml"
    edit_scenario.write_text(edit_scenario.read_text().replace("A title", "T"))
    shutil.rmtree(root / "build")
    write_results(load(root / "data"), root)
    output = made_ready(project, "slow")
    path = output / "inputs" / "brews.csv"
    path.write_text(path.read_text().replace("b5,dora", f'b5,"{HOSTILE}"'), encoding="utf-8")
    target = tmp_path / "told"
    (target / "before").mkdir(parents=True)
    (target / "before" / "old.png").write_bytes(b"of an older comparison")
    (target / "comparison.json").write_text("{}")
    (target / "mine.txt").write_text("stays")

    args = ["compare", "record", "slow", "--notebook", target]
    code, said, errors = command(*args, cwd=root)
    assert (code, errors) == (0, "")
    assert said.rstrip().endswith(f"As a notebook: {target / 'comparison.ipynb'}")
    assert {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()} == {
        "comparison.ipynb", "comparison.json", f"before/{STEM}--line.png",
        f"after/{STEM}--line.png", "mine.txt",
    }  # fmt: skip

    notebook = nbformat.read(target / "comparison.ipynb", as_version=4)
    nbformat.validate(notebook)
    text = (target / "comparison.ipynb").read_text(encoding="utf-8")
    assert str(tmp_path) not in text, "it holds no path, and can be run where it stands"
    shown = [o.data for c in notebook.cells for o in c.get("outputs", [])]
    assert all(
        o.output_type == "display_data" for c in notebook.cells for o in c.get("outputs", [])
    )
    (pair,) = [data["text/html"] for data in shown if "data:image/png" in data.get("text/html", "")]
    found = [base64.b64decode(one) for one in re.findall(r"base64,([^\"]+)", pair)]
    books = load(root / "data"), load(root / "data").in_scenario("slow")
    assert found == [picture(book) for book in books] and found[0] != found[1]
    assert re.search(r"<th[^>]*>before</th>\s*<th[^>]*>after</th>", pair)
    html = "".join(data.get("text/html", "") for data in shown)
    assert "&lt;script&gt;" in html and "<script" not in html.lower()
    words = "".join(data.get("text/markdown", "") for data in shown)
    assert "1 pictures differ" in words and "Verdicts that flipped: brewing\\_time." in words
    assert "2 of 6 answers have another value" in words
    assert "holds" in html and "✕ contradicted" in html


def test_folder_of_something_else_is_refused_and_left(project, command, tmp_path):
    target = tmp_path / "letters"
    target.mkdir()
    (target / "letter.txt").write_text("Dear all")
    for path, words in (
        (target, "letters: not empty and no comparison; choose another"),
        (target / "letter.txt", "cannot write to"),
    ):
        arguments = ["compare", "record", "slow", "--notebook", path]
        code, _, errors = command(*arguments, cwd=project.root)
        assert code == 2 and words in errors
        assert [p.name for p in target.iterdir()] == ["letter.txt"]


def test_notebook_that_fails_leaves_what_was_there(project, tmp_path, monkeypatch):
    change = change_between(project, "record", "slow")
    target = tmp_path / "told"
    target.mkdir()
    (target / "comparison.json").write_text("{}")

    def fail(source, target):
        raise InputError("no")

    monkeypatch.setattr(comparison, "execute_one", fail)
    with pytest.raises(InputError):
        comparison.write_comparison(change, target)
    assert [p.name for p in target.iterdir()] == ["comparison.json"]
    assert (target / "comparison.json").read_text() == "{}"
