"""claimbook changelog: each change from, to, why, and the answers it moved."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import Project
from small_record import checkout, commit, edit, git, write_results

from claimbook import load
from claimbook.run.changelog import reasons_of

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="no git")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    project = checkout(tmp_path_factory.mktemp("changelog") / "checkout")
    git(project.root, "init", "-q", "-b", "main")
    (project.root / ".gitignore").write_text("build/\n")
    commit(project.root, "The collection as it was")
    git(project.root, "tag", "v1")
    return project


@pytest.fixture
def project(template, tmp_path):
    return Project(Path(shutil.copytree(template.root, tmp_path / "checkout")))


def bullets(said):
    """Part of the entry -> its lines."""
    parts = {}
    for line in said.splitlines():
        if line.startswith("### "):
            parts[part := line.removeprefix("### ")] = []
        elif line:
            parts[part].append(line.removeprefix("- "))
    return parts


def drafted(project, command, *revisions):
    code, said, errors = command("changelog", *revisions, cwd=project.root)
    assert (code, errors) == (0, ""), errors
    return said


STUDY = "b8,nero,filter,{},,,minute,,https://example.org/8,read\n"


def add_study(root, value=9):
    path = root / "data" / "brews.csv"
    path.write_text(path.read_text() + STUDY.format(value))


def test_number_study_and_extraction_are_drafted_with_reasons_and_answers(project, command):
    root = project.root
    edit(root, "claims.csv", "figure,4,,,minute", "figure,5,,,minute")
    commit(root, "Correct the brewing time: the text says five minutes")
    add_study(root)
    commit(root, "Add the study by Nero 2026")
    edit(root, "brews.csv", "b1,alba,filter,230", "b1,alba,filter,2300")
    commit(root, "Alba printed 2300 seconds, not 230")
    edit(root, "claims.csv", "The aroma fades", "The aroma goes")
    edit(root, "brews.csv", "2001-02-03", "2001-02-04")
    commit(root, "Better words")
    parts = bullets(drafted(project, command, "v1", "HEAD"))
    assert parts == bullets(drafted(project, command, "v1")), "the record is what HEAD has"
    assert list(parts) == ["Added", "Numbers", "Changed"]

    (added,) = parts["Added"]
    assert added.startswith("`brews`: `b8`. Reason: Add the study by Nero 2026. Moves ")
    assert "`brewing_time` (" in added and "`brews_an_hour`" not in added

    figure, cell = parts["Numbers"]
    assert figure.startswith(
        "The text's figure `brewing_time`: 4\u00a0min → 5\u00a0min. Reason: Correct the brewing "
        "time: the text says five minutes. Moves "
    )
    assert "`brewing_time` (holds" in figure and "`brews_an_hour` (15\u00a01/hour → 12" in figure
    assert cell.startswith("`brews`: `b1`, value: 230 → 2300. Reason: Alba printed 2300 seconds, "
                           "not 230. Moves ")  # fmt: skip
    assert "`brewing_a_day` (0.128\u00a0h → 1.28\u00a0h)" in cell

    assert sorted(parts["Changed"]) == [
        "`brews`: `b1`, brewed: 2001-02-03 → 2001-02-04. Reason: Better words."
        + cell.split("not 230.")[1],  # an answer that rests on the row; git cannot tell cells apart
        "`claims`: `aroma`, statement: The aroma fades → The aroma goes. Reason: Better words. "
        "Moves no answer.",
    ]


def test_only_the_asked_revisions_are_compared(project, command):
    root = project.root
    edit(root, "brews.csv", "b2,alba,filter,300", "b2,alba,filter,301")
    commit(root, "One")
    edit(root, "brews.csv", "b3,bosco,filter,4", "b3,bosco,filter,4.1")
    commit(root, "Two")
    parts = bullets(drafted(project, command, "HEAD~1", "HEAD"))
    assert [line.split(". Moves")[0] for line in parts["Numbers"]] == [
        "`brews`: `b3`, value: 4 → 4.1. Reason: Two"
    ]
    assert drafted(project, command, "HEAD", "HEAD") == (
        "Nothing changed: no input and no answer differs.\n"
    )
    back = bullets(drafted(project, command, "HEAD", "v1"))
    assert [re.sub(" Moves.*", "", line) for line in back["Numbers"]] == [
        "`brews`: `b2`, value: 301 → 300. Reason: say why.",
        "`brews`: `b3`, value: 4.1 → 4. Reason: say why.",
    ]


def test_change_that_is_in_no_commit_yet_asks_for_its_reason(project, command):
    root = project.root
    edit(root, "brews.csv", "b1,alba,filter,230", "b1,alba,filter,231")
    edit(root, "brews.csv", "b2,alba,filter,300", "b2,alba,filter,299")
    commit(root, "Read again")
    edit(root, "brews.csv", "b1,alba,filter,231", "b1,alba,filter,232")
    add_study(root)
    write_results(load(root / "data"), root)
    parts = bullets(drafted(project, command, "v1"))
    assert [line.split(" Moves")[0] for line in parts["Added"] + parts["Numbers"]] == [
        "`brews`: `b8`. Reason: say why.",
        "`brews`: `b1`, value: 230 → 232. Reason: say why.",
        "`brews`: `b2`, value: 300 → 299. Reason: Read again.",
    ]


def test_last_commit_that_changed_a_cell_is_the_reason(project, command):
    for value, subject in ((231, "First try"), (232, "Second look")):
        edit(project.root, "brews.csv", f"b1,alba,filter,{value - 1}", f"b1,alba,filter,{value}")
        commit(project.root, subject)
    commit(project.root, "Something else altogether")
    (line,) = bullets(drafted(project, command, "v1"))["Numbers"]
    assert "230 → 232. Reason: Second look." in line


def test_side_branches_keep_their_own_reasons(project):
    """Commits in the order of the log are no chain where branches were merged."""
    root = project.root
    git(root, "checkout", "-q", "-b", "side")
    edit(root, "brews.csv", "b2,alba,filter,300", "b2,alba,filter,301")
    commit(root, "On the side", record=False)
    git(root, "checkout", "-q", "main")
    edit(root, "claims.csv", "figure,4,,,minute", "figure,5,,,minute")
    commit(root, "On main", record=False)
    git(root, "merge", "-q", "--no-edit", "side")
    assert reasons_of("v1", "HEAD", root) == {
        ("brews", "b2", "value"): "On the side",
        ("figures", "brewing_time", "minute"): "On main",
    }


def test_commit_that_was_broken_on_the_way_does_not_stop_the_draft(project, command):
    root = project.root
    good = (root / "data" / "datapackage.yaml").read_text()
    for number, broken in enumerate(("{", "a: &x 1", '{"resources": [{"name": "claims"}]}')):
        (root / "data" / "datapackage.yaml").write_text(broken)
        commit(root, f"Broken {number}", record=False)
    shutil.rmtree(root / "data")
    commit(root, "Gone", record=False)
    git(root, "checkout", "-q", "v1", "--", "data")
    (root / "data" / "datapackage.yaml").write_text(good)
    commit(root, "Mended")
    edit(root, "brews.csv", "b1,alba,filter,230", "b1,alba,filter,231")
    commit(root, "Read again")
    (line,) = bullets(drafted(project, command, "v1"))["Numbers"]
    assert "230 → 231. Reason: Read again." in line


def test_new_figure_new_file_and_removed_row_are_drafted(project, command):
    root = project.root
    path = root / "data" / "claims.csv"
    path.write_text(path.read_text() + "price,4,Cheap,trade,figure,2,,,euro_cent,about,,stated,\n"
                    .replace("euro_cent", "gram"))  # fmt: skip
    (root / "data" / "scenarios").mkdir()
    (root / "data" / "scenarios" / "one.yaml").write_text("title: t\n")
    edit(root, "brews.csv", "b2,alba,filter,300,,,second,,https://example.org/2,read\n", "")
    commit(root, "More and less")
    parts = bullets(drafted(project, command, "v1"))
    reason = "Reason: More and less."
    assert parts["Numbers"] == [
        f"The text's figure `price`: – → 2\u00a0gram. {reason} Moves no answer."
    ]
    assert parts["Added"] == [
        f"`claims`: `price`. {reason} Moves no answer.",
        f"`scenarios/one.yaml`: `the whole file`. {reason} Moves no answer.",
    ]
    (removed,) = parts["Removed"]
    assert removed.startswith(f"`brews`: `b2`. {reason} Moves `brewing_time`")


def test_answers_that_rest_on_a_row_further_off_are_not_lost(project, command):
    """The drafted entry names every answer that moved, and says through what."""
    root = project.root
    edit(root, "brews.csv", "b5,dora,espresso,25,", "b5,dora,espresso,26,")
    write_results(load(root / "data"), root)
    path = root / "results" / "answers.json"
    path.write_text(path.read_text().replace('"estimate": 22.2222', '"estimate": 33.3333'))
    commit(root, "Espresso again", record=False)
    parts = bullets(drafted(project, command, "v1"))
    assert parts["Numbers"] == ["`brews`: `b5`, value: 25 → 26. Reason: Espresso again."]
    assert parts["Changed"] == [
        "Answers that moved through brews (1): `spread_of_extraction` (22.2\u00a0% → 33.3\u00a0%)."
    ]


def test_answers_that_moved_without_an_input_are_said_to_have(project, command):
    root = project.root
    path = root / "results" / "answers.json"
    text = path.read_text().replace('"estimate": 22.2222', '"estimate": 33.3333')
    path.write_text(text.replace('"question": "extraction"', '"question": "dissolved"'))
    commit(root, "Another way to compute", record=False)
    assert bullets(drafted(project, command, "v1")) == {
        "Added": ["New questions: `dissolved` (– → holds, 19.5\u00a0%)."],
        "Removed": ["Questions no longer asked: `extraction` (holds, 19.5\u00a0% → –)."],
        "Changed": [
            "Answers that moved without another input: `spread_of_extraction` "
            "(22.2\u00a0% → 33.3\u00a0%). Reason: say why."
        ],
    }


def test_numbers_are_whole_however_large_and_control_characters_are_shown(project, command):
    root = project.root
    edit(root, "claims.csv", "figure,2,,,count", "figure,123456789,,,count")
    edit(root, "brews.csv", "b5,dora", "b5,do\x1b[31mra")
    commit(root, "Many \x1b[31mcups")
    said = drafted(project, command, "v1")
    assert "`cups_a_day`: 2 → 123,456,789." in said
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)


def test_unknown_revision_is_one_message(project, command):
    for words in (["v9"], ["v1", "v9"]):
        code, said, errors = command("changelog", *words, cwd=project.root)
        assert (code, said) == (2, "") and "'v9' is no scenario, folder or git revision" in errors
