"""Scenarios: what they change, that nothing else does, and what is refused."""

import csv
import json
from itertools import permutations

import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import ANSWERING, ROOT, refused, write_coffee, write_implications, write_scenario
from papermill import execute_notebook

from claimbook import InputError, load
from claimbook.book.scenario import read_scenario
from claimbook.claims.comparison import answers, evidence_rows
from claimbook.run.outputs import carried_answers

SHIPPED = sorted(path.stem for path in (ROOT / "data" / "scenarios").glob("*.yaml"))


def in_scenario(folder, body):
    write_scenario(folder, "one", body)
    return load(folder).in_scenario("one")


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("given, value", [
    ("brewing_time: 240 seconds", 4),
    ("brewing_time: '0.1 hour'", 6),
    ("brewing_time: 1e1 minute", 10),
    ("brewing_time: {table: brews, row: b1}", 230 / 60),
    ("brewing_time: {table: brews, row: b3, column: high}", 5),
    ("brewing_time: {table: brews, row: b5, sign: 1}", 25 / 60),
    ("extraction_max: {table: brews, row: b6}", 19.5),
])  # fmt: skip
def test_figure_is_a_value_with_its_unit_or_a_cell(coffee, given, value):
    book = in_scenario(coffee, f"figures:\n  {given}")
    name = given.split(":")[0]
    assert book.figures.loc[name, "value"] == pytest.approx(value)
    assert dict(book.updates) == {name: book.figures.loc[name, "value"]}
    others = book.figures.drop(index=name)["value"]
    pd.testing.assert_series_equal(others, load(coffee).figures.drop(index=name)["value"])


def test_sign_turns_a_cell_and_an_added_row_can_be_named(coffee):
    book = in_scenario(
        coffee,
        """
figures:
  brewing_time: {table: brews, row: new, sign: -1}
evidence:
  - table: brews
    add: [{row_id: new, study_key: n, method: siphon, value: -90, unit: second,
           evidence_url: 'https://example.org/n', verification: read}]
""",
    )
    assert book.figures.loc["brewing_time", "value"] == pytest.approx(1.5)


def test_figures_alone_are_the_same_as_the_same_numbers_set(coffee):
    write_implications(coffee)
    both = "figures: {brewing_time: 300 second, extraction_min: 17 percent}"
    scenario = in_scenario(coffee, both)
    updated = load(coffee).update(brewing_time=5, extraction_min=17)
    assert scenario.digest == updated.digest != load(coffee).digest
    pd.testing.assert_frame_equal(answers(scenario), answers(updated))
    assert scenario.parameters == {"scenario": "one", "brewing_time": 5, "extraction_min": 17}


def test_number_set_on_top_wins_whichever_way_it_comes(coffee):
    scenario = in_scenario(coffee, "figures: {brewing_time: 9 minute, cups_a_day: 3 count}")
    assert dict(scenario.update(brewing_time=5).updates) == {"brewing_time": 5, "cups_a_day": 3}
    book = load(coffee)
    given = {"scenario": "one", "brewing_time": 5, "cups_a_day": None, "other": 1}
    assert dict(book.update_from(given).updates) == {"brewing_time": 5, "cups_a_day": 3}
    assert book.update_from({"scenario": None}).digest == book.digest


def test_book_remembers_what_it_was_loaded_as_and_takes_one_scenario(coffee):
    write_scenario(coffee, "two", "figures: {cups_a_day: 7 count}")
    scenario = in_scenario(coffee, "figures: {brewing_time: 9 minute}").update(cups_a_day=3)
    plain = load(coffee)
    assert plain.as_loaded is plain and plain.scenario_names == ["one", "two"]
    assert scenario.as_loaded.digest == plain.digest
    assert scenario.as_loaded.in_scenario("two").figures.loc["brewing_time", "value"] == 4
    with pytest.raises(InputError, match="scenario 'two': the book is in scenario 'one'"):
        scenario.in_scenario("two")


def test_reason_and_source_are_kept_on_one_line(coffee):
    write_scenario(
        coffee,
        "one",
        "figures: {cups_a_day: 7 count}",
        head="title: >\n  Two\n  lines\nreason: |\n  Why\n  so\nsource: S\n",
    )
    scenario = read_scenario(coffee, "one")
    assert (scenario.title, scenario.reason, scenario.source) == ("Two lines", "Why so", "S")


