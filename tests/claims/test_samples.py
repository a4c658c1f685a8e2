"""One vote per sample: which rows vote, which do not, and on which samples a verdict hangs."""

import pandas as pd
import pytest

from claimbook.book.evidence import NO_VOTE, ROLES, no_vote, samples
from claimbook.claims.comparison import compare, evidence_rows, tipping_words
from claimbook.claims.readings import (
    AGREES,
    KEPT,
    MENDED,
    NOT_REACHED,
    ONCE,
    count_states,
    deciding_rows,
    reading_states,
    readings_words,
)
from claimbook.stats.selection import better_half


def ballots(*rows):
    full = [(*row, "", True)[: len(row)] + ("", True)[len(row) - 2 :] for row in rows]
    return pd.DataFrame(full, columns=["sample", "role", "condition", "known"])


@pytest.mark.parametrize(
    ("rows", "voting"),
    [
        ([("a", "study"), ("a", "study"), ("b", "study")], [0, 1, 2]),
        ([("a", "study"), ("a", "derived"), ("b", "derived")], [0, 2]),
        ([("a", "derived"), ("a", "restatement"), ("b", "restatement")], [0, 2]),
        ([("a", "borrowed"), ("b", "review")], []),
        ([("a", "borrowed"), ("a", "restatement")], [1]),
        ([("a", "study", "ill"), ("a", "study", ""), ("b", "study", "ill")], [1, 2]),
        ([("a", "study", "ill"), ("a", "derived", "")], [0]),
        ([("a", "restatement", "", False), ("a", "study", "", False)], [1]),
    ],
)
def test_of_a_sample_the_nearest_rows_vote_and_what_is_borrowed_never(rows, voting):
    why = no_vote(ballots(*rows))
    assert why[why == ""].index.tolist() == voting
    assert (why[~why.index.isin(voting)] != "").all()


def test_a_condition_that_is_asked_for_makes_no_difference():
    rows = ballots(("a", "study", "basal; healthy"), ("a", "study", "basal; ill"))
    assert (no_vote(rows) == "").all(), "both differ, so both vote"
    why = no_vote(rows, accepted=["basal", "healthy"])
    assert why.tolist() == ["", "another condition: ill"]


def test_samples_are_compared_within_their_group():
    rows = ballots(("a", "study"), ("a", "derived")).assign(part=["direct", "indirect"])
    assert (no_vote(rows, within=["part"]) == "").all()


def test_a_table_without_sample_columns_has_a_sample_per_study():
    found = samples(pd.DataFrame({"row_id": ["r", "s"], "study_key": ["one", "two"]}))
    assert found["sample"].tolist() == ["one", "two"] and not found["known"].any()
    assert (no_vote(found) == "").all()


def test_levels_of_the_book_are_those_of_the_engine(book):
    for frame in book.tables.frames.values():
        if "sample_role" in frame:
            assert list(frame["sample_role"].cat.categories) == list(ROLES)
    assert set(NO_VOTE) < set(ROLES)


def test_rows_that_vote_name_their_sample(book):
    for name in book.questions:
        rows = evidence_rows(book, name)
        assert rows.loc[rows["part"] != "uncounted", "known"].all(), name


def votes(*rows):
    frame = pd.DataFrame(rows, columns=["sample", "agrees"])
    return frame.assign(row_id=[f"r{i}" for i in frame.index], condition="")


NOBODY = votes().astype({"agrees": bool})


@pytest.mark.parametrize(
    ("direct", "words"),
    [
        ([("a", True), ("b", True), ("c", True)], ""),
        (
            [("a", True), ("b", True), ("c", False)],
            "Exactly two thirds agree, the least that holds; "
            "without any one of r0 or r1 it would hold in part.",
        ),
        (
            [("a", True), ("b", False)],
            "Without r0 it would be contradicted; without r1 it would hold.",
        ),
        ([("a", True)], ""),
    ],
)  # fmt: skip
def test_tipping_names_the_rows_without_which_the_verdict_would_be_another(direct, words):
    assert tipping_words(votes(*direct), NOBODY) == words


def test_the_answer_says_on_which_rows_a_verdict_hangs(book):
    record = compare(book, "ostium_width").record
    assert record["tipping"].startswith("Exactly two thirds agree")
    assert "jssu5777_p01 (unit inferred)" in record["tipping"]
    assert record["reason"].endswith(record["tipping"])


def test_rows_without_a_vote_are_named_in_the_answer(book):
    record = compare(book, "brain_energy_share").record
    assert record["rows"] == [] and record["verdict"] == "not testable"
    assert "clarke1999_p01" in record["uncounted"]
    assert "5 sources that repeat a number (20\N{NO-BREAK SPACE}%)" in record["reason"]


def test_a_bracket_that_ends_in_another_definition_does_not_vote(book):
    rows = evidence_rows(book, "over_60_prevalence").set_index("row_id")
    assert rows.loc["berger2004_f19", "agrees"] and rows.loc["berger2004_f19", "why"]


# --- second readings and risk of bias -------------------------------------------------------------


def test_every_reading_is_of_a_row_of_the_book(book):
    for one in book.table("readings").itertuples():
        assert one.row in set(book.table(one.table)["row_id"]), one.reading_id


def test_every_deciding_row_has_a_state_and_most_were_read_twice(book):
    rows = deciding_rows(book)
    counts = count_states(book, rows)
    assert counts.sum() == len(rows) == len(set(rows))
    assert counts[[AGREES, MENDED, KEPT]].sum() > 0.8 * len(rows)
    assert readings_words(counts).startswith(f"Of {len(rows)} rows ")


def test_the_best_of_several_readings_counts(book):
    states = reading_states(book)
    assert set(states.values()) <= {AGREES, MENDED, KEPT, NOT_REACHED, ONCE}
    assert states["rls_prevalence", "celle2010_01"] == AGREES
    assert states["physiology", "salminen2014_p01"] == MENDED


def test_the_better_half_has_no_more_noes_than_the_median():
    rows = pd.DataFrame({"sample_id": ["a", "b", "c", "unknown"]})
    answers = pd.DataFrame(
        {"sample_id": [*"aaabbbccc"], "answer": ["no", "no", "yes", "no", *["yes"] * 4, "unclear"]}
    )
    assert better_half(rows, answers)["sample_id"].tolist() == ["b", "c"]


def test_every_pooled_sample_has_nine_answers_on_its_risk_of_bias(book):
    table = book.table("rls_prevalence")
    pooled = set(table.loc[table["poolable"], "sample_id"])
    counts = book.table("risk_of_bias").groupby("sample_id")["item"].nunique()
    assert (counts.reindex(sorted(pooled)) == 9).all()
