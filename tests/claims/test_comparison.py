"""Figures against evidence: pinned verdicts, and what must follow when a number changes."""

import csv
import math

import pandas as pd
import pytest
from conftest import write_coffee
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook import load
from claimbook.book.format import recorded
from claimbook.claims.comparison import (
    agreeing_share,
    answers,
    compare,
    count_verdict,
    evidence_rows,
    stated_interval,
)
from claimbook.claims.verdict import COUNT_RULES, VERDICTS
from claimbook.show.evidence_plot import evidence_plot, ratio_plot

QUICK = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ABOUT = {  # parameter -> question
    "us_prevalence": "us_prevalence",
    "over_60_prevalence": "over_60_prevalence",
    "no_decline_with_age": "no_decline_with_age",
    "no_half_life": "no_half_life",
    "sinus_to_leg_transit": "sinus_to_leg_transit",
    "brain_energy_share": "brain_energy_share",
    "ostium_width_min": "ostium_width",
    "ostium_width_max": "ostium_width",
}


@pytest.fixture(scope="module")
def printed(book):
    """The answers with the figures as printed."""
    return answers(book)


@pytest.fixture
def small(tmp_path):
    return load(write_coffee(tmp_path / "coffee"))


# --- the seven figures ---------------------------------------------------------------------------


def test_verdicts_are_those_that_were_found(printed):
    assert printed["verdict"].to_dict() == {
        "us_prevalence": "holds in part",
        "over_60_prevalence": "not supported",
        "no_decline_with_age": "not supported",
        "no_half_life": "holds in part",
        "sinus_to_leg_transit": "contradicted",
        "brain_energy_share": "not testable",
        "ostium_width": "holds",
    }


def test_answers_carry_figure_estimate_interval_verdict_and_reason(printed):
    for record in printed.to_dict("records"):
        assert record["claim"] and record["figure"] and record["unit"] and record["reason"]
        assert not record["studies"] or record["low"] <= record["estimate"] <= record["high"]
        assert 0 <= record["studies_agreeing"] <= record["studies"]
        assert record["verdict"] in COUNT_RULES.index


@pytest.mark.parametrize("name", ABOUT)
def test_update_changes_the_answer_that_depends_on_it_and_no_other(book, printed, name):
    """Every figure, put outside all that was measured and then as printed again."""
    question = ABOUT[name]
    numbers = {name: 97.0}
    if name == "ostium_width_min":
        numbers["ostium_width_max"] = 98.0
    changed = answers(book.update(**numbers))
    for other, record in printed.iterrows():
        same = changed.loc[other].to_json() == record.to_json()
        assert same == (other != question), other
    assert changed["estimate"].equals(printed["estimate"])


@pytest.mark.parametrize(
    "numbers, question, outcome",
    [
        ({"brain_energy_share": 40}, "brain_energy_share", ["not testable"]),
        ({"no_half_life": 0.002}, "no_half_life", ["holds in part"]),
        ({"no_decline_with_age": 30}, "no_decline_with_age", ["holds"]),
        ({"sinus_to_leg_transit": 5.2}, "sinus_to_leg_transit", ["holds", "holds in part"]),
        ({"sinus_to_leg_transit": 0.01}, "sinus_to_leg_transit", ["contradicted"]),
        ({"no_half_life": "1 minute"}, "no_half_life", ["contradicted", "not supported"]),
        (
            {"ostium_width_min": 0.1, "ostium_width_max": 50},
            "ostium_width",
            ["holds"],
        ),
        (
            {"ostium_width_min": 40, "ostium_width_max": 50},
            "ostium_width",
            ["contradicted", "not supported"],
        ),
        ({"us_prevalence": 0}, "us_prevalence", ["contradicted", "not supported"]),
    ],
    ids=str,
)
def test_verdict_turns_where_the_evidence_lies(book, numbers, question, outcome):
    assert compare(book.update(**numbers), question).record["verdict"] in outcome


@given(st.floats(0.1, 20), st.floats(0, 20), st.floats(0, 10))
@QUICK
def test_wider_range_never_loses_agreement(book, low, width, more):
    narrow = book.update(ostium_width_min=low, ostium_width_max=low + width)
    wide = book.update(ostium_width_min=low / 2, ostium_width_max=low + width + more)
    narrow_share, wide_share = (
        compare(b, "ostium_width").record["agreeing_share"] for b in (narrow, wide)
    )
    assert wide_share >= narrow_share


def test_no_unverified_row_is_among_the_evidence(book):
    for name in book.questions:
        for row in evidence_rows(book, name).itertuples():
            found = book.table(row.table).set_index("row_id").loc[row.row_id]
            assert found["verification"] not in ("unverified", "not_found")


# --- changes of the data --------------------------------------------------------------------------


def changed_rows(folder, table, change):
    path = folder / table
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return load(folder)


def test_study_added_to_the_file_moves_the_estimate(book, data, printed):
    def add(rows):
        like = next(row for row in rows if row["row_id"] == "ohayon2016_01")
        rows.append(
            like
            | {"row_id": "new2026_01", "study_key": "ohayon2016b", "sample_id": "new2026",
               "prevalence_percent": "30", "ci_low": "28", "ci_high": "32", "cases": ""}
        )  # fmt: skip

    after = compare(changed_rows(data, "evidence/rls_prevalence.csv", add), "us_prevalence").record
    before = printed.loc["us_prevalence"]
    assert after["rows"] == [*before["rows"], "new2026_01"]
    assert after["studies"] == before["studies"] + 1
    assert after["estimate"] > before["estimate"] and after["high"] == 32


