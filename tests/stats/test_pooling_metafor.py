"""Every estimate held to R's metafor: pinned in validation/metafor, so no R is needed here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from claimbook.stats.binomial_normal import fit_binomial_normal, log_likelihood
from claimbook.stats.meta_regression import meta_regression, small_study_check
from claimbook.stats.pooling import influence, leave_one_out, pool, pool_effects
from rls_nitric_oxide.age_curve import curve_design, mixed_fit, paired_contrast

HERE = Path(__file__).resolve().parents[2] / "validation" / "metafor"

# The project's floors: pooled log odds within 1e-4, tau² within 1e-3 of its size.
LOGIT = 1e-4
TAU2_RELATIVE = 1e-3
# What is reached, and asserted, is far better. Both programs stop their search for tau² at about
# 1e-8 of its size; everything built on it inherits that, I² (percent) times a hundred.
REML = 1e-6
I2_REML = 1e-4
# Closed formulas: nothing but rounding may differ.
EXACT = 1e-10
# rma.glmm hands the fit to lme4, whose optimiser stops at about 1e-5; standard errors come from a
# numerical second derivative in both programs.
GLMM_LOGIT = 5e-5
# With two samples t on 1 df multiplies the standard error, and its error, by 12.7.
GLMM_INTERVAL = 2e-4
GLMM_TAU2_RELATIVE = 2e-4
GLMM_I2 = 5e-3
# A likelihood flat in a variance component leaves it less sharply determined than the mean.
MULTILEVEL = 2e-4

PUBLISHED = {
    "pritz1997": 14,
    "debruin2009": 13,
    "hannum2020": 35,
    "pagliaro1992_control": 26,
    "hasselblad1998_no_contact": 19,
    "nielweise2007_control": 18,
    "nielweise2007_treated": 18,
}
MADE_UP = {"made_up_two": 2, "made_up_three": 3, "made_up_alike": 5, "made_up_edges": 5}
# At least as many rows as when the pins were made; a new study may add to them.
PROJECT = {
    "project_all": 46,
    "project_all_adult": 31,
    "project_midlife_and_older": 8,
    "project_older_adult": 7,
    "project_united_states": 6,
    "project_four_criteria": 32,
}
DATASETS = (*PUBLISHED, *MADE_UP, *PROJECT)
SEVERAL = tuple(name for name in DATASETS if name != "made_up_two")
INTERVAL = {"knha": "hk", "adhoc": "hk-adhoc", "t": "t", "z": "wald"}
ANALYSES = [f"{m} {i}" for m in ("reml", "dl") for i in INTERVAL]
ANALYSES += ["common z", "glmm t", "glmm z"]
SUMMARY = ("estimate", "se", "ci_low", "ci_high", "tau2", "i2", "q", "q_df", "q_p", "k")


@pytest.fixture(scope="module")
def inputs():
    return pd.read_csv(HERE / "inputs.csv")


@pytest.fixture(scope="module")
def results():
    table = pd.read_csv(HERE / "results.csv", keep_default_na=False)
    assert not (table["value"] == "").any()
    return table.assign(value=table["value"].astype(float))


def pinned(results, dataset, analysis):
    part = results[(results["dataset"] == dataset) & (results["analysis"] == analysis)]
    return part[part["row"] == ""].set_index("quantity")["value"]


def by_row(results, dataset, analysis):
    part = results[(results["dataset"] == dataset) & (results["analysis"] == analysis)]
    part = part[part["row"] != ""]
    assert not part.duplicated(["row", "quantity"]).any()
    return part.pivot_table(index="row", columns="quantity", values="value")


def of(inputs, dataset):
    return inputs[inputs["dataset"] == dataset]


def logit(percent):
    return np.log(percent / (100.0 - percent))


def test_the_pins_have_not_shrunk(inputs, results):
    sizes = inputs.groupby("dataset").size().to_dict()
    assert set(sizes) == set(DATASETS)
    assert {d: sizes[d] for d in (*PUBLISHED, *MADE_UP)} == PUBLISHED | MADE_UP
    assert all(sizes[d] >= k for d, k in PROJECT.items())
    for dataset in DATASETS:
        k = sizes[dataset]
        for analysis in ANALYSES:
            needed = {*SUMMARY} | ({"pi_low"} if analysis != "common z" else set())
            assert needed <= set(pinned(results, dataset, analysis).index), (dataset, analysis)
        assert len(by_row(results, dataset, "study")) == k
        if k > 2:
            assert len(by_row(results, dataset, "influence")) == k
            assert len(by_row(results, dataset, "leave one out")) == k
            assert "pi_low_k2" in pinned(results, dataset, "reml z").index
            for predictor in ("ninv", "sei"):
                assert len(pinned(results, dataset, f"small study {predictor}")) == 8


def test_versions_are_recorded():
    versions = pd.read_csv(HERE / "versions.csv").set_index("name")["version"]
    assert set(versions.index) == {"R", "metafor", "metadat", "lme4"}
    assert versions.notna().all()


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_pooled_estimate(inputs, results, dataset, analysis):
    method, test = analysis.split()
    pin = pinned(results, dataset, analysis)
    got = pool(of(inputs, dataset), method=method, interval=INTERVAL[test])
    on_logit = {"estimate": got.logit, "se": got.logit_se}
    on_logit |= {"ci_low": logit(got.ci_low), "ci_high": logit(got.ci_high)}
    if test != "z":  # metafor's "z" prediction interval is normal; ours never is
        on_logit |= {"pi_low": logit(got.pi_low), "pi_high": logit(got.pi_high)}
    tolerance = {"reml": REML, "glmm": GLMM_LOGIT}.get(method, EXACT)
    for name, value in on_logit.items():
        if method == "glmm" and name[:2] in ("ci", "pi"):
            tolerance = GLMM_INTERVAL
        assert value == pytest.approx(pin[name], abs=tolerance), name
    assert got.logit == pytest.approx(pin["estimate"], abs=LOGIT)
    relative = {"reml": REML, "glmm": GLMM_TAU2_RELATIVE}.get(method, EXACT)
    assert relative <= TAU2_RELATIVE
    assert got.tau2 == pytest.approx(pin["tau2"], rel=relative, abs=1e-10)
    i2_tolerance = {"reml": I2_REML, "glmm": GLMM_I2}.get(method, 1e-8)
    assert got.i2 == pytest.approx(pin["i2"], abs=i2_tolerance)
    assert got.q == pytest.approx(pin["q"], rel=1e-8)
    assert got.q_p == pytest.approx(pin["q_p"], rel=1e-6, abs=1e-12)
    assert (got.q_df, got.k) == (pin["q_df"], pin["k"])


TWO_PEAKS = {  # cases, people -> how much higher the likelihood is away from tau² = 0
    ((32, 1, 4), (400, 5, 5)): 3.194,
    ((0, 1, 4, 2, 63, 8), (10, 10, 30, 5, 400, 12)): 2.451,
    ((1, 12, 2, 28, 1, 7), (20, 100, 8, 200, 5, 12)): 1.137,
    ((2, 4, 0, 6), (5, 400, 12, 400)): 0.292,
}


def integrated_log_likelihood(cases, n, mu, tau):
    """The log likelihood by adaptive integration, sample by sample."""
    total = 0.0
    for x, m in zip(cases, n, strict=True):

        def integrand(u, x=x, m=m):
            return binom.pmf(x, m, expit(mu + tau * u)) * norm.pdf(u)

        total += np.log(quad(integrand, -9, 9, epsabs=1e-14, limit=200)[0])
    return total


@pytest.mark.parametrize(("cases", "n"), TWO_PEAKS)
def test_where_the_likelihood_has_two_peaks_ours_is_the_higher(cases, n):
    """tau² = 0 is a peak as well, where rma.glmm can stop: the likelihood falls away from it."""
    fit = fit_binomial_normal(cases, n)
    common = logit(100 * sum(cases) / sum(n))
    at_zero, near_zero, ours = (
        integrated_log_likelihood(cases, n, *place)
        for place in ((common, 0.0), (common, 0.05), (fit.mu, fit.tau2**0.5))
    )
    assert near_zero < at_zero
    assert ours - at_zero == pytest.approx(TWO_PEAKS[cases, n], abs=0.005)
    assert log_likelihood(*map(np.array, (cases, n)), common, 0.0) == pytest.approx(at_zero)


@pytest.mark.parametrize("dataset", SEVERAL)
@pytest.mark.parametrize("method", ["reml", "dl"])
def test_prediction_interval_on_k_minus_2(inputs, results, dataset, method):
    pin = pinned(results, dataset, f"{method} z")
    got = pool(of(inputs, dataset), method=method, interval="wald", prediction_df="k-2")
    assert logit(got.pi_low) == pytest.approx(pin["pi_low_k2"], abs=REML)
    assert logit(got.pi_high) == pytest.approx(pin["pi_high_k2"], abs=REML)


@pytest.mark.parametrize("dataset", DATASETS)
def test_each_study(inputs, results, dataset):
    pin = by_row(results, dataset, "study")
    got = pool(of(inputs, dataset)).studies.set_index("id").loc[pin.index]
    for name, tolerance in (("yi", EXACT), ("vi", EXACT), ("weight_percent", I2_REML)):
        np.testing.assert_allclose(got[name], pin[name], atol=tolerance, err_msg=name)


@pytest.mark.parametrize("dataset", SEVERAL)
def test_influence_and_leave_one_out(inputs, results, dataset):
    pin = by_row(results, dataset, "influence")
    got = influence(of(inputs, dataset)).to_frame().set_index("id").loc[pin.index]
    for name in pin.columns:
        np.testing.assert_allclose(got[name], pin[name], rtol=1e-6, atol=REML, err_msg=name)
    pin = by_row(results, dataset, "leave one out")
    got = leave_one_out(of(inputs, dataset)).to_frame().set_index("id").loc[pin.index]
    for name in ("estimate", "ci_low", "ci_high"):
        np.testing.assert_allclose(logit(got[name]), pin[name], atol=REML, err_msg=name)
    np.testing.assert_allclose(got["tau2"], pin["tau2"], rtol=REML, atol=REML)
    np.testing.assert_allclose(got["i2"], pin["i2"], atol=I2_REML)


@pytest.mark.parametrize("dataset", SEVERAL)
@pytest.mark.parametrize(("name", "predictor"), [("ninv", "inverse_n"), ("sei", "standard_error")])
def test_small_study_check(inputs, results, dataset, name, predictor):
    pin = pinned(results, dataset, f"small study {name}")
    got = small_study_check(of(inputs, dataset), predictor=predictor)
    for quantity in ("slope", "se", "t", "p", "df"):
        assert getattr(got, quantity) == pytest.approx(pin[quantity], rel=1e-5), quantity
    for ours, theirs in (("limit_percent", "limit"), ("limit_low", "limit_low")):
        assert logit(getattr(got, ours)) == pytest.approx(pin[theirs], rel=1e-5, abs=REML)


REGRESSIONS = [
    ("debruin2009", "group"),
    ("debruin2009", "group and number"),
    ("hannum2020", "group"),
    ("hasselblad1998_no_contact", "number"),
    ("project_all", "group"),
    ("project_all", "group and number"),
]


@pytest.mark.parametrize(("dataset", "name"), REGRESSIONS)
def test_meta_regression(inputs, results, dataset, name):
    analysis = f"regression {name}"
    pin, terms = pinned(results, dataset, analysis), by_row(results, dataset, analysis)
    got = meta_regression(of(inputs, dataset), name.split(" and "))
    tolerances = {"tau2": 1e-5, "r2": 1e-3, "i2": 1e-5, "qe": 1e-8, "f": 1e-5, "f_p": 1e-4}
    for quantity, tolerance in tolerances.items():
        assert getattr(got, quantity) == pytest.approx(pin[quantity], rel=tolerance), quantity
    assert (got.f_df1, got.f_df2) == (pin["f_df1"], pin["f_df2"])
    coefficients = got.coefficients.set_index("term")
    assert set(coefficients.index) == set(terms.index)
    for quantity in terms.columns:
        np.testing.assert_allclose(
            coefficients.loc[terms.index, quantity], terms[quantity], rtol=1e-5, err_msg=quantity
        )


@pytest.mark.parametrize("form", ["linear", "spline"])
@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("method", ["ml", "reml"])
def test_age_curve_is_rma_mv(results, form, slope, method):
    analysis = f"age {form} {'slope' if slope else 'intercept'} {method}"
    pin, terms = (f(results, "age_strata", analysis) for f in (pinned, by_row))
    strata = pd.read_csv(HERE / "age_inputs.csv")
    knots = np.quantile(strata["age"].unique(), [0.1, 0.5, 0.9])
    design = curve_design(strata["age"], form, knots)
    yi, vi, study = (strata[name].to_numpy() for name in ("yi", "vi", "study"))
    fit = mixed_fit(yi, vi, design, study, design[:, 1], slope, restricted=method == "reml")
    order = ["intercept", "x", "s"][: design.shape[1]]
    np.testing.assert_allclose(fit["beta"], terms.loc[order, "estimate"], atol=MULTILEVEL)
    se = np.sqrt(np.diag(fit["cov"]))
    np.testing.assert_allclose(se, terms.loc[order, "se"], atol=MULTILEVEL)
    for name in ("intercept", "slope", "stratum"):
        assert fit["variances"][name] == pytest.approx(pin[name], abs=MULTILEVEL), name
    if method == "ml":  # metafor's REML likelihood carries another constant
        assert fit["log_likelihood"] == pytest.approx(pin["log_likelihood"], abs=1e-6)


@pytest.mark.parametrize(("measure", "name"), [("odds_ratio", "OR"), ("prevalence_ratio", "RR")])
def test_contrast_of_pairs(results, measure, name):
    frame = pd.read_csv(HERE / "pair_inputs.csv")
    pairs, excluded = paired_contrast(
        frame, arm="sex", first="female", second="male", study="sample_id", measure=measure
    )
    rows = by_row(results, "pairs", name)
    assert excluded.empty and set(pairs["study"]) == set(rows.index)
    pairs = pairs.set_index("study").loc[rows.index]
    np.testing.assert_allclose(pairs["yi"], rows["yi"], atol=EXACT)
    np.testing.assert_allclose(pairs["vi"], rows["vi"], atol=EXACT)
    pin, got = pinned(results, "pairs", name), pool_effects(pairs["yi"], pairs["vi"])
    for quantity in ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "tau2"):
        assert getattr(got, quantity) == pytest.approx(pin[quantity], abs=REML), quantity
