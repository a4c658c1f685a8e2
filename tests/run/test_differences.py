"""What differs between two states: the answers whose value changed, no more and no fewer."""

import csv
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import write_coffee, write_implications
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_record import state_of_book

from claimbook import load
from claimbook.claims.comparison import answers
from claimbook.claims.recompute import Recomputer
from claimbook.run.change_report import changes_between
from claimbook.run.differences import (
    GONE,
    NEW,
    NO_INPUT,
    answer_differences,
    changed_questions,
    flips,
    input_differences,
)
from claimbook.run.states import Inputs, State, inputs_of

pytestmark = pytest.mark.filterwarnings("ignore:.*percent are percent")
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
VALUES = ("verdict", "estimate", "low", "high", "studies", "studies_agreeing", "agreeing_share",
          "indirect_studies")  # fmt: skip
"""The fields of a record that are its value, as a reader would say."""
NONE = pd.DataFrame(columns=["where", "row", "column", "before", "after"], dtype=object)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coffee") / "data"
    return load(write_implications(write_coffee(folder)))


def state(book):
    with tempfile.TemporaryDirectory() as folder:
        return state_of_book("name", book, Path(folder) / "data")


@pytest.fixture(scope="module")
def printed(small):
    return state(small)


def value_of(record):
    return [record.get(field) for field in VALUES]


def moved(before: State, after: State) -> set[str]:
    """The questions whose value differs, by nothing but comparing values."""
    both = before.answers.keys() & after.answers.keys()
    return (before.answers.keys() ^ after.answers.keys()) | {
        name for name in both if value_of(before.answers[name]) != value_of(after.answers[name])
    }


def compared(before, after):
    inputs = input_differences(before.inputs, after.inputs)
    return answer_differences(before, after, inputs), inputs


# --- figures --------------------------------------------------------------------------------------


def floats(low, high):
    return st.floats(low, high).map(lambda value: float(f"{value:.6g}"))


UPDATES = st.fixed_dictionaries(
    {},
    optional={
        "brewing_time": st.sampled_from([4, 4.2, 4.3, 5, 9.0]) | floats(0.1, 30),
        "cups_a_day": st.sampled_from([2, 3]) | floats(0.1, 30),
        "extraction_min": floats(1, 18),
        "extraction_max": floats(22, 60) | st.just(22.0),
    },
)


@given(UPDATES, UPDATES)
@settings(QUICK, max_examples=15)
def test_answers_are_listed_whose_value_changed_no_more_no_fewer(small, one, other):
    before, after = state(small.update(**one)), state(small.update(**other))
    answers, inputs = compared(before, after)
    assert set(changed_questions(answers)) == moved(before, after)
    values = {name: {**small.figures["value"], **given} for name, given in enumerate((one, other))}
    differing = {n for n in small.figures.index if values[0][n] != values[1][n]}
    assert set(inputs["row"]) == differing and set(inputs["where"]) <= {"figures"}
    for row in inputs.itertuples():
        assert (row.before, row.after) == (values[0][row.row], values[1][row.row])
        assert row.column == small.figures.loc[row.row, "unit"]


FIGURES = st.fixed_dictionaries(
    {},
    optional={
        "us_prevalence": floats(0, 20),
        "over_60_prevalence": floats(1, 40),
        "no_half_life": floats(1e-4, 3),
        "sinus_to_leg_transit": st.sampled_from([1.0, 1.1, 4.0, 12.0]),
        "ostium_width_max": floats(3, 9),
    },
)


@given(FIGURES)
@settings(QUICK, max_examples=6)
def test_answers_of_the_collection_are_listed_whose_value_changed(book, real, figures):
    """Answers computed in another way altogether, and turned into records."""
    inputs, recomputer = real
    printed = book.figures["value"].to_dict()
    sets = pd.DataFrame([printed, printed | figures])
    before, after = (
        core_state(book, recomputer, inputs, found, updates)
        for (_, found), updates in zip(
            recomputer.answers(sets).iterrows(), ({}, figures), strict=True
        )
    )
    answers, differing = compared(before, after)
    assert set(changed_questions(answers)) == moved(before, after)
    changed = {n: v for n, v in figures.items() if v != book.figures.loc[n, "value"]}
    assert dict(zip(differing["row"], differing["after"], strict=True)) == changed
    for row in answers.itertuples():
        own = {n for n in changed if book.figures.loc[n, "claim"] == row.claim}
        assert set(row.why) == (own or set(changed)), row.question


