"""The argument drawn in layers, from premises on the left to what they lead to on the right."""

from textwrap import fill

import matplotlib.pyplot as plt
import networkx as nx
import pandas as pd
from matplotlib.colors import to_rgb

from claimbook.argument import layers
from claimbook.notebook.display import VERDICT_COLOURS, VERDICT_MARKS

SWEEPS = 24  # passes over the layers; the order settles well before
LINES = {"supports": "solid", "agrees": "dotted", "rival": "dashed"}
LABEL_WIDTH = 13  # characters to a line of a box


def ordered_layers(graph: nx.DiGraph) -> list[list[str]]:
    """Return the claims by layer, each layer ordered so that few arrows cross.

    The order follows the barycentre heuristic (Sugiyama, Tagawa, Toda 1981): a claim moves to the
    mean place of its neighbours, layer by layer, forwards and backwards.
    """
    depth = layers(graph)
    rows = [sorted(c for c in depth if depth[c] == d) for d in range(max(depth.values()) + 1)]
    place = {c: i / max(len(row) - 1, 1) for row in rows for i, c in enumerate(row)}
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        for row in rows if forwards else rows[::-1]:
            neighbours = graph.predecessors if forwards else graph.successors
            wish = {}
            for claim in row:
                near = [place[n] for n in neighbours(claim)]
                wish[claim] = sum(near) / len(near) if near else place[claim]
            row.sort(key=lambda c: (wish[c], c))  # noqa: B023 - used within this pass
            for i, claim in enumerate(row):
                place[claim] = i / max(len(row) - 1, 1)
    return rows


def argument_plot(
    graph: nx.DiGraph, matrix: pd.DataFrame, bearing: list[str], conclusion: str
) -> plt.Figure:
    """Draw the argument; boxes are coloured and marked by verdict.

    matrix: claims with label and verdict, indexed by claim. bearing: claims that carry the
    conclusion alone, drawn with a thick frame, as the conclusion is. Dotted arrows come from
    claims that fit without being needed, dashed ones from rival explanations.
    """
    rows = ordered_layers(graph)
    tallest = max(len(row) for row in rows)
    fig, ax = plt.subplots(figsize=(1.02 * len(rows), 0.55 * tallest + 1.2))
    at = {
        claim: (x, (i + 0.5) / len(row) * tallest)
        for x, row in enumerate(rows)
        for i, claim in enumerate(row)
    }
    for premise, claim, relation in graph.edges(data="relation"):
        (x0, y0), (x1, y1) = at[premise], at[claim]
        style = LINES[relation]
        arrow = {"arrowstyle": "-|>", "color": "0.6", "lw": 0.8, "linestyle": style}
        ends = {"xy": (x1 - 0.42, y1), "xytext": (x0 + 0.42, y0)}
        ax.annotate("", **ends, arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0})
    for claim, (x, y) in at.items():
        verdict, label = str(matrix.loc[claim, "verdict"]), matrix.loc[claim, "label"]
        colour = VERDICT_COLOURS[verdict]
        thick = claim in bearing or claim == conclusion
        ax.text(
            x,
            y,
            f"{VERDICT_MARKS[verdict]} {fill(label, LABEL_WIDTH)}",
            ha="center",
            va="center",
            fontsize=6.5,
            bbox={
                "boxstyle": "round,pad=0.3",
                "fc": _tint(colour),
                "ec": "black" if thick else colour,
                "lw": 2.2 if thick else 0.9,
            },
        )
    ax.set(xlim=(-0.6, len(rows) - 0.4), ylim=(tallest, 0))
    ax.axis("off")
    return fig


def _tint(colour: str, strength: float = 0.22) -> tuple[float, ...]:
    """Return a light, opaque tone of a colour, which hides the arrows behind it."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


def argument_alt(
    graph: nx.DiGraph, matrix: pd.DataFrame, bearing: list[str], conclusion: str
) -> str:
    """Tell what `argument_plot` shows."""
    counts = matrix.loc[list(graph), "verdict"].astype(str).value_counts()
    label = matrix["label"]
    parts = ", ".join(f"{counts[v]} {v}" for v in VERDICT_MARKS if v in counts)
    carried = ", ".join(label[c] for c in bearing) or "no single claim"
    return (
        f"A graph of {len(graph)} claims and {graph.number_of_edges()} arrows that leads to "
        f"“{label[conclusion]}”. By verdict: {parts}. Carried by: {carried}."
    )