# --- evidence: as if the table had been edited by hand --------------------------------------------

EDITS = [
    {"table": "brews", "where": {"method": "filter", "study_key": ["alba", "corvo"]},
     "set": {"method": "siphon", "brewed": "2020-02-02"}},
    {"table": "brews", "where": {"row_id": "b3"}, "set": {"low": 1.5, "high": None}},
    {"table": "findings", "where": {"cited_by_essay": True}, "set": {"cited_by_essay": False}},
    {"table": "brews", "add": [
        {"row_id": "n1", "study_key": "nero", "method": "filter", "value": 4.05, "unit": "minute",
         "evidence_url": "https://example.org/n?a=1,2", "verification": "read"},
        {"row_id": "n2", "study_key": "n\"q, x", "method": "filter", "value": 99, "unit": "second",
         "evidence_url": "https://example.org/o", "verification": "unverified"}]},
]  # fmt: skip


def by_hand(folder):
    """Make the changes of EDITS in the files themselves."""

    def rewrite(name, change):
        path = folder / f"{name}.csv"
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        rows = change(rows)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(rows)

    def brews(rows):
        for row in rows:
            if row["method"] == "filter" and row["study_key"] in ("alba", "corvo"):
                row |= {"method": "siphon", "brewed": "2020-02-02"}
            if row["row_id"] == "b3":
                row |= {"low": "1.5", "high": ""}
        return rows + [{k: str(v) for k, v in row.items()} for row in EDITS[3]["add"]]

    rewrite("brews", brews)
    rewrite("findings", lambda rows: [
        row | {"cited_by_essay": "false"} if row["cited_by_essay"] == "true" else row
        for row in rows])  # fmt: skip
    return load(folder)


def test_evidence_is_changed_as_if_by_hand(coffee, tmp_path):
    book = in_scenario(coffee, f"evidence: {json.dumps(EDITS)}")
    hand = by_hand(write_coffee(tmp_path / "hand"))
    for name, frame in hand.tables.frames.items():
        pd.testing.assert_frame_equal(book.table(name), frame)
    pd.testing.assert_frame_equal(answers(book), answers(hand))
    assert not answers(book).equals(answers(load(coffee)))
    assert sorted(book.changed_files) == ["brews.csv", "findings.csv"]
    assert book.digest != load(coffee).digest


def test_data_that_are_copied_are_those_of_the_scenario(coffee, tmp_path):
    book = in_scenario(coffee, f"evidence: {json.dumps(EDITS)}")
    book.copy_data(tmp_path / "copy")
    for name, frame in load(tmp_path / "copy").tables.frames.items():
        pd.testing.assert_frame_equal(book.table(name), frame)
    copied = {p.relative_to(tmp_path / "copy").as_posix() for p in (tmp_path / "copy").rglob("*.*")}
    assert copied == set(book.files)


def test_cells_that_are_not_touched_keep_their_form(coffee):
    path = coffee / "brews.csv"
    path.write_text(path.read_text().replace("b1,alba,filter,230,", "b1,alba,filter,+2.30E2,"))
    book = in_scenario(coffee, f"evidence: {json.dumps([EDITS[1]])}")
    before, after = (text.decode().splitlines() for text in
                     (path.read_bytes(), book.changed_files["brews.csv"]))  # fmt: skip
    assert [a for a, b in zip(before, after, strict=True) if a != b] == [
        "b3,bosco,filter,4,3,5,minute,,https://example.org/3,read"
    ]


def test_order_of_changes_does_not_matter(coffee):
    found = []
    for edits in permutations([EDITS[0], EDITS[1], EDITS[3]]):
        book = in_scenario(coffee, f"evidence: {json.dumps(edits)}")
        found.append({name: frame.to_csv() for name, frame in book.tables.frames.items()})
    assert all(one == found[0] for one in found)


def test_row_of_no_evidence_that_was_added_takes_no_part(coffee):
    book = in_scenario(coffee, f"evidence: {json.dumps([EDITS[3]])}")
    rows = evidence_rows(book, "brewing_time")["row_id"].tolist()
    assert "n1" in rows and "n2" not in rows


# --- what is refused ------------------------------------------------------------------------------

ROW = ("row_id: x, study_key: x, method: filter, value: 4, unit: minute, "
       "evidence_url: 'https://example.org/x', verification: read")  # fmt: skip
