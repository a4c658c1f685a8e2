"""What follows from the figures by arithmetic: right numbers, right units, and nothing executed."""

import json
import math
import time

import numpy as np
import pytest
from conftest import ROOT, write_implications, write_scenario
from hypothesis import given
from hypothesis import strategies as st

from claimbook import InputError, load
from claimbook.book.format import recorded
from claimbook.book.implications import implied, names_in
from claimbook.book.tables import Tables

RECORDED = ["share_left_essay", "blood_speed_implied", "persons_us_adults_essay",
            "persons_us_over_60_essay"]  # fmt: skip
"""Implications that notebooks 40 and 70 work out in their own way too."""
NO_TABLES = Tables({}, {})
FIGURES = {"a": (2.0, "second"), "b": (np.array([1.0, 0.0, 4.0]), "second"), "p": (10, "percent")}


def value_of(formula, unit, figures=FIGURES):
    return implied({"formula": formula, "unit": unit}, NO_TABLES, figures)


def figures_of(book):
    return book.figures[["value", "unit"]].apply(tuple, axis=1).to_dict()


def test_answers_are_those_that_other_notebooks_put_on_record(book):
    document = json.loads((ROOT / "results" / "answers.json").read_text(encoding="utf-8"))
    record = {answer["question"]: answer for answer in document["answers"]}
    for name in RECORDED:
        implication = book.implications[name]
        assert record[name]["notebook"] in ("40-age-and-severity", "70-delivery")
        assert record[name]["unit"] == implication["unit"]
        found = implied(implication, book.tables, figures_of(book))
        assert recorded(found) == record[name]["estimate"], name


def test_implications_of_the_collection_by_hand(book):
    """The figures as printed, with plain arithmetic."""
    population = book.table("population").set_index("row_id")["count"].astype(float)
    adults = population["us_population_2023_18_up_census"]
    over_60 = population["us_population_2023_60_up_census"]
    by_hand = {
        "share_left_essay": 100 * 0.5 ** (1 / 2),
        "persons_us_adults_essay": 0.10 * adults,
        "persons_us_over_60_essay": 0.20 * over_60,
        "over_60_share_of_cases": 100 * (0.20 * over_60) / (0.10 * adults),
        "under_60_prevalence_left": 100 * (0.10 * adults - 0.20 * over_60) / (adults - over_60),
        "ostium_area_ratio": 9,
        "blood_speed_implied": 1.3,
    }
    assert set(by_hand) == set(book.implications)
    for name, value in by_hand.items():
        found = implied(book.implications[name], book.tables, figures_of(book))
        assert float(found) == pytest.approx(value), name


@pytest.mark.parametrize("formula, unit, value", [
    ("a", "minute", 2 / 60),
    ("2 * a", "millisecond", 4000),
    ("a / b", "dimensionless", [2, math.nan, 0.5]),
    ("(a + b) / a", "percent", [150, 100, 300]),
    ("0.5 ** (a / b)", "percent", [25, 0, 100 * 0.5**0.5]),
    ("a ** 2 / a - a", "second", 0),
    ("-a", "second", -2),
    ("p", "dimensionless", 0.1),
    ("a * p", "second", 0.2),
    ("1 / 0", "dimensionless", math.nan),
    ("0 / 0", "dimensionless", math.nan),
    ("(-8) ** (1 / 3)", "dimensionless", math.nan),
    ("9 ** 9 ** 9 ** 9", "dimensionless", math.nan),
    ("1e999 * a", "second", math.nan),
])  # fmt: skip
def test_arithmetic_carries_its_units_and_gives_no_number_where_none_follows(formula, unit, value):
    begun = time.process_time()
    assert value_of(formula, unit) == pytest.approx(value, nan_ok=True)
    assert time.process_time() - begun < 2


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.integers(1, 5))
def test_arrays_give_what_their_numbers_give_one_by_one(one, other, number):
    values = np.linspace(one, one + other, number)
    found = value_of("a * a / b + b", "second", {"a": (values, "second"), "b": (other, "second")})
    assert found.shape == values.shape
    for value, result in zip(values, found, strict=True):
        assert result == pytest.approx(value * value / other + other)