@pytest.fixture(scope="module")
def real(book):
    return inputs_of(book.folder), Recomputer(book)


def core_state(book, recomputer, inputs, found, updates):
    records = {}
    for name, output in recomputer.outputs.iterrows():
        value = found[name]
        record = one(name, claim=output["claim"], unit=output["unit"], rows=[], estimate=None)
        if output["kind"] == "verdict":
            record["verdict"] = value
        else:
            record["estimate"] = None if pd.isna(value) else float(value)
        records[name] = record
    figures = {**inputs.figures, **updates}
    own = Inputs(inputs.tables, inputs.entries, figures, inputs.units)
    return State("n", "d", None, own, records, {})


# --- evidence -------------------------------------------------------------------------------------

OTHER_VALUES = st.tuples(
    st.sampled_from(["b1", "b2", "b4", "b5"]),  # b3 has an interval, which a value must keep to
    st.tuples(st.just("value"), st.sampled_from(["250", "299", "4000"])),
)
CELLS = OTHER_VALUES | st.tuples(
    st.sampled_from(["b1", "b2", "b3", "b4", "b5"]),
    st.one_of(
        st.tuples(st.just("verification"), st.sampled_from(["read", "unverified", "derived"])),
        st.tuples(st.just("method"), st.sampled_from(["filter", "siphon", "espresso"])),
        st.tuples(st.just("study_key"), st.sampled_from(["alba", "bosco"])),
    ),
)
CHANGES = st.lists(
    CELLS | st.tuples(st.sampled_from(["b1", "b2", "b4", "b5"]), st.none()), max_size=3
)


def rewritten(folder, changes):
    """Change cells of the brews, or remove rows; return (row, column) -> before and after."""
    path = folder / "brews.csv"
    with path.open(newline="") as file:
        rows = {row["row_id"]: row for row in csv.DictReader(file)}
    before = {name: dict(row) for name, row in rows.items()}
    for name, change in changes:
        if change is None:
            rows.pop(name, None)
        elif name in rows:
            rows[name][change[0]] = change[1]
    rows["b9"] = before["b1"] | {"row_id": "b9", "study_key": "nero"}
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(before["b1"]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())
    expected = {("b9", None): (None, "added")}
    for name, row in before.items():
        if name not in rows:
            expected[name, None] = ("removed", None)
            continue
        for column, value in row.items():
            if rows[name][column] != value:
                expected[name, column] = (value, rows[name][column])
    return expected


@given(CHANGES)
@settings(QUICK, max_examples=12)
def test_changed_evidence_is_listed_cell_by_cell_and_is_the_reason(printed, changes):
    with tempfile.TemporaryDirectory() as folder:
        data = write_implications(write_coffee(Path(folder) / "data"))
        changes = [c for c in changes if c[0] != "b1" or c[1] is not None]  # an input needs it
        changes = [c for c in changes if c[1] is None or c[1][1] != "unverified" or c[0] != "b1"]
        expected = rewritten(data, changes)
        before, after = printed, state(load(data))
        answers, inputs = compared(before, after)
    found = {(r.row, r.column): (r.before, r.after) for r in inputs.itertuples()}
    assert found == expected and set(inputs["where"]) == {"brews"}
    assert set(changed_questions(answers)) == moved(before, after)
    brewing = answers[answers["question"] == "brewing_time"]
    assert len(brewing), "another study of filter coffee, which agrees"
    used = {*before.answers["brewing_time"]["rows"], *after.answers["brewing_time"]["rows"]}
    rows = {name for name, _ in expected}
    assert set(brewing["why"].iloc[0]) == {f"brews {name}" for name in used & rows}


def test_identical_states_differ_in_nothing(small):
    answers, inputs = compared(state(small), state(small))
    assert answers.empty and inputs.empty
    assert not changes_between(state(small), state(small)).differs


