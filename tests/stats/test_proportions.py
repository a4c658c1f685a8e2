"""Reading proportions from a table: what counts, what is rounded, what is refused."""

import numpy as np
import pandas as pd
import pytest

from claimbook.errors import InputError
from claimbook.stats.proportions import (
    logit_and_variance,
    prepare_proportions,
    strata_on_logit_scale,
    wilson_interval,
)


def row(**values):
    base = {"row_id": "a", "n": 200, "cases": 10, "prevalence_percent": np.nan}
    return pd.DataFrame([base | values])


def test_counts_go_before_percentages():
    both = row(prevalence_percent=4.0)
    assert prepare_proportions(both)["prevalence"].tolist() == [5.0]
    assert prepare_proportions(both)["given_minus_crude"].tolist() == [-1.0]
    by_percent = prepare_proportions(both, prefer="percent")
    assert by_percent["prevalence"].tolist() == [4.0]
    assert by_percent["source"].tolist() == ["reconstructed"]


def test_a_percentage_is_not_rounded_silently():
    got = prepare_proportions(row(n=2824, cases=np.nan, prevalence_percent=0.4)).iloc[0]
    assert got["cases"] == pytest.approx(11.296)
    assert got["cases_rounded"] == 11
    assert got["source"] == "reconstructed"
    assert got["vi"] == pytest.approx(1 / 11.296 + 1 / (2824 - 11.296))


def test_percent_are_percent():
    assert prepare_proportions(row(cases=np.nan, prevalence_percent=0.5))["cases"].iloc[0] == 1.0


@pytest.mark.parametrize("cases", [0, 20])
def test_half_is_added_at_the_edges_only(cases):
    y, v, corrected = logit_and_variance([cases, 5], [20, 20])
    assert corrected.tolist() == [True, False]
    assert abs(y[0]) == pytest.approx(np.log(20.5 / 0.5))
    assert v[0] == pytest.approx(1 / 0.5 + 1 / 20.5)
    assert y[1] == pytest.approx(np.log(5 / 15))
    assert v[1] == pytest.approx(1 / 5 + 1 / 15)


