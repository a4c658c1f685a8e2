"""Pooled estimates put beside a figure of the text: a verdict, a row of a table, a record.

The rule is about intervals. The confidence interval says where the mean over studies may lie; the
prediction interval says what the next comparable population may show. A figure inside a very wide
confidence interval is merely not refuted, so only a reasonably narrow one can make it hold.
"""

import pandas as pd

from claimbook.book.format import interval_text, number_text, quantity_text
from claimbook.claims.verdict import Verdict, by_interval, is_narrow
from claimbook.stats.inputs import from_pooled
from claimbook.stats.pooling import PooledEstimate
from claimbook.stats.simulation import product

METHOD_NAMES = {
    "reml": "random effects, REML, log odds",
    "glmm": "binomial-normal model, maximum likelihood",
    "dl": "random effects, DerSimonian-Laird, log odds",
    "common": "common effect, log odds",
}
INTERVAL_NAMES = {
    "hk": "95 % confidence interval, Hartung-Knapp",
    "hk-adhoc": "95 % confidence interval, Hartung-Knapp never below the model's",
    "t": "95 % confidence interval, t distribution",
    "wald": "95 % confidence interval, normal distribution",
    "own": "95 % Wilson interval of the one study",
    "wilson": "95 % Wilson interval of all people together",
    "none": None,
}


def figure_ends(claim: pd.Series) -> tuple[float, float]:
    """Return the two ends of a figure; a figure that is one number has it twice."""
    if claim["relation"] == "range":
        return float(claim["low"]), float(claim["high"])
    return float(claim["value"]), float(claim["value"])


def figure_verdict(claim: pd.Series, pooled: PooledEstimate) -> Verdict:
    """Return the verdict of INTERVAL_RULES on a claim's figure."""
    if pooled.k < 2 or pooled.estimate is None:
        return Verdict.NOT_TESTABLE
    ci, pi = (pooled.ci_low, pooled.ci_high), (pooled.pi_low, pooled.pi_high)
    return by_interval(*figure_ends(claim), ci, pi)


def position_text(value: float, pooled: PooledEstimate) -> str:
    """Say where a number lies: in the confidence interval, the prediction interval, or outside."""
    if pooled.estimate is None:
        return "not compared"
    if pooled.ci_low <= value <= pooled.ci_high:
        wide = not is_narrow((pooled.ci_low, pooled.ci_high))
        return f"inside the confidence interval{', which is too wide to confirm it' * wide}"
    if pooled.pi_low is not None and pooled.pi_low <= value <= pooled.pi_high:
        return "outside the confidence interval but inside the prediction interval"
    return f"{'above' if value > pooled.estimate else 'below'} both intervals"


def probability_at_least(
    pooled: PooledEstimate, value: float, what: str = "mean", seed: int = 1
) -> float:
    """Return the percent of draws of the pooled mean, or of the next population, at or above."""
    return product([from_pooled("pooled", pooled, what)], seed=seed).percent_at_least(value)


def estimate_text(pooled: PooledEstimate) -> str:
    """Return ``5.9 % (95 % confidence interval 2.1 to 15.6 %)``."""
    if pooled.estimate is None:
        return "no estimate"
    span = interval_text(pooled.ci_low, pooled.ci_high, "percent")
    return f"{quantity_text(pooled.estimate, 'percent')} (95 % confidence interval {span})"


def prediction_text(pooled: PooledEstimate) -> str:
    """Return the prediction interval, or a dash where there is none."""
    if pooled.pi_low is None:
        return "–"
    return interval_text(pooled.pi_low, pooled.pi_high, "percent")


def pool_table(pools: dict[str, PooledEstimate]) -> pd.DataFrame:
    """Return one row of words per pool: what, studies, people, pooled, intervals, spread."""
    rows = [
        {
            "pool": name,
            "studies": one.k,
            "people": f"{one.n:,}",
            "pooled": quantity_text(one.estimate, "percent"),
            "confidence interval": interval_text(one.ci_low, one.ci_high, "percent"),
            "prediction interval": prediction_text(one),
            "tau²": number_text(one.tau2),
            "I²": quantity_text(None if one.i2 is None else round(one.i2, 1), "percent"),
            "method": METHOD_NAMES[one.method],
        }
        for name, one in pools.items()
    ]
    return pd.DataFrame(rows)
