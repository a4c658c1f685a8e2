"""The evidence matrix: all claims, a rule and a reason each, and nothing moves that should not."""

from dataclasses import replace

import pandas as pd
import pytest

from claimbook import load
from claimbook.claims.claim_checks import (
    BEARINGS,
    CITATIONS,
    evidence_matrix,
    study_bearings,
    wider_rows,
    wider_word,
)
from claimbook.claims.verdict import SOURCE_RULES, VERDICTS


@pytest.fixture(scope="module")
def matrix(book):
    return evidence_matrix(book).set_index("claim", drop=False)


def test_a_book_with_no_more_than_it_must_have(coffee):
    """No labels, no checked citations, no bearings of its tables on claims."""
    matrix = evidence_matrix(load(coffee)).set_index("claim")
    assert matrix["verdict"].to_dict() == {
        "brewing_time": "holds",
        "extraction": "holds",
        "cups_a_day": "not testable",
        "aroma": "not testable",
    }
    assert matrix.loc["aroma", "label"] == "The aroma fades"
    assert matrix.loc["cups_a_day", "citation"] == "uncited"
    assert matrix["citation"].isna().sum() == 3, "what became of the others is not known"
    assert matrix[["for", "part", "against"]].to_numpy().sum() == 0
    assert set(matrix["wider"]) == set(matrix["arithmetic"]) == {"none"}


def with_cell(book, table, row, column, value):
    frame = book.table(table).copy()
    frame.loc[row, column] = value
    frames = {**book.tables.frames, table: frame}
    return replace(book, tables=replace(book.tables, frames=frames))


def verdicts_that_moved(before, book):
    after = evidence_matrix(book).set_index("claim")["verdict"].astype(str)
    was = before["verdict"].astype(str)
    return set(was.index[was != after])


def test_every_claim_stands_in_the_matrix_with_a_verdict_a_rule_and_a_reason(book, matrix):
    assert matrix["claim"].tolist() == book.claims["claim"].tolist()
    for column in ("verdict", "citation", "source", "wider"):
        assert matrix[column].notna().all()
    assert (matrix["rule"].str.len() > 10).all()
    assert (matrix["reason"].str.len() > 10).all()


def test_the_table_of_rules_has_a_verdict_of_the_scale_for_every_case():
    assert list(SOURCE_RULES.index[:-1]) == [
        "supports",
        "partly_supports",
        "does_not_support",
        "contradicts",
    ]
    assert list(SOURCE_RULES.columns) == ["for", "mixed", "against", "none"]
    assert set(SOURCE_RULES.to_numpy().ravel()) <= set(VERDICTS)


@pytest.mark.parametrize("column", SOURCE_RULES.columns)
def test_a_better_source_never_gives_a_worse_verdict(column):
    worth = {"holds": 3, "holds in part": 2, "not supported": 1, "contradicted": 0}
    ranked = [worth[SOURCE_RULES.loc[s, column]] for s in SOURCE_RULES.index if s != "silent"]
    assert ranked == sorted(ranked, reverse=True)


@pytest.mark.parametrize("source", [s for s in SOURCE_RULES.index if s != "silent"])
def test_better_wider_evidence_never_gives_a_worse_verdict(source):
    worth = {"holds": 3, "holds in part": 2, "not supported": 1, "contradicted": 0}
    ranked = [worth[SOURCE_RULES.loc[source, word]] for word in ("for", "mixed", "against")]
    assert ranked == sorted(ranked, reverse=True)


@pytest.mark.parametrize(
    ("bearings", "word"),
    [
        ([0, 0, 0], "none"),
        ([2, 0, 1], "for"),
        ([1, 0, 1], "mixed"),
        ([0, 1, 2], "against"),
        ([1, 1, 1], "mixed"),
        ([0, 1, 0], "mixed"),
    ],
)
def test_for_and_against_need_two_thirds(bearings, word):
    assert wider_word(pd.Series(bearings, index=["for", "part", "against"])) == word


def test_a_sample_counts_once_and_one_that_disagrees_with_itself_counts_in_part():
    rows = pd.DataFrame(
        {
            "claim": ["a"] * 5,
            "sample": ["one", "one", "two", "two", "three"],
            "bearing": ["for", "for", "for", "against", "against"],
        }
    )
    assert study_bearings(rows).loc["a"].to_dict() == {"for": 1, "part": 1, "against": 1}


def test_unverified_and_derived_rows_never_bear_on_a_claim(book):
    used = wider_rows(book)
    for name, rows in used.groupby("table"):
        frame = book.table(name).set_index("row_id")
        backing = set(frame.loc[rows["row_id"], "verification"].astype(str))
        assert backing <= {"abstract_or_page", "secondary"}


def test_a_cited_work_is_not_counted_again_as_wider_evidence(book, matrix):
    # Thomas 2001 is what the essay cites for the half-life; its rows in physiology.csv are the
    # same work
    used = wider_rows(book)
    assert "thomas2001" not in set(used.loc[used["claim"] == "no_half_life", "study"])
    assert "thomas2001" in set(book.table("physiology")["study_key"])


