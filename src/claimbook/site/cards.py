"""The page of a claim's card: what the book says, and between it what the notebooks answer."""

import html
from dataclasses import dataclass

from claimbook.book.format import interval_text, quantity_text
from claimbook.site.fragments import badge, raw, with_tables
from claimbook.site.links import notebook_page, to_page


@dataclass(frozen=True)
class Card:
    """What follows from the book: `top` stands before the answers of the notebooks, `end` after."""

    claim: str
    top: str
    end: str


def card_pages(cards: dict[str, Card], answers: list[dict]) -> dict[str, str]:
    """Return page -> source of every card. answers: the records of `answers.json`."""
    by_claim: dict[str, list[dict]] = {}
    for answer in answers:
        by_claim.setdefault(answer["claim"], []).append(answer)
    return {
        page: "\n\n".join(
            filter(None, [card.top, _answers(by_claim.get(card.claim, []), page), card.end])
        )
        + "\n"
        for page, card in cards.items()
    }


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
    told = "<p>Each answers a question of its own, by its own method and rule.</p>"
    return "## Answers of the notebooks\n\n" + raw(told + with_tables(table))


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
