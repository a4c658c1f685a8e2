"""Prevalence, age, severity, persons: what the two notebooks compute, and what moves it."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from notebook_cells import markdown_cells, run_cells
from scipy.optimize import minimize_scalar
from scipy.stats import t

from claimbook import load
from claimbook.book.format import DIGITS
from claimbook.claims.pooled_report import figure_verdict

COMMON, AGE = "30-prevalence", "40-age-and-severity"
RECORDED = 5 * 10.0**-DIGITS
"""How far two recorded numbers may stand apart by their rounding alone."""
REQUIRED = ["question", "claim", "asks", "figure", "unit", "estimate", "low", "high", "interval"]
REQUIRED += ["method", "rows", "verdict", "reason"]
SPREAD = {"k", "n", "pi_low", "pi_high", "tau2", "i2"}


@pytest.fixture(scope="module")
def common(book):
    return run_cells(COMMON, book)


@pytest.fixture(scope="module")
def age(book):
    return run_cells(AGE, book)


def with_row(data, template: str, **changes):
    """The book after one more line in the table of prevalences, made from an existing row."""
    path = data / "evidence" / "rls_prevalence.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    row = table[table["row_id"] == template].iloc[0].to_dict() | changes
    pd.concat([table, pd.DataFrame([row])]).to_csv(path, index=False, lineterminator="\n")
    return load(data)


NEW = {
    "row_id": "new2030_01", "study_key": "new2030", "sample_id": "new_sample_2030",
    "prevalence_percent": "30", "crude_percent": "", "ci_low": "", "ci_high": "",
    "interval_type": "", "first_author": "New A", "year": "2030", "doi": "", "pmid": "",
}  # fmt: skip


def reml_by_hand(percent, n):
    """REML and Hartung-Knapp written out, without the package and without PyMARE."""
    x = np.asarray(percent, float) / 100 * np.asarray(n, float)
    m = np.asarray(n, float) - x
    y, v, k = np.log(x / m), 1 / x + 1 / m, len(x)

    def mean(tau2):
        w = 1 / (v + tau2)
        return w, (w * y).sum() / w.sum()

    def loss(tau2):
        w, mu = mean(tau2)
        return (-np.log(w).sum() + np.log(w.sum()) + (w * (y - mu) ** 2).sum()) / 2

    found = minimize_scalar(loss, bounds=(0, 20), method="bounded", options={"xatol": 1e-10})
    w, mu = mean(found.x)
    se = np.sqrt((w * (y - mu) ** 2).sum() / ((k - 1) * w.sum()))
    at = t.ppf(0.975, k - 1)
    reach = at * np.sqrt(se**2 + found.x)
    logits = np.array([mu, mu - at * se, mu + at * se, mu - reach, mu + reach])
    return 100 / (1 + np.exp(-logits))


def test_the_united_states_pool_is_the_textbook_one(common, book):
    table = book.table("rls_prevalence")
    rows = table.query("poolable and country == 'United States' and age_scope == 'all_adult'")
    assert rows["cases"].isna().all()  # the percentages are what is pooled here
    by_hand = reml_by_hand(rows["prevalence_percent"], rows["n"].astype(float))
    record = common.answers["us_prevalence_pooled"]
    got = [record[key] for key in ("estimate", "low", "high", "pi_low", "pi_high")]
    np.testing.assert_allclose(got, by_hand, rtol=RECORDED)
    assert (record["k"], record["n"]) == (len(rows), rows["n"].sum())
    assert sorted(record["rows"]) == sorted(rows["row_id"])


def test_the_older_pool_and_its_chain(age):
    older = age.answers["older_adults_any_severity"]
    chain = age.answers["over_60_severity_chain"]
    # a product with a share below one lies below the whole, in every part
    for key in ("estimate", "low", "high", "pi_high"):
        assert chain[key] < older[key]
    share = age.names["share"]["share"] / 100
    assert chain["estimate"] == pytest.approx(older["estimate"] * share, rel=0.03)
    everyone = age.answers["over_60_severity_no_study"]
    assert everyone["estimate"] == pytest.approx(older["estimate"], rel=0.02)
    assert everyone["high"] == pytest.approx(older["high"], rel=0.02)


def test_every_answer_is_complete_and_named_once(common, age, book):
    records = [*common.answers.values(), *age.answers.values()]
    for record in records:
        assert set(REQUIRED) <= set(record), record["question"]
        assert record["asks"].endswith("?") and record["reason"].endswith((".", ":"))
        assert record["method"] and record["rows"]
        if record["estimate"] is not None and record["low"] is not None:
            assert record["interval"] and record["unit"]
            assert record["low"] <= record["estimate"] <= record["high"], record["question"]
        if record.get("pi_low") is not None:
            assert record["pi_low"] <= record["low"] and record["pi_high"] >= record["high"]
    pooled = [r for r in records if r["method"].startswith(("random effects", "binomial"))]
    assert len(pooled) > 15
    for record in pooled:
        assert set(record) >= SPREAD, record["question"]
        assert record["n"] > 0 and record["k"] >= 1
        assert (record["pi_low"] is None) == (record["k"] == 1)
    names = [r["question"] for r in records]
    assert len(set(names)) == len(names) and not set(names) & set(book.questions)
    json.dumps(records, allow_nan=False)


def test_verdicts_only_where_the_rule_was_applied(common, age):
    judged = {q for r in (common, age) for q, a in r.answers.items() if a["verdict"]}
    assert judged == {"us_prevalence_pooled", "over_60_severity_chain"}


def test_the_flow_adds_up_and_names_every_row(common, book):
    table = book.table("rls_prevalence")
    flow = common.names["flow"]
    excluded = flow.table[flow.table["step"] == "excluded"]
    inside = flow.table.iloc[-1]["rows"]
    assert flow.table.iloc[0]["rows"] == len(table) == excluded["rows"].sum() + inside
    assert (excluded["reason"] != "").all()
    assert inside == table["poolable"].sum()


def test_persons_are_percent_times_people(age):
    names = age.names
    assert names["bands"]["population"].sum() == names["adults"]
    people = names["people"]
    np.testing.assert_allclose(people["persons"], people["estimate"] / 100 * people["population"])
    by_age = names["by_age"]
    np.testing.assert_allclose(by_age["persons"], by_age["prevalence"] / 100 * by_age["population"])
    assert age.answers["persons_us_adults_by_age_curve"]["estimate"] == pytest.approx(
        by_age["persons"].sum(), rel=RECORDED
    )
    kept = set(names["population"].set_index("row_id").loc[names["bands"]["row_id"], "source_id"])
    assert kept == {"census_vintage_2024"}


def test_nothing_above_60_is_read_as_seen(age):
    assert age.names["late_pool"] is None and age.names["wide_late_pool"] is None
    assert any("No study has two age groups that both lie above 60" in s for s in age.said)


def test_sexes_use_printed_sizes_only_and_count_a_sample_once(age):
    pairs = age.names["pairs"]
    assert not pairs["variance_from"].str.contains("assumed").any()
    assert pairs["study"].is_unique and len(pairs) >= 8
    assert age.answers["sex_odds_ratio"]["low"] > 1


def changed(before, after):
    """Questions whose record differs, and the keys that differ in any of them."""
    assert set(before) == set(after)
    differing = {q for q in before if before[q] != after[q]}
    keys = {k for q in differing for k in before[q] if before[q][k] != after[q][k]}
    return differing, keys


def test_another_united_states_figure_changes_its_comparisons_only(book, common, age):
    other = run_cells(COMMON, book, us_prevalence=12.5)
    differing, keys = changed(common.answers, other.answers)
    assert keys <= {"figure", "verdict", "reason"}
    assert all(common.answers[q]["claim"] == "us_prevalence" for q in differing)
    assert "12.5" in other.answers["us_prevalence_pooled"]["figure"]
    assert "12.5" in other.figures["united-states"] and "12.5" in other.said[0]
    later = run_cells(AGE, book, us_prevalence=12.5)
    differing, keys = changed(age.answers, later.answers)
    moved = {q for q in differing if age.answers[q]["estimate"] != later.answers[q]["estimate"]}
    assert moved == {"persons_us_adults_essay"}
    assert later.answers["persons_us_adults_essay"]["estimate"] == pytest.approx(
        1.25 * age.answers["persons_us_adults_essay"]["estimate"], rel=RECORDED
    )


@pytest.mark.parametrize(
    ("value", "verdict"), [(6, "holds in part"), (40, "holds in part"), (80, "contradicted")]
)
def test_the_united_states_verdict_follows_the_figure(book, common, value, verdict):
    claim = book.update(us_prevalence=value).claim("us_prevalence")
    assert figure_verdict(claim, common.names["us"]) == verdict


def test_another_figure_over_60_moves_verdict_shares_and_persons(book, age):
    low, high = (run_cells(AGE, book, over_60_prevalence=v) for v in (5, 90))
    chains = [r.answers["over_60_severity_chain"] for r in (low, age, high)]
    assert [c["estimate"] for c in chains] == [chains[0]["estimate"]] * 3
    assert chains[2]["verdict"] == "contradicted"
    reached = [r.names["chain"].percent_at_least(r.names["essay"]) for r in (low, age, high)]
    assert reached[0] > 50 > 5 > reached[1] > reached[2] == 0
    persons = [r.answers["persons_us_over_60_essay"]["estimate"] for r in (low, age, high)]
    assert persons[0] < persons[1] < persons[2]
    assert low.answers["sex_odds_ratio"] == age.answers["sex_odds_ratio"]


def test_a_new_study_is_one_row_and_no_code(data, common):
    book = with_row(data, "phillips2006_01", **NEW)
    before, after = (r.answers["us_prevalence_pooled"] for r in (common, run_cells(COMMON, book)))
    assert after["k"] == before["k"] + 1 and "new2030_01" in after["rows"]
    assert after["estimate"] > before["estimate"]


def test_an_unverified_row_never_enters(data, common):
    out = {"verification": "unverified", "poolable": "false", "exclusion_reason": "unverified"}
    book = with_row(data, "phillips2006_01", **NEW, **out)
    ran = run_cells(COMMON, book)
    assert ran.answers == common.answers
    assert len(ran.names["table"]) == len(common.names["table"]) + 1  # but it is in the flow


def test_markdown_holds_no_typed_findings():
    for name in (COMMON, AGE):
        for text in markdown_cells(name):
            plain = re.sub(r"`[^`]*`|\[\d+ |\([^)]*ipynb[^)]*\)", "", text)
            # an age, the level of the intervals, the year of the census
            assert set(re.findall(r"\d[\d.]*", plain)) <= {"60", "60.", "95", "2023", "2023."}, text
