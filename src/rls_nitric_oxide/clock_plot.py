"""Times of day on a dial of 24 hours, and values by the clock with the cosine that fits them."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text, plain_words
from claimbook.show.pictures import drawn
from claimbook.stats.cosinor import Cosinor
from rls_nitric_oxide.clock import ENDS, clock_hours, dial_angle, format_clock, window_length

SHAPES = "osD^vPX*"
PANELS = 3  # side by side
Window = tuple[str, str]


@drawn
def dial_plot(rows: pd.DataFrame, windows: dict[str, Window]):
    """Draw peaks (filled) and troughs (hollow) on rings around a dial, midnight at the top.

    rows: columns number (written beside the peak), group (one colour and shape each, drawn from
        the inside out in the order of appearance) and `ENDS` (clock times, missing if not known).
    windows: label -> start and end of a claimed window, drawn as shaded sectors.
    Data: the rows, then the claimed windows as times of a peak.
    """
    fig, ax = plt.subplots(figsize=(8.6, 8.6), subplot_kw={"projection": "polar"})
    ax.set_theta_zero_location("N")
    ax.set_theta_direction(-1)
    groups = list(dict.fromkeys(rows["group"]))
    inner, rings = 6, len(rows) + 1.2 * (len(groups) - 1)
    for (label, (start, end)), hatch, shade in zip(
        windows.items(), ("", ".."), ("0.82", "0.9"), strict=False
    ):
        span = window_length(start, end) / 24 * 2 * math.pi
        middle = dial_angle([start])[0] + span / 2
        edge = "0.6" if hatch else "none"
        ax.bar(middle, inner + rings + 1, span, 0, color=shade, ec=edge, hatch=hatch, lw=0)
        ax.bar(0, 0, 0, 0, color=shade, ec=edge, hatch=hatch, lw=0, label=label)
    radius = float(inner)
    for place, group in enumerate(groups):
        colour, shape = sns.color_palette()[place], SHAPES[place]
        for row in rows[rows["group"] == group].itertuples():
            radius += 1
            for part, filled in (("peak", True), ("trough", False)):
                _ring(ax, row, part, radius, colour, shape, filled)
        radius += 1.2
        ax.plot([], [], shape, color=colour, label=f"{group}: peak (hollow: trough)")
    ax.set_ylim(0, inner + rings + 1)
    ax.set_yticks([])
    hours = range(0, 24, 3)
    ax.set_xticks([hour / 24 * 2 * math.pi for hour in hours], [f"{h:02d}:00" for h in hours])
    fig.legend(loc="outside upper left", ncols=2, fontsize=8.5, frameon=False)
    return fig, _dial_words(rows, windows), _dial_data(rows, windows)


def _ring(ax, row, part: str, radius: float, colour, shape: str, filled: bool) -> None:
    """Draw one peak or trough: a mark, or an arc with a mark in its middle."""
    start, end = getattr(row, f"{part}_time"), getattr(row, f"{part}_time_end")
    if pd.isna(start):
        return
    angle = dial_angle([start])[0]
    if pd.notna(end):
        span = window_length(start, end) / 24 * 2 * math.pi
        arc = np.linspace(angle, angle + span, 60)
        ax.plot(arc, [radius] * 60, color=colour, lw=2, ls="-" if filled else ":")
        angle += span / 2
    ax.plot(angle, radius, shape, color=colour, mfc=colour if filled else "white", ms=6)
    if filled:
        offset = {"xytext": (5, 3), "textcoords": "offset points", "fontsize": 7.5}
        ax.annotate(str(row.number), (angle, radius), **offset)


def _dial_data(rows: pd.DataFrame, windows: dict[str, Window]) -> pd.DataFrame:
    claimed = [(label, *ends) for label, ends in windows.items()]
    claimed = pd.DataFrame(claimed, columns=["group", *ENDS[:2]])
    table = pd.concat([rows.astype(object), claimed], ignore_index=True)
    return table.reindex(columns=["number", "row_id", "group", *ENDS])


def _dial_words(rows: pd.DataFrame, windows: dict[str, Window]) -> str:
    parts = []
    for group, own in rows.groupby("group", sort=False):
        hours = clock_hours(own["peak_time"])
        times = [format_clock(hour) for hour in np.sort(hours[~np.isnan(hours)])]
        parts.append(f"{group}, peaks at {', '.join(times) or 'no known time'}")
    sectors = [f"{label}, {start} to {end}" for label, (start, end) in windows.items()]
    return (
        f"Dial of 24 hours with the peaks and troughs of {len(rows)} rows. {'; '.join(parts)}. "
        f"Shaded: {'; '.join(sectors)}."
    )


@drawn
def series_plot(series: pd.DataFrame, fits: dict[str, Cosinor]):
    """Draw values by the clock, one small panel per series, with the fitted cosine if there is one.

    series: columns series (key of `fits`), title, hours, value, spread (missing where unknown),
        unit. Panels stand in the order of appearance.
    """
    names = list(dict.fromkeys(series["series"]))
    lines = math.ceil(len(names) / PANELS)
    fig, axes = plt.subplots(lines, PANELS, figsize=(9.2, 1.95 * lines + 0.4), squeeze=False)
    colours = sns.color_palette()
    for ax, name in zip(axes.flat, names, strict=False):
        own, fit = series[series["series"] == name].sort_values("hours"), fits[name]
        ax.errorbar(own["hours"], own["value"], yerr=own["spread"], fmt="o", color=colours[0], ms=5)
        if fit.identifiable:
            hours = np.linspace(0, 24, 97)
            certain = "-" if fit.p_value < 0.05 else "--"
            ax.plot(hours, fit.predict(hours), color=colours[1], ls=certain, lw=1.5)
        ax.set(xlim=(0, 24), xticks=range(0, 25, 6))
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:02.0f}")
        ax.tick_params(labelsize=8)
        ax.set_title(own["title"].iloc[0], fontsize=8)
        ax.set_ylabel(own["unit"].iloc[0], fontsize=8)
    for ax in axes.flat[len(names) :]:
        ax.set_visible(False)
    fig.supylabel("")
    fitted = [
        f"{plain_words(name)}, peak at {format_clock(fit.peak_hour)}, p = "
        f"{number_text(float(f'{fit.p_value:.2g}'))}"
        for name, fit in fits.items()
        if fit.identifiable
    ]
    alt = (
        f"Values by the clock in {series['series'].nunique()} series, hours of the day along each "
        f"panel. A cosine could be fitted to {len(fitted)}: {'; '.join(fitted) or 'none'}."
    )
    columns = ["series", "row_id", "hours", "value", "spread", "unit"]
    return fig, alt, series[columns]
