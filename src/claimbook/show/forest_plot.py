"""Forest plots.

One line per study: words on the left, its value with its interval in the middle, the numbers on the
right. Pooled values stand below as diamonds, each above the bar of its prediction interval. A
figure of the text is a dashed upright line.
"""

import math
from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text, plain_words, quantity_text
from claimbook.show.pictures import drawn
from claimbook.stats.pooling import PooledEffect, PooledEstimate

FONT = 7.5
CHARACTER = 0.056  # inches that a character of this size takes on average
WIDTH = 8.6  # inches, as wide as a page of the collection
NARROWEST = 2.2  # inches of the plot itself, if the words leave no more
ROW = 0.23  # inches
GAP = 0.1  # inches left of the words and right of the plot
TOP, BOTTOM = 0.3, 0.75  # inches above the lines, and below them for axis and source
LONGEST_CELL = 22  # characters; a longer cell is cut, the table below the plot has it whole
GREY = "0.45"
SMALL, LARGE = 8, 48  # areas of the smallest and largest mark of a study
LOG_SPAN = 5
PREDICTION = "   prediction interval of the next study"
ENDS = ["estimate", "low", "high", "pi_low", "pi_high"]


def forest_rows(pooled: PooledEstimate, frame: pd.DataFrame, **columns: str) -> pd.DataFrame:
    """Return the studies of a pool for `forest`, lowest first.

    frame: the rows that were pooled, with `row_id`. columns: name in the plot -> column of the
    frame; levels come as words, texts as they are.
    """
    about = frame.set_index("row_id").loc[pooled.studies["id"]]
    rows = pooled.studies.reset_index(drop=True)
    shown = pd.DataFrame(
        {
            "row": rows["id"],
            **{name: _texts(about[c]) for name, c in columns.items()},
            "people": [f"{n:,}" for n in rows["n"]],
            "estimate": rows["prevalence"],
            "low": rows["ci_low"],
            "high": rows["ci_high"],
            "weight": rows["weight_percent"],
        }
    )
    return shown.sort_values(["estimate", "row"], kind="stable").reset_index(drop=True)


def _texts(column: pd.Series) -> list[str]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [plain_words(value) for value in column]
    return ["–" if pd.isna(value) else str(value).replace(";", ", ") for value in column]


def pooled_ends(pooled: PooledEstimate | PooledEffect) -> dict[str, float | None]:
    """Return estimate, low, high, pi_low and pi_high; an effect on the log scale as a ratio."""
    values = [pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.pi_low, pooled.pi_high]
    if isinstance(pooled, PooledEffect):
        values = [None if value is None else float(np.exp(value)) for value in values]
    return dict(zip(ENDS, values, strict=True))


@drawn
def forest(
    rows: pd.DataFrame,
    columns: list[str],
    what: str = "Forest plot",
    *,
    summaries: Mapping[str, PooledEstimate | PooledEffect] | None = None,
    line: float | None = None,
    line_label: str = "",
    unit: str | None = "percent",
    axis_label: str = "",
    log: bool = True,
    named: list[str] | None = None,
):
    """Draw rows with their intervals, pooled values below, and a figure as a line.

    rows: columns estimate, low, high (NaN where there is no interval), optional weight (percent
    of the pool), optional pi_low and pi_high (drawn as a thin grey bar), and those of `columns`.
    columns: printed on the left, in this order, under their names as words.
    what: opens the alternative text. summaries: name -> pool. line: the figure of the text (or the
    value that means no difference), with its label. unit: None for a ratio.
    named: columns by which the alternative text gives each row with its value, where there are few.
    Data: one row per line of the picture; kind is row, pooled or line.
    """
    pools = {name: pooled_ends(pooled) for name, pooled in (summaries or {}).items()}
    fig, ax = _with_words(rows, columns, pools, unit)
    if log:
        ax.set_xscale("log")
    _rows_of(ax, rows)
    y = len(rows)
    for pool in pools.values():
        if pool["estimate"] is not None:
            _diamond(ax, y, pool)
        y += 1
        if pool["pi_low"] is not None:
            ax.hlines([y], pool["pi_low"], pool["pi_high"], color="0.6", lw=5, gid="prediction")
            y += 1
    if line is not None:
        red = sns.color_palette()[3]
        ax.axvline(line, color=red, ls="--", lw=1.3, gid="figure", zorder=1)
        above = {"xytext": (0, 4), "textcoords": "offset points", "ha": "center", "va": "bottom"}
        place = {"xycoords": ("data", "axes fraction"), **above}
        ax.annotate(line_label, (line, 1.0), fontsize=FONT, color=red, **place)
    if pools:
        ax.axhline(len(rows) - 0.5, color=GREY, lw=0.8)
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    _limit(ax, rows, pools, line, log)
    ax.xaxis.set_major_formatter(lambda x, _: number_text(x))
    ax.xaxis.set_minor_formatter("")
    ax.tick_params(axis="x", labelsize=FONT)
    ax.set_xlabel(axis_label, fontsize=FONT + 1)
    alt = _words(what, rows, pools, line, line_label, unit, named or [])
    return fig, alt, _data(rows, columns, pools, line, line_label, unit)


