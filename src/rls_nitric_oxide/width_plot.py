"""Results over the width of an opening, beside the stated and the measured widths."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text, quantity_text
from claimbook.show.pictures import drawn

WIDTH_TICKS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50)


@drawn
def width_plot(
    curves: dict[str, tuple[np.ndarray, np.ndarray]],
    stated: tuple[float, float],
    measured: pd.DataFrame,
    bands: dict[str, tuple[float, float]],
    axis_label: str,
    unit: str,
):
    """Draw results over a width, one panel each, with the stated and the measured widths.

    curves: label of the vertical axis -> widths and results. stated: ends of the claimed range.
    measured: low and high of each measured width, drawn as marks along the top of each panel.
    bands: label of a vertical axis -> measured range of that result, drawn hatched.
    Data: kind is computed (a point of a curve), measured width, measured result, or text.
    """
    fig, axes = plt.subplots(1, len(curves), figsize=(9.2, 4.6))
    colours, handles, parts = sns.color_palette(), {}, []
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
        ax.xaxis.set_minor_formatter("")
        ax.yaxis.set_major_formatter(lambda v, _: number_text(v))
        parts.append(label + ": " + ", ".join(_at(width, x, y, unit) for width in stated))
        handles |= dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    style = {"loc": "outside upper left", "ncols": 4, "fontsize": 9, "frameon": False}
    fig.legend(handles.values(), handles.keys(), **style)
    rows = [
        ("computed", label, width, width, value, value)
        for label, points in curves.items()
        for width, value in zip(*points, strict=True)
    ]
    rows += [("measured width", None, m.low, m.high, None, None) for m in measured.itertuples()]
    rows += [("measured result", label, None, None, *ends) for label, ends in bands.items()]
    rows.append(("text", None, *stated, None, None))
    columns = ["kind", "result", "width_low", "width_high", "low", "high"]
    data = pd.DataFrame(rows, columns=columns, dtype=object)
    return fig, f"Results over the width of an opening. {'; '.join(parts)}.", data


def _at(width: float, x: np.ndarray, y: np.ndarray, unit: str) -> str:
    """Return the result at a width in words; between two points of a curve on the log scale."""
    result = np.exp(np.interp(np.log(width), np.log(x), np.log(y)))
    return f"{number_text(float(result))} at {quantity_text(width, unit)}"
