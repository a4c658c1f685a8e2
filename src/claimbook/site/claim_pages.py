"""One page for each claim card: from any number to its sources in a second click."""

import html
from collections.abc import Mapping

from claimbook.book.text import markdown_text
from claimbook.citations.audit import audit
from claimbook.claims.argument import argument_graph
from claimbook.errors import InputError
from claimbook.show.cards import NONE, card_sections, load_columns, verdict_lines
from claimbook.show.notebook_map import notebook_link
from claimbook.site.cards import Card
from claimbook.site.exports.claim_review import script
from claimbook.site.fragments import badge, markdown_html, raw, with_badges, with_tables
from claimbook.site.links import CARDS, claim_page, followed, follower, to_page
from claimbook.site.record import Record

RELATIONS = {
    "supports": ("It rests on", "It is a reason for"),
    "agrees": ("What fits it", "It fits"),
    "rival": ("Other explanations", "It explains otherwise"),
}
"""How an arrow of the argument reads from its end, and from its start."""


def claim_pages(record: Record, reviews: Mapping[str, dict]) -> dict[str, Card]:
    """Return page -> card of each claim, without the answers of the notebooks.

    reviews: claim -> what machines are told of it, its ClaimReview; some may be missing.

    Raises InputError if two claims would share a page.
    """
    book = record.book
    audited = audit(book.bibliography, book.table("references"), book.claims)
    named = record.results.mentions(book.claims["claim"])
    used = {claim: [notebook_link(stem) for stem in stems] for claim, stems in named.items()}
    # where a question on a figure is answered, its rows are shown
    shown = {a["claim"]: f"{a['notebook']}.ipynb" for a in record.results.answers
             if a["question"] in book.questions}  # fmt: skip
    verdicts = verdict_lines(record.summary, shown)
    sections = card_sections(book, audited, load_columns(book), verdicts, used)
    arrows = _arrows(record)
    pages: dict[str, Card] = {}
    for claim in book.claims.itertuples():
        page = claim_page(claim.claim)
        if page in pages:
            raise InputError(f"the claim '{claim.claim}' would share its page with another")
        top = [
            f"---\norphan: true\n---\n\n# {markdown_text(claim.statement)}",
            _top(record, claim.claim, page),
            *_parts(sections[claim.claim], page),
        ]
        end = [_argument(record, arrows.get(claim.claim, []), page)]
        if claim.claim in reviews:
            end.append(raw(script(reviews[claim.claim])))
        pages[page] = Card(claim.claim, _joined(top), _joined(end))
    return pages


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _top(record: Record, claim: str, page: str) -> str:
    """Return the verdict and the way back to all claims."""
    verdict = str(record.summary.matrix.loc[claim, "verdict"])
    back = f'<a href="{to_page(CARDS, page)}">All claims</a>'
    return raw(f'<p class="claim-top">{badge(verdict)} {back}</p>')


def _parts(sections: list[tuple[str, str]], page: str) -> list[str]:
    """Return the parts of a card, each with a title under its heading."""
    follow = follower(page, {})
    parts = []
    for title, text in sections:
        shown = "None." if text == NONE else text
        if title:
            parts.append(f"## {title}")
        body = with_tables(followed(markdown_html(shown), follow))
        parts.append(raw(body if not title else with_badges(body)))
    return parts


# --- the argument --------------------------------------------------------------------------------


def _arrows(record: Record) -> dict[str, list[tuple[str, str]]]:
    """Return claim -> (words for the relation, claim at the other end), for the whole argument."""
    if "argument" not in record.book.tables.frames:
        return {}
    found: dict[str, list[tuple[str, str]]] = {}
    graph = argument_graph(record.book.table("argument"))
    for premise, claim, relation in sorted(graph.edges(data="relation")):
        into, out = RELATIONS[relation]
        found.setdefault(claim, []).append((into, premise))
        found.setdefault(premise, []).append((out, claim))
    return found


def _argument(record: Record, arrows: list[tuple[str, str]], page: str) -> str:
    """Return the neighbours of a claim in the argument, each with its verdict."""
    if not arrows:
        return ""
    items = []
    for words in dict.fromkeys(words for pair in RELATIONS.values() for words in pair):
        others = [other for told, other in arrows if told == words]
        if others:
            links = "".join(f"<li>{_neighbour(record, other, page)}</li>" for other in others)
            items.append(f"<dt>{words}</dt><dd><ul>{links}</ul></dd>")
    return "## In the argument\n\n" + raw(f'<dl class="neighbours">{"".join(items)}</dl>')


def _neighbour(record: Record, claim: str, page: str) -> str:
    row = record.summary.matrix.loc[claim]
    address = to_page(claim_page(claim), page)
    return f'<a href="{address}">{html.escape(row["statement"])}</a> {badge(str(row["verdict"]))}'