def _data(rows, columns, pools, line, line_label, unit) -> pd.DataFrame:
    numbers = ["estimate", "low", "high", "weight", "pi_low", "pi_high"]
    parts = [rows.reindex(columns=[*columns, *numbers]).astype(object).assign(kind="row")]
    first = columns[0]
    parts += [pd.DataFrame([{"kind": "pooled", first: n, **pool}]) for n, pool in pools.items()]
    if line is not None:
        parts.append(pd.DataFrame([{"kind": "line", first: line_label, "estimate": line}]))
    table = pd.concat([p.dropna(axis="columns", how="all") for p in parts], ignore_index=True)
    kept = [c for c in ["kind", *columns, *numbers] if c in table]
    return table[kept].assign(unit=unit or "ratio")


def _words(what, rows, pools, line, line_label, unit, named) -> str:
    low, high = rows["estimate"].min(), rows["estimate"].max()
    parts = [f"{what}: {len(rows)} rows from {interval_text(low, high, unit)}."]
    if named:
        each = [
            f"{', '.join(row[c] for c in named)}: {_value(row, unit)}" for _, row in rows.iterrows()
        ]
        parts.append(f"{'; '.join(each)}.")
    for name, pool in pools.items():
        wide = ""
        if pool["pi_low"] is not None:
            wide = f", prediction interval {interval_text(pool['pi_low'], pool['pi_high'], unit)}"
        span = interval_text(pool["low"], pool["high"], unit)
        parts.append(
            f"{name[:1].upper()}{name[1:]}: {quantity_text(pool['estimate'], unit)}, "
            f"confidence interval {span}{wide}."
        )
    if line is not None:
        above = int((rows["estimate"] >= line).sum())
        parts.append(
            f"The dashed line marks {line_label or quantity_text(line, unit)}; "
            f"{above} of {len(rows)} rows reach it."
        )
    return " ".join(parts)


def _with_words(rows, columns, pools, unit) -> tuple[plt.Figure, plt.Axes]:
    """Return a figure with the words left and the numbers right, and the axes between them."""
    below = []  # the rows: name and number
    for name, pool in pools.items():
        below.append((name, _value(pool, unit)))
        if pool["pi_low"] is not None:
            below.append((PREDICTION, interval_text(pool["pi_low"], pool["pi_high"], unit)))
    names = [name for name, _ in below]
    left = {name: [_cut(v) for v in rows[name]] for name in columns}
    values = [_value(row, unit) for _, row in rows.iterrows()] + [number for _, number in below]
    right = {"value (95 % interval)": values}
    if "weight" in rows:
        right["weight"] = [f"{w:.1f} %" for w in rows["weight"]]
    words = [_text_width(left, names), _text_width(right, [])]
    widths = [words[0], max(NARROWEST, WIDTH - math.fsum(words) - 2 * GAP), words[1]]
    fig, axes = _three_axes(widths, len(rows) + len(names))
    for ax, texts in ((axes[0], left), (axes[2], right)):
        ax.axis("off")
        _text_columns(ax, texts)
    for y, name in enumerate(names, start=len(rows)):
        weight = "normal" if name is PREDICTION else "bold"
        axes[0].text(0, y, name, fontsize=FONT, va="center", weight=weight, clip_on=False)
    return fig, axes[1]


