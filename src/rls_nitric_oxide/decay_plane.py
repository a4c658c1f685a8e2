"""The share left of something that decays on its way: half-life against time, as a plane."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import LogLocator

from claimbook.book.format import quantity_text
from claimbook.show.pictures import drawn
from rls_nitric_oxide.kinetics import LOG10_2, format_share, log10_share_left

Band = tuple[str, float, float]  # label, low and high of a measured range, in seconds
LEVELS = (-24.0, -6.0, -2.0, -1.0, -0.301, -0.0458)  # one molecule in a mole, a millionth, ...
LEVEL_NAMES = ("10⁻²⁴", "10⁻⁶", "1 %", "10 %", "50 %", "90 %")
HATCHES = ("//", "\\\\", "..", "xx")


@drawn
def decay_plane(half_lives: list[Band], times: list[Band], stated: tuple[float, float, str]):
    """Draw the share left over time (horizontal) and half-life (vertical), both logarithmic.

    half_lives, times: measured ranges in seconds, drawn as horizontal and vertical bands.
    stated: time, half-life and label of a point, such as a text's own figures.
    Data: axis, label, low and high in seconds; the share left at any point follows from the axes.
    """
    x_ends = _span([end for _, *ends in times for end in ends] + [stated[0]], 2.0)
    y_ends = _span([end for _, *ends in half_lives for end in ends] + [stated[1]], 3.0)
    x, y = np.geomspace(*x_ends, 200), np.geomspace(*y_ends, 300)
    logs = log10_share_left(*np.meshgrid(x, y))
    fig, ax = plt.subplots(figsize=(8.6, 6.4))
    shades = [str(round(level, 3)) for level in np.linspace(0.62, 0.98, len(LEVELS) + 1)]
    fills = [float(logs.min()) - 1, *LEVELS, 0.001]
    ax.contourf(x, y, logs, levels=fills, colors=shades)
    ax.contour(x, y, logs, levels=LEVELS, colors="0.25", linewidths=0.8, linestyles="solid")
    for level, name in zip(LEVELS, LEVEL_NAMES, strict=True):
        edge = x_ends[0] * 1.04  # on the contour, where it enters at the left
        place = (edge, edge * LOG10_2 / -level)
        paper = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75}
        ax.annotate(f"{name} left", place, fontsize=8, va="center", bbox=paper, zorder=3)
    colours = sns.color_palette()
    for (label, low, high), colour, hatch in zip(half_lives, colours, HATCHES, strict=False):
        ax.axhspan(low, high, facecolor=(*colour, 0.25), edgecolor=colour, hatch=hatch, lw=1)
        place = (0.99, np.sqrt(low * high))
        style = {"ha": "right", "va": "center", "fontsize": 9, "bbox": _box(colour)}
        ax.annotate(label, place, xycoords=("axes fraction", "data"), **style)
    for number, (label, low, high) in enumerate(times):
        ax.axvspan(low / 1.01, high * 1.01, facecolor=(0, 0, 0, 0.1), edgecolor="0.2", lw=1)
        place = (np.sqrt(low * high), 0.985 - 0.055 * (number % 4))
        style = {"ha": "center", "va": "top", "fontsize": 8, "bbox": _box("0.2")}
        ax.annotate(label, place, xycoords=("data", "axes fraction"), **style)
    time, half_life, label = stated
    ax.plot(time, half_life, "*", ms=18, color=colours[3], mec="white")
    offset = {"xytext": (12, -16), "textcoords": "offset points", "fontsize": 9}
    ax.annotate(label, (time, half_life), bbox=_box(colours[3]), **offset)
    ax.set(xscale="log", yscale="log", xlim=x_ends, ylim=y_ends)
    ax.grid(visible=False)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_formatter(lambda v, _: "")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda v, _: f"{v:.10g} s")
    ax.set_xlabel("time on the way")
    ax.set_ylabel("half-life")
    own = format_share(log10_share_left(time, half_life))
    shortest = min(low for _, low, _ in times)
    best = [
        f"{name}, {format_share(log10_share_left(shortest, high))}" for name, _, high in half_lives
    ]
    alt = (
        f"Share left by half-life and time on the way. {label}: {own} is left after "
        f"{quantity_text(time, 'second')}. At the shortest measured time, "
        f"{quantity_text(shortest, 'second')}, and the longest half-life of each medium, at most "
        f"this is left: {'; '.join(best)}."
    )
    rows = [("half-life", *band) for band in half_lives] + [("time", *band) for band in times]
    rows += [("time", label, time, time), ("half-life", label, half_life, half_life)]
    return fig, alt, pd.DataFrame(rows, columns=["axis", "label", "low", "high"])


def _span(values: list[float], room: float) -> tuple[float, float]:
    return min(values) / room, max(values) * room


def _box(colour) -> dict:
    return {"boxstyle": "round,pad=0.2", "fc": "white", "ec": colour, "lw": 0.8}
