"""The pool: corner cases, properties that any sound pool has, and speed."""

import json
import time
import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from made_up_studies import synthetic_studies

from claimbook.errors import InputError
from claimbook.stats.binomial_normal import fit_binomial_normal, log_likelihood
from claimbook.stats.inputs import from_pooled
from claimbook.stats.pooling import METHODS, influence, leave_one_out, pool, pool_effects

QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),  # shrinking a slow failure would take minutes
)


def table(*pairs):
    rows = [(f"s{i}", *pair) for i, pair in enumerate(pairs)]
    return pd.DataFrame(rows, columns=["row_id", "cases", "n"])


studies = st.lists(
    st.integers(20, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=12,
).map(lambda pairs: table(*pairs))
method = st.sampled_from(list(METHODS))

# dat.debruin2009 of R's metadat (de Bruin 2009, doi 10.1037/a0015989), metafor 3.8-1, REML with
# Knapp-Hartung: estimate -0.1121 (-0.5330 to 0.3087 with the ad hoc floor), tau² 0.4014,
# Q 95.9587, I² 90.89; DerSimonian-Laird tau² 0.2814, estimate -0.1227. All digits are in
# validation/metafor; these printed ones do not depend on that folder.
DEBRUIN = table(
    (11, 29), (24, 33), (179, 326), (82, 240), (60, 110), (11, 29), (99, 244), (9, 17),
    (88, 215), (17, 26), (26, 138), (23, 55), (40, 54),
)  # fmt: skip


def plain(pooled):
    """The fields but the studies, which must be plain numbers, text and None."""
    record = {f.name: getattr(pooled, f.name) for f in fields(pooled) if f.name != "studies"}
    record["notes"] = list(record["notes"])
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    return record


def test_a_pool_is_plain_and_complete():
    for name in METHODS:
        record = plain(pool(DEBRUIN, method=name, label="x"))
        assert record["k"] == 13 and record["method"] == name and record["label"] == "x"
        assert record["ci_low"] < record["estimate"] < record["ci_high"]
        if name != "common":
            assert record["pi_low"] <= record["ci_low"] < record["ci_high"] <= record["pi_high"]


def test_the_study_table():
    got = pool(DEBRUIN)
    assert list(got.studies["id"]) == list(DEBRUIN["row_id"])
    assert got.n == DEBRUIN["n"].sum() and got.cases == DEBRUIN["cases"].sum()
    expected = {"yi", "vi", "prevalence", "ci_low", "ci_high", "weight_percent", "source"}
    assert expected <= set(got.studies.columns)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(("cases", "n"), [(7, 100), (0, 40), (40, 40)])
def test_one_study_is_its_own_answer(name, cases, n):
    got = pool(table((cases, n)), method=name)
    assert got.estimate == pytest.approx(100 * cases / n)
    assert got.ci_low <= got.estimate <= got.ci_high
    assert got.ci_high - got.ci_low < 20
    assert (got.k, got.tau2, got.i2, got.pi_low, got.q_p) == (1, None, None, None, None)
    assert got.interval == "own" and any("one study" in note for note in got.notes)
    plain(got)


@pytest.mark.parametrize("name", METHODS)
def test_no_study_is_refused(name):
    with pytest.raises(InputError, match="nothing to pool for the north"):
        pool(table((1, 10)).iloc[:0], method=name, label="the north")


def test_two_studies_are_defined_but_wide():
    got = pool(table((10, 100), (40, 200)))
    assert got.ci_high - got.ci_low > 50
    assert any("only 2 studies" in note for note in got.notes)
    no_pi = pool(table((10, 100), (40, 200)), prediction_df="k-2")
    assert no_pi.pi_low is None and any("k - 2" in note for note in no_pi.notes)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("cases", ["none", "all"])
def test_every_study_at_the_edge(name, cases):
    pairs = [(0 if cases == "none" else n, n) for n in (40, 60, 100)]
    got = pool(table(*pairs), method=name)
    assert 0 <= got.ci_low <= got.estimate <= got.ci_high <= 100
    assert (got.estimate < 3) if cases == "none" else (got.estimate > 97)
    plain(got)
    mixed = pool(table((5, 50), *pairs), method=name)
    if (name, cases) == ("glmm", "all"):  # 5 of 50 beside them: no number of points settles it
        assert mixed.estimate is None and "no estimate" in mixed.notes[0]
    else:
        assert 0 < mixed.estimate < 100
    assert mixed.corrected == 3


@pytest.mark.parametrize("name", METHODS)
def test_studies_that_agree_exactly(name):
    got = pool(table((10, 100), (20, 200), (30, 300)), method=name)
    assert got.estimate == pytest.approx(10.0, abs=1e-6)
    assert got.tau2 == pytest.approx(0, abs=1e-9) and got.i2 == pytest.approx(0, abs=1e-6)
    assert got.q == pytest.approx(0, abs=1e-9)
    if name == "reml":  # the interval collapses: said, and the ad hoc form is there against it
        assert any("hk-adhoc" in note for note in got.notes)
        floor = pool(table((10, 100), (20, 200), (30, 300)), interval="hk-adhoc")
        assert floor.ci_high - floor.ci_low > 1


@pytest.mark.parametrize("name", METHODS)
def test_i2_is_never_negative(name):
    got = pool(table((10, 100), (21, 200), (29, 300), (41, 400)), method=name)
    assert 0 < got.q < got.q_df
    assert got.i2 == pytest.approx(0, abs=1e-6) and got.i2 >= 0


def test_bad_choices_are_refused():
    for bad, message in (
        ({"method": "remel"}, "did you mean 'reml'"),
        ({"interval": "hkk"}, "interval is 'hkk'"),
        ({"prediction_df": "k-3"}, "prediction_df is 'k-3'"),
        ({"method": "glmm", "interval": "hk"}, "takes 't' or 'wald'"),
        ({"sampel": "x"}, "did you mean 'sample'"),
    ):
        with pytest.raises(InputError, match=message):
            pool(DEBRUIN, **bad)
    for bad in (([], []), ([1.0], [0.0]), ([1.0, 2.0], [1.0]), ([np.nan, 1], [1, 1])):
        with pytest.raises(InputError):
            pool_effects(*map(np.array, bad))


def test_nothing_is_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in METHODS:
            pool(table((0, 40), (20, 20), (7, 30)), method=name)


@QUICK
@given(studies, method, st.randoms(use_true_random=False))
def test_order_does_not_matter(frame, name, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    a, b = pool(frame, method=name), pool(frame.iloc[order], method=name)
    for field in ("estimate", "ci_low", "ci_high", "tau2", "i2", "q"):
        x, y = getattr(a, field), getattr(b, field)
        assert (x is None and y is None) or x == pytest.approx(y, rel=1e-4, abs=1e-4), field


@QUICK
@given(studies, method)
def test_ranges(frame, name):
    got = pool(frame, method=name)
    assert 0 <= got.ci_low <= got.estimate <= got.ci_high <= 100
    assert got.studies["weight_percent"].sum() == pytest.approx(100)
    assert (got.studies["weight_percent"] > 0).all()
    if got.tau2 is not None:
        assert got.tau2 >= 0 and 0 <= got.i2 <= 100
    assert got.q >= 0 and 0 <= got.q_p <= 1
    if got.pi_low is not None:
        assert got.pi_low <= got.ci_low + 1e-9 and got.pi_high >= got.ci_high - 1e-9


@QUICK
@given(studies)
def test_inverse_variance_pools_lie_between_the_studies(frame):
    for name in ("reml", "dl", "common"):
        got = pool(frame, method=name)
        low, high = got.studies["yi"].min(), got.studies["yi"].max()
        assert low - 1e-9 <= got.logit <= high + 1e-9


@QUICK
@given(studies)
def test_the_common_effect_interval_is_the_narrowest_wald_interval(frame):
    common = pool(frame, method="common")
    for name in ("reml", "dl"):
        other = pool(frame, method=name, interval="wald")
        assert common.logit_se <= other.logit_se * (1 + 1e-9)


@QUICK
@given(studies, st.sampled_from(["reml", "dl", "glmm"]))
def test_raising_a_study_raises_the_pool(frame, name):
    """On well-filled studies; a far outlier may widen tau² so that weights shift."""
    moderate = frame.assign(cases=(frame["n"] * 0.2).round() + np.arange(len(frame)))
    higher = moderate.assign(cases=moderate["cases"].where(frame.index != 0, moderate["cases"] + 3))
    assume((higher["cases"] <= higher["n"]).all())
    assert pool(higher, method=name).estimate > pool(moderate, method=name).estimate


@QUICK
@given(studies, st.integers(2, 20))
def test_more_people_make_the_common_effect_surer(frame, factor):
    inner = frame.assign(cases=frame["cases"].clip(lower=1, upper=frame["n"] - 1))
    more = inner.assign(cases=inner["cases"] * factor, n=inner["n"] * factor)
    a, b = pool(inner, method="common"), pool(more, method="common")
    assert b.estimate == pytest.approx(a.estimate)
    assert b.logit_se == pytest.approx(a.logit_se / np.sqrt(factor))
    assert b.q == pytest.approx(a.q * factor)


@QUICK
@given(studies, method)
def test_swapping_cases_and_others_mirrors_the_pool(frame, name):
    a = pool(frame, method=name)
    b = pool(frame.assign(cases=frame["n"] - frame["cases"]), method=name)
    assert a.estimate == pytest.approx(100 - b.estimate, abs=2e-3)
    if a.tau2 is not None:
        assert a.tau2 == pytest.approx(b.tau2, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("name", ["reml", "dl", "common"])
def test_a_study_at_the_pooled_value_hardly_moves_the_pool(name):
    base = pool(DEBRUIN, method=name)
    twin = pd.DataFrame({"row_id": ["new"], "n": [200], "prevalence_percent": [base.estimate]})
    got = pool(pd.concat([DEBRUIN, twin]), method=name)
    assert got.estimate == pytest.approx(base.estimate, abs=0.2)
    assert got.tau2 <= base.tau2 + 1e-12
    assert got.reconstructed == 1


def test_printed_values_of_metafor():
    reml, dl = pool(DEBRUIN, interval="hk-adhoc"), pool(DEBRUIN, method="dl")
    got = [reml.logit, reml.logit_se, reml.tau2, dl.tau2, dl.logit]
    assert got == pytest.approx([-0.1121, 0.1932, 0.4014, 0.2814, -0.1227], abs=5.1e-5)
    assert reml.q == pytest.approx(95.9587, abs=5.1e-5)
    assert reml.i2 == pytest.approx(90.89, abs=5.1e-3)
    assert dl.i2 == pytest.approx(87.49, abs=5.1e-3)


def test_leaving_a_row_out_is_pooling_without_it():
    got = leave_one_out(DEBRUIN).to_frame()
    assert got["id"].tolist() == DEBRUIN["row_id"].tolist()
    without = pool(DEBRUIN.drop(index=4))
    assert got["estimate"].iloc[4] == pytest.approx(without.estimate)
    assert got["change"].iloc[4] == pytest.approx(without.estimate - pool(DEBRUIN).estimate)
    two = leave_one_out(table((1, 10), (5, 20))).to_frame()
    assert two["estimate"].tolist() == pytest.approx([25, 10])
    alone = leave_one_out(table((1, 10)))
    assert "at least two" in alone.note and repr(alone) == alone.note
    assert alone.to_frame().empty and list(alone.to_frame()) == list(got)


def test_influence_finds_the_outlier():
    frame = pd.concat([DEBRUIN, table((2, 2000)).assign(row_id="odd")], ignore_index=True)
    got = influence(frame).to_frame().set_index("id")
    assert got.loc["odd", "flagged"] and got["cooks_d"].idxmax() == "odd"
    assert got["rstudent"].abs().idxmax() == "odd" and got.loc["odd", "change"] > 0
    few = influence(table((1, 10), (5, 20)))
    assert "at least three" in few.note
    assert few.to_frame().empty and list(few.to_frame().set_index("id")) == list(got)
    with pytest.raises(InputError):
        influence(DEBRUIN, method="glmm")


def test_quadrature_integrates_the_likelihood():
    """Against direct numerical integration, one sample at a time."""
    from scipy.integrate import quad
    from scipy.stats import binom, norm

    x, n, mu, tau = np.array([3.0, 0.0, 17.0]), np.array([20.0, 15.0, 40.0]), -1.3, 0.9
    direct = 0.0
    for xi, ni in zip(x, n, strict=True):

        def integrand(u, xi=xi, ni=ni):
            return binom.pmf(xi, ni, 1 / (1 + np.exp(-(mu + tau * u)))) * norm.pdf(u)

        direct += np.log(quad(integrand, -9, 9, epsabs=1e-14)[0])
    assert log_likelihood(x, n, mu, tau, points=25) == pytest.approx(direct, abs=1e-8)
    assert log_likelihood(x, n, mu, tau) == pytest.approx(direct, abs=1e-3)


def test_the_binomial_normal_fit_is_a_maximum():
    x, n = DEBRUIN["cases"].to_numpy(float), DEBRUIN["n"].to_numpy(float)
    fit = fit_binomial_normal(x, n)
    top = log_likelihood(x, n, fit.mu, fit.tau2**0.5)
    for d_mu, d_tau in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        assert log_likelihood(x, n, fit.mu + d_mu, fit.tau2**0.5 + d_tau) < top


@pytest.mark.parametrize("pairs", [((0, 49), (9, 9)), ((0, 1000), (0, 1000), (1000, 1000))])
def test_a_binomial_normal_likelihood_without_a_maximum_gives_no_estimate(pairs):
    got = pool(table(*pairs), method="glmm")
    assert (got.estimate, got.ci_low, got.ci_high, got.pi_low, got.tau2) == (None,) * 5
    assert got.notes[0].startswith("every study has 0 or 100 %: the likelihood has no maximum")
    assert repr(got) == f"no estimate, {len(pairs)} studies, binomial-normal model"
    plain(got)
    without = leave_one_out(table(*pairs), method="glmm").to_frame()
    assert without["change"].isna().all() and len(without) == len(pairs)
    with pytest.raises(InputError, match="this pool has no estimate .every study has 0 or 100"):
        from_pooled("share", got)


def test_a_fit_that_seven_quadrature_points_do_not_settle_is_made_with_more():
    """7 points gave 2.1 %, 15 gave 14 %; where no number of points settles it, nothing is given."""
    got = pool(table((0, 10), (9, 10), (0, 12), (12, 12)), method="glmm")
    assert "fitted with 151 quadrature points, as 7 err" in got.notes[-1]
    x, n = (got.studies[name].to_numpy(float) for name in ("cases", "n"))
    top = log_likelihood(x, n, got.logit, got.tau2**0.5, points=251)
    for d_mu, d_tau in ((0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1)):
        other = log_likelihood(x, n, got.logit + d_mu, got.tau2**0.5 + d_tau, points=251)
        assert other < top
    never = pool(table((0, 1000), (300, 301), (0, 800), (0, 500)), method="glmm")
    assert never.estimate is None and "no number of quadrature points" in never.notes[0]


def test_a_second_peak_of_the_likelihood_is_noted():
    """One case less in the first study and the estimate falls from 2.5 % to the other peak."""
    note = "the likelihood has a second peak nearly as high, at 1.47 % with tau² 0: one more case"
    rows = ((2, 5), (4, 400), (0, 12), (6, 400))
    got, fewer = (pool(table((first, 5), *rows[1:]), method="glmm") for first in (2, 1))
    assert got.notes[-1].startswith(note)
    assert (got.estimate, got.tau2) == pytest.approx((2.48, 2.16), abs=0.01)
    assert (fewer.estimate, fewer.tau2) == pytest.approx((1.35, 0), abs=0.01)
    lower = pool(table((128, 400), (7, 10), (11, 50)), method="glmm")
    assert lower.tau2 == 0 and "at 34.7 % with tau² 0.272" in lower.notes[-1]
    assert not any("peak" in note for note in pool(DEBRUIN, method="glmm").notes)


@pytest.mark.parametrize(
    ("percent", "n", "noted"),
    [(0.1, 50, True), (0.0, 50, False), (2.0, 50, False), (0.6, 500, False), (33.3, 3, False),
     (33.4, 3, True), (60.0, 47, False), (99.9, 50, True), (9.71, 1124, True), (9.7, 1124, False)],
)  # fmt: skip
def test_a_percentage_that_no_count_gives_is_noted(percent, n, noted):
    frame = pd.DataFrame({"row_id": ["a", "b"], "n": [n, 500], "prevalence_percent": [percent, 5]})
    notes = [note for note in pool(frame).notes if "no whole number" in note]
    assert notes == ["no whole number of people gives the percentage of a: weighted, or misprinted"
                     ] * noted  # fmt: skip
    assert not any("no whole number" in note for note in pool(frame.assign(cases=1)).notes)


def test_reml_recovers_what_was_put_in():
    got = pool(synthetic_studies(2000, seed=3))
    assert got.logit == pytest.approx(-2.6, abs=0.06)
    assert got.tau2 == pytest.approx(0.49, abs=0.06)


def test_two_thousand_studies_pool_fast():
    """The floor is one second on an idle core; three leave room for a loaded machine."""
    frame = synthetic_studies(2000)
    start = time.process_time()
    pool(frame)
    assert time.process_time() - start < 3


def test_a_result_is_one_line_and_one_row():
    got = pool(DEBRUIN, interval="hk-adhoc")
    assert repr(got) == (
        "47.2 % (95 % CI 37 to 57.7; next study 17.4 to 79.1), 13 studies, REML, "
        "Hartung-Knapp, never below the model's"
    )
    row = got.to_frame().iloc[0]
    assert row["estimate"] == got.estimate and row["k"] == 13 and "studies" not in row
    one = pool(table((7, 100)))
    assert repr(one) == "7 % (95 % CI 3.43 to 13.7), 1 study, REML, its own interval"
    assert np.isnan(one.to_frame()["tau2"].item())
    edge = pool(table((0, 10), (0, 20)), method="glmm")
    assert repr(edge).startswith("0 % (95 % CI 0 to 11.4), 2 studies")
    effect = pool_effects([0.1, 0.4, 0.5], [0.01, 0.02, 0.03])
    assert repr(effect).startswith("0.305 (95 % CI -0.224 to 0.834")
    assert "3 studies, REML" in repr(effect)
    assert effect.to_frame()["k"].tolist() == [3]


def test_a_column_that_is_missing_is_named_with_the_remedy():
    frame = DEBRUIN.rename(columns={"row_id": "study", "n": "people"})
    for call in (pool, leave_one_out, influence):
        with pytest.raises(InputError, match="lacks the columns 'row_id', 'n'; it has study, cas"):
            call(frame)
        with pytest.raises(InputError, match="'row_id'; it has .*; say id='study' if that is the"):
            call(frame.rename(columns={"people": "n"}))
        assert len(call(frame, id="study", n="people").to_frame()) in (1, 13)
