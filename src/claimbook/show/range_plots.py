"""Figures of ranges: which inputs decide a result, effects side by side, curves over a width."""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text, quantity_text
from claimbook.show.theme import themed

WIDTH_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)
RATIO_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20)
HARDLY = 0.02
"""Swings below this part of the largest are told in words: their bars would not be seen."""


@themed
def tornado_plot(panels: dict[str, pd.DataFrame]) -> plt.Figure:
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
    return fig


def tornado_alt(panels: dict[str, pd.DataFrame]) -> str:
    """Tell what `tornado_plot` shows: in each panel the first two inputs and their reach."""
    parts = []
    for title, table in panels.items():
        first = table[table["swing"] > 0].head(2)
        reaches = [
            f"{row.input} from {number_text(row.at_low)} to {number_text(row.at_high)}"
            for row in first.itertuples()
        ]
        parts.append(f"{title}: moved most by {' and '.join(reaches)}")
    return f"How far each input alone moves a result. {'; '.join(parts)}."


def panel_data(panels: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what `tornado_plot` or `effect_plot` draws: the panels, one below another."""
    return pd.concat(
        [table.assign(panel=title) for title, table in panels.items()], ignore_index=True
    )


@themed
def effect_plot(panels: dict[str, pd.DataFrame], neutral: dict[str, float]) -> plt.Figure:
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
    return fig


def effect_alt(panels: dict[str, pd.DataFrame]) -> str:
    """Tell what `effect_plot` shows: every effect with its interval."""
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


@themed
def width_plot(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    stated: tuple[float, float],
    measured: pd.DataFrame,
    bands: dict[str, tuple[float, float]],
    axis_label: str,
) -> plt.Figure:
    """Draw results over a width, one panel each, with the stated and the measured widths.

    curves: label of the vertical axis -> widths and results. stated: ends of the claimed range.
    measured: low and high of each measured width, drawn as marks along the top of each panel.
    bands: label of a vertical axis -> measured range of that result, drawn hatched.
    """
    fig, axes = plt.subplots(1, len(curves), figsize=(9.2, 4.6))
    colours = sns.color_palette()
    for ax, (label, (x, y)) in zip(np.atleast_1d(axes), curves.items(), strict=True):
        ax.axvspan(*stated, color="0.85", lw=0, label="what the text says")
        if label in bands:
            style = {"fc": (*colours[1], 0.3), "ec": colours[1], "hatch": "//", "lw": 0}
            ax.axhspan(*bands[label], label="measured", **style)
        ax.plot(x, y, color=colours[0], label="computed")
        ax.set(xscale="log", yscale="log", xlabel=axis_label, title=label)
        ax.title.set_fontsize(10)
        top = ax.get_ylim()[1]
        ax.set_ylim(top=top * 2.2)
        for place, row in enumerate(measured.itertuples()):
            height = 0.985 - 0.022 * (place % 6)
            transform = ax.get_xaxis_transform()
            if row.low != row.high:
                ax.plot([row.low, row.high], [height] * 2, color=colours[2], transform=transform)
            name = "measured widths" if place == 0 else None
            centre = np.sqrt(row.low * row.high)
            ax.plot(centre, height, "D", color=colours[2], ms=4, transform=transform, label=name)
        ax.set_xticks([t for t in WIDTH_TICKS if x[0] <= t <= x[-1]])
        ax.xaxis.set_major_formatter(lambda v, _: number_text(v))
        ax.xaxis.set_minor_formatter(lambda v, _: "")
        ax.yaxis.set_major_formatter(lambda v, _: number_text(v))
    handles = {}
    for ax in np.atleast_1d(axes):
        handles |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    fig.legend(
        handles.values(),
        handles.keys(),
        loc="outside upper left",
        ncols=4,
        fontsize=9,
        frameon=False,
    )
    return fig


def width_data(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    stated: tuple[float, float],
    measured: pd.DataFrame,
    bands: dict[str, tuple[float, float]],
) -> pd.DataFrame:
    """Return what `width_plot` draws: kind, result, width_low, width_high, low, high.

    kind: computed (a point of a curve), measured width, measured result, or text.
    """
    rows = [
        ("computed", label, width, width, value, value)
        for label, points in curves.items()
        for width, value in zip(*points, strict=True)
    ]
    rows += [("measured width", None, m.low, m.high, None, None) for m in measured.itertuples()]
    rows += [("measured result", label, None, None, *ends) for label, ends in bands.items()]
    rows.append(("text", None, *stated, None, None))
    return pd.DataFrame(
        rows, columns=["kind", "result", "width_low", "width_high", "low", "high"], dtype=object
    )


def width_alt(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    stated: tuple[float, float],
    unit: str,
) -> str:
    """Tell what `width_plot` shows: each result at both ends of the stated widths."""
    parts = []
    for label, (x, y) in curves.items():
        ends = [
            number_text(float(np.exp(np.interp(np.log(s), np.log(x), np.log(y))))) for s in stated
        ]
        parts.append(
            f"{label}: {ends[0]} at {quantity_text(stated[0], unit)}, {ends[1]} at "
            f"{quantity_text(stated[1], unit)}"
        )
    return f"Results over the width of an opening. {'; '.join(parts)}."
