"""The verdicts on the citations as a picture."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from claimbook.show.pictures import drawn
from claimbook.show.reference_tables import citation_text

HATCHES = ["", "///", "\\\\\\", "xx"]
"""A pattern for each kind of backing, so that the parts read without colour as well."""


@drawn
def citation_bars(counts: pd.DataFrame):
    """Draw how many works have which citation verdict, parted by how they back the claims.

    counts: table of `reference_tables.backing_by_citation`.
    """
    fig, ax = plt.subplots(figsize=(8, 0.5 * len(counts) + 1.9))
    palette = sns.color_palette()
    style = {"color": [palette[2], palette[1], "0.75", "1"], "ec": "0.3", "lw": 0.6, "width": 0.8}
    counts.plot.barh(stacked=True, legend=False, ax=ax, **style)
    for bars, hatch in zip(ax.containers, HATCHES, strict=True):
        plt.setp(bars, hatch=hatch)
    totals = counts.sum(axis=1)
    ax.bar_label(ax.containers[-1], [f" {total}" for total in totals], fontsize=11)
    ax.set_yticks(range(len(counts)), [citation_text(v) for v in counts.index], fontsize=10)
    ax.set_ylim(len(counts) - 0.5, -0.5)
    ax.set_xlim(0, totals.max() * 1.08)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(axis="y", visible=False)
    ax.set(xlabel="works", ylabel="")
    fig.legend(loc="outside upper left", ncols=2, fontsize=9, frameon=False)
    plt.setp([bar for bar in ax.patches if not bar.get_width()], visible=False)  # after the key
    parts = []
    for verdict, row in counts[totals > 0].iterrows():
        kinds = "; ".join(f"{kind}: {n}" for kind, n in row.items() if n)
        words = citation_text(verdict).split(" ", 1)[1]
        parts.append(f"{words}, {row.sum()} ({kinds})")
    alt = f"{totals.sum()} works by verdict on their citation: {', '.join(parts)}."
    return fig, alt, counts.rename_axis("citation")
