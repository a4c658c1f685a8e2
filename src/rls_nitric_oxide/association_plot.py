"""Prevalence and nitric oxide over the same bands of age, one above the other."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text, plain_words
from claimbook.show.pictures import drawn


@drawn
def association_plot(curve: pd.DataFrame, placed: pd.DataFrame, stated: pd.Series, what: str):
    """Draw prevalence by band above, and each measure as percent of young below it.

    curve: band, prevalence, low, high. placed: from `measures_by_band`. stated: percent of young
    that the text implies, per band. what: names the prevalence.
    """
    fig, (top, bottom) = plt.subplots(2, 1, figsize=(8, 7.5), sharex=True, height_ratios=[1, 1.6])
    places = {band: x for x, band in enumerate(curve["band"])}
    x = list(places.values())
    colours = sns.color_palette()
    top.vlines(x, curve["low"], curve["high"], color=colours[0])
    top.plot(x, curve["prevalence"], "o", color=colours[0])
    top.set_ylabel(f"{what} (percent)")
    top.set_ylim(bottom=0)
    markers = "osD^vPX<>*"
    for n, (name, rows) in enumerate(placed.groupby("measure_class")):
        shift = (n - placed["measure_class"].nunique() / 2) * 0.07
        at = rows["band"].astype(str).map(places) + shift
        style = {"color": colours[n % len(colours)], "marker": markers[n % len(markers)]}
        bottom.plot(at, rows["percent"], ls="", label=plain_words(name), **style)
        bottom.vlines(at, rows["low"], rows["high"], color=style["color"], lw=1)
    bottom.plot(x, stated, color="0.25", ls="--", label="as the text states it")
    bottom.axhline(100, color="0.6", lw=0.8)
    bottom.set_ylabel("percent of the young group")
    bottom.set_xticks(x, places)
    bottom.set_xlabel("age (years)")
    bottom.legend(fontsize=8, ncols=2, loc="upper left", frameon=True)
    above = curve.assign(series="prevalence", percent=curve["prevalence"])
    below = placed.assign(series=placed["measure_class"], band=placed["band"].astype(str))
    implied = curve[["band"]].assign(series="as the text states it", percent=stated.to_numpy())
    table = pd.concat([part.astype(object) for part in (above, below, implied)], ignore_index=True)
    columns = ["series", "band", "row_id", "percent", "low", "high"]
    first, last = curve.iloc[0], curve.iloc[-1]
    alt = (
        f"Above, {what} goes from {number_text(first['prevalence'])} percent at {first['band']} "
        f"to {number_text(last['prevalence'])} percent at {last['band']} years. Below, "
        f"{len(placed)} comparisons of an old with a young group stand in "
        f"{placed['band'].nunique()} of {len(curve)} bands and run from "
        f"{interval_text(placed['percent'].min(), placed['percent'].max(), '')} percent of the "
        "young group."
    )
    return fig, alt, table.reindex(columns=columns)
