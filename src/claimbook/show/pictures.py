"""A picture: its drawing, its alternative text and the numbers that it draws, made together."""

import functools
import hashlib
import html
import io
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from claimbook.claims.answer import DIGITS
from claimbook.show.theme import theme

_TAG = re.compile(r"<[^>]*>")
_HASHED_ID = re.compile(r"(?<=[\"#])[hmp][0-9a-f]{10}(?=[\")])")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?!\d|[eE])")


@dataclass(frozen=True)
class Picture:
    """A drawing with one or two sentences that tell what it shows, and its data.

    As the last line of a cell it is shown as it is; `show.picture` gives it a name and a source.
    """

    figure: Figure = field(repr=False)
    alt: str
    data: pd.DataFrame = field(repr=False)

    def png(self) -> bytes:
        """Return the picture as PNG."""
        return _rendered(self.figure, "png", {"Software": None})

    def svg(self) -> str:
        """Return the picture as SVG with a title element, which screen readers speak.

        Coordinates are rounded to a hundredth of a point: what lies below differs from processor
        to processor where a curve was fitted, and is far finer than any screen or print.
        """
        text = _rendered(self.figure, "svg", {"Date": None}).decode()
        text = _TAG.sub(lambda tag: _LONG_NUMBER.sub(lambda n: f"{float(n[0]):.2f}", tag[0]), text)
        title = f"<title>{html.escape(self.alt)}</title>\n <metadata>"
        return _with_stable_ids(text).replace("<metadata>", title, 1)

    def csv(self) -> str:
        """Return the numbers as CSV."""
        return csv_text(self.data)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        bundle = {"text/plain": self.alt, "image/png": self.png()}
        return bundle, {"image/png": {"alt": self.alt}}


def drawn(plot: Callable[..., tuple[Figure, str, pd.DataFrame]]) -> Callable[..., Picture]:
    """Make a function that returns figure, alternative text and data return a `Picture`.

    It runs under the collection's theme, and pyplot forgets the figure, so that no front end shows
    it a second time.
    """

    @functools.wraps(plot)
    def draw(*args, **kwargs) -> Picture:
        before = set(plt.get_fignums())
        try:
            with theme():
                return Picture(*plot(*args, **kwargs))
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)

    draw.__annotations__ = {**plot.__annotations__, "return": Picture}
    return draw


def csv_text(data: pd.DataFrame) -> str:
    """Return a table as CSV with a line feed at each end of line; missing cells are empty.

    A named index becomes the first columns. Fractions are given to `answer.DIGITS` significant
    digits, for the same reason as recorded numbers are.
    """
    frame = data.reset_index() if data.index.names != [None] else data
    return frame.map(_csv_cell).to_csv(index=False, lineterminator="\n")


def _csv_cell(cell):
    if isinstance(cell, float) and math.isfinite(cell):
        return f"{cell:.0f}" if cell.is_integer() else f"{cell:.{DIGITS}g}"
    return "" if pd.isna(cell) else cell


def _rendered(figure: Figure, form: str, metadata: dict) -> bytes:
    buffer = io.BytesIO()
    # a figure that was laid out by hand stays so: saving would give it the theme's layout engine
    with theme(), mpl.rc_context({"figure.constrained_layout.use": False}):
        figure.savefig(buffer, format=form, metadata=metadata)
    return buffer.getvalue()


def _with_stable_ids(svg: str) -> str:
    """Name the parts of an SVG after the rounded picture; matplotlib hashes unrounded paths.

    The name of the picture is in them, for several may stand in one page.
    """
    names = list(dict.fromkeys(_HASHED_ID.findall(svg)))
    picture = hashlib.sha256(_HASHED_ID.sub("", svg).encode()).hexdigest()[:8]
    numbered = {name: f"p{picture}-{n}" for n, name in enumerate(names)}
    return _HASHED_ID.sub(lambda name: numbered[name[0]], svg)
