"""Forest plots, age curves and their words.

A forest plot has one line per study: words on the left, its value with its interval in the
middle, the numbers on the right. Pooled values stand below as diamonds, each above the bar of its
prediction interval. A figure of the text is a dashed upright line. Every function that draws has
a companion that tells in words, from the same data, what the picture shows.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text, plain_words, quantity_text
from claimbook.show.theme import themed
from claimbook.stats.pooling import PooledEffect, PooledEstimate
from rls_nitric_oxide.age_curve import AgeCurve, predict_curve

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
SERIES_MARKS = "osD^vPX*<>hp"
LOG_SPAN = 5
PREDICTION = "   prediction interval of the next study"


def study_rows(pooled: PooledEstimate, frame: pd.DataFrame, **columns: str) -> pd.DataFrame:
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


def summary_of(name: str, pooled: PooledEstimate | PooledEffect) -> dict:
    """Return a pool as a line for `forest`; a pooled effect on the log scale as a ratio."""
    if isinstance(pooled, PooledEstimate):
        return {"name": name} | {
            "estimate": pooled.estimate,
            "low": pooled.ci_low,
            "high": pooled.ci_high,
            "pi_low": pooled.pi_low,
            "pi_high": pooled.pi_high,
        }
    ends = (pooled.estimate, pooled.ci_low, pooled.ci_high, pooled.pi_low, pooled.pi_high)
    keys = ("estimate", "low", "high", "pi_low", "pi_high")
    raised = {k: None if e is None else float(np.exp(e)) for k, e in zip(keys, ends, strict=True)}
    return {"name": name} | raised


@themed
def forest(
    rows: pd.DataFrame,
    left: list[str],
    *,
    summaries: list[dict] = (),
    line: float | None = None,
    line_label: str = "",
    unit: str | None = "percent",
    axis_label: str = "",
    log: bool = True,
) -> plt.Figure:
    """Draw rows with their intervals, pooled values below, and a figure as a line.

    rows: columns estimate, low, high (NaN where there is no interval), optional weight (percent
        of the pool), optional pi_low and pi_high (drawn as a thin grey bar), and those of `left`.
    left: columns printed on the left, in this order, under their names as words.
    summaries: lines as `summary_of` returns them.
    line: the figure of the text (or the value that means no difference), with its label.
    """
    lines = _summary_lines(summaries)
    count, total = len(rows), len(rows) + len(lines)
    columns = {name: [_cut(v) for v in rows[name]] for name in left}
    right = {"value (95 % interval)": [_value(r, unit) for _, r in rows.iterrows()]}
    if "weight" in rows:
        right["weight"] = [f"{w:.1f} %" for w in rows["weight"]]
    right["value (95 % interval)"] += [
        _value(pd.Series(s), unit) if kind == "pooled" else _span(s, unit) for kind, s in lines
    ]
    names = [s["name"] if kind == "pooled" else PREDICTION for kind, s in lines]
    words = [_text_width(columns, names), _text_width(right, [])]
    widths = [words[0], max(NARROWEST, WIDTH - math.fsum(words) - 2 * GAP), words[1]]
    fig, axes = _three_axes(widths, total)
    for ax in axes[::2]:
        ax.axis("off")
    ax = axes[1]
    _text_columns(axes[0], columns)
    _text_columns(axes[2], right)
    for y, (name, (kind, _)) in enumerate(zip(names, lines, strict=True), start=count):
        weight = "bold" if kind == "pooled" else "normal"
        axes[0].text(0, y, name, fontsize=FONT, va="center", weight=weight, clip_on=False)
    if log:
        ax.set_xscale("log")
    _rows_of(ax, rows)
    for y, (kind, summary) in enumerate(lines, start=count):
        if kind == "pooled":
            _diamond(ax, y, summary)
        else:
            ends = summary["pi_low"], summary["pi_high"]
            ax.hlines([y], *ends, color="0.6", lw=5, gid="prediction")
    if line is not None:
        ax.axvline(line, color=sns.color_palette()[3], ls="--", lw=1.3, gid="figure", zorder=1)
        ax.annotate(
            line_label,
            (line, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=FONT,
            color=sns.color_palette()[3],
        )
    if summaries:
        ax.axhline(count - 0.5, color=GREY, lw=0.8)
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    _limit(ax, rows, summaries, line, log)
    ax.xaxis.set_major_formatter(lambda x, _: number_text(x))
    ax.xaxis.set_minor_formatter(lambda x, _: "")
    ax.tick_params(axis="x", labelsize=FONT)
    ax.set_xlabel(axis_label, fontsize=FONT + 1)
    return fig


def forest_data(
    rows: pd.DataFrame,
    left: list[str],
    *,
    summaries: list[dict] = (),
    line: float | None = None,
    line_label: str = "",
    unit: str | None = "percent",
) -> pd.DataFrame:
    """Return what `forest` draws, from the same arguments: one row per line of the picture.

    Columns: kind (row, pooled or line), those of `left`, estimate, low, high, weight, pi_low,
    pi_high (where there are any), unit.
    """
    numbers = ["estimate", "low", "high", "weight", "pi_low", "pi_high"]
    names = {name: str(name) for name in left}
    drawn = rows.reindex(columns=[*left, *numbers]).rename(columns=names).astype(object)
    parts = [drawn.assign(kind="row")]
    first = left[0]
    parts += [pd.DataFrame([{"kind": "pooled", first: s["name"], **s}]) for s in summaries]
    if line is not None:
        parts.append(pd.DataFrame([{"kind": "line", first: line_label, "estimate": line}]))
    table = pd.concat([p.dropna(axis="columns", how="all") for p in parts], ignore_index=True)
    kept = [c for c in ["kind", *left, *numbers] if c in table]
    return table[kept].assign(unit=unit or "ratio")


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


def _summary_lines(summaries) -> list[tuple[str, dict]]:
    """Return each pool, followed by its prediction interval where it has one."""
    lines = []
    for summary in summaries:
        lines.append(("pooled", summary))
        if summary.get("pi_low") is not None:
            lines.append(("prediction", summary))
    return lines


def _span(summary: dict, unit: str | None) -> str:
    return interval_text(summary["pi_low"], summary["pi_high"], unit)


def _diamond(ax, y: int, summary: dict) -> None:
    dark = sns.color_palette()[1]
    corners = [
        (summary["low"], y),
        (summary["estimate"], y - 0.32),
        (summary["high"], y),
        (summary["estimate"], y + 0.32),
    ]
    ax.add_patch(plt.Polygon(corners, closed=True, fc=dark, ec="black", lw=0.6, zorder=4))
    ax.patches[-1].set_gid("pooled")


def _limit(ax, rows, summaries, line, log) -> None:
    """Show every interval whole; on a logarithmic axis leave out what reaches zero."""
    columns = ("estimate", "low", "high", "pi_low", "pi_high")
    values = [v for c in columns if c in rows for v in rows[c]]
    values += [s.get(c) for s in summaries for c in columns] + [line]
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


def _texts(column: pd.Series) -> list[str]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [plain_words(value) for value in column]
    return ["–" if pd.isna(value) else str(value).replace(";", ", ") for value in column]


def _cut(value) -> str:
    text = "–" if pd.isna(value) else str(value)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def forest_alt(
    what: str,
    rows: pd.DataFrame,
    *,
    summaries: list[dict] = (),
    line: float | None = None,
    line_label: str = "",
    unit: str | None = "percent",
    named: list[str] = (),
) -> str:
    """Tell what `forest` shows: `what`, the span of the rows, the pools, and the line.

    named: columns by which each row is told with its value, where there are few.
    """
    low, high = rows["estimate"].min(), rows["estimate"].max()
    parts = [f"{what}: {len(rows)} rows from {interval_text(low, high, unit)}."]
    if named:
        told = [
            f"{', '.join(row[c] for c in named)}: {_value(row, unit)}" for _, row in rows.iterrows()
        ]
        parts.append(f"{'; '.join(told)}.")
    for s in summaries:
        wide = ""
        if s.get("pi_low") is not None:
            wide = f", prediction interval {interval_text(s['pi_low'], s['pi_high'], unit)}"
        span = interval_text(s["low"], s["high"], unit)
        parts.append(
            f"{s['name'][:1].upper()}{s['name'][1:]}: {quantity_text(s['estimate'], unit)}, "
            f"confidence interval {span}{wide}."
        )
    if line is not None:
        above = int((rows["estimate"] >= line).sum())
        parts.append(
            f"The dashed line marks {line_label or quantity_text(line, unit)}; "
            f"{above} of {len(rows)} rows reach it."
        )
    return " ".join(parts)


@themed
def age_plot(curve: AgeCurve, series_names: dict[str, str], axis_label: str) -> plt.Figure:
    """Draw strata by age, joined within their series, over the pooled curve with its band.

    series_names: series -> words printed at its right end. Series with one age only are small
    grey marks without a name. On the logarithmic axis the model's line is nearly straight.
    """
    fig, ax = plt.subplots(figsize=(8.6, 5.4))
    strata = curve.strata
    ages = np.linspace(strata["age"].min(), strata["age"].max(), 120)
    line = predict_curve(curve, ages)
    ax.fill_between(ages, line["low"], line["high"], color="0.88", lw=0, gid="band")
    ax.plot(ages, line["prevalence"], color="black", lw=2.2, gid="curve")
    last = line.iloc[-1]
    _end_label(ax, last["age"], last["prevalence"], "pooled curve", "black")
    several = strata.groupby("series")["age"].transform("nunique") > 1
    lone = strata[~several]
    ax.scatter(lone["age"], lone["prevalence"], s=20, color="0.6", gid="single ages", zorder=2)
    groups = list(strata[several].groupby("series", sort=True))
    for place, (series, part) in enumerate(groups):
        part = part.sort_values("age")
        colour = sns.color_palette()[place % 6]
        mark = SERIES_MARKS[place % len(SERIES_MARKS)]
        ax.plot(part["age"], part["prevalence"], color=colour, marker=mark, ms=7, gid=series)
        end = part.iloc[-1]
        _end_label(ax, end["age"], end["prevalence"], series_names.get(series, series), colour)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda x, _: number_text(x))
    ax.set_yticks([m * 10.0**e for e in (-2, -1, 0, 1) for m in (1, 2, 5)])
    low = min(strata["prevalence"].min(), line["low"].min())
    high = max(strata["prevalence"].max(), line["high"].max())
    ax.set_ylim(low / 1.3, high * 1.3)
    ax.set_xlim(ages.min() - 3, ages.max() + 24)
    ax.set_xticks(range(20, 100, 10))
    ax.set_xlabel("age in years (middle of the age group)")
    ax.set_ylabel(axis_label)
    return fig


def age_data(curve: AgeCurve) -> pd.DataFrame:
    """Return what `age_plot` draws: kind (stratum or curve), series, age, prevalence, low, high."""
    strata = curve.strata.sort_values(["series", "age"], kind="stable")
    ends = [strata["age"].min(), strata["age"].max()]
    line = predict_curve(curve, np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1))
    table = pd.concat([strata.assign(kind="stratum"), line.assign(kind="curve")])
    return table[["kind", "series", "age", "prevalence", "low", "high"]].reset_index(drop=True)


def _end_label(ax, x, y, words: str, colour) -> None:
    ax.annotate(
        words,
        (x, y),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=FONT,
        color=colour,
        bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.6},
    )


def age_alt(curve: AgeCurve, what: str) -> str:
    """Tell what `age_plot` shows."""
    strata = curve.strata
    ends = predict_curve(curve, [strata["age"].min(), strata["age"].max()])
    at = [
        f"{quantity_text(r['prevalence'], 'percent')} "
        f"({interval_text(r['low'], r['high'], 'percent')}) at {number_text(r['age'])} years"
        for _, r in ends.iterrows()
    ]
    return (
        f"{what}: {curve.k} age groups of {curve.studies} studies, {curve.comparing} of which "
        f"compare ages and are drawn as lines. The pooled curve runs from {at[0]} to {at[1]}."
    )