def test_wilson_interval_against_newcombe_1998():
    # Newcombe 1998 (Statistics in Medicine 17:857), table I: 81/263, 15/148, 0/20, 1/29.
    low, high = wilson_interval([81, 15, 0, 1], [263, 148, 20, 29])
    np.testing.assert_allclose(low / 100, [0.2553, 0.0624, 0.0000, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high / 100, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


BAD = [
    ({"n": np.nan}, "n", "found nothing"),
    ({"n": 0}, "n", "found 0"),
    ({"n": -5}, "n", "-5"),
    ({"n": 10.5}, "n", "10.5"),
    ({"n": "many"}, "n", "'many'"),
    ({"n": True}, "n", "True"),
    ({"n": np.inf}, "n", "inf"),
    ({"cases": 201}, "cases", "201"),
    ({"cases": -1}, "cases", "-1"),
    ({"cases": 1.5}, "cases", "1.5"),
    ({"cases": "ten"}, "cases", "'ten'"),
    ({"cases": np.nan}, "cases", "found nothing"),
    ({"cases": np.nan, "prevalence_percent": 101}, "prevalence_percent", "101"),
    ({"cases": np.nan, "prevalence_percent": -0.1}, "prevalence_percent", "-0.1"),
    ({"cases": 10, "prevalence_percent": 120}, "prevalence_percent", "120"),
    ({"n": np.nan, "cases": np.nan, "prevalence_percent": 5}, "n", "found nothing"),
]


@pytest.mark.parametrize(("change", "column", "value"), BAD)
def test_a_bad_cell_is_named(change, column, value):
    frame = row(row_id="study_7").assign(
        **{k: pd.Series([v], dtype=object) for k, v in change.items()}
    )
    with pytest.raises(InputError) as error:
        prepare_proportions(frame)
    text = str(error.value)
    assert "study_7" in text and f"'{column}'" in text and value in text and "expected" in text


def test_bad_tables_are_refused():
    good = row()
    for bad, message in (
        (good.drop(columns="n"), "lacks the column"),
        (good.drop(columns=["cases", "prevalence_percent"]), "lacks the column"),
        (pd.concat([good, good]), "no other row"),
        (good.assign(row_id=None), "number 1"),
    ):
        with pytest.raises(InputError, match=message):
            prepare_proportions(bad)
    with pytest.raises(InputError, match="prefer"):
        prepare_proportions(good, prefer="guess")


def test_a_sample_is_taken_once():
    frame = pd.DataFrame({"row_id": ["a", "b"], "who": ["x", "x"], "n": [10, 10], "cases": [1, 2]})
    assert len(prepare_proportions(frame)) == 2
    with pytest.raises(InputError, match="row 'b', column 'who'.*'x'.*row 'a'"):
        prepare_proportions(frame, sample="who")


def test_numbers_may_come_as_text_or_nullable_types():
    text = prepare_proportions(row(n="200", cases="10"))
    nullable = prepare_proportions(
        row(prevalence_percent=None).astype({"n": "Int64", "cases": "Int64"})
    )
    assert text["prevalence"].iloc[0] == nullable["prevalence"].iloc[0] == 5.0


STRATA = pd.DataFrame(
    [
        {"row_id": "counts", "n": 100, "cases": 10},
        {"row_id": "percent_and_n", "n": 100, "prevalence_percent": 10},
        {"row_id": "cases_and_percent", "cases": 10, "prevalence_percent": 10},
        {"row_id": "interval", "prevalence_percent": 10, "ci_low": 5, "ci_high": 19},
        {"row_id": "assumed_n", "prevalence_percent": 10, "guess": 100},
        {"row_id": "none", "prevalence_percent": 10},
    ]
)


def test_where_a_stratum_gets_its_variance():
    got = strata_on_logit_scale(STRATA, assumed_n="guess").set_index("id")
    assert got.index.tolist() == got["variance_from"].tolist()
    assert got["yi"].tolist() == pytest.approx([np.log(0.1 / 0.9)] * 6)
    of_100 = 1 / 10 + 1 / 90
    same = got.loc[["counts", "percent_and_n", "cases_and_percent", "assumed_n"], "vi"]
    assert same.tolist() == pytest.approx([of_100] * 4)
    width = np.log(0.19 / 0.81) - np.log(0.05 / 0.95)
    assert got.loc["interval", "vi"] == pytest.approx((width / (2 * 1.959964)) ** 2, rel=1e-6)
    assert np.isnan(got.loc["none", "vi"])


def test_nothing_is_assumed_unasked():
    got = strata_on_logit_scale(STRATA).set_index("id")
    assert got.loc["assumed_n", "variance_from"] == "none"


@pytest.mark.parametrize(("low", "high"), [(0, 19), (11, 19), (5, 9), (5, 100)])
def test_an_impossible_interval_is_refused(low, high):
    frame = STRATA[STRATA["row_id"] == "interval"].assign(ci_low=low, ci_high=high)
    with pytest.raises(InputError, match="row 'interval'"):
        strata_on_logit_scale(frame)


@pytest.mark.parametrize("guess", [0, -3])
def test_an_impossible_assumption_is_refused(guess):
    with pytest.raises(InputError, match="assumed size above 0"):
        strata_on_logit_scale(STRATA.assign(guess=guess), assumed_n="guess")


def test_whole_number_columns_with_empty_cells_are_read():
    frame = pd.DataFrame({"row_id": ["a", "b"], "n": [10, 20], "prevalence_percent": [None, 5.0]})
    frame["cases"] = pd.array([3, None], dtype="Int64")
    frame["n"] = frame["n"].astype("Int64")
    assert prepare_proportions(frame)["cases"].tolist() == [3.0, 1.0]
