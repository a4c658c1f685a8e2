"""Prevalence by age: the strata of studies over the pooled curve."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from claimbook.book.format import interval_text, number_text, quantity_text
from claimbook.show.pictures import drawn
from rls_nitric_oxide.age_curve import AgeCurve, predict_curve

FONT = 7.5
SERIES_MARKS = "osD^vPX*<>hp"


@drawn
def age_plot(curve: AgeCurve, series_names: dict[str, str], axis_label: str, what: str):
    """Draw strata by age, joined within their series, over the pooled curve with its band.

    series_names: series -> words printed at its right end. Series with one age only are small
    grey marks without a name. On the logarithmic axis the model's line is nearly straight.
    what: opens the alternative text. Data: kind is stratum or curve.
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
    return fig, _age_words(curve, what), _age_data(curve)


def _end_label(ax, x, y, words: str, colour) -> None:
    paper = {"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.6}
    style = {"va": "center", "fontsize": FONT, "color": colour, "bbox": paper}
    ax.annotate(words, (x, y), xytext=(7, 0), textcoords="offset points", **style)


def _age_data(curve: AgeCurve) -> pd.DataFrame:
    strata = curve.strata.sort_values(["series", "age"], kind="stable")
    ends = [strata["age"].min(), strata["age"].max()]
    line = predict_curve(curve, np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1))
    table = pd.concat([strata.assign(kind="stratum"), line.assign(kind="curve")])
    return table[["kind", "series", "age", "prevalence", "low", "high"]].reset_index(drop=True)


def _age_words(curve: AgeCurve, what: str) -> str:
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