def test_row_marked_unverified_leaves_the_estimate(data, printed):
    def doubt(rows):
        next(r for r in rows if r["row_id"] == "kwon2016_p01")["verification"] = "unverified"

    book = changed_rows(data, "evidence/physiology.csv", doubt)
    after = compare(book, "sinus_to_leg_transit").record
    before = printed.loc["sinus_to_leg_transit"]
    assert after["rows"] == [row for row in before["rows"] if row != "kwon2016_p01"]
    assert after["studies"] == before["studies"] - 1


# --- the rules, on a book about coffee ------------------------------------------------------------


def test_units_are_converted_and_studies_count_once(small):
    compared = compare(small, "brewing_time")
    record = compared.record
    assert record["rows"] == ["b1", "b2", "b3"], "b4 is unverified"
    values = compared.rows.set_index("row_id")["value"]
    assert values["b1"] == pytest.approx(230 / 60) and values["b3"] == 4
    assert record["studies"] == 2
    # alba: (230 s, agrees) and (300 s, does not); bosco: agrees
    assert record["agreeing_share"] == pytest.approx((0.5 + 1) / 2)
    assert record["verdict"] == "holds"
    assert record["estimate"] == recorded(((230 / 60 + 5) / 2 + 4) / 2)
    assert (record["low"], record["high"]) == (3, 5)
    assert record["indirect_studies"] == 1
    assert record["cited"] == {
        "works": ["bean2001"],
        "support": "supports",
        "row": "bean_f1",
        "text": "Four minutes were best",
        "value": 240,
        "low": None,
        "high": None,
        "unit": "second",
        "verification": "read",
    }


def test_figure_without_evidence_or_citation_is_not_testable(small):
    record = compare(small, "cups_a_day").record
    assert record["verdict"] == "not testable"
    assert record["estimate"] is None and record["rows"] == []
    assert record["cited"]["works"] == []
    assert record["reason"].startswith("No verified study measured cups a day")


@pytest.mark.parametrize(
    "relation, value, interval",
    [("about", 10, (9, 11)), ("equal", 10, (9, 11)), ("up_to", 10, (9, 11)),
     ("at_least", 10, (9, math.inf)), ("range", None, (2, 4))],
)  # fmt: skip
def test_what_a_figure_allows_follows_its_wording(relation, value, interval):
    claim = pd.Series({"relation": relation, "value": value, "low": 2, "high": 4})
    assert stated_interval(claim) == pytest.approx(interval)


def rows(*studies):
    """Rows as (study, agrees)."""
    return pd.DataFrame(studies, columns=["sample", "agrees"])


@pytest.mark.parametrize(
    "direct, indirect, outcome",
    [
        ([("a", True), ("b", True), ("c", False)], [], "holds"),
        ([("a", True), ("b", False)], [], "holds in part"),
        ([("a", True), ("a", False), ("b", False)], [], "holds in part"),
        ([("a", False)], [("b", True)], "not supported"),
        ([("a", False)], [("b", False)], "contradicted"),
        ([("a", False)], [], "contradicted"),
        ([], [("b", True)], "not testable"),
    ],
    ids=str,
)
def test_verdict_follows_its_rule(direct, indirect, outcome):
    assert count_verdict(rows(*direct), rows(*indirect)) == outcome
    assert outcome in VERDICTS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=9))
@QUICK
def test_share_lies_from_0_to_1_and_ignores_the_order_of_rows(studies):
    share = agreeing_share(rows(*studies))
    assert 0 <= share <= 1
    assert agreeing_share(rows(*studies[::-1])) == pytest.approx(share)


def test_negative_sign_turns_the_ends_of_a_range_too(coffee):
    (coffee / "questions.yaml").write_text(
        "q: {asks: a, claim: brewing_time, measured: m, direct: [{table: brews, "
        "where: {row_id: b3}, value: value, low: low, high: high, sign: -1}]}"
    )
    changed_rows(coffee, "brews.csv", lambda all_rows: all_rows[2].update(
        value="-4", low="-5", high="-3"))  # fmt: skip
    row = compare(load(coffee), "q").rows.iloc[0]
    assert (row["low"], row["value"], row["high"]) == (3, 4, 5)
    assert row["agrees"]


# --- pictures of any figure -----------------------------------------------------------------------


@pytest.mark.filterwarnings("error", "ignore:.*percent are percent")
@pytest.mark.parametrize("value", [0, 0.001, 50, 100])
def test_pictures_are_drawn_whatever_the_figure(book, value):
    updated = book.update(us_prevalence=value)
    compared = [compare(updated, name) for name in ("us_prevalence", "ostium_width")]
    labels = {c.record["claim"]: "label" for c in compared}
    assert ratio_plot(compared, labels).png()
    assert evidence_plot(compared[0], "percent").png()


@pytest.mark.filterwarnings("error")
def test_pictures_are_drawn_of_at_least_and_of_nothing(small):
    compared = [compare(small, name) for name in small.questions]
    labels = {c.record["claim"]: c.record["claim"] for c in compared}
    picture = ratio_plot(compared, labels)
    assert picture.png() and "cups_a_day" in picture.alt
    for one in compared:
        picture = evidence_plot(one, "axis")
        assert picture.png() and "nan" not in picture.alt
