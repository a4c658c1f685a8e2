"""Which rows count as evidence: those that somebody could look up."""

import pandas as pd

NOT_EVIDENCE = ("unverified", "not_found")
"""Levels of `verification` whose rows are shown and never enter an estimate."""
DERIVED = "derived"
"""Level of the rows that were worked out from other rows: no source says them."""


def counts_as_evidence(frame: pd.DataFrame) -> pd.Series:
    """Return for each row whether it was verified, and so may enter an estimate."""
    return ~frame["verification"].isin(NOT_EVIDENCE)


def verified(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that may enter an estimate."""
    return frame[counts_as_evidence(frame)]