BAD = {
    "unknown figure": ("figures: {brewing_tme: 5 minute}",
                       "figures: brewing_tme: no such figure; did you mean 'brewing_time'?"),
    "no unit": ("figures: {brewing_time: 5}", "'5 minute'"),
    "no unit, as text": ("figures: {brewing_time: ' 5e0 '}", "no value with a unit"),
    "truth": ("figures: {brewing_time: true}", "no value with a unit"),
    "nothing": ("figures: {brewing_time: }", "no value with a unit"),
    "list": ("figures: {brewing_time: [5 minute]}", "no value with a unit"),
    "wrong unit": ("figures: {brewing_time: 5 kg}", "'5 kg' does not fit"),
    "unknown unit": ("figures: {brewing_time: 5 minuts}", "did you mean 'minute'?"),
    "not finite": ("figures: {brewing_time: nan minute}", "not a finite number"),
    "arithmetic": ("figures: {brewing_time: 5*2 minute}", "is not one number"),
    "below zero": ("figures: {brewing_time: -5 minute}", "brewing_time: -5 minute is not above 0"),
    "over a hundred": ("figures: {extraction_max: 101 percent}", "outside 0 to 100 percent"),
    "swapped range": ("figures: {extraction_min: 30 percent}", "extraction_min is 30 and"),
    "figures no mapping": ("figures: [1]", "figures: expected 'name: value with unit' lines"),
    "figures twice": ("figures: {brewing_time: 5 minute, brewing_time: 6 minute}",
                      "the key 'brewing_time' appears twice"),
    "key that nothing is like": ("zzz: 1",
                                 "not known; expected one of evidence, figures, reason"),
    "cell: unknown key": ("figures: {brewing_time: {table: brews, row: b1, colum: low}}",
                          "key 'colum' is not known; did you mean 'column'?"),
    "cell: no row": ("figures: {brewing_time: {table: brews}}", "'row' is missing"),
    "cell: unknown table": ("figures: {brewing_time: {table: brew, row: b1}}",
                            "table 'brew' is not known; did you mean 'brews'?"),
    "cell: unknown row": ("figures: {brewing_time: {table: brews, row: b33}}",
                          "row 'b33' is not known; did you mean 'b3'?"),
    "cell: unknown column": ("figures: {brewing_time: {table: brews, row: b1, column: hihg}}",
                             "column 'hihg' is not known; did you mean 'high'?"),
    "cell: empty": ("figures: {brewing_time: {table: brews, row: b1, column: high}}",
                    "row b1 has no number in column high"),
    "cell: words": ("figures: {brewing_time: {table: brews, row: b1, column: study_key}}",
                    "row b1 has no number in column study_key"),
    "cell: truth": ("figures: {brewing_time: {table: findings, row: bean_f1, "
                    "column: cited_by_essay}}", "no number in column cited_by_essay"),
    "cell: not verified": ("figures: {brewing_time: {table: brews, row: b4}}",
                           "row b4 is unverified; it cannot be used"),
    "cell: other kind of unit": ("figures: {brewing_time: {table: brews, row: b6}}",
                                 "'19.5 percent' does not fit"),
    "cell: sign": ("figures: {brewing_time: {table: brews, row: b1, sign: 2}}",
                   "sign: expected 1 or -1, not 2"),
    "cell: below zero": ("figures: {brewing_time: {table: brews, row: b1, sign: -1}}",
                         "is not above 0"),
    "cell: table without rows": ("figures: {brewing_time: {table: claims, row: aroma}}",
                                 "claims: column 'row_id' is not known"),
    "evidence no list": ("evidence: {table: brews}", "evidence: expected a list of changes"),
    "change no mapping": ("evidence: [brews]", "evidence: expected a list of changes"),
    "no table": ("evidence: [{where: {method: filter}, set: {low: 1}}]", "'table' is missing"),
    "unknown table": ("evidence: [{table: brewz, add: [{row_id: x}]}]",
                      "change 1: table 'brewz' is not known; did you mean 'brews'?"),
    "unknown key": ("evidence: [{table: brews, wher: {row_id: b1}, set: {low: 1}}]",
                    "key 'wher' is not known; did you mean 'where'?"),
    "neither set nor add": ("evidence: [{table: brews, where: {row_id: b1}}]",
                            "expected table with where and set, or table with add"),
    "set and add": ("evidence: [{table: brews, where: {row_id: b1}, set: {low: 1}, add: []}]",
                    "expected table with where and set, or table with add"),
    "set without where": ("evidence: [{table: brews, set: {low: 1}}]", "expected table with"),
    "empty where": ("evidence: [{table: brews, where: {}, set: {low: 1}}]",
                    "where: expected 'column: value' pairs"),
    "empty add": ("evidence: [{table: brews, add: []}]", "add: expected a list of rows"),
    "unknown column in where": ("evidence: [{table: brews, where: {metod: filter}, set: {low: 1}}]",
                                "column 'metod' is not known; did you mean 'method'?"),
    "unknown column in set": ("evidence: [{table: brews, where: {row_id: b1}, set: {lo: 1}}]",
                              "column 'lo' is not known; did you mean 'low'?"),
    "unknown column in add": ("evidence: [{table: brews, add: [{row: x}]}]",
                              "column 'row' is not known; did you mean 'row_id'?"),
    "unknown level": ("evidence: [{table: brews, where: {method: fliter}, set: {low: 1}}]",
                      "method 'fliter' is not known; did you mean 'filter'?"),
    "unknown row": ("evidence: [{table: brews, where: {row_id: [b1, bb1]}, set: {low: 1}}]",
                    "row_id 'bb1' is not known; did you mean 'b1'?"),
    "no such row": ("evidence: [{table: brews, where: {method: espresso, study_key: alba}, "
                    "set: {low: 1}}]", "no row of brews has method espresso, study_key alba"),
    "level that no row has": ("evidence: [{table: brews, where: {method: siphon}, set: {low: 1}}]",
                              "no row of brews has method siphon"),
    "list in a cell": ("evidence: [{table: brews, where: {row_id: b1}, set: {low: [1]}}]",
                       "low: expected one value, not [1]"),
    "cell set twice": ("evidence: [{table: brews, where: {row_id: b1}, set: {low: 1}}, "
                       "{table: brews, where: {method: filter}, set: {low: 1}}]",
                       "change 2: low: change 1 sets it too, in line 2 of brews.csv"),
    "repeated row": (f"evidence: [{{table: brews, add: [{{{ROW}}}, {{{ROW}}}]}}]",
                     "brews.csv: row 9, column row_id: 'x' stands in an earlier row too"),
    "row that is there": (f"evidence: [{{table: brews, add: [{{{ROW}, row_id: b1}}]}}]".replace(
        "row_id: x, ", ""), "'b1' stands in an earlier row too"),
    "broken level": (f"evidence: [{{table: brews, add: [{{{ROW.replace('filter', 'fitler')}}}]}}]",
                     "column method: 'fitler' is not one of filter, espresso, siphon"),
    "broken type": (f"evidence: [{{table: brews, add: [{{{ROW.replace('4', 'four')}}}]}}]",
                    "column value: 'four' is not a plain number"),
    "not plain": (f"evidence: [{{table: brews, add: [{{{ROW.replace('4', '4_0')}}}]}}]",
                  "column value: '4_0' is not a plain number"),
    "missing cell": ("evidence: [{table: brews, add: [{row_id: x}]}]", "but a value is required"),
    "row of nothing": ("evidence: [{table: brews, add: [{}]}]", "brews.csv: row 8"),
    "two lines": ('evidence: [{table: brews, where: {row_id: b1}, set: {method: "a\\nb"}}]',
                  "column method: 'a b' is not one of"),
    "unit that does not fit": ("evidence: [{table: brews, where: {row_id: b6}, set: {unit: kg}}]",
                               "with its changes: table brews, b6: 19.5 in kg does not fit"),
    "claims": ("evidence: [{table: claims, where: {claim: aroma}, set: {value: 1}}]",
               "the claims stay as the text has them"),
    "foreign key": ("evidence: [{table: claims, add: [{claim: x}]}]", "the claims stay"),
    "work that no table knows": ("evidence: [{table: references, where: {key: bean2001}, "
                                 "set: {key: been2001}}]", "'bean2001'"),
    "row that a question needs": ("evidence: [{table: brews, where: {row_id: b6}, "
                                  "set: {row_id: b66}}]", "row_id 'b6' is not known"),
    "unknown key at the top": ("figure: {brewing_time: 5 minute}",
                               "key 'figure' is not known; did you mean 'figures'?"),
    "nothing changed": ("", "it changes nothing; expected figures or evidence"),
    "nothing changed, said": ("figures: {}\nevidence: []", "it changes nothing"),
    "key twice": ("figures: {cups_a_day: 1 count}\nfigures: {cups_a_day: 2 count}",
                  "line 5: the key 'figures' appears twice"),
}  # fmt: skip


