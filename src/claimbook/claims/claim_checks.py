"""The evidence matrix: every claim against every check, and the verdict that a rule draws.

Five checks per claim: does a citation lead anywhere, does a cited work say so, what does the
evidence that the text does not cite say, what does arithmetic on the evidence allow, and, for a
figure, what became of the number. The verdict follows from a table (`verdict.SOURCE_RULES`), so
that each one has a rule and a reason.
"""

import numpy as np
import pandas as pd

from claimbook.book.book import Book
from claimbook.book.evidence import DERIVED, no_vote, samples
from claimbook.book.format import plain_words
from claimbook.book.questions import select
from claimbook.book.tables import split_cell
from claimbook.claims.cited_support import NO_FINDING, combined_support, said_by_cited_works
from claimbook.claims.comparison import compare
from claimbook.claims.verdict import HOLDS_SHARE, ROUNDING, SOURCE_RULES, VERDICTS, by_sources

BALLOT = ["sample", "role", "condition", "known"]
CITATIONS = [
    "accurate",
    "author_or_detail_errors",
    "duplicate_of",
    "doi_of_another_work",
    "missing_from_list",
    "not_found_as_printed",
    "uncited",
]
"""What became of a claim's citations, best first; a claim takes the best of its works."""

BEARINGS = {
    "supports": "for",
    "partly_supports": "part",
    "contradicts": "against",
    "against": "against",
    "yes": "for",
    "partly": "part",
    "no": "against",
}
"""How the tables word the bearing of a row on its claim, brought to three words. Others say
nothing: that a work does not support a claim is no evidence against it."""


def arithmetic_words(book: Book) -> pd.Series:
    """Return claim -> for, mixed or against, by the rows that were worked out from other rows."""
    rows = _bearing_rows(book, derived=True)
    return study_bearings(rows.assign(sample=rows["row_id"])).apply(wider_word, axis=1)


def wider_rows(book: Book) -> pd.DataFrame:
    """Return the verified rows that bear on a claim and are not what its cited works say.

    `bearings.yaml` names the column that words the bearing in each table, and rows to leave out.
    Result: claim, table, row_id, study, sample, role, condition, known, bearing (for, part,
    against). Rows that we derived are left out, because they are no evidence of their own; so is,
    claim by claim, any row of a work that the text cites for the claim, in whatever table, because
    a work counts once; and every row that has no vote (`book.evidence.no_vote`).
    """
    rows = _bearing_rows(book, derived=False)
    own_voice = _cited_for(book)
    voices = zip(rows["claim"], rows["study"], rows["sample"], strict=True)
    cited = [not own_voice.isdisjoint({(c, study), (c, sample)}) for c, study, sample in voices]
    rows = rows[~pd.Series(cited, index=rows.index, dtype=bool)]
    return rows[no_vote(rows, within=["claim"]) == ""].reset_index(drop=True)


def _bearing_rows(book: Book, derived: bool) -> pd.DataFrame:
    """Return the rows that bear on a claim: those read somewhere, or those worked out by us."""
    columns = ["claim", "table", "row_id", "study", *BALLOT, "bearing"]
    parts = [pd.DataFrame(columns=columns, dtype=object)]  # without bearings, a table without rows
    for name, asked in book.bearings.items():
        frame = select(book.evidence(name), asked.get("only", {}))
        for column, levels in asked.get("except", {}).items():
            frame = frame[~frame[column].isin(levels)]
        if "claim" in asked:
            frame = frame.assign(claim=asked["claim"])
        ours = frame["verification"] == DERIVED
        frame = frame[(ours if derived else ~ours) & frame["claim"].notna()]
        bearing = _bearing(frame[asked["column"]], asked)
        part = frame.assign(table=name, bearing=bearing, **samples(frame))[columns]
        parts.append(part.dropna(subset=["bearing"]))
    return pd.concat(parts, ignore_index=True)


def _bearing(column: pd.Series, asked: dict) -> pd.Series:
    """Return for, part or against for each cell; a number bears by its sign."""
    if not pd.api.types.is_float_dtype(column):
        return column.astype(object).map(BEARINGS)
    below = asked["below_zero"]
    above = "against" if below == "for" else "for"
    return np.sign(column).map({-1.0: below, 1.0: above})


def _cited_for(book: Book) -> set[tuple[str, str]]:
    """Return the pairs of a claim and a source, or its sample, that the text cites for it."""
    cites = {c.claim: split_cell(c.cites, ";") for c in book.claims.itertuples()}
    said = said_by_cited_works(book).dropna(subset=["claim"])
    sources = said.get("source_key", said["key"])  # without the column, the entry itself
    own = samples(said)["sample"]
    rows = zip(said["claim"], said["key"], sources, own, strict=True)
    return {(c, name) for c, key, *names in rows if key in cites[c] for name in names}


