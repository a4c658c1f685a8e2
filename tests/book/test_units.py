"""Numbers with units: what is read, what is converted, what is refused and how."""

import math
import time
from fractions import Fraction

import numpy as np
import pandas as pd
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.book.units import (
    check_bounds,
    convert,
    magnitudes,
    parse_quantity,
    parse_unit,
    positive,
    registry,
    same_kind,
)
from claimbook.errors import InputError

EVIDENCE_UNITS = [
    "1/second",
    "L/min",
    "L/mol/second",
    "cm/second",
    "count",
    "day",
    "degree_Celsius",
    "dimensionless",
    "hour",
    "kPa",
    "m/second",
    "mL",
    "mL/dL/min",
    "mL/min",
    "mL/min/hectogram",
    "mL/min/mmHg",
    "megayear",
    "mg",
    "mg/kg",
    "micrometer**2/second",
    "minute",
    "mm",
    "mmHg",
    "mmHg/(mL/min/dL)",
    "month",
    "nL/min",
    "nL/min/m**2",
    "nmol/L",
    "nmol/mL",
    "nmol/min",
    "percent",
    "percent/decade",
    "percent/year",
    "ppb",
    "ppb/year",
    "ppm",
    "second",
    "ug/L",
    "ug/min",
    "umol",
    "umol/L",
    "umol/kg/hour",
    "umol/min",
    "year",
    "millimetre",
]


@pytest.mark.parametrize("unit", EVIDENCE_UNITS)
def test_units_that_data_tables_use_are_known(unit):
    assert parse_unit(unit) == parse_unit(f" {unit} ")


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (1, "ppb", "dimensionless", 1e-9),
        (1, "ppm", "ppb", 1000),
        (1, "percent", "ppm", 1e4),
        (1, "hectogram", "g", 100),
        (1, "megayear", "year", 1e6),
        (3, "percent/decade", "percent/year", 0.3),
        (2, "decades", "year", 20),
        (25, "degree_Celsius", "kelvin", 298.15),
        (1, "mL/dL/min", "1/min", 0.01),
        (1, "mmHg/(mL/min/dL)", "mmHg*min*dL/mL", 1),
        (1, "mmHg", "Pa", 133.322387415),  # conventional millimetre of mercury
        (7, "nL/L", "ppb", 7),
    ],
)
def test_conversions_with_known_answers(value, unit, to, expected):
    assert convert(value, unit, to) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("text", "unit", "expected"), [
    ("2 ms", "second", 0.002),
    ("2ms", "second", 0.002),
    ("  2   s ", "second", 2),
    ("12.5", "percent", 12.5),
    ("12.5 percent", "percent", 12.5),
    ("12.5%", "percent", 12.5),
    ("12.5 %", "percent", 12.5),
    ("0.1", "percent", 0.1),
    ("0.1 dimensionless", "percent", 10),
    (".5", "second", 0.5),
    ("2.", "second", 2),
    ("+1.5e3 ms", "second", 1.5),
    ("\N{MINUS SIGN}5", "percent", -5),
    ("750/second", "1/second", 750),
    ("750 1/second", "1/second", 750),
    ("3 m per second", "cm/second", 300),
    ("2 m²", "cm**2", 2e4),
    ("25 °C", "kelvin", 298.15),
    (3, "second", 3),
    (np.float32(2.5), "second", 2.5),
    (np.int64(7), "count", 7),
    (Fraction(1, 4), "second", 0.25),
])  # fmt: skip
def test_readable_quantities(text, unit, expected):
    assert parse_quantity(text, unit) == pytest.approx(expected, rel=1e-12)


def test_a_pint_quantity_is_converted():
    assert parse_quantity(registry().Quantity(2, "ms"), "second") == pytest.approx(0.002)
    with pytest.raises(InputError, match="does not fit"):
        parse_quantity(registry().Quantity(2, "kg"), "second")


@pytest.mark.parametrize(("given_value", "unit", "words"), [
    ("2 kg", "second", r"'2 kg' does not fit: kilogram measures \[mass\], not \[time\]"),
    ("2 m", "second", "m is metre"),
    ("5 count", "percent", "different kinds"),
    ("10 degree", "percent", "different kinds"),
    ("2 secnd", "second", "did you mean 'second'"),
    ("2 milimetre", "mm", "did you mean 'millimetre'"),
    ("", "second", "empty"),
    ("   ", "second", "empty"),
    ("two", "second", "not a number"),
    ("\N{ARABIC-INDIC DIGIT THREE}", "second", "not a number"),
    ("nan", "second", "not a finite"),
    ("NaN second", "second", "not a finite"),
    ("-inf", "second", "not a finite"),
    ("infinity", "second", "not a finite"),
    ("1e999", "second", "not a finite"),
    (float("nan"), "second", "not a finite"),
    (math.inf, "second", "not a finite"),
    (10**400, "second", "not a finite"),
    ("1_000", "second", "underscore"),
    ("1,5", "second", "comma"),
    ("1,000.5", "second", "comma"),
    ("1 000", "second", "not one number"),
    ("1/2", "second", "not one number"),
    ("2-3", "second", "not one number"),
    ("9**9**9", "second", "not one number"),
    ("9 **9", "second", "not one number"),
    ("2 m**9**9**9", "metre", "cannot read"),
    ("2 s or 3 s", "second", "unknown unit 'or'"),
    ("2 s s", "second", "cannot read"),
    ("2 second)", "second", "cannot read"),
    ("2 __import__('os')", "second", "cannot read"),
    ("2 " + "s" * 70, "second", "longer than 60"),
    ("2" * 101, "second", "longer than 100"),
    (True, "second", "not a number"),
    (np.bool_(False), "second", "not a number"),
    (None, "second", "not a number"),
    (pd.NA, "second", "not a number"),
    ([1, 2], "second", "not a number"),
    (2j, "second", "not a number"),
])  # fmt: skip
def test_refusals_say_what_was_given_and_what_was_expected(given_value, unit, words):
    with pytest.raises(InputError, match=words) as caught:
        parse_quantity(given_value, unit)
    assert f"expected a number in {unit}, for example" in str(caught.value)
    assert len(str(caught.value)) < 300


