"""Figures of ranges: which inputs decide a result, effects side by side, curves over a width."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text
from claimbook.show.pictures import drawn

RATIO_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20)
HARDLY = 0.02
"""Swings below this part of the largest are told in words: their bars would not be seen."""


@drawn
def tornado_plot(panels: dict[str, pd.DataFrame]):
    """Draw one tornado per panel: how far each input alone moves a result.

    panels: title (with the unit) -> table of `uncertainty.tornado`.
    """
    sizes = [len(table) for table in panels.values()]
    fig, axes = plt.subplots(
        len(panels), 1, figsize=(8.6, 0.42 * sum(sizes) + 1.3 * len(panels)), height_ratios=sizes
    )
    colours = sns.color_palette()
    for ax, (title, table) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        base = float(table["baseline"].iloc[0])
        ax.axvline(base, color="0.3", lw=1)
        for y, row in enumerate(table.itertuples()):
            for end, colour, hatch in (("low", colours[0], ""), ("high", colours[1], "//")):
                reach = getattr(row, f"at_{end}") - base
                ax.barh(y, reach, left=base, color=colour, hatch=hatch, ec="white", height=0.7)
            if row.swing < HARDLY * table["swing"].max():
                words = (
                    f" moves it by {number_text(row.swing)}" if row.swing else " no spread known"
                )
                ax.annotate(words, (base, y), va="center", fontsize=8, color="0.35")
        ax.set_yticks(range(len(table)), table["input"], fontsize=9)
        ax.set_ylim(len(table) - 0.4, -0.6)
        ax.grid(axis="y", visible=False)
        ax.set_title(textwrap.fill(title, 72), fontsize=10)
        ax.margins(x=0.08)
    handles = [
        plt.Rectangle((0, 0), 1, 1, fc=colours[0], ec="white", label="input at its low end"),
        plt.Rectangle(
            (0, 0), 1, 1, fc=colours[1], ec="white", hatch="//", label="input at its high end"
        ),
    ]
    fig.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=9, frameon=False)
    return fig, _tornado_words(panels), _data(panels)


def _tornado_words(panels: dict[str, pd.DataFrame]) -> str:
    parts = []
    for title, table in panels.items():
        first = table[table["swing"] > 0].head(2)
        reaches = [
            f"{row.input} from {number_text(row.at_low)} to {number_text(row.at_high)}"
            for row in first.itertuples()
        ]
        parts.append(f"{title}: moved most by {' and '.join(reaches)}")
    return f"How far each input alone moves a result. {'; '.join(parts)}."


@drawn
def effect_plot(panels: dict[str, pd.DataFrame], neutral: dict[str, float]):
    """Draw effects with their intervals, one panel per kind of effect.

    panels: label of the horizontal axis -> table with label, group, value, low, high (a missing
        value leaves the line empty, with its text in note). Groups share a colour and a shape.
    neutral: label of the axis -> the value of no effect.
    """
    sizes = [len(table) for table in panels.values()]
    fig, axes = plt.subplots(
        len(panels), 1, figsize=(8.6, 0.36 * sum(sizes) + 1.1 * len(panels)), height_ratios=sizes
    )
    groups = list(dict.fromkeys(g for table in panels.values() for g in table["group"]))
    colours, shapes = sns.color_palette(), "osD^vP"
    for ax, (label, table) in zip(np.atleast_1d(axes), panels.items(), strict=True):
        ax.axvline(neutral[label], color="0.4", lw=1)
        for y, row in enumerate(table.itertuples()):
            place = groups.index(row.group)
            if pd.isna(row.value):
                ax.annotate(f" {row.note}", (neutral[label], y), va="center", fontsize=8)
                continue
            if pd.notna(row.low):
                ax.hlines(y, row.low, row.high, color=colours[place], lw=2)
            ax.plot(row.value, y, shapes[place], color=colours[place], ms=7)
        ax.set_yticks(range(len(table)), table["label"], fontsize=8.5)
        ax.set_ylim(len(table) - 0.4, -0.6)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(label, fontsize=10)
        if neutral[label] == 1:  # a ratio: twice and half are equally far from no effect
            ax.set_xscale("log")
            ends = table[["value", "low", "high"]].min().min(), table["high"].max()
            ax.set_xticks([t for t in RATIO_TICKS if ends[0] / 1.5 <= t <= 1.5 * ends[1]])
            ax.xaxis.set_major_formatter(lambda v, _: number_text(v))
            ax.xaxis.set_minor_formatter(lambda v, _: "")
        ax.margins(x=0.12)
    for place, group in enumerate(groups):
        axes_first = np.atleast_1d(axes)[0]
        axes_first.plot([], [], shapes[place], color=colours[place], label=group)
    fig.legend(loc="outside upper left", ncols=4, fontsize=9, frameon=False)
    return fig, _effect_words(panels), _data(panels)


def _effect_words(panels: dict[str, pd.DataFrame]) -> str:
    parts = []
    for label, table in panels.items():
        rows = [
            f"{row.label}: "
            + (
                row.note
                if pd.isna(row.value)
                else number_text(row.value)
                + (
                    f" ({number_text(row.low)} to {number_text(row.high)})"
                    if pd.notna(row.low)
                    else ""
                )
            )
            for row in table.itertuples()
        ]
        parts.append(f"{label}: {'; '.join(rows)}")
    return f"Effects side by side. {'. '.join(parts)}."


def _data(panels: dict[str, pd.DataFrame]) -> pd.DataFrame:
    tables = [table.assign(panel=title) for title, table in panels.items()]
    return pd.concat(tables, ignore_index=True)