@pytest.mark.parametrize(
    "old, new",
    [("alba,filter,230,", "alba,filter,2.30e2,"), ("alba,filter,300,", "alba,filter,300.0,"),
     ("bosco,filter,4,3,5,", "bosco,filter,4.00,3.,5e0,")],
)  # fmt: skip
def test_number_that_is_only_written_differently_is_no_difference(coffee, tmp_path, old, new):
    before = inputs_of(write_coffee(tmp_path / "other"))
    path = coffee / "brews.csv"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new).replace("\n", "\r\n"), newline="")
    assert input_differences(before, inputs_of(coffee)).empty


def test_table_with_other_columns_and_without_unique_names_is_compared(coffee, tmp_path):
    """An older revision may lack a column, and rows may be alike."""
    before = inputs_of(write_coffee(tmp_path / "other"))
    table = pd.DataFrame({"a": ["x", "x", "y"], "b": ["1", "1", "2"]})
    names = pd.Index(["x | 1", "x | 1 (2)", "y | 2"], name="row")
    with_rows = replace(before, tables={**before.tables, "more": table.set_index(names)})
    found = input_differences(before, with_rows)
    assert found[["where", "row", "after"]].to_numpy().tolist() == [
        ["more", name, "added"] for name in names
    ]
    without = table.drop(columns="b").set_index(names).iloc[:2]
    fewer = replace(before, tables={**before.tables, "more": without})
    found = input_differences(with_rows, fewer)
    assert found.to_numpy().tolist() == [
        ["more", "x | 1", "b", "1", None],
        ["more", "x | 1 (2)", "b", "1", None],
        ["more", "y | 2", None, "removed", None],
    ]


def test_rows_without_a_unique_name_are_read_and_numbered(coffee):
    path = coffee / "datapackage.yaml"
    path.write_text(path.read_text().replace("unique: true", "unique: false"))
    brews = coffee / "brews.csv"
    brews.write_text(brews.read_text() + brews.read_text().splitlines()[1] + "\n")
    names = inputs_of(coffee).tables["brews"].index
    assert names.is_unique and sum(name.startswith("b1 | alba") for name in names) == 2


def test_table_without_rows_is_read(coffee):
    path = coffee / "findings.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert inputs_of(coffee).tables["findings"].empty


# --- files of entries -----------------------------------------------------------------------------


def test_entries_of_yaml_and_of_the_reference_list_are_compared(coffee, tmp_path):
    before = inputs_of(write_implications(write_coffee(tmp_path / "other")))
    write_implications(coffee)
    (coffee / "references.bib").write_text(
        "@misc{bean2001, title = {More beans}, author = {Bean, A. and Cup, B.}, year = {2001}}\n"
    )
    questions = (coffee / "questions.yaml").read_text()
    (coffee / "questions.yaml").write_text(questions.replace("the dissolved share", "the share"))
    implications = (coffee / "implications.yaml").read_text()
    (coffee / "implications.yaml").write_text(implications.split("spread_of")[0])
    (coffee / "scenarios").mkdir()
    (coffee / "scenarios" / "one.yaml").write_text("title: t\n")
    found = input_differences(before, inputs_of(coffee)).to_numpy().tolist()
    assert sorted(found, key=str) == sorted(
        [
            ["references.bib", "bean2001", "title", "Beans", "More beans"],
            ["references.bib", "bean2001", "author", "Bean, A.", "Bean, A. and Cup, B."],
            ["questions.yaml", "extraction", "measured", "the dissolved share", "the share"],
            ["implications.yaml", "spread_of_extraction", None, "removed", None],
            ["scenarios/one.yaml", "the whole file", None, None, "added"],
        ],
        key=str,
    )
    back = input_differences(inputs_of(coffee), before)
    assert [
        "scenarios/one.yaml",
        "the whole file",
        None,
        "removed",
        None,
    ] in back.to_numpy().tolist()


# --- words, new questions, causes -----------------------------------------------------------------


def one(question="q", **fields):
    return {"question": question, "claim": "c", "notebook": "10", "unit": "s", "rows": ["r1"],
            "verdict": None, "estimate": 1.0, "reason": "so", "asks": "how?", **fields}  # fmt: skip


def between(before: list[dict], after: list[dict], inputs=NONE):
    empty = Inputs({}, {}, {}, {})
    states = [
        State("n", "d", None, empty, {record["question"]: record for record in records}, {})
        for records in (before, after)
    ]
    return answer_differences(*states, inputs)


