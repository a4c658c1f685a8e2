"""How sure is an answer? GRADE's five terms, applied to a figure by stated rules.

GRADE (Guyatt et al. 2008) lets certainty start high for questions of prevalence and prognosis
that observational studies answer, and lowers it for risk of bias, inconsistency, indirectness,
imprecision and publication bias. Judging these takes people who read the papers in full. Here
simple rules stand in, so that a reader can see which number lowered what; they are no substitute.
"""

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.evidence import DERIVED
from claimbook.claims.comparison import Comparison

LEVELS = ["very low", "low", "moderate", "high"]
SPREAD = 2.0
"""Largest over smallest study value above which studies are called inconsistent."""
WIDE_SPREAD = 10.0
"""Above this they are called very inconsistent, and certainty falls by two."""
FEW_STUDIES = 3
"""Fewer studies than this make an estimate imprecise, whatever their size."""
ENOUGH_FOR_BIAS = 10
"""Below this number of studies a funnel cannot show publication bias (Sterne et al. 2011)."""


def certainty(book: Book, comparison: Comparison) -> pd.DataFrame:
    """Return GRADE's five terms for one figure: term, lowered (steps), reason.

    The level that follows is `level` of the steps.
    """
    direct = comparison.rows[comparison.rows["part"] == "direct"]
    backing = _backing(book, direct)
    values = direct.groupby("sample")["value"].median()
    few = len(values) < FEW_STUDIES
    terms = [
        ("risk of bias", *_bias(backing)),
        ("inconsistency", *_inconsistency(values)),
        ("indirectness", *_indirectness(backing)),
        (
            "imprecision",
            int(few),
            f"{len(values)} studies" + (f", fewer than {FEW_STUDIES}" if few else ""),
        ),
        (
            "publication bias",
            0,
            f"could not be judged from {len(values)} studies"
            if len(values) < ENOUGH_FOR_BIAS
            else "not judged",
        ),
    ]
    return pd.DataFrame(terms, columns=["term", "lowered", "reason"])


def level(terms: pd.DataFrame) -> str:
    """Return high, moderate, low or very low from the steps of `certainty`."""
    return LEVELS[max(len(LEVELS) - 1 - int(terms["lowered"].sum()), 0)]


def _backing(book: Book, direct: pd.DataFrame) -> pd.DataFrame:
    """Return verification, locator and species of the rows, where their tables have them."""
    parts = []
    for name, rows in direct.groupby("table"):
        frame = book.table(name).set_index("row_id")
        frame = frame.reindex(columns=["verification", "locator", "species"])
        parts.append(frame.loc[rows["row_id"]].astype(object))
    return (
        pd.concat(parts) if parts else pd.DataFrame(columns=["verification", "locator", "species"])
    )


def _bias(backing: pd.DataFrame) -> tuple[int, str]:
    in_full = backing["locator"].isin(["full_text", "methods", "results"]).sum()
    if in_full == len(backing) and len(backing):
        return 0, "all rows were read in the body of the paper"
    return 1, f"{in_full} of {len(backing)} rows were read beyond the abstract"


def _inconsistency(values: pd.Series) -> tuple[int, str]:
    if len(values) < 2 or values.min() <= 0:
        return 0, "cannot be judged"
    ratio = values.max() / values.min()
    steps = 2 if ratio > WIDE_SPREAD else int(ratio > SPREAD)
    return steps, f"the largest study value is {ratio:.3g} times the smallest"


def _indirectness(backing: pd.DataFrame) -> tuple[int, str]:
    worked_out = backing["verification"] == DERIVED
    other = backing["species"].notna() & (backing["species"] != "human")
    steps = int(2 * (worked_out | other).sum() >= len(backing))
    return steps, (
        f"of {len(backing)} rows {worked_out.sum()} were worked out by us and {other.sum()} come "
        "from animals, models or test tubes"
    )
