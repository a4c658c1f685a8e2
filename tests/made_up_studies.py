"""Made-up studies of a proportion."""

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
