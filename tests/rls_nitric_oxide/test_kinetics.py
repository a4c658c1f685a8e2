"""Decay, transit and exchange: hand-computed answers, limits, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from claimbook.book.units import registry
from claimbook.errors import InputError
from claimbook.stats.inputs import from_row
from rls_nitric_oxide.kinetics import (
    creeping_flow,
    diffusive_conductance,
    diffusive_output,
    exchange_ratio,
    exchange_time,
    format_share,
    implied_speed,
    log10_share_left,
    molar_flow,
    opening_flows,
    orifice_flow,
    pressure_exchange,
    rate_of_half_life,
    reynolds_number,
    share_left,
    share_of,
    steady_concentration,
)

seconds = st.floats(1e-6, 1e6)
widths = st.floats(0.01, 100)


@pytest.mark.parametrize(
    ("half_life", "time", "printed"),
    [
        ("2 s", "1 s", "70.7 %"),  # 0.5 ** (1 / 2)
        ("2 s", "5.2 s", "16.5 %"),  # 0.5 ** 2.6
        ("2 ms", "1 s", "10^-150.5 (effectively nothing)"),  # 0.5 ** 500
        ("2 s", "11 s", "2.21 %"),  # 0.5 ** 5.5
        ("1.76 ms", "5.2 s", "10^-889.4 (effectively nothing)"),  # below the smallest float
        ("0.1 s", "2 s", "10^-6.0"),  # 0.5 ** 20 = 9.5e-7
        ("1 s", 0, "100 %"),
        ("2 s", "2 s", "50 %"),
    ],
)
def test_share_left_against_hand_computation(half_life, time, printed):
    assert format_share(log10_share_left(time, half_life)) == printed


def test_share_left_takes_arrays_and_quantities():
    times = registry().Quantity(np.array([[1.0], [5.2]]), "second")
    logs = log10_share_left(times, [2, 0.002])
    assert logs.shape == (2, 2)
    assert 100 * 10 ** logs[0, 0] == pytest.approx(70.7107, abs=1e-4)
    assert logs[0, 1] == pytest.approx(-150.5150, abs=1e-4)
    assert format_share(logs).tolist()[1] == ["16.5 %", "10^-782.7 (effectively nothing)"]


@pytest.mark.parametrize(
    ("log", "printed"),
    [(-4, "0.01 %"), (-4.01, "10^-4.0"), (-23.7, "10^-23.7"), (-23.8, "10^-23.8 (eff")],
)
def test_share_changes_wording_at_the_named_limits(log, printed):
    assert format_share(log).startswith(printed)
    assert ("nothing" in format_share(log)) == (10**log < 1 / constants.Avogadro)


@pytest.mark.parametrize("log", [0.1, math.nan, math.inf, -math.inf, "x", True])
def test_impossible_shares_are_refused(log):
    with pytest.raises(InputError):
        format_share(log)


@given(seconds, seconds, seconds)
def test_a_longer_half_life_or_a_shorter_transit_never_lowers_the_share(fixed, one, other):
    short, long = sorted((one, other))
    assert log10_share_left(fixed, long) >= log10_share_left(fixed, short)
    assert log10_share_left(long, fixed) <= log10_share_left(short, fixed)


@given(seconds, seconds)
def test_successive_transits_multiply_their_shares(one, other):
    joint = log10_share_left(one + other, 1)
    assert joint == pytest.approx(log10_share_left(one, 1) + log10_share_left(other, 1))


@pytest.mark.parametrize(
    ("time", "half_life", "words"),
    [
        (1, 0, "half_life must be above 0"),
        (1, -2, "half_life must be above 0"),
        (-1, 2, "time must not be negative"),
        (1, math.inf, "half_life must be finite"),
        (math.nan, 2, "time must be finite"),
        ([1, None], 2, "time must be a number"),
        ("1 kg", 2, "does not fit"),
        (1, "2 mm", "does not fit"),
        (1e300, 1e-300, "too large"),
        (True, 2, "time must be a number"),
    ],
)
def test_impossible_times_are_refused(time, half_life, words):
    with pytest.raises(InputError, match=words):
        log10_share_left(time, half_life)


def test_ideal_gas_against_hand_computation():
    # 400e-9 L/min x 101325 Pa / (8.314462618 J/(mol K) x 298.15 K) = 16.35 nmol/min;
    # that is 24.465 L per mole.
    flow = molar_flow("400 nL/min", "25 degree_Celsius", "1 atm")
    assert flow.to("nmol/min").magnitude == pytest.approx(16.3496, abs=1e-4)
    litre_per_mole = molar_flow("1 L/min", 298.15, 101325).to("mol/min").magnitude ** -1
    assert litre_per_mole == pytest.approx(24.4654, abs=1e-4)


def test_a_temperature_below_absolute_zero_is_refused():
    with pytest.raises(InputError, match="temperature must be above 0 kelvin"):
        molar_flow(400, "-274 degree_Celsius", "1 atm")


@pytest.mark.parametrize(
    ("got", "unit", "expected"),
    [
        (rate_of_half_life("2 s"), "1/second", 0.346574),
        (implied_speed("1.3 m", "1 s"), "m/second", 1.3),
        (steady_concentration("5.6 nmol/min", "5 L/min"), "nmol/L", 1.12),
        (pressure_exchange("15 mL", "100 Pa", "1 atm"), "mL", 0.0148038),
        (diffusive_output("1 mL/min", "1000 ppb", "0 ppb"), "nL/min", 1),
        (exchange_time("10 mL", "1 mL/min", 90), "minute", 23.02585),  # 10 ln 10
    ],
)
def test_chain_links_against_hand_computation(got, unit, expected):
    assert got.to(unit).magnitude == pytest.approx(expected, rel=1e-5)


def test_share_of_a_whole_needs_one_dimension():
    for part, percent in (("0.98 umol/hour", 1.4583), ("16.4 nmol/min", 1.4643)):
        got = share_of(part, "67.2 umol/hour", "umol/hour")
        assert got == pytest.approx(percent, abs=1e-4)
    with pytest.raises(InputError, match="does not fit"):
        share_of("1 umol/kg/hour", "67 umol/hour", "umol/hour")


def test_results_carry_units_so_that_mixing_fails():
    import pint

    with pytest.raises(pint.DimensionalityError):
        implied_speed(1, 1) + rate_of_half_life(1)


@given(seconds)
def test_after_one_half_life_of_loss_half_is_left(half_life):
    left = math.exp(-rate_of_half_life(half_life).magnitude * half_life)
    assert left == pytest.approx(0.5, rel=1e-12)


def test_creeping_flow_has_the_limits_of_its_two_laws():
    d, length, dp, mu = 1e-3, 1.0, 1.0, 1.85e-5
    sampson = dp * d**3 / (24 * mu) * 1e6
    poiseuille = math.pi * d**4 * dp / (128 * mu * length) * 1e6
    assert creeping_flow("1 mm", 0, dp, mu).magnitude == pytest.approx(sampson, rel=1e-12)
    assert creeping_flow("1 mm", "1 m", dp, mu).magnitude == pytest.approx(poiseuille, rel=1e-3)
    # series form: Sampson / (1 + 16 L / (3 pi d))
    short = creeping_flow("1 mm", "1 mm", dp, mu).magnitude
    assert short == pytest.approx(sampson / (1 + 16 / (3 * math.pi)), rel=1e-12)


def test_reynolds_number_and_orifice_by_hand():
    # 1 mL/s through 2 mm: 4 x 1.2 x 1e-6 / (pi x 2e-3 x 1.8e-5)
    assert reynolds_number(1, 2, 1.2, 1.8e-5) == pytest.approx(42.4413, abs=1e-3)
    # 0.6 x pi/4 x 4e-6 m2 x sqrt(2 x 10 / 1.2) m/s
    assert orifice_flow(2, 10, 1.2, 0.6).magnitude == pytest.approx(7.69530, abs=1e-4)


def test_each_law_says_whether_it_holds():
    table = opening_flows([0.01, 3], 1, 10, 1.85e-5, 1.18, 0.6)
    columns = ["diameter_mm", "law", "flow_mL_per_second", "reynolds", "valid", "limit"]
    assert table.columns.tolist() == columns
    assert list(table[["diameter_mm", "law", "valid"]].itertuples(index=False, name=None)) == [
        (0.01, "creeping", True), (0.01, "orifice", False),
        (3.0, "creeping", False), (3.0, "orifice", True),
    ]  # fmt: skip


def test_diffusive_conductance_has_its_exact_limits():
    # a round hole in a thin wall: D d; a long channel: D A / L
    thin = diffusive_conductance("2 mm", 0, "0.2 cm**2/second").to("cm**3/second").magnitude
    assert thin == pytest.approx(0.2 * 0.2, rel=1e-12)
    long = diffusive_conductance("2 mm", "1 m", "0.2 cm**2/second").to("cm**3/second").magnitude
    assert long == pytest.approx(0.2 * math.pi * 0.01 / 100, rel=2e-3)


@given(widths, widths, st.floats(0, 100))
def test_exchange_grows_between_the_first_and_second_power_of_the_width(one, other, length):
    narrow, wide = sorted((one, other))
    ratio = exchange_ratio(wide, narrow, length)
    low, high = wide / narrow, (wide / narrow) ** 2
    assert low * (1 - 1e-9) <= ratio <= high * (1 + 1e-9)


@given(widths, st.floats(0, 100), st.floats(0.01, 1e3))
def test_creeping_flow_is_proportional_to_the_pressure(width, length, pressure):
    one = creeping_flow(width, length, pressure, 1.85e-5).magnitude
    assert creeping_flow(width, length, 2 * pressure, 1.85e-5).magnitude == pytest.approx(2 * one)


@pytest.mark.parametrize(
    ("law", "arguments"),
    [(implied_speed, pair) for pair in ((-1, 1), (1, 0), (1, math.inf), (1e300, 1e-300))]
    + [(molar_flow, (0, 298, 101325)), (molar_flow, (400, 298, "1 kg"))]
    + [(diffusive_output, (1, 10, outside)) for outside in (10, -1)]
    + [(rate_of_half_life, (0,)), (steady_concentration, (5, [5, 0])), (share_of, (0, 1, "mm"))]
    + [(creeping_flow, (1, -1, 1, 1e-5)), (orifice_flow, (1, 1, 1.2, 1.5))]
    + [(pressure_exchange, (15, 101325, 101325)), (diffusive_conductance, (0, 1, 0.2))]
    + [(exchange_time, (10, 1, 100))],
)
def test_absurd_inputs_are_refused(law, arguments):
    with np.errstate(over="ignore"), pytest.raises(InputError):
        law(*arguments)


def test_shares_too_small_for_a_float_stay_logarithms():
    row = {"spread_type": "range", "unit": "second", "value": math.nan}
    blood = from_row(row | {"low": 0.00011, "high": 0.00092}, "half_life")
    transit = from_row(row | {"low": 4.1, "high": 7.0, "value": 5.2}, "transit")
    result = share_left(blood, transit, 10_000, 1)
    assert -20_000 < result["low"] < result["high"] < -1000
