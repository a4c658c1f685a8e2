"""Results of one's own drawn: a fitted cosine, and the spread of simulated results."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import number_text
from claimbook.errors import InputError
from claimbook.show.pictures import drawn
from claimbook.stats.cosinor import DAY, Cosinor
from claimbook.stats.simulation import Simulation

MOST_BARS = 60


@drawn
def cosine(fit: Cosinor):
    """Draw a fitted cosine over a day. Data: hour, value."""
    if not fit.identifiable:
        raise InputError(f"there is no cosine to draw: {fit.reason}")
    curve = pd.DataFrame({"hour": np.linspace(0, DAY, 97)})
    curve["value"] = fit.predict(curve["hour"])
    fig, ax = plt.subplots(figsize=(7, 3))
    sns.lineplot(curve, x="hour", y="value", ax=ax)
    ax.axvline(fit.peak_hour, ls="--", color="0.4")
    ax.set(xlim=(0, DAY), xticks=range(0, 25, 3), xlabel="hour of the day", ylabel="fitted value")
    words = f"highest at {number_text(fit.peak_hour)} h"
    ax.set_title(words)
    size = f"swinging {number_text(fit.amplitude)} around {number_text(fit.mesor)}"
    return fig, f"A cosine over 24 hours, {size}, {words}.", curve


@drawn
def distribution(simulation: Simulation):
    """Draw how the draws of each result are spread, its central 95 percent shaded.

    Data: as `Simulation.to_frame`.
    """
    summary = simulation.to_frame()
    fig, axes = plt.subplots(len(summary), figsize=(7, 2.4 * len(summary)), squeeze=False)
    for ax, row in zip(axes[:, 0], summary.itertuples(), strict=True):
        sns.histplot(x=simulation.outputs[row.output], bins=MOST_BARS, stat="percent", ax=ax)
        ax.axvspan(row.low, row.high, color="0.85", zorder=0)
        ax.axvline(row.median, color="0.2")
        ax.set(xlabel=f"{row.output} ({row.unit})", ylabel="percent of draws")
    parts = [
        f"{row.output} {number_text(row.median)} "
        f"({number_text(row.low)} to {number_text(row.high)}) {row.unit}"
        for row in summary.itertuples()
    ]
    return (
        fig,
        f"Median and central 95 percent of {simulation.draws} draws: {'; '.join(parts)}.",
        summary,
    )