def _three_axes(widths: list[float], lines: int) -> tuple[plt.Figure, list]:
    """Return a figure with words, plot and numbers side by side, each line equally high.

    Every place is computed here: a layout engine's places differ in their last digits from run to
    run, and so would the file.
    """
    spans = lines + 1.2  # the heading above, half a line below
    # fsum: a plain sum of floats ends differently from Python 3.12 on, and so would the file
    high, wide = ROW * spans + TOP + BOTTOM, math.fsum(widths) + 2 * GAP
    fig = plt.figure(figsize=(wide, high), layout="none")
    axes = []
    for start, width in zip((0, widths[0], widths[0] + widths[1] + GAP), widths, strict=True):
        place = ((GAP + start) / wide, BOTTOM / high, width / wide, ROW * spans / high)
        axes.append(fig.add_axes(place))
        axes[-1].set_ylim(lines - 0.4, -1.6)
    return fig, axes


def _rows_of(ax, rows: pd.DataFrame) -> None:
    blue = sns.color_palette()[0]
    y = np.arange(len(rows))
    if "pi_low" in rows:
        known = rows["pi_low"].notna().to_numpy()
        ends = rows.loc[known, ["pi_low", "pi_high"]].to_numpy(float)
        ax.hlines(y[known], ends[:, 0], ends[:, 1], color="0.8", lw=5, gid="row predictions")
    known = rows["low"].notna().to_numpy()
    ends = rows.loc[known, ["low", "high"]].to_numpy(float)
    ax.hlines(y[known], ends[:, 0], ends[:, 1], color=blue, lw=1.4, gid="intervals")
    weight = rows["weight"].to_numpy(float) if "weight" in rows else np.ones(len(rows))
    top = weight.max() if len(weight) else 1.0
    sizes = SMALL + (LARGE - SMALL) * weight / top if "weight" in rows else 42
    ax.scatter(
        rows["estimate"], y, s=sizes, marker="s", color=blue, lw=0, zorder=3, gid="estimates"
    )


def _diamond(ax, y: int, pool: dict) -> None:
    dark = sns.color_palette()[1]
    corners = [
        (pool["low"], y),
        (pool["estimate"], y - 0.32),
        (pool["high"], y),
        (pool["estimate"], y + 0.32),
    ]
    ax.add_patch(plt.Polygon(corners, closed=True, fc=dark, ec="black", lw=0.6, zorder=4))
    ax.patches[-1].set_gid("pooled")


def _limit(ax, rows, pools, line, log) -> None:
    """Show every interval whole; on a logarithmic axis leave out what reaches zero."""
    columns = ("estimate", "low", "high", "pi_low", "pi_high")
    values = [v for c in columns if c in rows for v in rows[c]]
    values += [s.get(c) for s in pools.values() for c in columns] + [line]
    values = np.array([v for v in values if v is not None and not pd.isna(v)], float)
    if not log:
        ax.set_xlim(0, 1.06 * values.max())
        return
    values = values[values > 0]
    ax.set_xlim(values.min() / 1.25, values.max() * 1.25)
    if values.max() / values.min() < LOG_SPAN**3:
        ends = ax.get_xlim()
        marks = [m * 10.0**e for e in range(-4, 4) for m in (1, 2, 5)]
        ax.set_xticks([m for m in marks if ends[0] <= m <= ends[1]])


def _text_width(columns: dict[str, list[str]], names: list[str]) -> float:
    """Return the width in inches that the columns need."""
    needed = math.fsum(_column_width(name, cells) for name, cells in columns.items())
    return CHARACTER * max([needed, *(len(n) for n in names)]) + 0.1


def _column_width(name: str, cells: list[str]) -> int:
    return max(len(plain_words(name)), *(len(c) for c in cells), 1) + 2


def _text_columns(ax, columns: dict[str, list[str]]) -> None:
    total = math.fsum(_column_width(name, cells) for name, cells in columns.items())
    place = 0.0
    for name, cells in columns.items():
        style = {"fontsize": FONT, "va": "center", "clip_on": False}
        ax.text(place / total, -1, plain_words(name), weight="bold", **style)
        for y, cell in enumerate(cells):
            ax.text(place / total, y, cell, **style)
        place += _column_width(name, cells)


def _value(row: pd.Series, unit: str | None) -> str:
    span = row.get("low")
    value = quantity_text(row["estimate"], unit)
    if span is None or pd.isna(span):
        return value
    return f"{value} ({interval_text(row['low'], row['high'], None)})"


def _cut(value) -> str:
    text = "–" if pd.isna(value) else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"
