"""Which rows count as evidence, and which of them are independent of each other.

A row counts if somebody could look it up. It votes with its sample: the people, animals or things
that were measured together. Columns that say so, all of them optional: `sample_id` (without it each
study is a sample), `sample_role`, and `sample_condition`, where the row differs from what its claim
is about.
"""

from collections.abc import Iterable

import pandas as pd

NOT_EVIDENCE = ("unverified", "not_found")
"""Levels of `verification` whose rows are shown and never enter an estimate."""
DERIVED = "derived"
"""Level of the rows that were worked out from other rows: no source says them."""

ROLES = ("study", "derived", "restatement", "borrowed", "review")
"""Levels of `sample_role`. study = reported as an observation; derived = our arithmetic on numbers
of one source; restatement = the page has it from elsewhere; borrowed = our arithmetic with a number
of other people or an assumption; review = sums up samples."""
NO_VOTE = {
    "borrowed": "worked out with numbers from elsewhere",
    "review": "a review, which is no sample",
    "restatement": "restates a number of no known sample",
}
SAMPLE_COLUMNS = ("sample_id", "sample_role", "sample_condition")


def counts_as_evidence(frame: pd.DataFrame) -> pd.Series:
    """Return for each row whether it was verified, and so may enter an estimate."""
    return ~frame["verification"].isin(NOT_EVIDENCE)


def verified(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that may enter an estimate."""
    return frame[counts_as_evidence(frame)]


def study_column(frame: pd.DataFrame) -> str:
    """Say which column names the study; without one, each row stands for itself."""
    return next(name for name in ("study_key", "source_key", "row_id") if name in frame)


def samples(frame: pd.DataFrame) -> pd.DataFrame:
    """Return study, sample, role and condition of each row, without a missing value.

    known: whether the table names the sample; where it does not, the study stands for it.
    """
    study = frame[study_column(frame)].astype(object)
    empty = pd.Series(None, index=frame.index, dtype=object)
    named, role, condition = (
        frame[name].astype(object) if name in frame else empty for name in SAMPLE_COLUMNS
    )
    return pd.DataFrame(
        {
            "study": study,
            "sample": named.where(named.notna(), study),
            "role": role.where(role.notna(), "study"),
            "condition": condition.where(condition.notna(), ""),
            "known": named.notna(),
        }
    )


def no_vote(rows: pd.DataFrame, within: Iterable[str] = (), accepted: Iterable[str] = ()):
    """Return for each row why it has no vote, empty where it votes with its sample.

    rows: columns of `samples`. within: further columns; samples are compared within their groups.
    accepted: conditions that the question asks for, so that they make no difference.

    Of a sample, its own observations decide; without any, what was worked out from its own numbers;
    without that, what another source restates of it. Of these rows, those that measured what is
    asked decide; those in another condition vote only where there are no others. What is borrowed,
    a review, or a restatement of no known sample never votes.
    """
    why = rows["role"].map(NO_VOTE).fillna("").astype(object)
    why = why.mask((rows["role"] == "restatement") & rows["known"], "")
    rank = rows["role"].map(ROLES.index).astype(int)
    keys = [rows[name] for name in (*within, "sample")]

    def beside_better(rank: pd.Series) -> pd.Series:
        return (why == "") & (rank > rank.where(why == "").groupby(keys).transform("min"))

    why = why.mask(beside_better(rank), "its sample has rows of its own")
    asked = set(accepted)
    other = (
        rows["condition"].str.split("; ").map(lambda parts: [p for p in parts if p not in asked])
    )
    other = other.str.join("; ")
    return why.mask(beside_better((other != "").astype(int)), "another condition: " + other)