MANY = ("missing cell", "work that no table knows")
"""Cases with several faults in the tables, each of which has a line of its own."""


@pytest.fixture
def collection(project):
    project.notebook("10-one", *ANSWERING)
    return project


@pytest.mark.parametrize("case", BAD)
def test_bad_scenario_is_one_message_that_names_the_file(collection, command, case):
    body, words = BAD[case]
    write_scenario(collection.root / "data", "one", body)
    before = collection.files()
    code, out, err = command("run", "--scenario", "one", cwd=collection.root)
    lines = err.removeprefix("claimbook: ").splitlines()
    assert (code, out) == (2, "") and words in lines[0]
    assert len(lines) == 1 or case in MANY
    assert all("scenarios/one.yaml" in line for line in lines)
    assert collection.files() == before


@pytest.mark.parametrize("key", ["title", "reason", "source"])
@pytest.mark.parametrize("given", [None, "", "5", "[a]"])
def test_scenario_says_what_why_and_from_where(collection, command, key, given):
    head = "".join(f"{k}: words\n" for k in ("title", "reason", "source") if k != key)
    head += "" if given is None else f"{key}: {given}\n"
    write_scenario(collection.root / "data", "one", "figures: {cups_a_day: 7 count}", head)
    line = refused(command("run", "--scenario", "one", cwd=collection.root))
    assert f"scenarios/one.yaml: '{key}' is missing; expected some words" in line


