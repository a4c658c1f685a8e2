"""Delivery: every constant is a row, the known numbers come out, and figures move the right way."""

import ast
import re

import pytest
from notebook_cells import code_cells, markdown_cells, run_cells

from claimbook.book.format import DIGITS
from claimbook.errors import InputError
from claimbook.stats.inputs import RowReader, fixed
from claimbook.stats.simulation import simulate
from rls_nitric_oxide.kinetics import implied_speed, log10_share_left, share_of

NAME = "70-delivery"
NOT_CONSTANTS = {
    0, 1, 2,  # places in lists, the whole, the two ends of a figure
    90, 100,  # percent exchanged, percent
    2.5, 60,  # how far and how finely a curve is drawn
    10,  # the base of the logarithms, and a name's last number
    1000, 5,  # milliseconds in a second; the five percent level
    100_000, 20250427,  # draws and seed
}  # fmt: skip


@pytest.fixture(scope="module")
def ran(book):
    return run_cells(NAME, book)


def test_the_essays_own_numbers_leave_most_of_it(ran):
    # 0.5 ** (1 / 2)
    assert ran.answers["share_left_essay"]["estimate"] == 70.71
    assert ran.answers["share_left_essay"]["figure"] == "about 1\u00a0s"


def test_speed_that_the_essays_time_needs(ran):
    fast = ran.answers["blood_speed_implied"]
    assert fast["estimate"] == pytest.approx(1.3)  # 1.3 m in 1 s
    assert fast["reason"].startswith("17.6 times")  # 130 / 7.4 cm/s


def test_known_numbers_of_the_amount(ran):
    names = ran.names
    assert names["nose"].magnitude == pytest.approx(16.35, abs=0.005)  # 400 / 24.465
    assert names["nose_share"] == pytest.approx(1.46, abs=0.005)
    assert ran.answers["absorbed_concentration"]["estimate"] == pytest.approx(1.4, abs=0.05)
    # 66 of 1250: 11 percent at 80 ppm, brought down to 64 ppb
    assert min(names["added"].values()) == pytest.approx(11 * 64 / 80_000)


def test_derived_rows_agree_with_the_code_at_the_printed_figures(ran, book):
    rows = book.table("physiology").set_index("row_id")["value"]
    half_life, time = book.figures.loc[["no_half_life", "sinus_to_leg_transit"], "value"]
    for row, seconds in (("p01", time), ("p03", 5.2), ("p04", 11), ("p05", 16)):
        left = 100 * 10 ** log10_share_left(seconds, half_life)
        assert left == pytest.approx(rows[f"derived_survival_{row}"], abs=0.05)
    for row, seconds, shorter in (("p02", time, 0.002), ("p06", 5.2, 0.00176)):
        left = log10_share_left(seconds, shorter)
        assert left == pytest.approx(rows[f"derived_survival_{row}"], abs=0.05)
    assert ran.names["nose"].magnitude == pytest.approx(rows["derived_share_p01"], abs=0.1)
    assert ran.names["nose_share"] == pytest.approx(rows["derived_share_p02"], abs=0.02)
    speed = implied_speed(rows["derived_path_length_p01"], time).magnitude
    assert speed == pytest.approx(rows["essay_speed_check_p01"])


def test_constants_that_are_worked_out_follow_from_their_own_rows(book):
    value = book.table("physiology").set_index("row_id")["value"]
    surface = (value["icrp23_p02"] * value["icrp23_p01"] / 3600) ** 0.5  # Mosteller
    assert value["derived_body_surface_p01"] == pytest.approx(surface, abs=0.005)
    warmer = value["massman1998_p01"] * (298.15 / 273.15) ** 1.81
    assert value["massman1998_p02"] == pytest.approx(warmer, abs=0.0005)


def test_no_constant_stands_in_the_code():
    for cell, source in code_cells(NAME):
        if cell in ("parameters", "load"):
            continue
        numbers = {
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        }
        assert numbers <= NOT_CONSTANTS, cell


def test_no_finding_is_typed_in_a_markdown_cell():
    for name in (NAME, "50-nitric-oxide-and-age", "60-time-of-day"):
        for text in markdown_cells(name):
            for word in ("%", " nmol", " ppb", " seconds)", " mm "):
                assert word not in text, (name, text[:60])


def test_every_row_used_is_verified_and_has_a_source(ran):
    used = ran.names["read"].used
    assert len(used) > 60
    assert not used["verification"].isin(["unverified", "not_found"]).any()
    sourced = used["evidence_url"].notna() | used["note"].str.contains("assumption|x |/", na=False)
    assert sourced.all(), used.loc[~sourced, "row_id"].tolist()
    assert "aust1974_p01" not in set(used["row_id"])


def test_a_longer_half_life_and_a_shorter_way_leave_more(book, ran):
    longer = run_cells(NAME, book, no_half_life=4)
    slower = run_cells(NAME, book, sinus_to_leg_transit=10)
    left = [r.answers["share_left_essay"]["estimate"] for r in (slower, ran, longer)]
    assert left == sorted(left) and left[0] < left[1] < left[2]
    speed = [r.answers["blood_speed_implied"]["estimate"] for r in (slower, ran)]
    assert speed[0] == pytest.approx(speed[1] / 10)
    # what was measured does not move with what is claimed
    for name in ("share_left_blood", "share_left_tissue", "sinuses_share_of_synthesis"):
        assert longer.answers[name] == slower.answers[name] == ran.answers[name]


def test_a_wider_opening_lets_more_through(book, ran):
    wider = run_cells(NAME, book, ostium_width_max=6)
    gains = [r.answers["ostium_width_matters"]["estimate"] for r in (ran, wider)]
    assert 3 < gains[0] < 9  # between the ratio of the widths and its square
    assert gains[1] > gains[0]


def test_same_seed_same_answers(book, ran):
    assert run_cells(NAME, book).answers == ran.answers


def test_what_decides_is_named_first(ran):
    tables = list(ran.names["deciding"].values())
    assert tables[0]["input"].iloc[0] == "how long NO lasts"
    assert tables[2]["input"].iloc[0] == "the sinuses' part of it"
    assert "how long NO lasts" in " ".join(ran.said)


def test_numbers_below_a_float_are_told_as_powers(ran):
    blood = ran.answers["share_left_blood"]
    assert blood["estimate"] < -308 and "10^" in blood["reason"]
    power = float(re.search(r"10\^(-[0-9.]+)", blood["reason"])[1])
    assert blood["estimate"] == pytest.approx(power, rel=5 * 10.0**-DIGITS)


def test_a_dimensional_error_in_a_model_stops(book):
    read = RowReader(book.table("physiology"))
    inputs = [read.input("kimberly1996_p04", "uptake"), read.input("morris2009_p03", "flow")]
    with pytest.raises(InputError):
        simulate(lambda uptake, flow: share_of(uptake, flow, "nmol/min"), inputs, 10, 1)
    with pytest.raises(InputError, match="do not fit"):
        simulate(lambda uptake, flow: uptake + flow, inputs, 10, 1)


def test_rows_that_are_unverified_or_of_another_unit_are_refused(book):
    read = RowReader(book.table("physiology"))
    with pytest.raises(InputError, match="unverified"):
        read.input("aust1974_p01", "width")
    with pytest.raises(InputError, match="does not fit"):
        read.quantity("wexler1946_p01", "metre")
    assert fixed("time", "1 s", "second").central == 1
