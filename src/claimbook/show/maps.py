"""Tables drawn as maps: counts, verdicts by case, and an answer over two figures."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import ListedColormap
from matplotlib.patheffects import withStroke

from claimbook.book.format import number_text, plain_words, quantity_text
from claimbook.claims.verdict import VERDICTS, Verdict
from claimbook.show.pictures import drawn

CELLS = {"fmt": "", "cbar": False, "linewidths": 1, "linecolor": "white"}
PALE = 0.45
"""How much of a verdict's colour a cell takes, so that its black mark stays readable."""


@drawn
def count_map(
    counts: pd.DataFrame,
    things: str,
    *,
    rows: str = "",
    columns: str = "",
    row_words: Callable[[str], str] | None = None,
):
    """Draw a cross-tabulation as a map with its counts; empty cells stay and show nothing.

    counts: table of `pd.crosstab`. things: what is counted. rows, columns: words for the axes
    (default: the names of the index and of the columns). row_words: gives a row's level in words.
    """
    rows, columns = rows or counts.index.name, columns or counts.columns.name
    shown = counts.rename(index=row_words or _level_words, columns=_level_words)
    fig, ax = plt.subplots(figsize=(1.05 * len(shown.columns) + 2.6, 0.42 * len(shown) + 1.9))
    words = shown.astype(int).astype(str).where(shown > 0, "")
    blue = sns.light_palette(sns.color_palette()[0], as_cmap=True)
    sns.heatmap(shown.astype(float), annot=words, cmap=blue, vmin=0, ax=ax, **CELLS)
    ax.set(xlabel=columns, ylabel=rows)
    ax.tick_params(axis="x", rotation=30, labelsize=10)
    plt.setp(ax.get_xticklabels(), ha="right")
    ax.tick_params(axis="y", rotation=0, labelsize=10)
    cells = counts.rename_axis(index=None, columns=None).stack(future_stack=True)  # noqa: PD013
    largest = cells.sort_values(ascending=False, kind="stable").head(3)
    parts = [f"{plain_words(r)} and {plain_words(c)}, {n}" for (r, c), n in largest.items() if n]
    alt = (
        f"{int(counts.to_numpy().sum())} {things} counted by {rows} and {columns}; "
        f"the largest cells are {'; '.join(parts)}."
    )
    return fig, alt, counts


def _level_words(level) -> str:
    """Return a level as words, a verdict with its mark."""
    return Verdict(level).text if level in VERDICTS else plain_words(level)


@drawn
def verdict_map(verdicts: pd.DataFrame):
    """Draw verdicts as a table of marks and colours.

    verdicts: one row per case (index: its name), one column per figure (its name).
    """
    fig, ax = plt.subplots(figsize=(1.15 * verdicts.shape[1] + 2.8, 0.5 * len(verdicts) + 2.0))
    pale = [sns.blend_palette(["white", v.colour], 101)[int(100 * PALE)] for v in Verdict]
    ranks = verdicts.map(lambda verdict: Verdict(verdict).rank)
    marks = verdicts.map(lambda verdict: Verdict(verdict).mark)
    style = {"cmap": ListedColormap(pale), "vmin": -0.5, "vmax": len(Verdict) - 0.5, **CELLS}
    sns.heatmap(ranks, annot=marks, annot_kws={"fontsize": 14, "color": "black"}, ax=ax, **style)
    ax.set(xlabel="", ylabel="")
    plt.setp(ax.get_xticklabels(), rotation=30, ha="right")
    ax.tick_params(length=0, labelsize=9)
    key = "   ".join(v.text for v in Verdict if v in set(verdicts.to_numpy().ravel()))
    ax.set_title(key, fontsize=10, fontweight="normal")
    first = verdicts.iloc[0]
    parts = []
    for name, row in verdicts.iloc[1:].iterrows():
        other = [f"{column} {row[column]}" for column in row.index if row[column] != first[column]]
        parts.append(f"{name}: {', '.join(other) or 'the same'}")
    start = ", ".join(f"{column} {verdict}" for column, verdict in first.items())
    alt = f"Verdicts by case. {first.name}: {start}. Otherwise in the others: {'; '.join(parts)}."
    return fig, alt, verdicts.rename_axis("case")


@drawn
def value_map(
    table: pd.DataFrame,
    output: str,
    *,
    what: str,
    labels: dict[str, str],
    levels: list[float],
    stated: tuple[float, float],
    boxes: dict[str, tuple[float, float]],
    unit: str,
):
    """Draw one answer over two figures as contours.

    table: from `sensitivity.two_at_a_time`. what: the answer, in words. labels: parameter -> text
    of its axis, across first, then upwards. levels: of the contours. stated: the text's own pair.
    boxes: parameter -> ends of what was measured, drawn as a bar along its axis. unit: of the
    answer.
    """
    across, up = labels
    grid = table.pivot_table(index=up, columns=across, values=output)
    fig, ax = plt.subplots(figsize=(7.5, 5.6))
    shades = [str(s) for s in np.linspace(0.97, 0.6, len(levels) + 1)]
    ax.contourf(grid.columns, grid.index, grid, [-np.inf, *levels, np.inf], colors=shades)
    lines = ax.contour(grid.columns, grid.index, grid, levels, colors="0.25", linewidths=1)
    ax.clabel(lines, fmt=lambda value: quantity_text(value, unit), fontsize=9)
    colours = sns.color_palette()
    ax.plot(*stated, "*", color=colours[3], ms=16, mec="white")
    over_a_number = {"path_effects": [withStroke(linewidth=3, foreground="white")]}
    offset = {"xytext": (10, 6), "textcoords": "offset points", "fontsize": 10}
    ax.annotate("the text", stated, **offset, **over_a_number)
    ax.set(xscale=_scale(grid.columns), yscale=_scale(grid.index))
    for axis, values in ((ax.xaxis, grid.columns), (ax.yaxis, grid.index)):
        axis.set_major_formatter(lambda value, _: number_text(value))
        if _scale(values) == "log":
            axis.set_minor_formatter("")
    for name, span, thickness in ((across, ax.axvspan, 0.025), (up, ax.axhspan, 0.018)):
        if name in boxes:
            span(*boxes[name], 0.0, thickness, color=colours[0], alpha=0.9, lw=0)
    ax.set(xlabel=labels[across], ylabel=labels[up])
    ax.grid(visible=False)
    corners = [
        f"{quantity_text(grid.loc[y, x], unit)} at {number_text(x)} and {number_text(y)}"
        for y in (grid.index.min(), grid.index.max())
        for x in (grid.columns.min(), grid.columns.max())
    ]
    alt = (
        f"{what}. Contours over {labels[across]} (across) and {labels[up]} (upwards). In the "
        f"corners the answer is {'; '.join(corners)}."
    )
    return fig, alt, table[[across, up, output]]


def _scale(values: pd.Index) -> str:
    return "log" if values.min() > 0 and values.max() > 20 * values.min() else "linear"
