"""Made-up studies of a proportion, and made-up rows of evidence."""

import math

import numpy as np
import pandas as pd

from claimbook.stats.proportions import to_percent


def synthetic_studies(k: int, seed: int = 1) -> pd.DataFrame:
    """k samples (row_id, n, cases) around 7 % with tau = 0.7 on the log odds."""
    rng = np.random.default_rng(seed)
    n = rng.integers(50, 5000, k)
    p = to_percent(rng.normal(-2.6, 0.7, k)) / 100.0
    names = [f"s{i}" for i in range(k)]
    return pd.DataFrame({"row_id": names, "n": n, "cases": rng.binomial(n, p)})


def evidence_row(value=math.nan, low=math.nan, high=math.nan, kind=None, n=math.nan, **more):
    """A row of evidence in seconds; what it does not say is missing."""
    return {
        "row_id": "r1", "value": value, "low": low, "high": high, "spread_type": kind, "n": n,
        "unit": "second", "verification": "abstract_or_page",
    } | more  # fmt: skip


def orchard() -> pd.DataFrame:
    """An orchard's trees with mildew: one sample with counts, one with a percentage."""
    columns = ["row_id", "sample_id", "stratum", "sex", "n", "cases", "prevalence_percent"]
    columns += ["poolable", "country"]
    rows = [
        ("a1", "apple", "overall", "all", 200, 20, 10.0, True, "here"),
        ("a2", "apple", "severity", "all", 200, 5, 2.5, False, "here"),
        ("a3", "apple", "age", "all", None, None, 4.0, False, "here"),
        ("a4", "apple", "sex", "female", 100, 12, 12.0, False, "here"),
        ("a5", "apple", "sex", "male", 100, 8, 8.0, False, "here"),
        ("a6", "apple", "age_sex", "female", 50, 6, 12.0, False, "here"),
        ("b1", "berry", "overall", "all", 400, None, 5.0, True, "there"),
        ("b2", "berry", "severity", "all", 400, None, 2.0, False, "there"),
        ("b3", "berry", "age_sex", "female", 90, None, 6.0, False, "there"),
        ("c1", "cherry", "overall", "all", 50, 5, 10.0, True, "there"),
        ("c2", "cherry", "severity", "all", 50, 4, 8.0, False, "there"),
    ]
    frame = pd.DataFrame(rows, columns=columns).astype({"n": "Int64", "cases": "Int64"})
    unread = frame["sample_id"] == "cherry"
    late = frame["row_id"] == "a3"
    return frame.assign(
        verification=np.where(unread, "unverified", "read"),
        study_type="primary",
        study_key=frame["sample_id"],
        exclusion_reason="part_of_a_sample",
        case_definition_class="strict",
        case_definition="leaves lost",
        age_min=np.where(late, 5.0, 0.0),
        age_max=9.0,
    )
