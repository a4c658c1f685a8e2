"""Sentences, tables, pictures and answers as outputs of a notebook.

A notebook has no side effects: what it shows is all that it makes. A picture is shown as PNG under
a name and carries its SVG and the numbers that it draws as CSV, a table of answers carries their
records. The run takes all of them out of the executed notebooks (`claimbook.run.outputs`), so files
and notebooks cannot disagree.
"""

import base64
import html
import re
from collections.abc import Iterable

import pandas as pd
from IPython.display import display as publish

from claimbook.book.format import plain_words
from claimbook.book.text import markdown_text, safe_link
from claimbook.claims.answer import Answer
from claimbook.errors import InputError
from claimbook.show.card_links import address, addresses, linked
from claimbook.show.output_keys import ANSWERS_TYPE, METADATA_KEY, SHOWS, SVG_TYPE
from claimbook.show.pictures import Picture
from claimbook.show.theme import theme

_BESIDE = re.compile(r"([A-Za-z0-9][\w-]*\.ipynb)?(#[A-Za-z][\w.-]*)?", re.ASCII)
"""An address inside the collection: no scheme, no folder."""


def say(
    text: str,
    plain: str | None = None,
    claim: str | Iterable[str] = (),
    answer: Answer | Iterable[Answer] = (),
) -> None:
    """Show a text as Markdown; texts from the data must come through `markdown_text`.

    plain: what is shown where there is no Markdown (default: the same).
    claim: the claim, or claims, that the whole text is about; its end leads to their cards.
    answer: the answer, or answers, that the text states; it carries them to the record.
    """
    text += _about([linked(name) for name in _names(claim)])
    forms = {"text/markdown": text, "text/plain": text if plain is None else plain}
    stated = [answer] if isinstance(answer, Answer) else list(answer)
    publish(forms | (_carried(stated) if stated else {}), raw=True)


def table(
    frame: pd.DataFrame,
    caption: str,
    links: dict[str, pd.Series] | None = None,
    claim: str | Iterable[str] = (),
) -> None:
    """Show a table with its caption; every cell is text and never markup.

    links: column -> addresses (one per row); the cells of that column become links. An address
        is http or https, or leads to a notebook beside this one or an anchor in it, such as
        ``25-claim-cards.ipynb#claim-x``; any other is dropped.
    claim: the claim, or claims, that the whole table is about; the caption leads to their cards.
    """
    publish(_table_forms(frame, caption, links, claim), raw=True)


def _table_forms(
    frame: pd.DataFrame, caption: str, links: dict | None, claim: str | Iterable[str] = ()
) -> dict[str, str]:
    """Return a table as HTML and as plain text."""
    shown = frame.copy()
    shown.columns = [plain_words(c) for c in shown.columns]
    if shown.index.name:
        shown.index.name = plain_words(shown.index.name)
    cells = shown.map(lambda cell: html.escape(_cell(cell)))
    for column, targets in (links or {}).items():
        name = plain_words(column)
        cells[name] = [
            _linked(cell, target) for cell, target in zip(cells[name], targets, strict=True)
        ]
    cells.index = [html.escape(_cell(i)) for i in cells.index]
    cells.index.name = shown.index.name and html.escape(str(shown.index.name))
    cells.columns = [html.escape(str(column)) for column in cells.columns]
    numbers = isinstance(frame.index, pd.RangeIndex)
    body = cells.to_html(escape=False, index=not numbers, border=0, justify="left")
    body = _aligned(body, frame, index=not numbers)
    about = html.escape(caption) + _about(
        [_linked(html.escape(name), address(name)) for name in _names(claim)]
    )
    body = body.replace('class="dataframe">', f'class="dataframe"><caption>{about}</caption>', 1)
    plain = f"{caption}\n{shown.map(_cell).to_string(index=not numbers)}"
    return {"text/html": body, "text/plain": plain}


def _aligned(body: str, frame: pd.DataFrame, index: bool) -> str:
    """Set numbers right and words left; notebooks would set everything right."""
    sides = [
        "right" if pd.api.types.is_numeric_dtype(frame[column]) else "left" for column in frame
    ]

    def aligned_row(row: re.Match) -> str:
        side = iter(sides)
        return re.sub("<td>", lambda _: f'<td style="text-align: {next(side)}">', row.group())

    body = re.sub(r"<tr>.*?</tr>", aligned_row, body, flags=re.S)
    heads = iter((["left"] if index else []) + sides)
    head, rest = body.split("</thead>", 1)
    first = re.sub(r"<th>", lambda _: f'<th style="text-align: {next(heads, "left")}">', head)
    return first + "</thead>" + rest.replace("<th>", '<th style="text-align: left">')