def study_bearings(rows: pd.DataFrame) -> pd.DataFrame:
    """Count samples by bearing, one row per claim: for, part, against.

    A sample whose rows disagree counts once, as part.
    """
    by_study = rows.groupby(["claim", "sample"])["bearing"].agg(
        lambda words: words.iloc[0] if len(set(words)) == 1 else "part"
    )
    counts = by_study.reset_index().pivot_table(
        index="claim", columns="bearing", values="sample", aggfunc="count", fill_value=0
    )
    return counts.reindex(columns=["for", "part", "against"], fill_value=0)


def wider_word(counts: pd.Series) -> str:
    """Return what the studies say together: for or against by a clear majority, mixed or none."""
    if not counts.sum():
        return "none"
    for word in ("for", "against"):
        if counts[word] >= HOLDS_SHARE * counts.sum() - ROUNDING:
            return word
    return "mixed"


def evidence_matrix(book: Book) -> pd.DataFrame:
    """Set every claim against every check.

    One row per claim, in the order of the text: claim, paragraph, domain, role, hedge, label,
    statement, citation (NA if the book does not say), cited_works, source, wider, for, part,
    against (samples), arithmetic, figure (verdict of the number, if any), verdict, rule, reason,
    rows (ids that decided). A claim without a label goes by its statement.
    """
    said = said_by_cited_works(book)
    wider = wider_rows(book)
    wider_ids = wider.groupby("claim")["row_id"].agg(list)
    counts = study_bearings(wider).reindex(book.claims["claim"], fill_value=0)
    arithmetic = arithmetic_words(book)
    figures = {question["claim"]: name for name, question in book.questions.items()}
    works = book.table("references").set_index("key")
    checked = works["verdict"].astype(str).to_dict() if "verdict" in works else {}
    rows = []
    for _, claim in book.claims.iterrows():
        name, keys = claim["claim"], split_cell(claim["cites"], ";")
        own = said[(said["claim"] == name) & said["key"].isin(keys)]
        row = {
            column: claim[column] for column in ("claim", "paragraph", "domain", "role", "hedge")
        }
        row |= {"label": claim.get("label", claim["statement"]), "statement": claim["statement"]}
        row |= {"citation": _best_citation(keys, checked), "cited_works": "; ".join(keys)}
        row |= _by_sources(own["support"].tolist(), keys, counts.loc[name], arithmetic.get(name))
        row |= {"figure": None, "rows": "; ".join([*own["row_id"], *wider_ids.get(name, [])])}
        rows.append(row | (_by_figure(book, figures[name]) if name in figures else {}))
    levels = {"citation": CITATIONS, "verdict": VERDICTS}
    levels |= {"source": list(SOURCE_RULES.index), "wider": list(SOURCE_RULES.columns)}
    for name in ("domain", "role", "hedge"):
        levels[name] = list(book.claims[name].cat.categories)
    matrix = pd.DataFrame(rows)
    return matrix.assign(
        **{
            name: pd.Categorical(matrix[name], words, ordered=True)
            for name, words in levels.items()
        }
    )


def _by_sources(
    levels: list[str], keys: list[str], tally: pd.Series, arithmetic: str | None
) -> dict:
    """Return what the sources say of a claim, and the verdict, rule and reason that follow.

    levels: what the findings of the cited works say. keys: the cited works. tally: samples for,
    in part and against.
    """
    support, wider, arithmetic = combined_support(levels), wider_word(tally), arithmetic or "none"
    source = support if support in SOURCE_RULES.index else "silent"
    verdict = by_sources(source, wider, arithmetic)
    row = {"source": source, "wider": wider, **tally.to_dict(), "arithmetic": arithmetic}
    row |= {"verdict": verdict.value, "reason": _reason(support, keys, tally)}
    row["rule"] = f"cited works: {plain_words(source)}; wider evidence: {wider}"
    if verdict != by_sources(source, wider):
        row["rule"] += "; arithmetic against: one step down"
        row["reason"] += " What can be worked out from the evidence speaks against it."
    return row


def _by_figure(book: Book, question: str) -> dict:
    record = compare(book, question).record
    return {
        "figure": record["verdict"],
        "verdict": record["verdict"],
        "rule": "the figure against the samples that measured it",
        "reason": record["reason"],
        "rows": "; ".join(record["rows"]),
    }


def _best_citation(keys: list[str], checked: dict[str, str]) -> str | None:
    """Return the best of what became of these works; None if no citation was checked."""
    if not keys:
        return "uncited"
    return min((checked[k] for k in keys if k in checked), key=CITATIONS.index, default=None)


def _reason(support: str, keys: list[str], tally: pd.Series) -> str:
    if not keys:
        cited = "The text cites no work for it"
    elif support == NO_FINDING:
        cited = "Nothing read of the cited work bears on it"
    elif support == "not_seen":
        cited = "The cited work could not be read on it"
    else:
        cited = f"What was read of the cited work {plain_words(support)}"
        cited = cited.replace("supports", "supports it").replace("support ", "support it ")
    words = {"for": "for it", "part": "in part for it", "against": "against it"}
    studies = [f"{tally[key]} {word}" for key, word in words.items() if tally[key]]
    wider = f"of the other works {', '.join(studies)}" if studies else "no other work was found"
    return f"{cited}; {wider}."
