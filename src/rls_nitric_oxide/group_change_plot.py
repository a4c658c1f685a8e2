"""Changes between two groups, one line each, grouped by what was measured."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text, plain_words
from claimbook.show.pictures import drawn

ROW_INCHES = 0.215
MARKS = {  # kind -> marker, index in the palette, filled; hollow: could not be recomputed
    "human": ("o", 0, True),
    "animal": ("^", 1, True),
    "human, as reported only": ("o", 0, False),
    "animal, as reported only": ("^", 1, False),
    "said without data": ("X", 7, True),
}


@drawn
def change_plot(changes: pd.DataFrame, claimed: tuple[float, float], axis_label: str):
    """Draw each change as a mark with its interval, in groups, over a claimed range.

    changes: columns group (drawn in the order of appearance), label, kind (a level of `MARKS`),
        change, ci_low, ci_high (percent; missing where there is no interval), row_id.
    claimed: ends of the claimed range, in percent.
    """
    height = ROW_INCHES * (len(changes) + 1.6 * changes["group"].nunique()) + 1.6
    fig, ax = plt.subplots(figsize=(8.6, height))
    ax.axvspan(*claimed, color="0.85", lw=0)
    ax.axvline(0, color="0.4", lw=1)
    colours, ticks, names, parts, y = sns.color_palette(), [], [], [], 0.0

    def mark(kind, x, y, **style):
        marker, colour, filled = MARKS[kind]
        face = colours[colour] if filled else "white"
        ax.plot(x, y, marker, color=colours[colour], mfc=face, **style)

    for group, rows in changes.groupby("group", sort=False):
        ticks.append(y)
        names.append(group)
        for row in rows.itertuples():
            y += 1
            if pd.notna(row.ci_low):
                ax.hlines(y, row.ci_low, row.ci_high, color=colours[MARKS[row.kind][1]], lw=2)
            mark(row.kind, row.change, y, ms=6.5)
            ticks.append(y)
            names.append(row.label)
        y += 1.6
        low, high = rows["change"].min(), rows["change"].max()
        span = f"{low:+.0f} to {high:+.0f} percent" if low != high else f"{low:+.0f} percent"
        parts.append(f"{plain_words(group)}: {len(rows)}, {span}")
    ax.set_yticks(ticks, names, fontsize=8)
    for label in ax.get_yticklabels():
        if label.get_text() in set(changes["group"]):
            label.set_fontweight("bold")
    ax.set_ylim(y - 0.8, -1)
    ax.set_xlim(left=min(-100, ax.get_xlim()[0]))
    ax.grid(axis="y", visible=False)
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:+.0f} %" if x else "0 %")
    ax.set_xlabel(axis_label)
    ax.tick_params(axis="x", labeltop=True)
    for kind in [kind for kind in MARKS if kind in set(changes["kind"])]:
        mark(kind, [], [], label=kind)
    fig.legend(loc="outside upper left", ncols=3, fontsize=9, frameon=False)
    inside = changes["change"].between(*sorted(claimed)).sum()
    with_interval = changes["ci_low"].notna().sum()
    alt = (
        f"Change from young to old in {len(changes)} rows; {'; '.join(parts)}. {inside} of them "
        f"lie in the claimed band from {number_text(min(claimed))} to "
        f"{number_text(max(claimed))} percent, and {with_interval} have an interval."
    )
    columns = ["row_id", "group", "label", "kind", "change", "ci_low", "ci_high"]
    return fig, alt, changes[columns]
