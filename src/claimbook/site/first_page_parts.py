"""What the first page says that follows from the book: question, answer, figures, the scale."""

import html

from claimbook.book.format import interval_text, quantity_text
from claimbook.book.text import markdown_text
from claimbook.claims import summary as told
from claimbook.claims.verdict import COUNT_RULES, Verdict
from claimbook.site.first_page import PAGE, FirstPage
from claimbook.site.fragments import badge, raw
from claimbook.site.links import CARDS, claim_page, to_page
from claimbook.site.record import Record


def first_page(record: Record, changed: str | None) -> FirstPage:
    """Return the first page. changed: when the evidence was last changed, if it is known."""
    about = record.about
    top = [
        f"---\nhtml_theme.sidebar_secondary.remove: true\n---\n\n# {markdown_text(about.title)}",
        raw(
            '<div class="answer">',
            f'<p class="question">{html.escape(about.question)}</p>',
            _updates(record),
            f'<p class="short"><strong>In short.</strong> {_short(record)}</p>',
            _figures_table(record),
            "</div>",
        ),
    ]
    middle = ["## How to read a verdict", raw(_scale())]
    if about.limits:
        limits = raw("<ul>", *(f"<li>{_limit(one)}</li>" for one in about.limits), "</ul>")
        middle += ["## What this is not", limits]
    middle.append(raw(_dated(changed)))
    boxes = {
        row.claim: (
            to_page(claim_page(row.claim), PAGE),
            f"{getattr(row, 'label', row.claim)}: {row.verdict}",
        )
        for row in record.summary.matrix.itertuples()
    }
    return FirstPage("\n\n".join(top), "\n\n".join(filter(None, middle)), about.picture, boxes)


def _card(claim: str, words: str) -> str:
    return f'<a href="{to_page(claim_page(claim), PAGE)}">{html.escape(words)}</a>'


def _updates(record: Record) -> str:
    """Say which numbers are not the text's own, if this is an experiment."""
    if not record.book.updates:
        return ""
    figures = record.book.figures
    given = ", ".join(
        f"{name} = {quantity_text(value, figures.loc[name, 'unit'])}"
        for name, value in record.book.updates.items()
    )
    return f'<p class="experiment">An experiment with other numbers: {html.escape(given)}.</p>'


def _short(record: Record) -> str:
    """Answer in a few sentences."""
    summary, about = record.summary, record.about
    sentences = [html.escape(told.figures_sentence(summary))]
    if about.conclusion:
        label = summary.matrix.loc[about.conclusion].get("label", about.conclusion)
        named = _card(about.conclusion, str(label))
        sentences.append(told.argument_sentence(summary, named, html.escape(about.text)))
    sentences.append(html.escape(told.certainty_sentence(summary)))
    return " ".join(sentences)


def _figures_table(record: Record) -> str:
    """Return the figures as a table that a narrow screen shows as cards."""
    heads = ["Question", f"{record.about.text.capitalize()} says", "Studies: median (range)"]
    heads += ["Verdict", "Certainty"]
    rows = []
    for answer, sure in zip(record.summary.records, record.summary.certainty, strict=True):
        claim = answer["claim"]
        found = quantity_text(answer["estimate"], answer["unit"])
        if answer["studies"]:
            span = interval_text(answer["low"], answer["high"], answer["unit"])
            found = f"{found} ({span})" if answer["low"] != answer["high"] else found
        verdict = f'<a href="{to_page(claim_page(claim), PAGE)}">{badge(answer["verdict"])}</a>'
        cells = [html.escape(answer["figure"]), html.escape(found), verdict, html.escape(sure)]
        told_cells = "".join(
            f'<td role="cell" data-label="{html.escape(head, quote=True)}">{cell}</td>'
            for head, cell in zip(heads[1:], cells, strict=True)
        )
        first = f'<th role="rowheader" scope="row">{_card(claim, answer["asks"])}</th>'
        rows.append(f'<tr role="row">{first}{told_cells}</tr>')
    head = "".join(f'<th role="columnheader" scope="col">{html.escape(h)}</th>' for h in heads)
    return (
        '<table class="figures" role="table"><caption>What became of each figure; a question '
        "leads to its card and sources</caption>"
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )


def _scale() -> str:
    rows = "".join(
        f"<div><dt>{badge(verdict)}</dt><dd>{html.escape(COUNT_RULES.loc[verdict, 'rule'])}</dd>"
        "</div>"
        for verdict in Verdict
    )
    return (
        "<p>A study agrees with a figure when its value, or any part of its stated range, lies "
        "within a tenth of the figure or inside the figure’s range. A study counts once, however "
        f'many numbers it gives.</p><dl class="scale">{rows}</dl><p>For claims without a number '
        "the same words say what the works cited for it, and the other works found, say of it. "
        "<em>Certainty</em> starts high and falls by a step for each doubt: how the studies were "
        "read, how far they lie apart, what they measured, how few they are.</p>"
    )


def _limit(text: str) -> str:
    """Return a limit whose first sentence stands out."""
    first, point, rest = text.partition(". ")
    return f"<strong>{html.escape(first + point.strip())}</strong> {html.escape(rest)}"


def _dated(changed: str | None) -> str:
    if not changed:
        return ""
    return (
        f'<p class="changed">The evidence was last changed on <time datetime="{changed}">{changed}'
        "</time>. Verdicts are computed from it; "
        f'<a href="{to_page(CARDS, PAGE)}">every claim has a card</a> with its sources.</p>'
    )
