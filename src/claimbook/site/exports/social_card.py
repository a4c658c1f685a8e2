"""The picture that a shared link shows: the title, and each figure of the text with its verdict."""

import io
import textwrap

from matplotlib.figure import Figure

from claimbook.book.text import visible
from claimbook.claims.verdict import Verdict
from claimbook.show.theme import theme
from claimbook.site.exports.open_graph import HEIGHT, WIDTH

DPI = 100
MOST = 8
"""Figures drawn; with more the lines could not be read where the picture is small."""
TITLE_WIDTH, LINE_WIDTH = 44, 40
"""Characters that fit into a line of the title, and into a figure's words."""


def social_card(title: str, answers: list[dict], labels: dict[str, str]) -> bytes:
    """Return the picture as PNG, the same bytes for the same data.

    answers: records of results/answers.json; those about figures are drawn, in their order.
    labels: claim -> its words.
    """
    with theme():
        fig, buffer = drawn_card(title, answers, labels), io.BytesIO()
        fig.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def drawn_card(title: str, answers: list[dict], labels: dict[str, str]) -> Figure:
    """Draw the picture in the current theme (see `social_card`)."""
    drawn = _about_figures(answers)[:MOST]
    fig = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="none")
    lines = textwrap.wrap(visible(title), TITLE_WIDTH, max_lines=2, placeholder=" …")
    fig.text(0.04, 0.93, "\n".join(lines), fontsize=29, fontweight="bold", va="top")
    top = 0.91 - 0.105 * len(lines)
    step = min(0.105, (top - 0.03) / max(len(drawn), 1))
    for row, answer in enumerate(drawn):
        y, verdict = top - (row + 0.5) * step, Verdict(answer["verdict"])
        fig.text(0.04, y, _words(answer, labels), fontsize=21, va="center")
        # the colour is on the mark alone: as letters, some colours are too pale on white
        mark = {"color": verdict.colour, "fontsize": 26, "ha": "center"}
        fig.text(0.71, y, verdict.mark, va="center", **mark)
        fig.text(0.735, y, verdict, fontsize=21, fontweight="bold", va="center")
    return fig


def social_card_alt(title: str, answers: list[dict], labels: dict[str, str]) -> str:
    """Tell what `social_card` shows."""
    parts = [
        f"{visible(labels[answer['claim']])}, {answer['figure']}: {answer['verdict']}"
        for answer in _about_figures(answers)[:MOST]
    ]
    return f"{visible(title)}: {'; '.join(parts)}."


def _about_figures(answers: list[dict]) -> list[dict]:
    return [answer for answer in answers if "cited" in answer]


def _words(answer: dict, labels: dict[str, str]) -> str:
    label, figure = visible(labels[answer["claim"]]), answer["figure"]
    room = LINE_WIDTH - len(figure)
    return f"{textwrap.shorten(label, room, placeholder=' …')}: {figure}"
