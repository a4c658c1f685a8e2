"""Figures of the collection: each function takes tables and returns a matplotlib figure.

Beside each figure function stands one that tells in words, from the same data, what it shows, and
one that returns the drawn numbers as a table where they are not in one already.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text, plain_words
from claimbook.claims.comparison import Comparison, stated_interval
from claimbook.claims.verdict import VERDICTS, Verdict
from claimbook.show.theme import themed

BAND = "0.85"
PARTS = {
    "direct": "measured it",
    "indirect": "measured something near it",
    "uncounted": "has no vote",
}
LOG_SPAN = 20  # a logarithmic axis where the largest number is more than this many times the least


@themed
def ratio_plot(comparisons: list[Comparison], labels: dict[str, str]) -> plt.Figure:
    """Draw every figure's evidence as a multiple of the figure, on one logarithmic axis.

    labels: claim -> short text for the vertical axis. The shaded band is what the text allows.
    """
    fig, ax = plt.subplots(figsize=(8, 0.62 * len(comparisons) + 1.6))
    for y, comparison in enumerate(comparisons):
        record, rows = comparison.record, comparison.rows
        low, high = _drawn_band(record, rows)
        centre = np.sqrt(low * high) if record["value"] is None else record["value"]
        verdict = Verdict(record["verdict"])
        colour = verdict.colour
        direct = rows[(rows["part"] == "direct") & (rows["high"] > 0)]
        if centre == 0:  # of which nothing is a multiple
            direct = direct.iloc[:0]
        else:
            ax.fill_betweenx([y - 0.38, y + 0.38], low / centre, high / centre, color=BAND, lw=0)
        ax.hlines([y] * len(direct), direct["low"] / centre, direct["high"] / centre, color=colour)
        ax.plot(direct["value"] / centre, [y] * len(direct), "o", color=colour, mec="white", ms=8)
        ax.annotate(
            verdict.text,
            (1.01, y),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=10,
        )
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda x, _: f"×{number_text(x)}")
    ax.tick_params(axis="x", labelsize=9)
    ax.set_yticks(
        range(len(comparisons)),
        [f"{labels[c.record['claim']]}: {c.record['figure']}" for c in comparisons],
    )
    ax.set_ylim(len(comparisons) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("measured, as a multiple of the figure in the text (logarithmic)")
    return fig


def ratio_alt(comparisons: list[Comparison], labels: dict[str, str]) -> str:
    """Tell what `ratio_plot` shows."""
    parts = []
    for record in (comparison.record for comparison in comparisons):
        found = interval_text(record["low"], record["high"], record["unit"])
        measured = f"was measured at {found}" if record["studies"] else "was not measured"
        named = f"{labels[record['claim']]} ({record['figure']})"
        parts.append(f"{named} {measured}: {record['verdict']}")
    return f"Measurements beside each figure of the text. {'; '.join(parts)}."


def ratio_data(comparisons: list[Comparison]) -> pd.DataFrame:
    """Return what `ratio_plot` draws: claim, figure, verdict, row_id, value, low, high, times.

    Numbers are in the unit of the figure; times is the value as a multiple of the figure.
    """
    parts = []
    for record, rows in ((c.record, c.rows) for c in comparisons):
        low, high = _drawn_band(record, rows)
        centre = np.sqrt(low * high) if record["value"] is None else record["value"]
        drawn = rows[(rows["part"] == "direct") & (rows["high"] > 0)]
        drawn = drawn[["row_id", "value", "low", "high"]] if centre else drawn.iloc[:0]
        about = {key: record[key] for key in ("claim", "figure", "unit", "verdict")}
        parts.append(drawn.assign(**about, times=drawn["value"] / centre))
    columns = ["claim", "figure", "verdict", "row_id", "value", "low", "high", "unit", "times"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def _drawn_band(record: dict, rows: pd.DataFrame) -> tuple[float, float]:
    """Return what the text allows; a band without upper end goes on past every row."""
    low, high = stated_interval(_claim_of(record))
    return low, high if np.isfinite(high) else 2 * max([low, *rows["high"]])


def _claim_of(record: dict) -> pd.Series:
    return pd.Series(
        {
            "relation": record["relation"],
            "value": record["value"],
            "low": record["value_low"],
            "high": record["value_high"],
        }
    )


@themed
def evidence_plot(comparison: Comparison, axis_label: str) -> plt.Figure:
    """Draw every row that a figure was held against, direct ones first, over the text's figure."""
    record = comparison.record
    rows = comparison.rows.sort_values(["part", "value"], kind="stable").reset_index(drop=True)
    low, high = _drawn_band(record, rows)
    fig, ax = plt.subplots(figsize=(8, 0.28 * len(rows) + 1.9))
    ax.axvspan(low, high, color=BAND, lw=0)
    colours = sns.color_palette()
    looks = {"direct": (colours[0], "o"), "indirect": (colours[7], "D"), "uncounted": ("0.6", "x")}
    for part, (colour, marker) in looks.items():
        own = rows[rows["part"] == part]
        ax.hlines(own.index, own["low"], own["high"], color=colour)
        edge = colour if marker == "x" else "white"
        style = {"color": colour, "mec": edge, "ls": "", "label": PARTS[part] if len(own) else None}
        ax.plot(own["value"], own.index, marker, **style)
    ax.set_yticks(rows.index, rows["row_id"], fontsize=8)
    ax.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    positive = rows.loc[rows["low"] > 0, "low"]
    if (rows["low"] > 0).all() and rows["high"].max() > LOG_SPAN * positive.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda x, _: number_text(x))
    ax.set_xlabel(axis_label)
    ax.set_title(f"{record['figure']}: {Verdict(record['verdict']).text}", fontsize=11)
    if set(rows["part"]) - {"direct"}:
        ax.legend(title=None, loc="best", frameon=True, fontsize=9)
    return fig