def _cell(cell) -> str:
    if isinstance(cell, float):
        return "–" if pd.isna(cell) else f"{cell:.10g}"
    return "–" if cell is None or cell is pd.NA else str(cell)


def _linked(cell: str, target) -> str:
    first = "" if pd.isna(target) else str(target).split(" | ")[0]
    link = first if first and _BESIDE.fullmatch(first) else safe_link(first)
    return f'<a href="{html.escape(link, quote=True)}">{cell}</a>' if link else cell


def picture(picture: Picture, name: str, *, source: str, claim: str | Iterable[str] = ()) -> None:
    """Show a picture with its source line, and below it what it shows in words.

    name: what the picture shows, in letters and hyphens; its files are named after it.
    source: where its numbers come from, printed below the picture.
    claim: the claim, or claims, that it bears on; the words below lead to their cards.
    """
    with theme():
        style = {"fontsize": 8, "color": "0.35", "x": 0.01, "ha": "left"}
        picture.figure.supxlabel(f"Source: {source}", **style)
    bundle, metadata = picture._repr_mimebundle_()
    bundle |= {SVG_TYPE: picture.svg(), "text/csv": picture.csv()}
    about = {METADATA_KEY: {"figure": name, "alt": picture.alt}}
    publish(bundle, raw=True, metadata=about | metadata)
    say(f"{SHOWS} {markdown_text(picture.alt)}", claim=claim)


def _about(cards: list[str]) -> str:
    """Return links to cards in brackets, for the end of a caption or a text."""
    return f" (claim{'s' * (len(cards) > 1)}: {', '.join(cards)})" if cards else ""


def _names(claim: str | Iterable[str]) -> list[str]:
    return [claim] if isinstance(claim, str) else list(claim)


def side_by_side(pictures: dict[str, bytes | None], name: str) -> None:
    """Show PNG pictures beside each other, each under its heading; None shows a dash.

    They stand in the output itself, so that it needs no other file.
    """
    cells = []
    for heading, content in pictures.items():
        source = base64.b64encode(content).decode() if content else ""
        alt = html.escape(f"{name}, {heading}", quote=True)
        image = f'<img alt="{alt}" width="480" src="data:image/png;base64,{source}">'
        cells.append(f"<td>{image if content else '–'}</td>")
    heads = "".join(f"<th>{html.escape(heading)}</th>" for heading in pictures)
    body = f"<thead><tr>{heads}</tr></thead><tbody><tr>{''.join(cells)}</tr></tbody>"
    bundle = {"text/html": f"<table>{body}</table>", "text/plain": name}
    publish(bundle, raw=True)


def record(*answers: Answer) -> None:
    """Put answers on record for `results/answers.json`; a click shows them as a table.

    An answer without a verdict (no rule of the scale applies to its question) shows a dash. An
    answer that a sentence states is better recorded with it: `say(text, answer=...)`.

    Raises InputError if two answers have one name.
    """
    if not answers:
        return
    claims = [answer.claim for answer in answers]
    shown = pd.DataFrame(
        {
            "claim": claims,
            "figure": [answer.figure or "–" for answer in answers],
            "question": [answer.asks for answer in answers],
            "verdict": [answer.verdict.text if answer.verdict else "–" for answer in answers],
            "why": [answer.reason for answer in answers],
        }
    )
    words = f"{len(answers)} {'answer' if len(answers) == 1 else 'answers'} for the record"
    forms = _table_forms(shown, "A claim's name leads to its card", {"claim": addresses(claims)})
    forms["text/html"] = f"<details><summary>{words}</summary>{forms['text/html']}</details>"
    publish({**forms, "text/plain": words, **_carried(answers)}, raw=True)


def _carried(answers: Iterable[Answer]) -> dict:
    """Return what an output carries for the run: answers and what they were computed from."""
    records = [answer.as_record() for answer in answers]
    names = [record["question"] for record in records]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two answers are named '{twice[0]}'")
    books = {id(answer.book): answer.book for answer in answers}
    if len(books) > 1:
        raise InputError("these answers were computed from different books")
    return {ANSWERS_TYPE: {"digest": books.popitem()[1].digest, "answers": records}}
