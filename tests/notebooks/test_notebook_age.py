"""Nitric oxide and age: what stands where, what the figure moves, and what is never used."""

import pytest
from notebook_cells import run_cells

NAME = "50-nitric-oxide-and-age"


@pytest.fixture(scope="module")
def ran(book):
    return run_cells(NAME, book)


def test_rows_at_or_beyond_the_printed_figure(ran):
    assert sorted(ran.names["beyond"]["row_id"]) == ["groot2015_04", "trinity2015_02"]
    place = ran.answers["no_decline_place"]
    assert (place["k"], place["n"]) == (2, 48)
    assert sorted(place["rows"]) == ["groot2015_04", "trinity2015_02"]


def test_animals_and_statements_without_data_are_not_counted_among_people(ran):
    people = set(ran.names["people"]["row_id"])
    assert "reckelhoff1994_02" not in people  # rats, below the figure
    assert "claim_web_wis_02" not in people  # the figure itself, without data
    assert "claim_bryan_75_01" not in set(ran.names["said"]["row_id"])  # not verified
    assert set(ran.names["people"]["species"]) == {"human"}


def test_whole_body_synthesis_spans_two_studies(ran):
    made = ran.answers["no_synthesis_with_age"]
    # 100 * (0.32 / 0.47 - 1) and 100 * (1.26 / 3.47 - 1), from the printed means
    assert made["high"] == -31.91
    assert made["low"] == -63.69
    assert made["verdict"] == "not supported"


def test_ten_comparisons_allow_an_interval_and_none_holds_the_figure(ran):
    inside = ran.answers["no_decline_in_intervals"]
    assert (inside["k"], inside["n"]) == (0, 10)
    assert not ran.names["sure"]["row_id"].str.startswith(("lyons1997", "singh2002")).any()


def test_exhaled_no_goes_the_other_way(ran):
    assert ran.answers["exhaled_no_with_age"]["low"] == 97.33


def test_adma_and_weaker_responses_are_turned_round(ran):
    turned = set(ran.names["people"][ran.names["turned"]]["row_id"])
    assert turned == {"andrawis2000_02", "andrawis2000_04", "schulze2005_02", "schulze2005_04"}
    assert not turned & set(ran.names["falling"]["row_id"])
    assert not turned & set(ran.names["rising"]["row_id"])


def test_every_row_about_age_is_accounted_for(ran, book):
    assert ran.names["counted"]["rows"].sum() == len(book.table("no_by_age"))


def test_a_smaller_figure_has_more_rows_beyond_it(book, ran):
    milder = run_cells(NAME, book, no_decline_with_age=40)
    harsher = run_cells(NAME, book, no_decline_with_age=95)
    counts = [r.answers["no_decline_place"]["k"] for r in (milder, ran, harsher)]
    assert counts[0] > counts[1] > counts[2] == 0
    assert "nowhere" in harsher.said[0]
    # what was measured does not move with what is claimed
    for key in ("low", "high", "estimate"):
        one, other = (r.answers["no_synthesis_with_age"][key] for r in (milder, ran))
        assert one == other
