"""Sentences, tables, pictures and answers as outputs of a notebook.

A notebook has no side effects: what it shows is all that it makes. A picture is shown as PNG under
a name and carries its SVG and the numbers that it draws as CSV, a table of answers carries their
records. The run takes all of them out of the executed notebooks (`claimbook.run.outputs`), so files
and notebooks cannot disagree.
"""

import base64
import re
from collections.abc import Iterable, Mapping

import pandas as pd
from IPython.display import display as publish

from claimbook.book.format import plain_words
from claimbook.book.text import markdown_text, safe_link
from claimbook.claims.answer import Answer
from claimbook.errors import InputError
from claimbook.show.card_links import address, addresses, linked
from claimbook.show.html import pieces
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
    if cards := [linked(name) for name in _names(claim)]:
        text += f" (claim{'s' * (len(cards) > 1)}: {', '.join(cards)})"
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
        ``cards.ipynb#claim-x``; any other is dropped.
    claim: the claim, or claims, that the whole table is about; the caption leads to their cards.
    """
    publish(_table_forms(frame, caption, links, claim), raw=True)


def _table_forms(
    frame: pd.DataFrame,
    caption: str,
    links: Mapping[str, Iterable[str]] | None,
    claim: str | Iterable[str] = (),
) -> dict[str, str]:
    """Return a table as HTML and as plain text; numbers stand right and words left."""
    shown = frame.map(_cell).astype(object)
    shown.columns = [plain_words(c) for c in shown.columns]
    if shown.index.name:
        shown.index.name = plain_words(shown.index.name)
    named = not isinstance(frame.index, pd.RangeIndex)
    plain = f"{caption}\n{shown.to_string(index=named)}"
    for column, targets in (links or {}).items():
        cells = zip(shown[plain_words(column)], targets, strict=True)
        linked_cells = [pieces().link(_safe(target), cell) for cell, target in cells]
        shown[plain_words(column)] = pd.Series(linked_cells, shown.index, dtype=object)
    numeric = map(pd.api.types.is_numeric_dtype, frame.dtypes)
    sides = ["left"] * named + ["right" if number else "left" for number in numeric]
    heads = [shown.index.name or ""] * named + list(shown.columns)
    names = [[_cell(name)] if named else [] for name in frame.index]
    rows = [(named, name + row) for name, row in zip(names, shown.to_numpy().tolist(), strict=True)]
    cards = [(name, address(name)) for name in _names(claim)]
    about = pieces().caption(caption, cards)
    return {"text/html": pieces().table(heads, rows, sides, about), "text/plain": plain}


def _cell(cell) -> str:
    if isinstance(cell, float):
        return "–" if pd.isna(cell) else f"{cell:.10g}"
    return "–" if cell is None or cell is pd.NA else str(cell)


def _safe(target) -> str:
    """Return an address that a link may have, the first of several, or ``""``."""
    first = "" if pd.isna(target) else str(target).split(" | ")[0]
    return first if _BESIDE.fullmatch(first) else safe_link(first)


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


def _names(claim: str | Iterable[str]) -> list[str]:
    return [claim] if isinstance(claim, str) else list(claim)


def side_by_side(pictures: dict[str, bytes | None], name: str) -> None:
    """Show PNG pictures beside each other, each under its heading; None shows a dash.

    They stand in the output itself, so that it needs no other file.
    """
    cells = [
        pieces().picture(base64.b64encode(content or b"").decode(), f"{name}, {heading}")
        for heading, content in pictures.items()
    ]
    markup = pieces().table(list(pictures), [(False, cells)])
    publish({"text/html": markup, "text/plain": name}, raw=True)


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
    forms["text/html"] = pieces().folded(words, forms["text/html"])
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