def test_unknown_scenario_is_named_with_the_nearest(collection, command):
    outcome = command("run", "--scenario", "espreso", cwd=collection.root)
    assert "no scenario 'espreso'" in refused(outcome) and "scenarios holds none" in outcome[2]
    for name in ("espresso-only", "siphon"):
        write_scenario(collection.root / "data", name, "figures: {cups_a_day: 7 count}")
    line = refused(command("run", "--scenario", "espresso-onyl", cwd=collection.root))
    assert "did you mean 'espresso-only'? (known: espresso-only, siphon)" in line
    before = collection.files()
    for name in ("../one", "siphon.yaml", "", ".", "record"):
        line = refused(command("run", "--scenario", name, cwd=collection.root))
        assert f"no scenario '{name}'" in line
    assert collection.files() == before


@pytest.mark.parametrize("name", ["Big", "with space", "a_b", "-a", "record"])
def test_name_of_a_scenario_is_fit_for_a_folder_and_not_taken(collection, command, name):
    write_scenario(collection.root / "data", name, "figures: {cups_a_day: 7 count}")
    line = refused(command("run", f"--scenario={name}", cwd=collection.root))
    assert "expected a name of small letters, digits and hyphens, other than 'record'" in line


def test_faulty_scenario_stops_nobody_else(collection, command):
    """What is wrong in one scenario is said when it is asked for, and by the check of all."""
    write_scenario(collection.root / "data", "bad", "figures: {brewing_tme: 5 minute}")
    write_scenario(collection.root / "data", "good", "figures: {brewing_time: 5 minute}")
    book = load(collection.root / "data")
    assert book.in_scenario("good").updates == {"brewing_time": 5}
    code, _, errors = command("check", cwd=collection.root)
    assert code == 2 and len(errors.splitlines()) == 1
    assert "scenarios/bad.yaml: figures: brewing_tme: no such figure; did you mean" in errors


# --- through the command line and through papermill -----------------------------------------------


def output_of(root, place):
    stamped = json.loads((root / place / "results" / "answers.json").read_text())
    return stamped, nbformat.read(root / place / "notebooks" / "10-one.ipynb", as_version=4)