def test_verdicts_pinned(matrix):
    # read by hand from the rows of data/evidence on 2026-11-22
    expected = {
        "no_falls_with_age": "holds",
        "no_decline_with_age": "not supported",
        "rls_worse_at_night": "holds",
        "no_circadian": "not supported",
        "novelty": "contradicted",
        "repair_at_rest": "contradicted",
        "dopamine_agonists_effective": "holds",
        "leg_hypoxia": "holds in part",
        "no_oxygen_release": "not supported",
        "new_avenues": "not testable",
    }
    assert matrix["verdict"].astype(str).loc[list(expected)].to_dict() == expected


def test_figures_keep_the_verdict_of_their_number(book, matrix):
    raised = evidence_matrix(book.update(sinus_to_leg_transit=5.2)).set_index("claim")
    assert matrix.loc["sinus_to_leg_transit", "verdict"] == "contradicted"
    assert raised.loc["sinus_to_leg_transit", "verdict"] != "contradicted"
    same = raised.index != "sinus_to_leg_transit"
    assert (raised.loc[same, "verdict"] == matrix["verdict"][same]).all()


PASSES = 10
"""A row can move only its own claim, so rows of many claims are turned together, all in few."""


def test_changing_any_finding_moves_no_verdict_but_its_own_claim_s(book, matrix):
    """Over all rows: turn each finding's support about and see what moves."""
    findings = book.table("findings")
    moved_at_all = 0
    groups = findings.groupby(findings["claim"].fillna("")).cumcount() % PASSES
    for _, rows in findings.groupby(groups):
        frame = findings.copy()
        turned = (
            rows["support"]
            .astype(str)
            .map(lambda s: "contradicts" if s in ("supports", "partly_supports") else "supports")
        )
        frame.loc[rows.index, "support"] = turned
        changed = replace(
            book, tables=replace(book.tables, frames={**book.tables.frames, "findings": frame})
        )
        moved = verdicts_that_moved(matrix, changed)
        figures = set(book.claims.loc[book.claims["role"] == "figure", "claim"])
        expected = set(rows["claim"].dropna()) - figures
        assert moved <= expected
        moved_at_all += len(moved)
    assert moved_at_all > 40


TURNED = {
    "physiology": ("direction", "supports", "against"),
    "no_in_rls": ("direction", "supports", "against"),
    "circadian": ("agrees_with_claim", "yes", "no"),
}


def test_turning_any_row_of_the_other_tables_moves_only_its_own_claim(book, matrix):
    """Over all rows of three tables: each is turned in one of the passes."""
    figures = set(book.claims.loc[book.claims["role"] == "figure", "claim"])
    order = {name: book.table(name).groupby("claim").cumcount() % PASSES for name in TURNED}
    for n in range(PASSES):
        frames, turned_claims = dict(book.tables.frames), set()
        for name, (column, word, other) in TURNED.items():
            frame, chosen = book.table(name).copy(), order[name] == n
            words = frame.loc[chosen, column].astype(object)
            frame.loc[chosen, column] = words.map(
                lambda w, word=word, other=other: other if w == word else word
            )
            frames[name] = frame
            turned_claims |= set(frame.loc[chosen, "claim"])
        changed = replace(book, tables=replace(book.tables, frames=frames))
        assert verdicts_that_moved(matrix, changed) <= turned_claims - figures


def test_arithmetic_against_a_claim_takes_its_verdict_one_step_down(book, matrix):
    row = matrix.loc["no_diverted_to_brain"]
    assert row["arithmetic"] == "against"
    assert SOURCE_RULES.loc[row["source"], row["wider"]] == "holds in part"
    assert row["verdict"] == "not supported"
    physiology = book.table("physiology").copy()
    ours = (physiology["claim"] == row["claim"]) & (physiology["verification"] == "derived")
    physiology.loc[ours, "direction"] = "neutral"
    frames = {**book.tables.frames, "physiology": physiology}
    changed = replace(book, tables=replace(book.tables, frames=frames))
    assert verdicts_that_moved(matrix, changed) == {"no_diverted_to_brain"}


def test_arithmetic_for_a_claim_raises_nothing(matrix):
    helped = matrix[(matrix["arithmetic"] == "for") & matrix["figure"].isna()]
    assert len(helped)
    for row in helped.itertuples():
        assert row.verdict == SOURCE_RULES.loc[row.source, row.wider]


def test_one_finding_turned_flips_exactly_its_claim(book, matrix):
    findings = book.table("findings")
    row = findings.index[findings["row_id"] == "mayoclinic_f01"][0]
    changed = with_cell(book, "findings", row, "support", "contradicts")
    assert verdicts_that_moved(matrix, changed) == {"sensations_inside_legs"}


def test_a_work_that_does_not_support_is_no_evidence_against():
    assert "does_not_support" not in BEARINGS


def test_citation_takes_the_best_of_a_claim_s_works(book, matrix):
    assert matrix.loc["no_brain_cooling", "citation"] == "not_found_as_printed"
    assert matrix.loc["sinus_no_main_role", "citation"] == "author_or_detail_errors"
    uncited = matrix["citation"] == "uncited"
    assert (uncited == book.claims.set_index("claim")["cites"].isna()).all()
    assert set(book.table("references")["verdict"].astype(str)) <= set(CITATIONS)
