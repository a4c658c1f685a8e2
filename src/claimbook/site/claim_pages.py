"""One page for each claim card: from any number to its sources in a second click."""

import html
from collections.abc import Mapping

from claimbook.argument import argument_graph
from claimbook.citations.audit import audit
from claimbook.errors import InputError
from claimbook.exports.claim_review import script
from claimbook.notebook.cards import NONE, card_sections, load_columns, verdict_lines
from claimbook.notebook.notebook_map import mentions, notebook_link
from claimbook.site.fragments import badge, markdown_html, raw, with_badges, with_tables
from claimbook.site.links import CARDS, claim_page, followed, follower, notebook_page, to_page
from claimbook.site.record import Record
from claimbook.wording import interval_text, markdown_text, quantity_text

FIGURES_NOTEBOOK = "10-the-figures.ipynb"
RELATIONS = {
    "supports": ("It rests on", "It is a reason for"),
    "agrees": ("What fits it", "It fits"),
    "rival": ("Other explanations", "It explains otherwise"),
}
"""How an arrow of the argument reads from its end, and from its start."""


def claim_pages(record: Record, reviews: Mapping[str, dict]) -> dict[str, str]:
    """Return page -> source of each claim's card.

    reviews: claim -> what machines are told of it, its ClaimReview; some may be missing.

    Raises InputError if two claims would share a page.
    """
    book = record.book
    audited = audit(book.bibliography, book.table("references"), book.claims)
    named = mentions(record.results.folder / "notebooks", book.claims["claim"])
    used = {claim: [notebook_link(stem) for stem in stems] for claim, stems in named.items()}
    verdicts = verdict_lines(record.summary, FIGURES_NOTEBOOK)
    sections = card_sections(book, audited, load_columns(book), verdicts, used)
    arrows = _arrows(record)
    answers: dict[str, list[dict]] = {}
    for answer in record.answers:
        answers.setdefault(answer["claim"], []).append(answer)
    pages: dict[str, str] = {}
    for claim in book.claims.itertuples():
        page = claim_page(claim.claim)
        if page in pages:
            raise InputError(f"the claim '{claim.claim}' would share its page with another")
        parts = [
            f"---\norphan: true\n---\n\n# {markdown_text(claim.statement)}",
            _top(record, claim.claim, page),
            *_card(sections[claim.claim], page),
            _answers(answers.get(claim.claim, []), page),
            _argument(record, arrows.get(claim.claim, []), page),
            raw(script(reviews[claim.claim])) if claim.claim in reviews else "",
        ]
        pages[page] = "\n\n".join(part for part in parts if part) + "\n"
    return pages


def _top(record: Record, claim: str, page: str) -> str:
    """Return the verdict and the way back to all claims."""
    verdict = str(record.summary.matrix.loc[claim, "verdict"])
    back = f'<a href="{to_page(CARDS, page)}">All claims</a>'
    return raw(f'<p class="claim-top">{badge(verdict)} {back}</p>')


def _card(sections: list[tuple[str, str]], page: str) -> list[str]:
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


# --- what the notebooks found --------------------------------------------------------------------


def _answers(answers: list[dict], page: str) -> str:
    """Return the recorded answers that bear on a claim, as a table."""
    if not answers:
        return ""
    rows = []
    for answer in answers:
        notebook = answer["notebook"]
        link = f'<a href="{to_page(notebook_page(notebook), page)}">{html.escape(notebook)}</a>'
        verdict = badge(answer["verdict"]) if answer.get("verdict") else "–"
        cells = [html.escape(answer["asks"]), html.escape(_number(answer)), verdict]
        cells += [html.escape(answer["reason"]), html.escape(answer.get("method") or "–"), link]
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    heads = ["question", "number", "verdict", "why", "method", "notebook"]
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return "## Answers of the notebooks\n\n" + raw(with_tables(table))


def _number(answer: dict) -> str:
    """Return an answer's number with its interval and what kind of interval that is."""
    value, low, high, unit = (answer.get(key) for key in ("estimate", "low", "high", "unit"))
    if value is None and low is None:
        return "–"
    shown = "" if value is None else quantity_text(value, unit)
    if low is None or low == high:
        return shown
    span = f"{interval_text(low, high, unit)}, {answer.get('interval') or 'range'}"
    return f"{shown} ({span})" if shown else span


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