def evidence_alt(comparison: Comparison) -> str:
    """Tell what `evidence_plot` shows."""
    record, rows = comparison.record, comparison.rows
    near = rows[rows["part"] == "indirect"]
    also = (
        f" Rows that measured something near it run over "
        f"{interval_text(near['low'].min(), near['high'].max(), record['unit'])}."
        if len(near)
        else ""
    )
    if silent := (rows["part"] == "uncounted").sum():
        also += f" Crosses mark {silent} {'row' if silent == 1 else 'rows'} without a vote."
    against = f"Against the text's figure ({record['figure']}), drawn as a grey band, "
    if not record["studies"]:
        return f"{against}no verified study measured {record['measured']}.{also}"
    found = interval_text(record["low"], record["high"], record["unit"])
    counted = record["method"].split()[-1]  # samples or studies
    return (
        f"{against}{record['measured']} was found at {found} in {record['studies']} {counted}, "
        f"of which {record['studies_agreeing']} agree at least in part.{also}"
    )


def evidence_data(comparison: Comparison) -> pd.DataFrame:
    """Return what `evidence_plot` draws: the text's figure, then its rows, in the figure's unit.

    Columns: part (text, direct, indirect, uncounted), row_id, study, sample, value, low, high,
    agrees, why (a row has no vote), unit.
    """
    record = comparison.record
    low, high = stated_interval(_claim_of(record))
    text = {"part": "text", "row_id": record["claim"], "value": record["value"]}
    text |= {"low": low, "high": high if np.isfinite(high) else None}
    rows = comparison.rows.sort_values(["part", "value"], kind="stable").astype({"part": object})
    columns = ["part", "row_id", "study", "sample", "value", "low", "high", "agrees", "why"]
    table = pd.concat([pd.DataFrame([text]), rows.astype(object)], ignore_index=True)
    return table.reindex(columns=columns).assign(unit=record["unit"])


@themed
def count_map(counts: pd.DataFrame, rows: str, columns: str) -> plt.Figure:
    """Draw a cross-tabulation as a map with its counts; empty cells stay and show nothing."""
    shown = counts.rename(index=_level_text, columns=_level_text)
    fig, ax = plt.subplots(figsize=(1.05 * len(shown.columns) + 2.6, 0.42 * len(shown) + 1.9))
    words = shown.astype(int).astype(str).where(shown > 0, "")
    sns.heatmap(
        shown.astype(float),
        annot=words,
        fmt="",
        cmap=sns.light_palette(sns.color_palette()[0], as_cmap=True),
        vmin=0,
        cbar=False,
        linewidths=1,
        linecolor="white",
        ax=ax,
    )
    ax.set(xlabel=columns, ylabel=rows)
    ax.tick_params(axis="x", rotation=30, labelsize=10)
    for label in ax.get_xticklabels():
        label.set_ha("right")
    ax.tick_params(axis="y", rotation=0, labelsize=10)
    return fig


def _level_text(level) -> str:
    """Return a level as words, a verdict with its mark."""
    return Verdict(level).text if level in VERDICTS else plain_words(level)


def count_alt(counts: pd.DataFrame, rows: str, columns: str, things: str) -> str:
    """Tell what `count_map` shows: how many things, and the three largest cells."""
    cells = [(n, row, column) for row in counts.index for column, n in counts.loc[row].items()]
    largest = sorted(cells, key=lambda cell: -cell[0])[:3]
    parts = [f"{plain_words(r)} and {plain_words(c)}, {n}" for n, r, c in largest if n]
    return (
        f"{int(counts.to_numpy().sum())} {things} counted by {rows} and {columns}; "
        f"the largest cells are {'; '.join(parts)}."
    )
