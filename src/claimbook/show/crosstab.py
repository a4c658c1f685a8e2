"""Cross-tabulations that keep empty categories and add up."""

import numpy as np
import pandas as pd
from scipy.stats import MonteCarloMethod, fisher_exact

TOTAL = "total"


def crosstab(frame: pd.DataFrame, rows: str, columns: str, totals: bool = False) -> pd.DataFrame:
    """Count the rows of `frame` by two of its columns.

    Levels of a categorical column stay even where they are empty. Returns integer counts, with a
    row and a column `total` if asked. Raises ValueError if a cell of either column is empty,
    because a table that loses rows does not add up.
    """
    for name in (rows, columns):
        if frame[name].isna().any():
            raise ValueError(f"column {name} has empty cells; name them before counting")
    counts = pd.crosstab(frame[rows], frame[columns], dropna=False)
    counts.index, counts.columns = counts.index.astype(str), counts.columns.astype(str)
    counts = counts.rename_axis(index=rows, columns=columns)
    if totals:
        counts[TOTAL] = counts.sum(axis=1)
        counts.loc[TOTAL] = counts.sum()
    return counts


def row_percent(counts: pd.DataFrame) -> pd.DataFrame:
    """Return each row of `counts` in percent of its sum; a row without counts is all NaN."""
    return counts.div(counts.sum(axis=1), axis=0).mul(100)


def exact_test(counts: pd.DataFrame, seed: int = 0) -> float:
    """Return the p-value of Fisher's exact test of no association between rows and columns.

    Two by two it is exact; larger tables are drawn at random with their sums held (Monte Carlo,
    seeded). Empty rows and columns carry nothing and are left out. A table of fewer than two
    rows or columns has no association to test: NaN.
    """
    kept = counts.loc[counts.sum(axis=1) > 0, counts.sum() > 0].to_numpy()
    if min(kept.shape) < 2:
        return float("nan")
    if kept.shape == (2, 2):
        return float(fisher_exact(kept).pvalue)
    draws = MonteCarloMethod(n_resamples=9_999, rng=np.random.default_rng(seed))
    return float(fisher_exact(kept, method=draws).pvalue)
