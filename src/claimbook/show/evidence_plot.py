"""Evidence beside the figures of a text: all on one axis, each with its rows, or as a share."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text
from claimbook.claims.comparison import Comparison, stated_interval
from claimbook.claims.verdict import Verdict
from claimbook.show.pictures import drawn

BAND = "0.85"
PARTS = {
    "direct": "measured it",
    "indirect": "measured something near it",
    "uncounted": "has no vote",
}
LOG_SPAN = 20  # a logarithmic axis where the largest number is more than this many times the least


@drawn
def ratio_plot(comparisons: list[Comparison], labels: dict[str, str]):
    """Draw every figure's evidence as a multiple of the figure, on one logarithmic axis.

    labels: claim -> short text for the vertical axis. The shaded band is what the text allows.
    Data: numbers in the unit of the figure; times is the value as a multiple of the figure.
    """
    fig, ax = plt.subplots(figsize=(8, 0.62 * len(comparisons) + 1.6))
    data, sentences = [], []
    for y, comparison in enumerate(comparisons):
        record, rows, verdict = comparison.record, comparison.rows, _verdict(comparison)
        low, high = _drawn_band(comparison)
        centre = np.sqrt(low * high) if record["value"] is None else record["value"]
        direct = rows[(rows["part"] == "direct") & (rows["high"] > 0)]
        if centre == 0:  # of which nothing is a multiple
            direct = direct.iloc[:0]
        else:
            ax.fill_betweenx([y - 0.38, y + 0.38], low / centre, high / centre, color=BAND, lw=0)
        style = {"color": verdict.colour}
        ax.hlines([y] * len(direct), direct["low"] / centre, direct["high"] / centre, **style)
        ax.plot(direct["value"] / centre, [y] * len(direct), "o", mec="white", ms=8, **style)
        _label_right(ax, y, verdict.text, 1.01)
        about = {key: record[key] for key in ("claim", "figure", "unit", "verdict")}
        data.append(direct.assign(**about, times=direct["value"] / centre))
        found = interval_text(record["low"], record["high"], record["unit"])
        measured = f"was measured at {found}" if record["studies"] else "was not measured"
        named = f"{labels[record['claim']]} ({record['figure']})"
        sentences.append(f"{named} {measured}: {record['verdict']}")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(lambda x, _: f"×{number_text(x)}")
    ax.tick_params(axis="x", labelsize=9)
    records = [comparison.record for comparison in comparisons]
    _lines(ax, [f"{labels[record['claim']]}: {record['figure']}" for record in records])
    ax.set_xlabel("measured, as a multiple of the figure in the text (logarithmic)")
    columns = ["claim", "figure", "verdict", "row_id", "value", "low", "high", "unit", "times"]
    table = pd.concat(data, ignore_index=True).reindex(columns=columns)
    return fig, f"Measurements beside each figure of the text. {'; '.join(sentences)}.", table


@drawn
def evidence_plot(comparison: Comparison, axis_label: str):
    """Draw every row that a figure was compared with, direct ones first, over the text's figure.

    Data: the text's figure, then its rows, in the figure's unit; part is text, direct, indirect or
    uncounted, and why says why a row has no vote.
    """
    record, verdict = comparison.record, _verdict(comparison)
    rows = comparison.rows.sort_values(["part", "value"], kind="stable").reset_index(drop=True)
    fig, ax = plt.subplots(figsize=(8, 0.28 * len(rows) + 1.9))
    ax.axvspan(*_drawn_band(comparison), color=BAND, lw=0)
    colours = sns.color_palette()
    looks = {"direct": (colours[0], "o"), "indirect": (colours[7], "D"), "uncounted": ("0.6", "x")}
    for part, (colour, marker) in looks.items():
        own = rows[rows["part"] == part]
        ax.hlines(own.index, own["low"], own["high"], color=colour)
        edge = colour if marker == "x" else "white"
        style = {"color": colour, "mec": edge, "ls": "", "label": PARTS[part] if len(own) else None}
        ax.plot(own["value"], own.index, marker, **style)
    _lines(ax, rows["row_id"], fontsize=8)
    positive = rows.loc[rows["low"] > 0, "low"]
    if (rows["low"] > 0).all() and rows["high"].max() > LOG_SPAN * positive.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(lambda x, _: number_text(x))
    ax.set_xlabel(axis_label)
    ax.set_title(f"{record['figure']}: {verdict.text}", fontsize=11)
    if set(rows["part"]) - {"direct"}:
        ax.legend(title=None, loc="best", frameon=True, fontsize=9)
    low, high = stated_interval(_claim_of(record))
    text = {"part": "text", "row_id": record["claim"], "value": record["value"]}
    text |= {"low": low, "high": high if np.isfinite(high) else None}
    columns = ["part", "row_id", "study", "sample", "value", "low", "high", "agrees", "why"]
    data = pd.concat([pd.DataFrame([text]), rows.astype(object)], ignore_index=True)
    return (
        fig,
        _evidence_words(record, rows),
        data.reindex(columns=columns).assign(unit=record["unit"]),
    )


def _evidence_words(record: dict, rows: pd.DataFrame) -> str:
    near = rows[rows["part"] == "indirect"]
    span = interval_text(near["low"].min(), near["high"].max(), record["unit"])
    also = f" Rows that measured something near it run over {span}." if len(near) else ""
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


@drawn
def agreement_plot(agreeing: pd.Series, verdicts: pd.Series, threshold: float):
    """Draw the share of samples that agree with each figure.

    agreeing: figure -> percent. verdicts: figure -> verdict. threshold: percent from which a
    figure holds.
    """
    fig, ax = plt.subplots(figsize=(8, 0.45 * len(agreeing) + 1.4))
    for y, (name, percent) in enumerate(agreeing.items()):
        verdict = Verdict(verdicts[name])
        ax.hlines(y, 0, percent, color=verdict.colour, lw=3)
        ax.plot(percent, y, "o", color=verdict.colour, mec="white", ms=9)
        _label_right(ax, y, verdict.text, 1.02)
    ax.axvline(threshold, color="0.4", lw=1, ls="--")
    _lines(ax, agreeing.index)
    ax.set_xlim(-2, 102)
    ax.set_xlabel("samples that agree (percent); dashed: from here a figure holds")
    words = [f"{name}: {number_text(p)} %, {verdicts[name]}" for name, p in agreeing.items()]
    data = pd.DataFrame({"percent": agreeing, "verdict": verdicts}).rename_axis("figure")
    return fig, f"Share of samples that agree with each figure. {'; '.join(words)}.", data


def _verdict(comparison: Comparison) -> Verdict:
    return Verdict(comparison.record["verdict"])


def _label_right(ax, y: float, words: str, x: float) -> None:
    style = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 10}
    ax.annotate(words, (x, y), **style)


def _lines(ax, labels, **style) -> None:
    """Name the horizontal lines of a plot, from the top."""
    ax.set_yticks(range(len(labels)), labels, **style)
    ax.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)


def _drawn_band(comparison: Comparison) -> tuple[float, float]:
    """Return what the text allows; a band without upper end goes on past every row."""
    low, high = stated_interval(_claim_of(comparison.record))
    return low, high if np.isfinite(high) else 2 * max([low, *comparison.rows["high"]])


def _claim_of(record: dict) -> dict:
    return record | {"low": record["value_low"], "high": record["value_high"]}