@pytest.mark.parametrize(
    "formula, unit, words",
    [
        ("a + p", "second", "Cannot convert"),
        ("a", "metre", "does not fit"),
        ("p * 3", "count", "different kinds of number"),
        ("a ** b", "second", "Cannot convert"),
        ("c * 2", "second", "name 'c' is not known"),
        ("aa", "second", "did you mean 'a'?"),
        ("", "second", "is not an expression"),
        ("a b", "second", "is not an expression"),
        ("a = 1", "second", "is not an expression"),
        ("import os", "second", "is not an expression"),
        ("(" * 500 + "a" + ")" * 500, "second", "is not an expression"),
        ("-" * 9000 + "a", "second", "is not an expression"),
        *[(formula, "second", "holds more than arithmetic") for formula in (
            "a.magnitude", "a.to('minute')", "[a][0]", "a if a else a", "a and a", "a < a",
            "not a", "a % 2", "a // 2", "a @ a", "+a", "'x' * 1000000000", "True * a", "1j * a",
            "{a: a}[a]", "lambda: a", "f'{a}'", "a[0]", "(a, a)", "None", "..." )],
        ("1" + "0" * 400 + " * a", "second", "holds more than arithmetic"),
        ("max(a, a)", "second", "name 'max' is not known"),
        ("__import__('os').getcwd()", "second", "name '__import__' is not known"),
    ],
)  # fmt: skip
def test_anything_but_arithmetic_that_fits_is_refused(formula, unit, words):
    with pytest.raises(InputError) as refused:
        value_of(formula, unit)
    assert words in str(refused.value) and len(str(refused.value)) < 400


def test_names_come_in_the_order_of_their_first_use():
    assert names_in("over_60_prevalence * over_60 / (over - over_60)") == [
        "over_60_prevalence",
        "over_60",
        "over",
    ]


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("old, new, words", [
    ("claim: cups_a_day", "claim: cups", "claim 'cups' is not known; did you mean 'cups_a_day'?"),
    ("asks: How long", "ask: How long", "key 'ask' is not known; did you mean 'asks'?"),
    ("  unit: hour\n", "", "'unit' is missing; expected text"),
    ("unit: hour", "unit: metre", "does not fit"),
    ("unit: hour", "unit: hoor", "unknown unit 'hoor'; did you mean 'hour'?"),
    ("cups_a_day * each", "cups * each", "name 'cups' is not known"),
    ("cups_a_day * each", "each * each / (each - each)", "gives no finite number"),
    ("row: b1", "row: b11", "inputs: each: row 'b11' is not known; did you mean 'b1'?"),
    ("row: b1", "row: b4", "inputs: each: row b4 is unverified; it cannot be used"),
    ("    each:", "    cups_a_day:", "it and its inputs need other names than the figures"),
    ("brewing_a_day:", "cups_a_day:", "it and its inputs need other names than the figures"),
    ("  inputs:\n    each: {table: brews, row: b1}", "  inputs: [b1]", "expected 'name: cell'"),
    ("{table: brews, row: b1}", "b1", "inputs: each: expected table, row and column"),
    ("brews_an_hour:", "brewing_a_day:", "the key 'brewing_a_day' appears twice"),
    ("brewing_a_day:\n", "brewing_a_day: 1\nother:\n", "'brewing_a_day': expected asks, claim"),
])  # fmt: skip
def test_faulty_implication_is_refused_when_the_book_is_loaded(coffee, old, new, words):
    path = write_implications(coffee) / "implications.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError) as refused:
        load(coffee)
    message = str(refused.value)
    assert "implications.yaml" in message and words in message and len(message.splitlines()) == 1


def test_implications_are_checked_in_a_scenario_too(coffee):
    write_implications(coffee)
    write_scenario(
        coffee,
        "one",
        "evidence: [{table: brews, where: {row_id: b1}, set: {verification: unverified}}]",
    )
    with pytest.raises(InputError, match="scenarios/one.yaml: .*row b1 is unverified"):
        load(coffee).in_scenario("one")


def test_inputs_follow_the_evidence(coffee):
    write_implications(coffee)
    before = load(coffee)
    path = coffee / "brews.csv"
    path.write_text(path.read_text().replace("b1,alba,filter,230,", "b1,alba,filter,460,"))
    after = load(coffee)
    values = [
        float(implied(one.implications["brewing_a_day"], one.tables, figures_of(one)))
        for one in (before, after)
    ]
    assert values == pytest.approx([2 * 230 / 3600, 2 * 460 / 3600])