@pytest.mark.timeout(600)
def test_scenario_set_and_papermill_agree(collection, tmp_path):
    root = collection.root
    body = "figures: {brewing_time: 9 minute, extraction_max: 30 percent}\n"
    write_scenario(root / "data", "slow", body + f"evidence: {json.dumps([EDITS[3]])}")
    write_scenario(root / "data", "figures-only", body)
    before = collection.files()

    done = collection.run("--scenario", "figures-only")
    assert done.returncode == 0 and done.stderr == "", done.stderr
    only, notebook = output_of(root, "build/scenarios/figures-only")
    assert only["scenario"] == "figures-only"
    assert only["updates"] == {"brewing_time": 9, "extraction_max": 30}
    injected = next(
        c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])
    )
    assert 'scenario = "figures-only"' in injected.source

    done = collection.run("--set", "brewing_time=9", "--set", "extraction_max=30 percent")
    assert done.returncode == 0, done.stderr
    numbers, _ = output_of(root, "build")
    assert numbers == only | {"scenario": None}

    done = collection.run("--scenario", "slow", "--set", "brewing_time=4 minute")
    assert done.returncode == 0, done.stderr
    on_top, _ = output_of(root, "build")
    expected = load(root / "data").in_scenario("slow").update(brewing_time=4)
    assert on_top["updates"] == {"brewing_time": 4, "extraction_max": 30}
    assert on_top["digest"] == expected.digest
    wanted = json.loads(answers(expected).to_json(orient="records"))
    assert on_top["answers"] == [record | {"notebook": "10-one"} for record in wanted]
    assert "n1" in wanted[0]["rows"] and wanted[0]["studies"] == 3
    inputs = load(root / "build" / "inputs")
    pd.testing.assert_frame_equal(inputs.table("brews"), expected.table("brews"))

    after = collection.files()
    assert {name: after[name] for name in before} == before, "the record stays"

    executed = execute_notebook(
        str(root / "notebooks" / "10-one.ipynb"), str(tmp_path / "out.ipynb"),
        parameters={"scenario": "slow", "brewing_time": 4}, cwd=str(root / "notebooks"),
        kernel_name="python3", language="python", progress_bar=False)  # fmt: skip
    digest, records = carried_answers(executed, "10-one")
    assert (digest, records) == (on_top["digest"], on_top["answers"])


@pytest.mark.timeout(600)
def test_papermill_runs_a_notebook_of_the_collection_in_a_scenario(book, tmp_path):
    executed = execute_notebook(
        str(ROOT / "notebooks" / "10-the-figures.ipynb"), str(tmp_path / "out.ipynb"),
        parameters={"scenario": "women-only"}, cwd=str(ROOT / "notebooks"), progress_bar=False,
    )  # fmt: skip
    digest, records = carried_answers(executed, "10-the-figures")
    scenario = book.in_scenario("women-only")
    assert digest == scenario.digest
    expected = json.loads(answers(scenario).to_json(orient="records"))
    own = {record["question"]: record for record in records}
    for record in expected:
        assert own[record["question"]] == record | {"notebook": "10-the-figures"}


def test_record_cannot_be_overwritten_by_a_scenario(collection, command):
    write_scenario(collection.root / "data", "one", "figures: {cups_a_day: 7 count}")
    before = collection.files()
    outcome = command("run", "--scenario", "one", "--output", ".", cwd=collection.root)
    assert "--output is the record itself" in refused(outcome)
    assert collection.files() == before


# --- the scenarios of the collection --------------------------------------------------------------

BEST = {
    "us_prevalence": "high",
    "over_60_prevalence": "high",
    "no_decline_with_age": "high",
    "no_half_life": "high",
    "sinus_to_leg_transit": "low",
    "ostium_width_min": "low",
}
"""The end of each figure's measurements that serves the essay's argument best."""


@pytest.fixture(scope="module")
def scenarios(book):
    return {name: book.in_scenario(name) for name in SHIPPED}


def test_shipped_scenarios_are_those_that_were_promised():
    assert {
        "cited-works",
        "severe-only",
        "women-only",
        "strongest-reading",
        "weakest-reading",
    } <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenario_changes_what_it_says_and_can_be_answered(book, scenarios, name):
    scenario = scenarios[name]
    assert scenario.scenario.title and scenario.scenario.reason and scenario.scenario.source
    printed = book.figures["value"]
    changed = scenario.figures["value"][scenario.figures["value"] != printed].index
    assert set(changed) <= set(scenario.scenario.figures) == set(scenario.updates)
    assert len(changed) or scenario.scenario.evidence
    edited = {edit["table"] for edit in scenario.scenario.evidence}
    for table, frame in book.tables.frames.items():
        same = frame.equals(scenario.table(table))
        assert same == (table not in edited and not (table == "claims" and len(changed))), table
    assert set(answers(scenario)["verdict"]) <= {"holds", "holds in part", "not supported",
                                                 "contradicted"}  # fmt: skip


