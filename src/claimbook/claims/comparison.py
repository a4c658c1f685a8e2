"""A figure of the text against every verified row that measures the same thing.

Each row agrees with the figure or does not, by a stated tolerance; a sample counts once, however
many rows and studies report it (`book.evidence.no_vote`). The share of samples that agree gives the
verdict. Counting is crude: it weighs a small sample like a large one, and says so little about size
that the range is shown too.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.evidence import NO_VOTE, no_vote, samples
from claimbook.book.format import interval_text, recorded
from claimbook.book.questions import select
from claimbook.book.tables import split_cell
from claimbook.book.units import convert
from claimbook.claims.answer import FURTHER_DIGITS, Answer, answer
from claimbook.claims.cited_support import NO_FINDING, combined_support, said_by_cited_works
from claimbook.claims.verdict import HOLDS_SHARE, ROUNDING, Verdict, by_count
from claimbook.errors import InputError

TOLERANCE = 0.10
"""`about`, `equal` and `up_to` are met within a tenth of the figure: the rounding of plain talk."""
UNCOUNTED = "uncounted"
"""Part of the rows that are shown and have no vote."""
ROW_COLUMNS = [
    *("part", "asked", "table", "row_id", "study", "sample", "role", "condition", "known", "why"),
    *("value", "low", "high"),
]
STATED_RANGES = ("range", "bound", "bracket", "ci95")
"""Kinds of interval that say where the quantity may lie; sd and iqr say how people differ, and
a plus-minus figure of unstated kind says neither."""


@dataclass(frozen=True)
class Comparison:
    """A figure of the text and the rows it was compared with.

    rows: one per evidence row: part (direct, indirect, or uncounted where it has no vote), asked
        (the part of the question that selects it), table, row_id, study, sample, role, condition,
        known (the table names the sample), why (it has no vote), value, low, high (all in the
        figure's unit), agrees, address.
    answer: what became of the figure, with what the cited work reports.
    """

    rows: pd.DataFrame
    answer: Answer

    @cached_property
    def record(self) -> dict:
        """The answer as plain values, ready for JSON."""
        return self.answer.as_record()

    def to_frame(self) -> pd.DataFrame:
        return self.rows

    def __repr__(self) -> str:
        return f"Comparison of {self.answer!r}"


def stated_interval(claim: pd.Series) -> tuple[float, float]:
    """Return the ends of what a figure of the text allows: its range, or a tenth around it."""
    ends = allowed_interval(str(claim["relation"]), claim["value"], claim["low"], claim["high"])
    return float(ends[0]), float(ends[1])


def allowed_interval(relation: str, value, low, high) -> tuple:
    """Return both ends of what figures of one relation allow; each may be an array."""
    if relation == "range":
        return low, high
    top = 0 * value + np.inf if relation == "at_least" else value * (1 + TOLERANCE)
    return value * (1 - TOLERANCE), top


def evidence_rows(book: Book, name: str) -> pd.DataFrame:
    """Return the verified rows of a question in the unit of its claim (see Comparison.rows)."""
    question = book.questions[name]
    claim = book.claim(question["claim"])
    low, high = stated_interval(claim)
    parts = [
        _values(book, selector, str(claim["unit"])).assign(part=part, table=selector["table"])
        for part in ("direct", "indirect")
        for selector in question.get(part, [])
    ]
    # a row that measured the thing itself stands among the direct rows only
    rows = pd.concat(parts, ignore_index=True).drop_duplicates(["table", "row_id"])
    rows = rows.reset_index(drop=True)
    rows["agrees"] = meets(rows, low, high)
    rows["why"] = no_vote(rows, within=["part"], accepted=question.get("conditions", []))
    rows["asked"], rows["part"] = rows["part"], rows["part"].where(rows["why"] == "", UNCOUNTED)
    return rows[[*ROW_COLUMNS, "agrees", "address"]]


def check_evidence(book: Book) -> None:
    """Refuse evidence that does not fit the unit of the figure it is held against.

    Raises InputError that names table and row, after the scenario if the book is in one.
    """
    where = f"{book.scenario.path}: with its changes: " if book.scenario else ""
    for name in book.questions:
        try:
            evidence_rows(book, name)
        except InputError as error:
            raise InputError(f"{where}{error}") from None


def _values(book: Book, selector: dict, unit: str) -> pd.DataFrame:
    """Read numbers by a selector, convert each to `unit`, and fill one-sided rows from it."""
    frame = select(book.evidence(selector["table"]), selector["where"])
    column, sign = selector["value"], selector.get("sign", 1)
    fixed = book.tables.unit_of(selector["table"], column)
    units = frame["unit"].astype(str) if fixed in (None, "see unit") else [fixed] * len(frame)
    out = pd.DataFrame(
        {
            "row_id": frame["row_id"].to_numpy(),
            "address": frame["evidence_url"].to_numpy(),
            **samples(frame).reset_index(drop=True),
        }
    )
    for name in ("value", "low", "high"):
        source = column if name == "value" else selector.get(name)
        numbers = frame[source] if source else pd.Series(float("nan"), index=frame.index)
        if name != "value" and "spread_type" in frame:
            numbers = numbers.where(frame["spread_type"].isin(STATED_RANGES))
        where = [f"table {selector['table']}, {row_id}" for row_id in frame["row_id"]]
        cells = zip(numbers.astype(float), units, where, strict=True)
        out[name] = [sign * _converted(value, own, unit, row) for value, own, row in cells]
    if sign < 0:
        out["low"], out["high"] = out["high"], out["low"]
    out["low"] = out["low"].fillna(out["value"])
    out["high"] = out["high"].fillna(out["value"])
    # a bound gives one end only; that end is all that is known of the row
    out["low"], out["high"] = out["low"].fillna(out["high"]), out["high"].fillna(out["low"])
    out["value"] = out["value"].fillna((out["low"] + out["high"]) / 2)
    return out.dropna(subset=["value"])


def _converted(value: float, own: str, unit: str, where: str) -> float:
    if pd.isna(value):
        return value
    try:
        return float(convert(value, own, unit))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def meets(rows: pd.DataFrame, low, high) -> np.ndarray:
    """Return whether each row meets what a figure allows, from `low` to `high`.

    Two numbers give one truth per row; two arrays of n give an array of n by rows.
    """
    low, high = (np.asarray(end, dtype=float)[..., None] for end in (low, high))
    return (rows["low"].to_numpy() <= high) & (rows["high"].to_numpy() >= low)


def agreeing_share(rows: pd.DataFrame) -> float:
    """Return the share of samples that agree, 0 to 1, for rows with columns sample and agrees."""
    return float(shares(rows["sample"], rows["agrees"]))


def count_verdict(direct: pd.DataFrame, indirect: pd.DataFrame) -> Verdict:
    """Return the verdict by counting for two sets of rows with columns sample and agrees."""
    return Verdict(by_count(agreeing_share(direct), indirect["agrees"].any()).item())


def shares(voters: pd.Series, agrees: np.ndarray) -> np.ndarray:
    """Return the share of samples that agree, 0 to 1; the rows of a sample share its one vote.

    voters: a sample's name per row. agrees: truths, n by rows or rows alone. NaN without a row.
    """
    if voters.empty:
        return np.full(np.shape(agrees)[:-1], np.nan)
    weights = 1 / (voters.nunique() * voters.groupby(voters).transform("size"))
    # rounded, or the order in which many sets are added up would show
    return np.round(np.asarray(agrees, dtype=float) @ weights.to_numpy(), 12)


def compare(book: Book, name: str) -> Comparison:
    """Answer a question: compare its figure with the cited work and with the evidence."""
    question = book.questions[name]
    claim = book.claim(question["claim"])
    rows = evidence_rows(book, name)
    direct, indirect = (rows[rows["part"] == part] for part in ("direct", "indirect"))
    by_sample = direct.groupby("sample")
    found = {
        "relation": str(claim["relation"]),
        "value": claim["value"],
        "value_low": claim["low"],
        "value_high": claim["high"],
        "unit": str(claim["unit"]),
        "cited": cited_report(book, name),
        "measured": question["measured"],
        "estimate": by_sample["value"].median().median(),
        "low": direct["low"].min(),
        "high": direct["high"].max(),
        "interval": "range of verified rows",
        "method": f"median of {_voters(rows, 2)}",
        "studies": by_sample.ngroups,
        "studies_agreeing": int(by_sample["agrees"].any().sum()),
        "agreeing_share": agreeing_share(direct),
        "indirect_studies": indirect["sample"].nunique(),
        "rows": direct["row_id"],
        "uncounted": rows.loc[rows["part"] == UNCOUNTED, "row_id"].tolist(),
        "verdict": count_verdict(direct, indirect),
        "tipping": tipping_words(direct, indirect),
    }
    return Comparison(rows, answer(book, name, **found, reason=_reason(found, rows)))


def tipping_words(direct: pd.DataFrame, indirect: pd.DataFrame) -> str:
    """Say on which samples the verdict hangs, naming their rows; empty where on none of them.

    A sample tips the verdict if leaving it out would change it.
    """
    if direct["sample"].nunique() < 2:
        return ""
    verdict, tips = count_verdict(direct, indirect), {}
    for sample, own in direct.groupby("sample", sort=False):
        other = count_verdict(direct[direct["sample"] != sample], indirect)
        if other != verdict:
            tips.setdefault(other, []).append(_named_rows(own))
    words = [
        f"without {'any one of ' * (len(named) > 1)}{' or '.join(named)} {verdict.conditional}"
        for verdict, named in tips.items()
    ]
    share = agreeing_share(direct)
    if tips and abs(share - HOLDS_SHARE) <= ROUNDING:
        words.insert(0, "exactly two thirds agree, the least that holds")
    return _sentence("; ".join(words))


def _named_rows(rows: pd.DataFrame) -> str:
    condition = rows["condition"].iloc[0] if "condition" in rows else ""
    return ", ".join(rows["row_id"]) + (f" ({condition})" if condition else "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def cited_report(book: Book, name: str) -> dict:
    """Say what the cited work reports for a question's figure.

    Keys: works (keys cited by the claim), support (over all findings of the cited works for this
    claim), row (the finding shown, if any), text, value, low, high, unit, verification.
    """
    question = book.questions[name]
    claim = book.claim(question["claim"])
    said = said_by_cited_works(book)
    report = {
        "works": split_cell(claim["cites"], ";"),
        "support": combined_support(said.loc[said["claim"] == claim["claim"], "support"].tolist()),
        "row": question.get("cited_row"),
        "text": "no finding of the cited work bears on this figure",
        **dict.fromkeys(("value", "low", "high", "unit", "verification")),
    }
    if report["row"]:
        row = book.table("findings").set_index("row_id").loc[report["row"]]
        report |= {"text": row["source_reports"], "verification": str(row["verification"])}
        report |= {end: recorded(row[end], FURTHER_DIGITS) for end in ("value", "low", "high")}
        report["unit"] = None if pd.isna(row["unit"]) else str(row["unit"])
    return report


def compare_all(book: Book) -> list[Comparison]:
    """Return the comparison of every question, in the order of the questions."""
    return [compare(book, name) for name in book.questions]


def answers(book: Book) -> pd.DataFrame:
    """Return one record per question, in the order of the questions, indexed by question."""
    records = [comparison.record for comparison in compare_all(book)]
    return pd.DataFrame(records).set_index("question", drop=False)


WORKS_SAY = {
    "supports": "the cited work says so",
    "partly_supports": "the cited work says so only in part",
    "does_not_support": "the cited work does not say so",
    "contradicts": "the cited work says otherwise",
    "not_about_this": "the cited work is about something else",
    "not_seen": "the cited work could not be read on this",
    NO_FINDING: "nothing read of the cited work bears on it",
}


def _voters(rows: pd.DataFrame, number: int) -> str:
    """Return what is counted: samples where the tables name them, otherwise studies."""
    one, several = ("sample", "samples") if rows["known"].any() else ("study", "studies")
    return one if number == 1 else several


def _reason(found: dict, rows: pd.DataFrame) -> str:
    k, agree = found["studies"], found["studies_agreeing"]
    unit = found["unit"]
    span = interval_text(found["low"], found["high"], unit)
    if not k:
        measured = f"No verified {_voters(rows, 1)} measured {found['measured']}"
    elif k == 1:
        agreed = "agrees" if agree else "does not agree"
        measured = f"The one {_voters(rows, 1)} of {found['measured']} {agreed}: {span}"
    else:
        measured = (
            f"{agree} of {k} {_voters(rows, k)} of {found['measured']} "
            f"{'agrees' if agree == 1 else 'agree'} at least in part (their values: {span})"
        )
    beside = [
        f"{len(own)} {one if len(own) == 1 else several} "
        f"({interval_text(own['low'].min(), own['high'].max(), unit)})"
        for one, several, own in _beside(
            rows[(rows["part"] == UNCOUNTED) & (rows["asked"] == "direct")]
        )
    ]
    said = f"{measured}; {WORKS_SAY[found['cited']['support']]}."
    said += f" Shown beside them without a vote: {', '.join(beside)}." if beside else ""
    return f"{said} {found['tipping']}".strip()


def _beside(rows: pd.DataFrame):
    """Yield the kinds of rows without a vote: in words, of one and of several, and the rows."""
    sources = rows["why"].isin([NO_VOTE["review"], NO_VOTE["restatement"]])
    borrowed = rows["why"] == NO_VOTE["borrowed"]
    kinds = (
        (sources, "source that repeats a number", "sources that repeat a number"),
        (borrowed, f"value {NO_VOTE['borrowed']}", f"values {NO_VOTE['borrowed']}"),
        (~(sources | borrowed), "further row of a sample", "further rows of these samples"),
    )
    for chosen, one, several in kinds:
        if chosen.any():
            yield one, several, rows[chosen]