def test_arithmetic_in_a_text_is_never_evaluated():
    parse_quantity("2 s", "second")  # loads the units
    started = time.process_time()
    for bomb in ("9**9**9**9", "2 s**9**9**9", "2 ((m**9)**9)**9", "2 9**9**9*s"):
        with pytest.raises(InputError):
            parse_quantity(bomb, "second")
    assert time.process_time() - started < 1


def test_units_printed_by_pint_are_read_back():
    for unit in EVIDENCE_UNITS:
        assert parse_unit(str(parse_unit(unit))) == parse_unit(unit)
    foreign = pint.UnitRegistry().Quantity(np.array([2.0]), "micrometer**2/second")
    assert magnitudes(foreign, "mm**2/second") == pytest.approx(2e-6)


@pytest.mark.parametrize(("text", "words"), [
    ("", "empty"),
    ("secnd", "did you mean 'second'"),
    ("nL/mnt", "unknown unit 'mnt'"),
    ("m s", "cannot read"),
    ("2 m", "cannot read"),
    ("m**12", "cannot read"),
    ("m/", "cannot read"),
    (None, "must be text"),
    (["m"], "must be text"),
    (float("nan"), "must be text"),
])  # fmt: skip
def test_bad_units_are_refused(text, words):
    with pytest.raises(InputError, match=words):
        parse_unit(text)


def test_kinds_of_unit():
    assert same_kind("ppb", "percent")
    assert same_kind("nL/L", "ppb")
    assert not same_kind("count", "percent")
    assert not same_kind("mm", "second")


@pytest.mark.parametrize(("value", "unit", "words"), [
    (100.1, "percent", "outside 0 to 100"),
    (-0.1, "percent", "outside 0 to 100"),
    (0, "second", "not above 0"),
    (-2, "mm", "not above 0"),
    (math.inf, "mm", "not a finite"),
    (math.nan, "percent", "not a finite"),
])  # fmt: skip
def test_bounds_refuse(value, unit, words):
    with pytest.raises(InputError, match=words):
        check_bounds(value, unit)


@pytest.mark.parametrize(
    ("value", "unit"), [(0, "percent"), (100, "percent"), (1.1, "%"), (0.1, "second"), (1e9, "mm")]
)
def test_bounds_accept_without_a_warning(value, unit):
    assert check_bounds(value, unit) == []


def test_a_fraction_given_for_a_percentage_draws_a_warning():
    (warning,) = check_bounds(0.1, "percent")
    assert "0.1 means 0.1 percent" in warning
    assert "write 10" in warning
    assert check_bounds(1, "percent")


def test_magnitudes_take_arrays_and_quantities_and_keep_the_shape():
    quantity = registry().Quantity(np.array([[1.0, 2.0]]), "ms")
    np.testing.assert_allclose(magnitudes(quantity, "second"), [[0.001, 0.002]])
    assert magnitudes(pd.Series([1, 2]), "mm").shape == (2,)
    assert magnitudes(3, "mm").shape == ()
    assert magnitudes("3 cm", "mm") == pytest.approx(30)
    assert magnitudes(pd.Series([1, 2], dtype="Int64"), "mm").dtype == float


@pytest.mark.parametrize("values", [
    [1, None], [True], [True, 2], ["a"], [math.nan], [[1], [1, 2]], None, [1, math.inf], 2j,
])  # fmt: skip
def test_magnitudes_refuse_what_is_not_finite_numbers(values):
    with pytest.raises(InputError, match="half-life"):
        magnitudes(values, "second", "half-life")


@pytest.mark.parametrize("values", [0, -1, [1, 0], "0 ms"])
def test_positive_refuses_zero_and_below(values):
    with pytest.raises(InputError, match="transit must be above 0"):
        positive(values, "second", "transit")


PAIRS = [
    ("ms", "second"),
    ("percent", "ppb"),
    ("nL/min", "L/hour"),
    ("degree_Celsius", "kelvin"),
    ("mmHg/(mL/min/dL)", "Pa*second"),
    ("umol/kg/hour", "nmol/g/min"),
]


@given(st.floats(1e-6, 1e6), st.sampled_from(PAIRS))
def test_conversions_go_there_and_back(value, pair):
    assert convert(convert(value, *pair), *pair[::-1]) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(st.floats(-1e12, 1e12))
def test_a_printed_number_is_read_back_exactly(value):
    assert parse_quantity(repr(value), "second") == value
    assert parse_quantity(f"{value!r} second", "second") == value


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_never_worse(text):
    try:
        assert math.isfinite(parse_quantity(text, "second"))
    except InputError as error:
        assert "\n" not in str(error)
