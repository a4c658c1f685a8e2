"""Questions are data too: what they name must exist and fit."""

import json

import pytest

from claimbook import load
from claimbook.book.questions import select
from claimbook.claims.comparison import compare
from claimbook.errors import InputError

SELECTION = {"table": "brews", "where": {"method": "filter"}, "value": "value"}
QUESTION = {
    "asks": "How long?",
    "claim": "brewing_time",
    "measured": "brewing",
    "direct": [SELECTION | {"where": {"row_id": "b1"}}],
}


def loaded(folder, question):
    (folder / "questions.yaml").write_text(json.dumps({"brewing": question}))
    return load(folder)


def test_question_needs_no_indirect_rows_and_no_cited_row(coffee):
    record = compare(loaded(coffee, QUESTION), "brewing").record
    assert record["rows"] == ["b1"] and record["indirect_studies"] == 0
    assert record["cited"]["row"] is None


@pytest.mark.parametrize("change, words", [
    ({"ask": "x"}, "key 'ask' is not known; did you mean 'asks'?"),
    ({"claim": "brewing_tme"}, "claim 'brewing_tme' is not known; did you mean 'brewing_time'"),
    ({"claim": "aroma"}, "claim with role figure 'aroma' is not known"),
    ({"claim": ["brewing_time"]}, "claim: expected text"),
    ({"asks": 5}, "asks: expected text, not 5"),
    ({"measured": None}, "measured: expected text"),
    ({"cited_row": "bean_f2"}, "cited_row 'bean_f2' is not known; did you mean 'bean_f1'?"),
    ({"direct": None}, "direct: expected a list of selections"),
    ({"direct": "brews"}, "direct: expected a list of selections"),
    ({"indirect": SELECTION}, "indirect: expected a list of selections"),
    ({"direct": ["brews"]}, "expected a selection with table, where and value, not 'brews'"),
], ids=str)  # fmt: skip
def test_bad_question_is_named(coffee, change, words):
    with pytest.raises(InputError) as refused:
        loaded(coffee, QUESTION | change)
    assert "questions.yaml: question 'brewing'" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("key", ["asks", "claim", "measured", "direct"])
def test_question_that_lacks_a_part_is_named(coffee, key):
    with pytest.raises(InputError, match=f"'{key}' is missing"):
        loaded(coffee, {k: v for k, v in QUESTION.items() if k != key})


@pytest.mark.parametrize("change, words", [
    ({"table": "brew"}, "table 'brew' is not known; did you mean 'brews'?"),
    ({"table": ["brews"]}, "is not known"),
    ({"table": "references", "where": {}, "value": "key"}, "column 'row_id' is not known"),
    ({"value": "valu"}, "column 'valu' is not known; did you mean 'value'?"),
    ({"value": "method"}, "column 'method' holds no numbers"),
    ({"low": "unit"}, "column 'unit' holds no numbers"),
    ({"lo": "low"}, "key 'lo' is not known; did you mean 'low'?"),
    ({"sign": 2}, "sign: expected 1 or -1"),
    ({"sign": "minus"}, "sign: expected 1 or -1"),
    ({"where": None}, "where: expected column: value"),
    ({"where": ["filter"]}, "where: expected column: value"),
    ({"where": {"metod": "filter"}}, "column 'metod' is not known; did you mean 'method'?"),
    ({"where": {"method": "filtr"}}, "method 'filtr' is not known; did you mean 'filter'?"),
    ({"where": {"row_id": ["b1", "b99"]}}, "row_id 'b99' is not known"),
    ({"where": {"method": [["filter"]]}}, "is not known"),
    ({"where": {"method": {"a": 1}}}, "is not known"),
], ids=str)  # fmt: skip
def test_bad_selection_is_named(coffee, change, words):
    with pytest.raises(InputError) as refused:
        loaded(coffee, QUESTION | {"direct": [SELECTION | change]})
    assert "questions.yaml: question 'brewing', direct" in str(refused.value)
    assert words in str(refused.value)


def test_row_in_a_unit_that_does_not_fit_is_named_when_compared(coffee):
    book = loaded(coffee, QUESTION | {"direct": [SELECTION]})
    with pytest.raises(InputError, match="table brews, b6: .* in percent does not fit"):
        compare(book, "brewing")


def test_level_that_no_row_has_is_allowed(coffee):
    book = loaded(coffee, QUESTION | {"direct": [SELECTION | {"where": {"method": "siphon"}}]})
    assert compare(book, "brewing").record["verdict"] == "not testable"


def test_selection_takes_rows_that_meet_every_condition(coffee):
    brews = load(coffee).table("brews")
    assert select(brews, {"method": "filter"})["row_id"].tolist() == ["b1", "b2", "b3", "b4", "b6"]
    assert select(brews, {"method": "filter", "unit": ["minute"]})["row_id"].tolist() == [
        "b3",
        "b4",
    ]
    assert select(brews, {}).equals(brews)
    assert select(brews, {"brewed": "2001-02-03"})["row_id"].tolist() == ["b1"]
