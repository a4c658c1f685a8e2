"""Figures of other numbers: verdicts by scenario, agreement, and answers over two figures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import ListedColormap
from matplotlib.patheffects import withStroke

from claimbook.book.format import number_text, quantity_text
from claimbook.claims.verdict import Verdict
from claimbook.show.theme import themed

PALE = 0.45
"""How much of a verdict's colour a cell takes, so that its black mark stays readable."""


@themed
def verdict_map(verdicts: pd.DataFrame) -> plt.Figure:
    """Draw verdicts as a table of marks and colours.

    verdicts: one row per case (index: its name), one column per figure (its name).
    """
    codes = verdicts.map(lambda verdict: Verdict(verdict).rank).to_numpy()
    fig, ax = plt.subplots(figsize=(1.15 * verdicts.shape[1] + 2.8, 0.5 * len(verdicts) + 2.0))
    pale = [sns.blend_palette(["white", v.colour], 101)[int(100 * PALE)] for v in Verdict]
    ax.pcolormesh(codes, cmap=ListedColormap(pale), vmin=-0.5, vmax=len(Verdict) - 0.5, ec="white")
    for (y, x), code in np.ndenumerate(codes):
        mark = list(Verdict)[code].mark
        ax.text(x + 0.5, y + 0.5, mark, ha="center", va="center", fontsize=14)
    ax.set_yticks(np.arange(len(verdicts)) + 0.5, verdicts.index)
    ax.set_xticks(np.arange(verdicts.shape[1]) + 0.5, verdicts.columns, rotation=30, ha="right")
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.tick_params(length=0, labelsize=9)
    key = "   ".join(v.text for v in Verdict if v in set(verdicts.to_numpy().ravel()))
    ax.set_title(key, fontsize=10, fontweight="normal")
    return fig


def verdict_map_alt(verdicts: pd.DataFrame) -> str:
    """Tell what `verdict_map` shows: what each case has otherwise than the first."""
    first = verdicts.iloc[0]
    parts = []
    for name, row in verdicts.iloc[1:].iterrows():
        other = [f"{column} {row[column]}" for column in row.index if row[column] != first[column]]
        parts.append(f"{name}: {', '.join(other) or 'the same'}")
    start = ", ".join(f"{column} {verdict}" for column, verdict in first.items())
    return f"Verdicts by case. {first.name}: {start}. Otherwise in the others: {'; '.join(parts)}."


@themed
def agreement_plot(agreeing: pd.Series, verdicts: pd.Series, threshold: float) -> plt.Figure:
    """Draw the share of studies that agree with each figure.

    agreeing: figure -> percent. verdicts: figure -> verdict. threshold: percent from which a
    figure holds.
    """
    fig, ax = plt.subplots(figsize=(8, 0.45 * len(agreeing) + 1.4))
    for y, (name, percent) in enumerate(agreeing.items()):
        verdict = Verdict(verdicts[name])
        colour = verdict.colour
        ax.hlines(y, 0, percent, color=colour, lw=3)
        ax.plot(percent, y, "o", color=colour, mec="white", ms=9)
        ax.annotate(
            verdict.text,
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=10,
        )
    ax.axvline(threshold, color="0.4", lw=1, ls="--")
    ax.set_yticks(range(len(agreeing)), agreeing.index)
    ax.set_ylim(len(agreeing) - 0.5, -0.5)
    ax.set_xlim(-2, 102)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("studies that agree (percent); dashed: from here a figure holds")
    return fig


@themed
def value_map(
    table: pd.DataFrame,
    names: tuple[str, str],
    output: str,
    levels: list[float],
    labels: dict[str, str],
    stated: tuple[float, float],
    boxes: dict[str, tuple[float, float]],
    unit: str,
) -> plt.Figure:
    """Draw one answer over two figures as contours.

    table: from `sensitivity.two_at_a_time`. names: parameter across, parameter upwards. levels:
    of the contours. labels: text for each axis. stated: the text's own pair. boxes: parameter ->
    ends of what was measured, drawn as a bar along its axis. unit: of the answer.
    """
    across, up = names
    grid = table.pivot_table(index=up, columns=across, values=output)
    fig, ax = plt.subplots(figsize=(7.5, 5.6))
    shades = [str(s) for s in np.linspace(0.97, 0.6, len(levels) + 1)]
    ax.contourf(grid.columns, grid.index, grid, [-np.inf, *levels, np.inf], colors=shades)
    lines = ax.contour(grid.columns, grid.index, grid, levels, colors="0.25", linewidths=1)
    ax.clabel(lines, fmt=lambda value: quantity_text(value, unit), fontsize=9)
    colours = sns.color_palette()
    ax.plot(*stated, "*", color=colours[3], ms=16, mec="white")
    ax.annotate(
        "the text",
        stated,
        xytext=(10, 6),
        textcoords="offset points",
        fontsize=10,
        path_effects=[withStroke(linewidth=3, foreground="white")],  # over a contour's number
    )
    ax.set(xscale=_scale(grid.columns), yscale=_scale(grid.index))
    for axis, values in ((ax.xaxis, grid.columns), (ax.yaxis, grid.index)):
        axis.set_major_formatter(lambda value, _: number_text(value))
        if _scale(values) == "log":
            axis.set_minor_formatter(lambda value, _: "")
    spans = ((across, ax.axvspan, (0.0, 0.025)), (up, ax.axhspan, (0.0, 0.018)))
    for name, span, (low, high) in spans:
        if name in boxes:
            span(*boxes[name], low, high, color=colours[0], alpha=0.9, lw=0)
    ax.set(xlabel=labels[across], ylabel=labels[up])
    ax.grid(visible=False)
    return fig


def _scale(values: pd.Index) -> str:
    return "log" if values.min() > 0 and values.max() > 20 * values.min() else "linear"


def value_map_alt(
    table: pd.DataFrame, names: tuple[str, str], output: str, labels: dict[str, str], unit: str
) -> str:
    """Tell what `value_map` shows: the answer in its four corners."""
    across, up = names
    corners = []
    for y in (table[up].min(), table[up].max()):
        for x in (table[across].min(), table[across].max()):
            row = table[(table[across] == x) & (table[up] == y)].iloc[0]
            corners.append(
                f"{quantity_text(row[output], unit)} at {number_text(x)} and {number_text(y)}"
            )
    return (
        f"Contours over {labels[across]} (across) and {labels[up]} (upwards). In the corners the "
        f"answer is {'; '.join(corners)}."
    )
