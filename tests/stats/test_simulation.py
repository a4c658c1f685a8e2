"""Monte-Carlo: seeds, speed, closed forms, units that fit, and units that get lost."""

import math
import time

import numpy as np
import pytest
from made_up_studies import evidence_row as row
from scipy.stats import norm

from claimbook.book.units import registry
from claimbook.errors import InputError
from claimbook.stats.inputs import fixed, from_counts, from_interval, from_row
from claimbook.stats.simulation import product, simulate, tornado

CHAIN = [
    from_row(row(400, 350, 450, "sd", unit="nL/min"), "output"),
    from_row(row(0.96, 0.86, 1.06, "sd", unit="umol/kg/hour"), "whole"),
    from_row(row(math.nan, 50, 90, "range", unit="percent"), "absorbed"),
    from_row(row(4.5, 4, 5, "sd", unit="L/min"), "flow"),
    fixed("mass", "70 kg", "kg"),
]


def chain(output, whole, absorbed, flow, mass):
    amount = output / registry().Quantity(24.4654, "L/mol")  # an ideal gas at 25 °C and 1 atm
    return {
        "share": (amount / (whole * mass)).to("percent"),
        "concentration": (amount * absorbed / flow).to("nmol/L"),
    }


def test_a_chain_of_points_gives_the_hand_computed_answer():
    exact = [fixed(i.name, f"{i.central} {i.unit}", i.unit) for i in CHAIN]
    summary = simulate(chain, exact, draws=10).to_frame().set_index("output")
    # 16.3496 nmol/min over 0.96 x 70 / 60 umol/min = 1120 nmol/min, and x 0.70 / 4.5 L/min
    assert summary.loc["share", "median"] == pytest.approx(100 * 16.3496 / 1120, rel=1e-5)
    assert summary.loc["concentration", "median"] == pytest.approx(16.3496 * 0.70 / 4.5, rel=1e-5)
    assert summary.loc["concentration", "low"] == summary.loc["concentration", "high"]
    assert summary.loc["concentration", "unit"] == "nanomole / liter"


def test_a_million_draws_of_a_chain_take_under_two_seconds():
    simulate(chain, CHAIN, draws=10)  # loads the units
    started = time.process_time()
    result = simulate(chain, CHAIN, draws=1_000_000, seed=1)
    assert time.process_time() - started < 2
    assert len(result.outputs["share"]) == 1_000_000


def test_same_seed_same_bytes():
    one, two, three = (simulate(chain, CHAIN, 1000, seed) for seed in (4, 4, 5))
    assert one.outputs["share"].tobytes() == two.outputs["share"].tobytes()
    assert one.to_frame().to_csv() == two.to_frame().to_csv()
    assert one.outputs["share"].tobytes() != three.outputs["share"].tobytes()


def test_draws_of_an_input_do_not_depend_on_the_others():
    alone = simulate(lambda output: output, CHAIN[:1], 100, 3)
    among = simulate(chain, CHAIN[::-1], 100, 3)
    assert alone.inputs["output"].tobytes() == among.inputs["output"].tobytes()
    assert not np.array_equal(among.inputs["whole"], among.inputs["flow"])


def test_quantiles_of_a_product_of_lognormals_are_recovered():
    # the log of the product is normal with the summed variances
    a = from_row(row(1.0, 0.5, 2.0, "ci95"), "a", about="mean")
    b = from_row(row(1.0, 0.25, 4.0, "ci95"), "b", about="mean")
    summary = simulate(lambda a, b: a * b, [a, b], 200_000, 1).to_frame().iloc[0]
    half = math.hypot(math.log(2), math.log(4))
    assert math.log(summary["high"]) == pytest.approx(half, abs=0.02)  # Monte-Carlo error
    assert math.log(summary["low"]) == pytest.approx(-half, abs=0.02)


