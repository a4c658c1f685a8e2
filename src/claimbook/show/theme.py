"""The collection's look: a context that leaves the reader's own style alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl
import matplotlib.pyplot as plt
import seaborn as sns

PALETTE = "colorblind"

LOOK = {
    "font.family": "sans-serif",
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
}


@contextmanager
def theme() -> Iterator[None]:
    """Give pictures that are made inside the same look and the same bytes on every run.

    Outside, matplotlib's parameters and colour codes are as the reader has set them.
    """
    colours = {"axes.prop_cycle": mpl.cycler(color=sns.color_palette(PALETTE))}
    seaborn_look = sns.plotting_context("notebook") | sns.axes_style("whitegrid")
    with plt.style.context(["default", seaborn_look | colours | LOOK]):
        yield
