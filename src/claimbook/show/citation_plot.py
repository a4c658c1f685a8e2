"""The verdicts on the citations as a figure, and what it shows in words."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from claimbook.show.reference_tables import citation_text
from claimbook.show.theme import themed

HATCHES = ["", "///", "\\\\\\", "xx"]
"""A pattern for each kind of backing, so that the parts read without colour as well."""


@themed
def citation_bars(counts: pd.DataFrame) -> plt.Figure:
    """Draw how many works have which citation verdict, parted by how they back the claims.

    counts: table of `reference_tables.backing_by_citation`.
    """
    fig, ax = plt.subplots(figsize=(8, 0.5 * len(counts) + 1.9))
    palette = sns.color_palette()
    colours = [palette[2], palette[1], "0.75", "1"]
    start = pd.Series(0, index=counts.index)
    for name, colour, hatch in zip(counts.columns, colours, HATCHES, strict=True):
        some = (counts[name] > 0).to_numpy()
        ax.barh(
            [y for y, drawn in enumerate(some) if drawn],
            counts.loc[some, name],
            left=start[some],
            color=colour,
            hatch=hatch,
            edgecolor="0.3",
            linewidth=0.6,
            label=name,
        )
        start = start + counts[name]
    for y, total in enumerate(start):
        ax.annotate(f" {total}", (total, y), va="center", fontsize=11)
    ax.set_yticks(range(len(counts)), [citation_text(v) for v in counts.index], fontsize=10)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlim(0, start.max() * 1.08)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("works")
    fig.legend(loc="outside upper left", ncols=2, fontsize=9, frameon=False)
    return fig


def citation_alt(counts: pd.DataFrame) -> str:
    """Tell what `citation_bars` shows."""
    parts = []
    for verdict, row in counts.iterrows():
        if row.sum():
            kinds = "; ".join(f"{kind}: {n}" for kind, n in row.items() if n)
            words = citation_text(verdict).split(" ", 1)[1]
            parts.append(f"{words}, {row.sum()} ({kinds})")
    return f"{counts.to_numpy().sum()} works by verdict on their citation: {', '.join(parts)}."
