"""Percent change between groups: hand-computed intervals, refusals with a reason, no row lost."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.errors import InputError
from rls_nitric_oxide.group_change import (
    COLUMNS,
    compare_groups,
    log_ratio_interval,
    place_claim,
    standard_error,
)

positive = st.floats(1e-3, 1e3)


def groups(*rows: dict) -> pd.DataFrame:
    """Rows of a table of groups; what a row does not say is missing."""
    base = {
        "row_id": None, "comparison_id": "c", "comparison_role": "old", "value": math.nan,
        "spread": math.nan, "spread_type": None, "low": math.nan, "high": math.nan,
        "n": math.nan, "unit": "percent", "percent_change_vs_young": math.nan,
        "verification": "abstract_or_page",
    }  # fmt: skip
    return pd.DataFrame([base | {"row_id": f"r{i}"} | row for i, row in enumerate(rows)])


def young(value, **more):
    return {"comparison_role": "young", "value": value} | more


def old(value, **more):
    return {"comparison_role": "old", "value": value} | more


def test_interval_against_hand_computation():
    # Means 6.8169 (SD 1.769982, n 3) and 3.945 (SD 1.115797, n 5): the first row of the plant
    # biomass data that Hedges et al. 1999 analyse. Log ratio 0.54696, variance 0.03847.
    table = groups(
        young(3.945, spread=1.115797, spread_type="sd", n=5),
        old(6.8169, spread=1.769982, spread_type="sd", n=3),
    )
    row = compare_groups(table).iloc[0]
    half = 1.959964 * math.sqrt(1.769982**2 / (3 * 6.8169**2) + 1.115797**2 / (5 * 3.945**2))
    log = math.log(6.8169 / 3.945)
    assert log == pytest.approx(0.54696, abs=1e-5)
    assert half == pytest.approx(1.959964 * math.sqrt(0.03847), abs=1e-4)
    assert row["percent_change"] == pytest.approx(72.7985, abs=1e-3)
    assert row["ci_low"] == pytest.approx(100 * (math.exp(log - half) - 1), rel=1e-6)
    assert row["ci_high"] == pytest.approx(100 * (math.exp(log + half) - 1), rel=1e-6)
    assert (row["row_id"], row["reference_row_id"]) == ("r1", "r0")
    assert row["of_percentages"]
    assert not row["of_falls"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"spread_type": "se", "spread": 0.5}, 0.5),
        ({"spread_type": "se", "low": 5.29, "high": 5.71}, 0.21),
        ({"spread_type": "sd", "spread": 2.0, "n": 16}, 0.5),
        ({"spread_type": "sd", "low": 8, "high": 12, "n": 16}, 0.5),
        ({"spread_type": "ci95", "low": 0, "high": 2 * 1.959964}, 1.0),
        ({"spread_type": "ci95", "low": 0, "high": 2 * 2.262157, "n": 10}, 1.0),
    ],
)
def test_standard_errors_from_each_kind_of_spread(row, expected):
    error, reason = standard_error(row)
    assert error == pytest.approx(expected, rel=1e-5)
    assert reason == ""


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"spread_type": "plus_minus_unspecified", "spread": 1.0, "n": 9}, "does not say whether"),
        ({"spread_type": "range", "low": 1, "high": 2, "n": 9}, "range"),
        ({"spread_type": "iqr", "low": 1, "high": 2, "n": 9}, "quartiles"),
        ({"spread_type": "bound", "low": 1, "n": 9}, "bound"),
        ({"spread_type": "sd", "spread": 1.0}, "group size"),
        ({"spread_type": "sd", "spread": 1.0, "n": 1}, "group size"),
        ({"spread_type": "se"}, "no spread"),
        ({"spread_type": "se", "spread": 0.0}, "not above zero"),
        ({"spread_type": None}, "no spread"),
        ({"spread_type": "mad", "spread": 1.0}, "not known"),
    ],
)
def test_spreads_without_a_standard_error_say_why(row, words):
    error, reason = standard_error(row)
    assert math.isnan(error)
    assert words in reason


@pytest.mark.parametrize("other", ["plus_minus_unspecified", "range", None])
def test_an_unstated_spread_in_either_group_prevents_an_interval(other):
    stated = {"spread": 1.0, "spread_type": "se", "n": 9}
    unstated = {"spread": 1.0, "spread_type": other, "n": 9}
    for table in (
        groups(young(10, **stated), old(5, **unstated)),
        groups(young(10, **unstated), old(5, **stated)),
    ):
        row = compare_groups(table).iloc[0]
        assert row["percent_change"] == -50
        assert math.isnan(row["ci_low"])
        assert row["reason_without_interval"]
        assert row["precise"] is pd.NA


def test_falls_are_compared_by_their_size():
    # flow falls of 48.3 and 37.7 percent: the effect is 21.9 percent smaller
    se = {"spread_type": "se", "n": 12}
    row = compare_groups(groups(young(-48.3, spread=4.2, **se), old(-37.7, spread=2.6, **se)))
    mirrored = compare_groups(groups(young(48.3, spread=4.2, **se), old(37.7, spread=2.6, **se)))
    assert row["of_falls"].all()
    assert row["percent_change"].item() == pytest.approx(-21.9462, abs=1e-4)
    pd.testing.assert_frame_equal(
        row[["percent_change", "ci_low", "ci_high"]],
        mirrored[["percent_change", "ci_low", "ci_high"]],
    )


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (young(10), old(-5), "one sign"),
        (young(0), old(5), "one sign"),
        (young(10), old(0), "one sign"),
        (young(math.nan), old(5), "not given"),
        (young(10), old("n.s."), "not given"),
        (young(10, unit="ppb"), old(5, unit="mm"), "do not fit"),
        (young(10, unit="count"), old(5, unit="percent"), "do not fit"),
        (young(10, unit=None), old(5), "no unit"),
        (young(10, unit="blarg"), old(5), "unknown unit"),
        (young(10, unit="kelvin"), old(5, unit="degree_Celsius"), "start at zero"),
        (young(10, verification="unverified"), old(5), "not verified: r0"),
        (young(10), old(5, verification="not_found"), "not verified: r1"),
        (young(10), old(5, comparison_id="d"), "0 rows of role 'young'"),
        (young(10), old(5, comparison_role="elder"), "neither"),
    ],
)
def test_what_cannot_be_compared_stays_with_its_reason(first, second, words):
    result = compare_groups(groups(first, second))
    row = result.set_index("row_id").loc["r1"]
    assert words in row["reason_without_change"]
    assert math.isnan(row["percent_change"])


def test_no_row_is_lost_and_none_is_invented():
    table = groups(
        young(10),
        old(5),
        old(8),
        old(4, comparison_id="no young"),
        young(4, comparison_id="no old"),
        young(1, comparison_id="two young"),
        young(2, comparison_id="two young"),
        old(3, comparison_id="two young"),
        old(math.nan, comparison_id=None, percent_change_vs_young=-60),
        old(7, comparison_id=None),
    )
    result = compare_groups(table)
    assert result["row_id"].dropna().tolist() == ["r1", "r2", "r3", "r7", "r8"]
    assert result.loc[result["row_id"].isna(), "comparison_id"].tolist() == ["no old"]
    assert result["reference_shared_by"].head(2).tolist() == [2, 2]
    assert result["basis"].tolist() == [
        "recomputed", "recomputed", "none", "none", "none", "as_reported",
    ]  # fmt: skip
    assert result.columns.tolist() == list(COLUMNS)


def test_the_reported_change_is_checked_against_the_recomputed_one():
    row = compare_groups(groups(young(668), old(266, percent_change_vs_young=-60.2))).iloc[0]
    assert row["percent_change"] == pytest.approx(-60.1796, abs=1e-4)
    assert row["disagreement"] == pytest.approx(0.0204, abs=1e-4)


def test_groups_in_different_units_of_one_kind_are_brought_together():
    row = compare_groups(groups(young(1, unit="umol/L"), old(500, unit="nmol/L"))).iloc[0]
    assert row["percent_change"] == pytest.approx(-50)
    assert (row["reference_value"], row["difference"]) == (pytest.approx(1000), pytest.approx(-500))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="unit"), "column"),
        (lambda t: t.assign(row_id="same"), "no other row has"),
    ],
)
def test_a_broken_table_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        compare_groups(change(groups(young(10), old(5))))


def test_an_empty_table_gives_an_empty_result():
    assert compare_groups(groups(young(1)).head(0)).empty


@given(positive, positive, st.floats(0.01, 0.3), st.floats(0.01, 0.3), st.floats(1e-3, 1e3))
def test_the_change_does_not_depend_on_the_unit(one, two, cv1, cv2, factor):
    plain = log_ratio_interval(one, one * cv1, two, two * cv2)
    scaled = log_ratio_interval(*(x * factor for x in (one, one * cv1, two, two * cv2)))
    assert plain == pytest.approx(scaled, rel=1e-9, abs=1e-9)
    assert plain[0] < 100 * (one / two - 1) < plain[1]


@given(positive, positive, st.floats(0.01, 0.3))
def test_swapping_the_groups_inverts_the_ratio(one, two, cv):
    there = log_ratio_interval(one, one * cv, two, two * cv)
    back = log_ratio_interval(two, two * cv, one, one * cv)
    assert (1 + there[0] / 100) * (1 + back[1] / 100) == pytest.approx(1)


def test_a_claimed_change_is_held_against_every_row():
    se = {"spread_type": "se", "n": 9}
    table = groups(
        young(10, spread=0.5, **se),
        old(2.5, spread=0.5, **se),
        old(9, spread=0.5, **se),
        old(2, comparison_id=None, percent_change_vs_young=-80),
        old(2, comparison_id=None, percent_change_vs_young=-90, verification="unverified"),
    )
    placed = place_claim(compare_groups(table), -75)
    assert placed["beyond_claim"].tolist() == [True, False, True, pd.NA]
    assert placed["claim_in_interval"].tolist() == [True, False, pd.NA, pd.NA]
    assert placed["gap_to_claim"].tolist()[:3] == pytest.approx([0, 65, -5])
    assert placed["basis"].tolist()[-1] == "not_verified"
    for wrong in (0, -101, math.nan, "much"):
        with pytest.raises(InputError):
            place_claim(placed, wrong)


def test_input_is_left_as_it_was():
    table = groups(young(10), old(5))
    before = table.copy()
    compare_groups(table)
    pd.testing.assert_frame_equal(table, before)
    assert np.array_equal(table.index, before.index)
