"""Age curves and contrasts: planted truths come back, gaps are refused or listed."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from claimbook.errors import InputError
from claimbook.stats.pooling import pool_effects
from rls_nitric_oxide.age_curve import (
    age_contrast,
    age_contrast_within,
    age_midpoints,
    age_strata,
    curve_design,
    fit_age_curve,
    paired_contrast,
    pool_slopes,
    predict_curve,
    spline_basis,
    within_study_slopes,
)


def planted(curve, studies=8, n=4000, ages=(20, 30, 40, 50, 60, 70, 80), seed=1):
    """Strata of ten years with log odds curve(age middle) plus a study effect."""
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(studies):
        shift = rng.normal(0, 0.4)
        for a in ages:
            cases = rng.binomial(n, expit(curve(a + 4.5) + shift))
            rows.append((f"{s}-{a}", f"study{s}", a, a + 9, n, cases))
    columns = ["row_id", "study_key", "age_min", "age_max", "n", "cases"]
    return pd.DataFrame(rows, columns=columns)


def fit(frame, **options):
    return fit_age_curve(*age_strata(frame), **options)


def rising(age):
    return -3 + 0.3 * (age - 50) / 10


def plateau(age):
    return -3 + 0.5 * (min(age, 50) - 50) / 10


def test_midpoints_and_open_ends():
    rows = [("a", 20, 29), ("b", 80, np.nan), ("c", np.nan, 49), ("d", np.nan, np.nan)]
    got = age_midpoints(pd.DataFrame(rows, columns=["row_id", "age_min", "age_max"]))
    assert got.iloc[:3].tolist() == [24.5, 85.0, 33.5] and np.isnan(got.iloc[3])


@pytest.mark.parametrize(("low", "high"), [(-1, 20), (30, 20), (20, 130), (95, np.nan), ("x", 20)])
def test_impossible_ages_are_refused(low, high):
    frame = pd.DataFrame({"row_id": ["r"], "age_min": [low], "age_max": [high]})
    with pytest.raises(InputError, match="row 'r', column 'age_m"):
        age_midpoints(frame)


def test_every_stratum_is_used_or_listed():
    frame = planted(rising, studies=3)
    frame.loc[0, ["n", "cases"]] = np.nan
    frame.loc[1, ["age_min", "age_max"]] = np.nan
    frame = frame.assign(prevalence_percent=np.nan)
    frame.loc[2, ["n", "cases", "prevalence_percent"]] = [np.nan, np.nan, 5.0]
    usable, excluded = age_strata(frame)
    assert len(usable) + len(excluded) == len(frame)
    assert excluded.set_index("id")["reason"].to_dict() == {
        "0-20": "no prevalence",
        "0-30": "no age range",
        "0-40": "no denominator, count or interval",
    }
    with pytest.raises(InputError, match="name of the study"):
        age_strata(frame.assign(study_key=None))


def test_slopes_within_studies():
    usable, _ = age_strata(planted(rising))
    slopes = within_study_slopes(usable)
    assert len(slopes) == 8 and (slopes["reason"] == "").all()
    pooled = pool_slopes(slopes)
    assert pooled.estimate == pytest.approx(0.3, abs=0.03)
    assert pooled.ci_low < 0.3 < pooled.ci_high
    single = within_study_slopes(usable.iloc[:1])
    assert single["reason"].tolist() == ["only one age"]
    with pytest.raises(InputError, match="two ages"):
        pool_slopes(single)


def test_a_rise_is_called_a_rise_and_a_fall_a_fall():
    up = age_contrast(fit(planted(rising)), 60, 80)
    assert up.label == "rises" and up.or_low < np.exp(0.6) < up.or_high
    assert up.difference_low > 0 and not up.extrapolated
    down = age_contrast(fit(planted(lambda a: rising(100 - a))), 60, 80)
    assert down.label == "falls" and down.odds_ratio < 1


def test_a_plateau_needs_the_spline_and_is_no_clear_change():
    curve = fit(planted(plateau))
    assert curve.form == "spline"
    assert age_contrast(curve, 25, 45).label == "rises"
    late = age_contrast(curve, 65, 84)
    assert 0.75 < late.odds_ratio < 1.25
    flat = age_contrast(fit(planted(lambda a: -3.0)), 60, 80)
    assert flat.label == "no clear change"


def test_a_straight_line_is_kept_when_it_is_one():
    curve = fit(planted(rising, seed=4))
    assert curve.form == "linear" and curve.knots == ()
    assert curve.candidates["chosen"].sum() == 1
    assert curve.candidates["aicc"].idxmin() == curve.candidates["chosen"].idxmax()
    assert fit(planted(rising, seed=4), form="spline").form == "spline"


def test_the_band_holds_the_curve_and_says_when_it_extrapolates():
    curve = fit(planted(rising))
    got = predict_curve(curve, [10, 50, 95])
    assert (got["low"] < got["prevalence"]).all() and (got["prevalence"] < got["high"]).all()
    assert got["extrapolated"].tolist() == [True, False, True]
    assert age_contrast(curve, 60, 95).extrapolated
    with pytest.raises(InputError, match="younger one first"):
        age_contrast(curve, 80, 60)


def test_only_studies_with_two_ages_count_as_units():
    frame = planted(rising, studies=5)
    lone = frame["study_key"].isin(["study3", "study4"]) & (frame["age_min"] != 40)
    curve = fit(frame[~lone])
    assert (curve.studies, curve.comparing, curve.df) == (5, 3, 2)
    contrast = age_contrast(curve, 60, 80)
    ratio = np.log([contrast.odds_ratio, contrast.or_high])
    step = curve.design([60, 80]) @ curve.beta
    assert ratio[0] == pytest.approx(step[1] - step[0])
    one = curve.design([60, 80])
    se = np.sqrt((one[1] - one[0]) @ curve.cov @ (one[1] - one[0]))
    assert (ratio[1] - ratio[0]) / se == pytest.approx(4.302653, rel=1e-5)  # t, 2 df


def test_order_of_rows_does_not_matter():
    frame = planted(rising, studies=4)
    a, b = fit(frame), fit(frame.iloc[::-1])
    np.testing.assert_allclose(a.beta, b.beta, atol=1e-6)


def test_curves_that_cannot_be_drawn_are_refused():
    usable, _ = age_strata(planted(rising, studies=4))
    one_age_each = usable.groupby("study").head(1)
    for part in (usable.iloc[:0], usable[usable["study"] == "study0"], one_age_each):
        with pytest.raises(InputError, match="2 studies with two ages"):
            fit_age_curve(part)


def test_the_rise_late_in_life_within_studies():
    usable, _ = age_strata(planted(plateau))
    slopes, pooled = age_contrast_within(usable, 55)
    assert pooled.ci_low < 0 < pooled.ci_high and len(slopes) == 8
    slopes, nothing = age_contrast_within(usable[usable["age"] < 65], 60)
    assert nothing is None and len(slopes) > 0


def test_the_spline_is_straight_outside_its_knots():
    ages = np.array([0.0, 10, 90, 100, 110])
    basis = spline_basis(ages, [20, 50, 80])[:, 0]
    assert basis[0] == basis[1] == 0
    assert basis[4] - basis[3] == pytest.approx(basis[3] - basis[2])
    assert curve_design(ages, "spline", (20, 50, 80)).shape == (5, 3)


PAIRS = pd.DataFrame(
    [
        ("a1", "a", "f", 20, 100),
        ("a2", "a", "m", 10, 100),
        ("b1", "b", "f", 30, 100),
        ("c1", "c", "f", 5, 50),
        ("c2", "c", "m", np.nan, np.nan),
        ("d1", "d", "f", 1, 10),
        ("d2", "d", "f", 2, 10),
        ("d3", "d", "m", 1, 10),
        ("e1", "e", "f", 0, 40),
        ("e2", "e", "m", 4, 40),
    ],
    columns=["row_id", "study_key", "sex", "cases", "n"],
)


def test_pairs_by_hand():
    pairs, excluded = paired_contrast(PAIRS, arm="sex", first="f", second="m")
    pairs = pairs.set_index("study")
    assert pairs.loc["a", "ratio"] == pytest.approx((20 / 80) / (10 / 90))
    assert pairs.loc["a", "vi"] == pytest.approx(1 / 20 + 1 / 80 + 1 / 10 + 1 / 90)
    assert np.isfinite(pairs.loc["e", "yi"]) and pairs.loc["e", "ratio"] < 1
    assert len(pairs) * 2 + len(excluded) == len(PAIRS)
    reasons = {"b1": "no row for m"}
    reasons |= dict.fromkeys(("c1", "c2"), "no denominator, count or interval")
    reasons |= dict.fromkeys(("d1", "d2", "d3"), "more than one row for f")
    assert excluded.groupby("id")["reason"].first().to_dict() == reasons
    ratio, _ = paired_contrast(PAIRS, arm="sex", first="f", second="m", measure="prevalence_ratio")
    assert ratio["ratio"].iloc[0] == pytest.approx(2.0)
    assert ratio["vi"].iloc[0] == pytest.approx(1 / 20 - 1 / 100 + 1 / 10 - 1 / 100)


def test_swapping_the_arms_inverts_the_ratio():
    a, _ = paired_contrast(PAIRS, arm="sex", first="f", second="m")
    b, _ = paired_contrast(PAIRS, arm="sex", first="m", second="f")
    x, y = (pool_effects(p["yi"], p["vi"]) for p in (a, b))
    assert x.estimate == pytest.approx(-y.estimate) and x.tau2 == pytest.approx(y.tau2)
    with pytest.raises(InputError, match="measure"):
        paired_contrast(PAIRS, arm="sex", first="f", second="m", measure="odds")
