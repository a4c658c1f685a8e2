"""A pooled estimate beside a figure: the rule at its edges, the words, the record."""

import json

import pandas as pd
import pytest
from made_up_studies import synthetic_studies

from claimbook import load
from claimbook.book.format import DIGITS
from claimbook.claims.answer import answer
from claimbook.claims.pooled_report import (
    figure_verdict,
    pool_table,
    position_text,
    probability_at_least,
)
from claimbook.claims.verdict import INTERVAL_RULES, NARROW, by_interval
from claimbook.stats.pooling import pool, pool_effects

WIDE_PI = (1.0, 80.0)


@pytest.mark.parametrize(
    ("ends", "ci", "pi", "verdict"),
    [
        ((10, 10), (5, 5 * NARROW), WIDE_PI, "holds"),
        ((10, 10), (5, 5 * NARROW + 0.1), WIDE_PI, "holds in part"),
        ((5, 5), (5, 15), WIDE_PI, "holds"),  # the end belongs to the interval
        ((4, 4), (5, 15), WIDE_PI, "holds in part"),
        ((90, 90), (5, 15), WIDE_PI, "contradicted"),
        ((0.5, 0.9), (5, 15), WIDE_PI, "contradicted"),
        ((0.5, 1.1), (5, 15), WIDE_PI, "holds in part"),
        ((4, 6), (5, 15), WIDE_PI, "holds"),
        ((10, 10), (0, 15), WIDE_PI, "holds in part"),
        ((20, 20), (5, 15), (None, None), "contradicted"),
    ],
)
def test_the_interval_rule(ends, ci, pi, verdict):
    assert by_interval(*ends, ci, pi) == verdict
    assert verdict in INTERVAL_RULES.index


@pytest.fixture(scope="module")
def pooled():
    return pool(synthetic_studies(12, seed=3))


def claim(value):
    return pd.Series({"relation": "about", "value": value, "low": None, "high": None})


def test_one_study_is_no_pool():
    assert figure_verdict(claim(5), pool(synthetic_studies(1))) == "not testable"


def test_places_and_verdicts_agree(pooled):
    inside = (pooled.ci_low + pooled.ci_high) / 2
    between = (pooled.ci_high + pooled.pi_high) / 2
    beyond = (pooled.pi_high + 100) / 2
    assert position_text(inside, pooled).startswith("inside the confidence interval")
    assert "but inside the prediction interval" in position_text(between, pooled)
    assert position_text(beyond, pooled) == "above both intervals"
    assert position_text(pooled.pi_low / 2, pooled) == "below both intervals"
    verdicts = [figure_verdict(claim(v), pooled) for v in (inside, between, beyond)]
    assert verdicts == ["holds", "holds in part", "contradicted"]


def test_shares_of_draws_match_the_intervals(pooled):
    assert probability_at_least(pooled, pooled.estimate) == pytest.approx(50, abs=0.3)
    assert probability_at_least(pooled, pooled.ci_high) == pytest.approx(2.5, abs=0.1)
    assert probability_at_least(pooled, pooled.pi_high, "prediction") == pytest.approx(2.5, abs=0.1)


def test_the_table_has_a_line_per_pool(pooled):
    alone = pool(synthetic_studies(1))
    shown = pool_table({"many": pooled, "one": alone})
    assert shown["pool"].tolist() == ["many", "one"]
    assert shown.loc[1, ["prediction interval", "tau²", "I²"]].tolist() == ["–", "–", "–"]


def test_the_record_is_plain_and_complete(coffee, pooled):
    book = load(coffee)
    asked = {"claim": "extraction", "asks": "How much?"}
    record = answer(book, "share", pooled, **asked, judged=True).as_record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    for key in ("estimate", "low", "high", "k", "n", "method", "interval", "pi_low", "tau2", "i2"):
        assert record[key] is not None
    assert record["verdict"] == figure_verdict(book.claim("extraction"), pooled)
    assert answer(book, "share", pooled, **asked).verdict is None


def test_a_ratio_comes_back_from_its_logarithm(coffee):
    effect = pool_effects([0.5, 0.7, 0.9], [0.04, 0.04, 0.04])
    asked = {"claim": "extraction", "asks": "How many times?", "reason": "Three studies."}
    record = answer(load(coffee), "ratio", effect, **asked, n=30).as_record()
    assert record["estimate"] == pytest.approx(2.71828**0.7, rel=5 * 10.0**-DIGITS)
    assert record["pi_low"] <= record["low"] < record["high"] <= record["pi_high"]
    assert record["n"] == 30