@pytest.mark.parametrize("parameter", BEST)
@pytest.mark.parametrize("name", ["strongest-reading", "weakest-reading"])
def test_readings_are_the_ends_of_what_was_measured(book, scenarios, name, parameter):
    """A new study that reaches further makes this fail: then the scenario must name its row."""
    end = BEST[parameter]
    if name == "weakest-reading":
        end = {"low": "high", "high": "low"}[end]
        parameter = parameter.replace("_min", "_max")
    question = parameter.removesuffix("_min").removesuffix("_max")
    rows = evidence_rows(book, question)
    direct = rows.loc[rows["part"] == "direct", end]
    extreme = direct.max() if end == "high" else direct.min()
    assert scenarios[name].figures.loc[parameter, "value"] == pytest.approx(extreme)


def test_readings_hold_the_same_figures_and_no_others(scenarios):
    for name, ending in (("strongest-reading", "_min"), ("weakest-reading", "_max")):
        named = {p.replace(ending, "_min") for p in scenarios[name].scenario.figures}
        assert named == set(BEST)


def test_cited_works_scenario_takes_what_the_cited_works_report(book, scenarios):
    figures = scenarios["cited-works"].scenario.figures
    for name, given in figures.items():
        question = book.questions[name]
        assert given["row"] == question["cited_row"], name
    silent = set(book.questions) - set(figures)
    for name in silent:  # none of the others reports a number of its own
        row = book.table("findings").set_index("row_id")
        cited = book.questions[name].get("cited_row")
        assert cited is None or pd.isna(row.loc[cited, "value"]), name


def pooled_by_scenario(scenario):
    """Names of the rows of a scenario that may be pooled though on record they may not."""
    frame, record = (b.table("rls_prevalence") for b in (scenario, scenario.as_loaded))
    return frame, set(frame.loc[frame["poolable"] & ~record["poolable"], "row_id"])


def test_severe_scenario_counts_severe_cases_alone(scenarios):
    """A new sample of adults that prints severe cases makes this fail, until it is let in."""
    frame, chosen = pooled_by_scenario(scenarios["severe-only"])
    adults = frame[frame["poolable"] & (frame["age_scope"] == "all_adult")]
    assert set(adults["case_definition_class"].astype(str)) == {"severity_threshold"}
    assert set(adults["row_id"]) == chosen
    record = scenarios["severe-only"].as_loaded.evidence("rls_prevalence")
    severe = record["case_definition_class"] == "severity_threshold"
    severe &= record["age_scope"] == "all_adult"
    stricter = record["exclusion_reason"] == "stricter_definition_of_included_sample"
    assert chosen == {*record.loc[severe & stricter, "row_id"], "us_blooddonors2010_02"}


def test_women_scenario_counts_women_alone(scenarios):
    """A new sample of adults that prints women apart makes this fail, until it is let in."""
    frame, chosen = pooled_by_scenario(scenarios["women-only"])
    adults = frame[frame["poolable"] & frame["age_scope"].isin(["all_adult", "older_adult"])]
    assert set(adults["sex"].astype(str)) == {"female"}
    assert set(adults["row_id"]) == chosen
    record = scenarios["women-only"].as_loaded.evidence("rls_prevalence")
    women = (record["sex"] == "female") & record["n"].notna()
    apart = record["exclusion_reason"] == "single_sex_stratum"
    grown = record["age_scope"].isin(["all_adult", "older_adult"])
    assert chosen == set(record.loc[women & apart & grown, "row_id"])


def test_loading_reads_no_scenario_table_twice(scenarios, book):
    """A figure-only scenario shares the tables with the book that it was made from."""
    for scenario in scenarios.values():
        if not scenario.scenario.evidence:
            for table in set(book.tables.frames) - {"claims"}:
                own, other = (b.table(table).select_dtypes("float64") for b in (scenario, book))
                assert all(np.shares_memory(own[c], other[c]) for c in own), table