def test_words_alone_are_kept_apart():
    found = between([one()], [one(reason="thus", asks="how then?", figure="about 2 s")])
    assert found[["change", "field", "before", "after"]].to_numpy().tolist() == [
        ["words", "reason", "so", "thus"]
    ]
    assert changed_questions(found) == []
    both = between([one()], [one(reason="thus", estimate=2.0)])
    assert both["field"].tolist() == ["estimate"] and changed_questions(both) == ["q"]
    assert between([one()], [one(rows=["r2"], value=3, method="other")]).empty


def test_fields_are_told_with_their_difference_and_verdicts_first():
    before = one(estimate=1.0, low=None, studies=3, verdict="holds")
    after = one(estimate=3.5, low=0.5, studies=2, verdict="contradicted")
    found = between([before], [after])
    assert found[["change", "field", "before", "after", "by", "unit"]].to_numpy().tolist() == [
        ["verdict", "verdict", "holds", "contradicted", None, None],
        ["number", "estimate", 1.0, 3.5, 2.5, "s"],
        ["number", "low", None, 0.5, None, "s"],
        ["number", "studies", 3, 2, -1, None],
    ]
    assert set(found["why"].map(tuple)) == {(NO_INPUT,)}


@pytest.mark.parametrize("one_value, other, differ", [
    (0.1 + 0.2, 0.3, False), (1, 1.0, False), (1e-9, 2e-9, True), (0, 1e-300, True),
    (None, 0, True), (True, False, True), ("a", "b", True), ([1], [1], False), ([1], [2], True),
])  # fmt: skip
def test_values_differ_beyond_the_last_digits_only(one_value, other, differ):
    found = between([one(estimate=one_value)], [one(estimate=other)])
    assert (changed_questions(found) == ["q"]) == differ


def test_new_and_dropped_questions_are_named_as_such():
    found = between([one("a"), one("b")], [one("b"), one("c")])
    assert found[["question", "change"]].to_numpy().tolist() == [["c", "added"], ["a", "removed"]]
    assert found["why"].tolist() == [[NEW], [GONE]]
    assert changed_questions(found) == ["c", "a"]


def differing(*rows):
    return pd.DataFrame(rows, columns=NONE.columns, dtype=object)


def test_causes_are_the_rows_and_the_figure_of_the_answer_or_else_all():
    inputs = differing(
        ("figures", "c_min", "s", 1, 2),
        ("figures", "other", "s", 1, 2),
        ("brews", "r1", "value", "1", "2"),
        ("brews", "r1", "note", "a", "b"),
        ("brews", "r9", None, None, "added"),
        ("questions.yaml", "q", "asks", "a", "b"),
    )
    after = [one(estimate=2.0), one("far", claim="z", rows=[], estimate=2.0),
             one("new row", claim="z", rows=["r9"], estimate=2.0)]  # fmt: skip
    before = [one(), one("far", claim="z", rows=[]), one("new row", claim="z", rows=[])]
    why = between(before, after, inputs).set_index("question")["why"]
    assert why["q"] == ["c_min", "brews r1"]
    assert why["far"] == ["c_min", "other", "brews (3)", "questions.yaml (1)"]
    assert why["new row"] == ["brews r9"]


def test_flips_say_which_way():
    before = [one(n, verdict=v) for n, v in (("a", "holds"), ("b", "contradicted"), ("c", None))]
    after = [one(n, verdict=v) for n, v in (("a", "not supported"), ("b", "holds in part"),
                                            ("c", "holds"))]  # fmt: skip
    found = flips(between(before, after))
    assert found[["question", "before", "after", "better"]].to_numpy().tolist() == [
        ["a", "holds", "not supported", False],
        ["b", "contradicted", "holds in part", True],
        ["c", None, "holds", None],
    ]
    assert found["why"].tolist() == [NO_INPUT] * 3


def test_verdicts_of_an_update_are_listed_as_flips(small):
    before, after = state(small), state(small.update(brewing_time=9))
    found = flips(compared(before, after)[0])
    assert found[["question", "before", "after"]].to_numpy().tolist() == [
        ["brewing_time", answers(small).loc["brewing_time", "verdict"], "contradicted"]
    ]
    assert found["why"].tolist() == ["brewing_time"] and np.all(~found["better"].astype(bool))
