"""Distributions from rows, and Monte-Carlo: rules, seeds, speed, refusals."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.errors import InputError
from claimbook.stats.uncertainty import (
    input_from_row,
    point,
    propagate,
    rank_correlations,
    tornado,
)
from rls_nitric_oxide.kinetics import (
    log10_share_left,
    molar_flow,
    share_of,
    steady_concentration,
)


def row(value=math.nan, low=math.nan, high=math.nan, kind=None, n=math.nan, **more):
    return {
        "row_id": "r1", "value": value, "low": low, "high": high, "spread_type": kind, "n": n,
        "unit": "second", "verification": "abstract_or_page",
    } | more  # fmt: skip


def test_sd_gives_a_lognormal_with_that_mean_and_sd():
    one = input_from_row(row(15.94, 13.37, 18.51, "sd", 20), "transit")
    assert one.distribution.mean() == pytest.approx(15.94)
    assert one.distribution.std() == pytest.approx(2.57)
    assert one.distribution.ppf(1e-12) > 0
    assert one.rule == "lognormal with the mean and SD"
    assert one.flags == ()


@pytest.mark.parametrize(
    ("kind", "about", "n", "spread", "flagged"),
    [
        ("sd", "person", 16, 1.0, False),
        ("sd", "mean", 16, 0.25, False),
        ("se", "mean", 16, 1.0, False),
        ("se", "person", 16, 4.0, False),
        ("sd", "mean", math.nan, 1.0, True),
        ("se", "person", math.nan, 1.0, True),
    ],
)
def test_people_and_their_mean_are_kept_apart(kind, about, n, spread, flagged):
    one = input_from_row(row(10, 9, 11, kind, n), "x", about=about)
    assert one.distribution.std() == pytest.approx(spread)
    assert bool(one.flags) == flagged


def test_negative_means_get_a_normal():
    one = input_from_row(row(-30.1, -33.9, -26.3, "se", unit="percent"), "x", about="mean")
    assert (one.distribution.mean(), one.distribution.std()) == pytest.approx((-30.1, 3.8))


@pytest.mark.parametrize(
    ("kind", "probabilities"), [("ci95", (0.025, 0.975)), ("iqr", (0.25, 0.75))]
)
@pytest.mark.parametrize(("low", "high"), [(2.0, 8.0), (-6.25, -1.31)])
def test_printed_intervals_are_reproduced(kind, probabilities, low, high):
    one = input_from_row(row((low + high) / 2, low, high, kind), "x", about="mean")
    assert [one.quantile(p) for p in probabilities] == pytest.approx([low, high])
    assert one.central == pytest.approx(4 if low > 0 else (low + high) / 2)


@pytest.mark.parametrize(
    ("arguments", "rule", "quartiles"),
    [
        ((math.nan, 2, 4, "range"), "uniform", (2.5, 3.5)),
        ((math.nan, 1, 16, "range"), "log-uniform", (2, 8)),
        ((math.nan, 0, 8, "bracket"), "uniform", (2, 6)),
        ((math.nan, 1, 16, "bound"), "log-uniform", (2, 8)),
        ((0, 0, 4, "range"), "triangular", (4 - math.sqrt(12), 2)),
        ((3, 1, 5, "bracket"), "triangular", (1 + math.sqrt(2), 5 - math.sqrt(2))),
    ],
)
def test_ranges_and_brackets(arguments, rule, quartiles):
    one = input_from_row(row(*arguments), "x")
    assert one.rule.startswith(rule)
    assert (one.quantile(0.25), one.quantile(0.75)) == pytest.approx(quartiles)
    assert any("open" in flag for flag in one.flags) == (arguments[-1] == "bound")


@pytest.mark.parametrize(
    ("arguments", "value", "words"),
    [
        ((5,), 5, "no spread given"),
        ((math.nan, 3, math.nan, "bound"), 3, "at least"),
        ((math.nan, math.nan, 3, "bound"), 3, "at most"),
        ((10, 8, 12, "plus_minus_unspecified", 16), 10, "not stated"),
        ((5, 5, 5, "range"), 5, "no spread given"),
    ],
)
def test_points_are_flagged(arguments, value, words):
    one = input_from_row(row(*arguments), "x")
    assert one.distribution is None
    assert {one.quantile(p) for p in (0.01, 0.5, 0.99)} == {value}
    assert words in " ".join(one.flags)
    assert np.all(one.draw(3, 0) == value)


@pytest.mark.parametrize(("about", "spread"), [("person", 2), ("mean", 2)])
def test_an_unstated_plus_minus_is_never_a_standard_error(about, spread):
    given_row = row(10, 8, 12, "plus_minus_unspecified", 16)
    one = input_from_row(given_row, "x", about=about, unspecified="sd")
    assert one.distribution.std() == pytest.approx(spread)  # neither divided nor multiplied
    assert "not stated" in " ".join(one.flags)


def test_units_are_converted_and_must_fit():
    one = input_from_row(row(2, 1, 3, "sd", unit="ms"), "x", "second")
    assert one.distribution.mean() == pytest.approx(0.002)
    assert one.as_row()["unit"] == "second"
    with pytest.raises(InputError, match="row 'r1', column value: .*does not fit"):
        input_from_row(row(2, unit="kg"), "x", "second")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row(2, verification="unverified"), "is unverified and cannot"),
        (row(2, verification="not_found"), "is not_found and cannot"),
        (row(), "no number"),
        (row(2, unit=None), "no unit"),
        (row(2, 3, 4, "range"), "out of order"),
        (row(2, 3, 1, "range"), "out of order"),
        (row(2, 1, 3, "mad"), "spread type 'mad'"),
        (row(2, kind="sd"), "needs low and high"),
        (row(kind="sd", low=1, high=2), "no value"),
        (row(math.inf), "finite"),
        (row("two"), "not a number"),
    ],
)
def test_rows_that_cannot_enter_an_estimate_are_refused(bad, words):
    with pytest.raises(InputError, match=words):
        input_from_row(bad, "x")


def test_unknown_options_are_refused():
    for options in ({"about": "crowd"}, {"unspecified": "se"}):
        with pytest.raises(InputError, match="must be"):
            input_from_row(row(2), "x", **options)


CHAIN = [
    input_from_row(row(400, 350, 450, "sd", unit="nL/min"), "output"),
    input_from_row(row(0.96, 0.86, 1.06, "sd", unit="umol/kg/hour"), "whole"),
    input_from_row(row(math.nan, 50, 90, "range", unit="percent"), "absorbed"),
    input_from_row(row(4.5, 4, 5, "sd", unit="L/min"), "flow"),
    point("mass", "70 kg", "kg"),
]


def chain(output, whole, absorbed, flow, mass):
    amount = molar_flow(output, "25 degree_Celsius", "1 atm")
    return {
        "share": share_of(amount, whole * mass, "nmol/min"),
        "concentration": steady_concentration(amount * absorbed, flow),
    }


def test_a_chain_of_points_gives_the_hand_computed_answer():
    exact = [point(i.name, f"{i.central} {i.unit}", i.unit) for i in CHAIN]
    summary = propagate(chain, exact, draws=10).summary.set_index("output")
    # 16.3496 nmol/min over 0.96 x 70 / 60 umol/min = 1120 nmol/min, and x 0.70 / 4.5 L/min
    assert summary.loc["share", "median"] == pytest.approx(100 * 16.3496 / 1120, rel=1e-5)
    assert summary.loc["concentration", "median"] == pytest.approx(16.3496 * 0.70 / 4.5, rel=1e-5)
    assert summary.loc["concentration", "low"] == summary.loc["concentration", "high"]
    assert summary.loc["concentration", "unit"] == "nanomole / liter"


def test_a_million_draws_of_a_chain_take_under_two_seconds():
    propagate(chain, CHAIN, draws=10)  # loads the units
    started = time.process_time()
    result = propagate(chain, CHAIN, draws=1_000_000, seed=1)
    assert time.process_time() - started < 2
    assert len(result.outputs["share"]) == 1_000_000


def test_same_seed_same_bytes():
    one, two, three = (propagate(chain, CHAIN, 1000, seed) for seed in (4, 4, 5))
    assert one.outputs["share"].tobytes() == two.outputs["share"].tobytes()
    assert one.summary.to_csv() == two.summary.to_csv()
    assert one.outputs["share"].tobytes() != three.outputs["share"].tobytes()


def test_draws_of_an_input_do_not_depend_on_the_others():
    alone = propagate(lambda output: output, CHAIN[:1], 100, 3)
    among = propagate(chain, CHAIN[::-1], 100, 3)
    assert alone.inputs["output"].tobytes() == among.inputs["output"].tobytes()
    assert not np.array_equal(among.inputs["whole"], among.inputs["flow"])


def test_quantiles_of_a_product_of_lognormals_are_recovered():
    # the log of the product is normal with the summed variances
    a = input_from_row(row(1.0, 0.5, 2.0, "ci95"), "a", about="mean")
    b = input_from_row(row(1.0, 0.25, 4.0, "ci95"), "b", about="mean")
    summary = propagate(lambda a, b: a * b, [a, b], 200_000, 1).summary.iloc[0]
    half = math.hypot(math.log(2), math.log(4))
    assert math.log(summary["high"]) == pytest.approx(half, abs=0.02)  # Monte-Carlo error
    assert math.log(summary["low"]) == pytest.approx(-half, abs=0.02)


def test_shares_too_small_for_a_float_stay_logarithms():
    blood = input_from_row(row(math.nan, 0.00011, 0.00092, "range"), "half_life")
    transit = input_from_row(row(5.2, 4.1, 7.0, "range"), "transit")
    result = propagate(lambda half_life, transit: log10_share_left(transit, half_life),
                       [blood, transit], 10_000, 1)  # fmt: skip
    assert -20_000 < result.summary["low"].item() < result.summary["high"].item() < -1000


def test_the_tornado_is_sorted_and_exact_for_a_sum():
    inputs = [
        input_from_row(row(math.nan, 10, 20, "range"), "wide"),
        input_from_row(row(math.nan, 10, 12, "range"), "narrow"),
        point("fixed", 3, "second"),
    ]
    table = tornado(lambda wide, narrow, fixed: wide - narrow + fixed, inputs)
    assert table["input"].tolist() == ["wide", "narrow", "fixed"]
    assert table["swing"].tolist() == pytest.approx([9, 1.8, 0])  # 90 percent of each width
    assert table["baseline"].unique() == pytest.approx([15 - 11 + 3])
    assert table["at_low"].tolist()[:2] == pytest.approx([2.5, 7.9])
    assert table["output_unit"].unique().tolist() == ["second"]


def test_rank_correlations_name_what_decides():
    table = rank_correlations(propagate(chain, CHAIN, 20_000, 2), "concentration")
    assert table["share"].sum() == pytest.approx(1)
    assert table["input"].iloc[0] in {"absorbed", "output"}
    signs = table.set_index("input")["rank_correlation"]
    assert signs["flow"] < 0 < signs["absorbed"]
    assert signs["mass"] == 0
    flat = rank_correlations(propagate(lambda mass: mass, CHAIN[-1:], 100, 2))
    assert flat["share"].tolist() == [0]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda output, whole, **_: output + whole, "units of the model do not fit"),
        (lambda output, **_: steady_concentration(output, output), "does not fit"),
        (lambda output, **_: output / 0, "not finite in 50 of 50"),
        (lambda output, **_: output[:3], "shape"),
    ],
)
def test_models_that_go_wrong_are_stopped(model, words):
    with pytest.raises(InputError, match=words):
        propagate(model, CHAIN, 50)


@pytest.mark.parametrize(
    "call",
    [
        lambda: propagate(chain, CHAIN, 0),
        lambda: propagate(chain, CHAIN, 10**8),
        lambda: propagate(chain, CHAIN, 1.5),
        lambda: propagate(chain, CHAIN, 10, -1),
        lambda: propagate(chain, CHAIN, 10, True),
        lambda: propagate(chain, []),
        lambda: propagate(chain, [CHAIN[0], CHAIN[0]]),
        lambda: propagate(chain, {"flow": CHAIN[0]}),
        lambda: tornado(chain, CHAIN, "nothing"),
        lambda: tornado(chain, CHAIN, "share", (0.9, 0.1)),
        lambda: rank_correlations(propagate(chain, CHAIN, 10), "nothing"),
        lambda: point("x", "2 kg", "second"),
    ],
)
def test_bad_requests_are_refused(call):
    with pytest.raises(InputError):
        call()


@settings(max_examples=40)
@given(st.floats(0.01, 100), st.floats(0.01, 2), st.integers(0, 2**32))
def test_draws_of_positive_quantities_stay_positive(mean, spread, seed):
    one = input_from_row(row(mean, mean * (1 - spread), mean * (1 + spread), "sd"), "x")
    assert np.all(one.draw(100, seed) > 0)
    assert one.distribution.mean() == pytest.approx(mean)
