"""The whole collection in a few sentences and one table, computed from the book."""

from dataclasses import dataclass

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.first_page import About
from claimbook.book.format import WORDS, number_word
from claimbook.claims.argument import argument_graph, check_routes
from claimbook.claims.certainty import LEVELS, certainty, level
from claimbook.claims.cited_support import FAVOURABLE
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.comparison import Comparison, compare
from claimbook.claims.verdict import Verdict


@dataclass(frozen=True)
class Summary:
    """What became of a text's figures, claims and argument.

    comparisons: one per question. matrix: `matrix.evidence_matrix`, indexed by claim.
    certainty: level of each comparison's answer. ways: `argument.check_routes` to the conclusion,
    None where the book has no argument or names no conclusion.
    """

    about: About
    comparisons: list[Comparison]
    matrix: pd.DataFrame
    certainty: list[str]
    ways: pd.DataFrame | None

    @property
    def records(self) -> list[dict]:
        return [comparison.record for comparison in self.comparisons]


def summarise(book: Book, about: About) -> Summary:
    """Compute the summary of a book."""
    comparisons = [compare(book, name) for name in book.questions]
    matrix = evidence_matrix(book).set_index("claim", drop=False)
    sure = [level(certainty(book, comparison)) for comparison in comparisons]
    ways = None
    if about.conclusion and "argument" in book.tables.frames:
        graph = argument_graph(book.table("argument"))
        ways = check_routes(graph, about.conclusion, matrix["verdict"])
    return Summary(about, comparisons, matrix, sure, ways)


def counted_verdicts(verdicts: list[str], names: list[str] | None = None) -> str:
    """Return ``two hold (a, b) and one is contradicted (c)``, in the order of the scale.

    names: what bears each verdict, shown in brackets as it is given; none are shown without it.
    """
    tally = [verdicts.count(verdict) for verdict in Verdict]
    word = str if max(tally) >= len(WORDS) else number_word  # not both in one sentence
    parts = []
    for verdict in Verdict:
        own = [place for place, one in enumerate(verdicts) if one == verdict]
        if own:
            told = f" ({', '.join(names[place] for place in own)})" if names else ""
            said = verdict.of_one if len(own) == 1 else verdict.of_several
            parts.append(f"{word(len(own))} {said}{told}")
    return listed(parts)


def listed(parts: list[str]) -> str:
    """Return ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def figures_sentence(summary: Summary, names: list[str] | None = None) -> str:
    """Say what became of the figures. names: how each is shown in brackets."""
    records = summary.records
    counted = counted_verdicts([r["verdict"] for r in records], names)
    return f"Of {number_word(len(records))} figures {counted}."


def backing_sentence(summary: Summary) -> str:
    """Say for how many figures the cited work says so."""
    backed = sum(r["cited"]["support"] in FAVOURABLE for r in summary.records)
    return (
        f"For {number_word(backed)} of them the work cited says so, wholly or in part, as far as "
        "it could be read."
    )


def claims_sentence(summary: Summary) -> str:
    """Say what became of all claims."""
    counted = counted_verdicts(summary.matrix["verdict"].astype(str).tolist())
    return f"Of {len(summary.matrix)} claims {counted}."


def argument_sentence(summary: Summary, named: str, text: str) -> str:
    """Say how many routes lead to the conclusion.

    named, text: the conclusion, and what the text is called, both as they are shown.
    """
    if summary.ways is None:
        return ""
    stand, routes = int(summary.ways["stands"].sum()), len(summary.ways)
    which = f"{number_word(stand)} of the {number_word(routes)} routes".replace(
        "zero of", "none of"
    )
    verb = "stands" if stand < 2 else "stand"
    left = (
        "That leaves the conclusion open; it does not make it false."
        if not stand
        else "A route that stands has premises that were not refuted; that does not prove it."
    )
    return (
        f"{which[:1].upper()}{which[1:]} by which {text} reasons to its conclusion "
        f"({named}) {verb} on these verdicts. {left}"
    )


def certainty_sentence(summary: Summary) -> str:
    """Say how sure the answers on the figures are."""
    sure = summary.certainty
    counted = [f"{w} for {number_word(sure.count(w))}" for w in LEVELS[::-1] if w in sure]
    return (
        f"Certainty of the answers on the figures is {listed(counted)}. Most works were read as "
        "abstracts only, and counting works says little about their quality."
    )
