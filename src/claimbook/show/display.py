"""Tables, figures, sentences and answers as notebook outputs.

A notebook has no side effects: what it shows is all that it makes. A figure is shown as PNG and
SVG under a name and carries the numbers that it draws as CSV, an answer is a table that carries
its record. The run takes all of them out of the executed notebooks (`claimbook.run.outputs`),
so files and notebooks cannot disagree.
"""

import base64
import hashlib
import html
import io
import json
import math
import re
from collections.abc import Iterable

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import display

from claimbook.book.format import plain_words
from claimbook.book.text import markdown_text, safe_link
from claimbook.claims.answer import DIGITS
from claimbook.claims.verdict import Verdict
from claimbook.show.cards import address, addresses, linked
from claimbook.show.output_keys import ANSWERS_TYPE, METADATA_KEY, SHOWS

_BESIDE = re.compile(r"([A-Za-z0-9][\w-]*\.ipynb)?(#[A-Za-z][\w.-]*)?", re.ASCII)
"""An address inside the collection: no scheme, no folder."""

_TAG = re.compile(r"<[^>]*>")
_HASHED_ID = re.compile(r"(?<=[\"#])[hmp][0-9a-f]{10}(?=[\")])")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?!\d|[eE])")

PALETTE = "colorblind"


def set_theme() -> None:
    """Give every figure the collection's look, and the same bytes on every run."""
    mpl.rcdefaults()  # whatever the reader's own settings are
    sns.set_theme(
        context="notebook",
        style="whitegrid",
        palette=PALETTE,
        rc={
            "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same everywhere
            "figure.dpi": 100,
            "savefig.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.parse_math": False,
            "svg.hashsalt": "claimbook",
            "svg.fonttype": "none",
        },
    )
    mpl.set_loglevel("error")


def say(text: str, plain: str | None = None, claim: str | Iterable[str] = ()) -> None:
    """Show a text as Markdown; texts from the data must come through `markdown_text`.

    plain: what is shown where there is no Markdown (default: the same).
    claim: the claim, or claims, that the whole text is about; its end leads to their cards.
    """
    text += _about([linked(name) for name in _names(claim)])
    display({"text/markdown": text, "text/plain": text if plain is None else plain}, raw=True)


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
    display(_table_forms(frame, caption, links, claim), raw=True)


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


def figure(
    fig: plt.Figure,
    name: str,
    alt: str,
    source: str,
    data: pd.DataFrame,
    claim: str | Iterable[str] = (),
) -> None:
    """Show a figure as PNG and SVG with its alternative text and source line, and close it.

    name: what the figure shows, in letters and hyphens; its files are named after it.
    alt: one or two sentences that tell what the picture shows, made from its data.
    source: where its numbers come from, printed below the picture.
    data: the numbers that are drawn, carried along as CSV (see `csv_text`).
    claim: the claim, or claims, that it bears on; the words below lead to their cards.
    """
    fig.supxlabel(f"Source: {source}", fontsize=8, color="0.35", x=0.01, ha="left")
    bundle = {"text/plain": alt, "image/png": _bytes(fig, "png"), "image/svg+xml": _svg(fig, alt)}
    bundle["text/csv"] = csv_text(data)
    about = {METADATA_KEY: {"figure": name, "alt": alt}}
    about |= {form: {"alt": alt} for form in ("image/png", "image/svg+xml")}
    display(bundle, raw=True, metadata=about)
    plt.close(fig)
    say(f"{SHOWS} {markdown_text(alt)}", claim=claim)


def csv_text(data: pd.DataFrame) -> str:
    """Return a table as CSV with a line feed at each end of line; missing cells are empty.

    A named index becomes the first columns. Fractions are given to `records.DIGITS` significant
    digits, for the same reason as recorded numbers are.
    """
    frame = data.reset_index() if data.index.names != [None] else data
    return frame.map(_csv_cell).to_csv(index=False, lineterminator="\n")


def _csv_cell(cell):
    if isinstance(cell, float) and math.isfinite(cell):
        return f"{cell:.0f}" if cell.is_integer() else f"{cell:.{DIGITS}g}"
    return "" if pd.isna(cell) else cell


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
    display(bundle, raw=True)


def _bytes(fig: plt.Figure, form: str) -> bytes:
    buffer = io.BytesIO()
    dated = {"Date": None} if form == "svg" else {"Software": None}
    # a figure that was laid out by hand stays so: saving would give it the theme's layout engine
    with mpl.rc_context({"figure.constrained_layout.use": False}):
        fig.savefig(buffer, format=form, metadata=dated)
    return buffer.getvalue()


def _svg(fig: plt.Figure, alt: str) -> str:
    """Return the figure as SVG with a title element, which screen readers speak.

    Coordinates are rounded to a hundredth of a point: what lies below differs from processor to
    processor where a curve was fitted, and is far finer than any screen or print.
    """
    text = _TAG.sub(
        lambda tag: _LONG_NUMBER.sub(lambda n: f"{float(n[0]):.2f}", tag[0]),
        _bytes(fig, "svg").decode(),
    )
    text = _with_stable_ids(text)
    return text.replace("<metadata>", f"<title>{html.escape(alt)}</title>\n <metadata>", 1)


def _with_stable_ids(svg: str) -> str:
    """Name the parts of an SVG after the rounded picture; matplotlib hashes unrounded paths.

    The name of the picture is in them, for several may stand in one page.
    """
    names = list(dict.fromkeys(_HASHED_ID.findall(svg)))
    picture = hashlib.sha256(_HASHED_ID.sub("", svg).encode()).hexdigest()[:8]
    numbered = {name: f"p{picture}-{n}" for n, name in enumerate(names)}
    return _HASHED_ID.sub(lambda name: numbered[name[0]], svg)


def answers(records: pd.DataFrame, digest: str) -> None:
    """Show answers as a table that carries their records for `results/answers.json`.

    A record without a verdict (no rule of the scale applies to its question) shows a dash.
    """
    shown = pd.DataFrame(
        {
            "claim": records["claim"],
            "figure": [figure or "–" for figure in records["figure"]],
            "question": records["asks"],
            "verdict": [Verdict(v).text if v else "–" for v in records["verdict"]],
            "why": records["reason"],
        }
    ).reset_index(drop=True)
    caption = "Answers as the run puts them on record; a claim's name leads to its card"
    forms = _table_forms(shown, caption, {"claim": addresses(records["claim"])})
    display({**forms, ANSWERS_TYPE: _carried(records, digest)}, raw=True)


def keep(records: pd.DataFrame, digest: str) -> None:
    """Put answers on record that the notebook has shown already, and say how many."""
    words = f"{len(records)} answers are on record."
    forms = {"text/markdown": words, "text/plain": words}
    display({**forms, ANSWERS_TYPE: _carried(records, digest)}, raw=True)


def _carried(records: pd.DataFrame, digest: str) -> dict:
    return {"digest": digest, "answers": json.loads(records.to_json(orient="records"))}