def test_the_tornado_is_sorted_and_exact_for_a_sum():
    inputs = [
        from_row(row(math.nan, 10, 20, "range"), "wide"),
        from_row(row(math.nan, 10, 12, "range"), "narrow"),
        fixed("fixed", 3, "second"),
    ]
    table = tornado(lambda wide, narrow, fixed: wide - narrow + fixed, inputs)
    assert table["input"].tolist() == ["wide", "narrow", "fixed"]
    assert table["swing"].tolist() == pytest.approx([9, 1.8, 0])  # 90 percent of each width
    assert table["baseline"].unique() == pytest.approx([15 - 11 + 3])
    assert table["at_low"].tolist()[:2] == pytest.approx([2.5, 7.9])
    assert table["output_unit"].unique().tolist() == ["second"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda output, whole, **_: output + whole, "units of the model do not fit"),
        (lambda output, **_: output.to("kg"), "units of the model do not fit"),
        (lambda output, **_: output / 0, "not finite in 50 of 50"),
        (lambda output, **_: output[:3], "shape"),
    ],
)
def test_models_that_go_wrong_are_stopped(model, words):
    with pytest.raises(InputError, match=words):
        simulate(model, CHAIN, 50)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [(simulate, (chain, CHAIN, *n)) for n in ((0,), (10**8,), (1.5,), (10, -1), (10, True))]
    + [(simulate, (chain, i)) for i in ([], [CHAIN[0], CHAIN[0]], {"flow": CHAIN[0]})]
    + [(tornado, (chain, CHAIN, *more)) for more in (("nothing",), ("share", (0.9, 0.1)))]
    + [(fixed, ("x", "2 kg", "second"))],
)
def test_bad_requests_are_refused(call, arguments):
    with pytest.raises(InputError):
        call(*arguments)


def test_a_product_of_independent_shares_has_the_product_of_the_means():
    got = product([from_counts("a", 100, 1000), from_counts("b", 60, 90)], draws=200_000)
    mean = got.to_frame()["mean"].item()
    assert mean == pytest.approx(100 * (100.5 / 1001) * (60.5 / 91), rel=5e-3)
    assert got.units == {"result": "percent"}


def test_a_further_factor_leaves_the_others_alone():
    share = from_counts("a", 36, 369)
    alone = product([share], draws=1000).outputs["result"]
    halved = product([share, fixed("half", 50, "percent")], draws=1000).outputs["result"]
    np.testing.assert_allclose(halved, alone / 2)


def test_more_cases_mean_more():
    low, high = (product([from_counts("a", c, 400)], draws=2000) for c in (20, 40))
    assert high.median > low.median


def test_the_share_at_or_above_a_value():
    got = simulate(lambda a: np.arange(1.0, len(a) + 1), [fixed("a", 1, "second")], 100)
    assert got.percent_at_least(91) == pytest.approx(10)
    assert got.median == pytest.approx(50.5)
    assert repr(got) == "result 50.5 (3.475 to 97.52) dimensionless; 100 draws, seed 0"


def test_a_million_draws_of_a_product_are_fast():
    """The floor is two seconds on an idle core; twice that leaves room for a loaded machine."""
    factors = [from_counts("a", 36, 369), from_interval("b", 66, 50, 80)]
    start = time.process_time()
    assert product(factors).draws == 1_000_000
    assert time.process_time() - start < 4


SHARE, WARMTH, WAIT = (
    from_row(row(math.nan, low, high, "range", unit=unit), name)
    for name, low, high, unit in (
        ("share", 40, 60, "percent"),
        ("warmth", 20, 25, "degree_Celsius"),
        ("wait", 1, 3, "minute"),
    )
)


@pytest.mark.parametrize(
    ("model", "one", "words"),
    [
        (lambda share: norm.cdf(share), SHARE, "plain numbers only"),
        (lambda share: norm.cdf(share.magnitude), SHARE, "loses the unit of 'share'"),
        (lambda warmth: np.ptp(warmth), WARMTH, "loses the unit of 'warmth'"),
        (lambda wait: np.asarray(wait), WAIT, "plain numbers only"),
        (lambda wait: np.full(len(wait), wait[0]), WAIT, "loses the unit of 'wait'"),
        (lambda wait: wait.magnitude + 1, WAIT, "loses the unit of 'wait'"),
    ],
)
def test_a_model_that_loses_a_unit_is_refused(model, one, words):
    with pytest.raises(InputError, match=words) as refusal:
        simulate(model, [one], 50)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("model", "one", "unit"),
    [
        (lambda share: norm.cdf(share.to("dimensionless").magnitude), SHARE, "dimensionless"),
        (lambda warmth: warmth, WARMTH, "degree_Celsius"),
        (lambda wait: np.ptp(wait), WAIT, "minute"),
        (lambda wait: wait.to("second").magnitude, WAIT, "dimensionless"),
    ],
)
def test_a_model_that_keeps_its_units_runs(model, one, unit):
    assert simulate(model, [one], 50).units == {"result": unit}


def test_several_results_have_no_one_median():
    with pytest.raises(InputError, match="several results .share, concentration."):
        _ = simulate(chain, CHAIN, 10).median
