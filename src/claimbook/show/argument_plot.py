"""The argument drawn in layers, from premises on the left to what they lead to on the right."""

from textwrap import fill

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from scipy.optimize import isotonic_regression

from claimbook.claims.argument import layers
from claimbook.claims.verdict import Verdict
from claimbook.show.card_links import anchor
from claimbook.show.pictures import drawn

SWEEPS = 24  # passes over the layers; the order settles well before
LINES = {"supports": "solid", "agrees": "dotted", "rival": "dashed"}
LINE_WORDS = {"supports": "supports", "agrees": "fits", "rival": "another explanation"}
LABEL_WIDTH = 14  # characters to a line of a box
HALF_BOX = 0.38  # of the way from one layer to the next
ROOM = {True: 1.0, False: 0.45}
"""Height that a claim takes in its layer, and an arrow that passes by."""


def ordered_layers(graph: nx.DiGraph) -> list[list]:
    """Return the claims by layer, each layer ordered so that few arrows cross.

    An arrow that passes a layer has a place there too, a tuple (premise, claim, layer). The order
    follows the barycentre heuristic (Sugiyama, Tagawa, Toda 1981): each moves to the mean place of
    its neighbours, layer by layer, forwards and backwards; the order with fewest crossings is kept.
    """
    depth = layers(graph)
    walk = nx.DiGraph()
    walk.add_nodes_from(graph)
    for premise, claim in graph.edges:
        nx.add_path(walk, _way(premise, claim, depth))
    depth |= {node: node[2] for node in walk if isinstance(node, tuple)}
    names = sorted(walk, key=str)
    rows = [[n for n in names if depth[n] == d] for d in range(max(depth.values()) + 1)]
    best, fewest = [list(row) for row in rows], _crossings(walk, rows)
    for sweep in range(SWEEPS):
        forwards = sweep % 2 == 0
        place = {n: i / max(len(row) - 1, 1) for row in rows for i, n in enumerate(row)}
        for row in rows if forwards else rows[::-1]:
            near = walk.predecessors if forwards else walk.successors
            wish = {n: _mean([place[m] for m in near(n)], place[n]) for n in row}
            row.sort(key=lambda n: (wish[n], str(n)))  # noqa: B023 - used within this pass
            place |= {n: i / max(len(row) - 1, 1) for i, n in enumerate(row)}
        if (crossed := _crossings(walk, rows)) < fewest:
            best, fewest = [list(row) for row in rows], crossed
    return best


def _way(premise: str, claim: str, depth: dict[str, int]) -> list:
    """Return premise, the places that the arrow passes, and claim."""
    between = range(depth[premise] + 1, depth[claim])
    return [premise, *((premise, claim, layer) for layer in between), claim]


def _crossings(walk: nx.DiGraph, rows: list[list]) -> int:
    """Count the pairs of arrows that cross between neighbouring layers."""
    crossed = 0
    for row, following in zip(rows, rows[1:], strict=False):
        place = {n: i for i, n in enumerate(following)}
        ends = [(i, place[m]) for i, n in enumerate(row) for m in walk.successors(n)]
        crossed += sum(a < c and b > d for a, b in ends for c, d in ends)
    return crossed


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def places(graph: nx.DiGraph) -> dict:
    """Return (x, y) of each claim, and of each place where an arrow passes a layer.

    x is the layer. Within a layer each stands as near as the others let it to the mean height of
    its neighbours (a monotone least-squares fit).
    """
    rows = ordered_layers(graph)
    near: dict = {node: [] for row in rows for node in row}
    depth = layers(graph)
    for premise, claim in graph.edges:
        way = _way(premise, claim, depth)
        for one, other in zip(way, way[1:], strict=False):
            near[one].append(other)
            near[other].append(one)
    offsets = {}
    for row in rows:
        rooms = [ROOM[isinstance(node, str)] for node in row]
        steps = [(a + b) / 2 for a, b in zip(rooms, rooms[1:], strict=False)]
        offsets |= dict(zip(row, np.cumsum([0.0, *steps]), strict=True))
    tallest = max(offsets[row[-1]] for row in rows)
    y = {n: offsets[n] + (tallest - offsets[row[-1]]) / 2 for row in rows for n in row}
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else rows[::-1]:
            base = np.array([offsets[n] for n in row])
            wish = np.array([_mean([y[m] for m in near[n]], y[n]) for n in row])
            free = isotonic_regression(wish - base).x
            kept = np.clip(free, 0, tallest - base[-1])  # inside the picture
            y |= dict(zip(row, (kept + base).tolist(), strict=True))
    return {node: (float(x), y[node]) for x, row in enumerate(rows) for node in row}


@drawn
def argument_plot(graph: nx.DiGraph, matrix: pd.DataFrame, bearing: list[str], conclusion: str):
    """Draw the argument; boxes are coloured and marked by verdict.

    matrix: claims with label and verdict, indexed by claim. bearing: claims that carry the
    conclusion alone, drawn with a thick frame, as the conclusion is. Dotted arrows come from
    claims that fit without being needed, dashed ones from rival explanations. In the SVG each box
    is a group named after its claim's anchor. Data: the arrows.
    """
    at, depth = places(graph), layers(graph)
    high = max(y for _, y in at.values())
    wide = max(x for x, _ in at.values())
    fig, ax = plt.subplots(figsize=(1.36 * (wide + 1), 0.58 * (high + 1) + 1.4))
    for premise, claim, relation in graph.edges(data="relation"):
        path = _curve([at[node] for node in _way(premise, claim, depth)])
        style = {"color": "0.55", "lw": 0.9, "linestyle": LINES[relation]}
        ax.add_patch(
            FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=8, **style, zorder=1)
        )
    for claim in graph:
        verdict, label = Verdict(matrix.loc[claim, "verdict"]), matrix.loc[claim, "label"]
        thick = claim in bearing or claim == conclusion
        text = f"{verdict.mark} {fill(label, LABEL_WIDTH)}"
        ax.text(*at[claim], text, fontsize=8, gid=anchor(claim), **_box(verdict, thick))
    ax.set(xlim=(-0.5, wide + 0.5), ylim=(high + 0.6, -0.6))
    ax.axis("off")
    _key(fig, set(matrix.loc[list(graph), "verdict"].astype(str)), set(_relations(graph)))
    return fig, _words(graph, matrix, bearing, conclusion), _arrows(graph, matrix)


def _relations(graph: nx.DiGraph) -> list[str]:
    return [relation for _, _, relation in graph.edges(data="relation")]


def _curve(points: list[tuple[float, float]]) -> Path:
    """Return a smooth way from the right of the first point to the left of the last."""
    (x, y), *others = points
    vertices, codes = [(x + HALF_BOX, y)], [Path.MOVETO]
    for place, (to_x, to_y) in enumerate(others, start=1):
        from_x, from_y = vertices[-1]
        to_x -= HALF_BOX if place == len(others) else 0
        middle = (from_x + to_x) / 2
        vertices += [(middle, from_y), (middle, to_y), (to_x, to_y)]
        codes += [Path.CURVE4] * 3
    return Path(vertices, codes)


def _box(verdict: Verdict, thick: bool) -> dict:
    """Return the style of a claim's text and its frame."""
    frame = {"ec": "black", "lw": 2.2} if thick else {"ec": verdict.colour, "lw": 1}
    box = {"boxstyle": "round,pad=0.3", "fc": _tint(verdict.colour), **frame}
    return {"ha": "center", "va": "center", "bbox": box, "zorder": 2}


def _key(fig: plt.Figure, verdicts: set[str], relations: set[str]) -> None:
    """Name what is drawn: boxes by verdict, arrows by relation, thick frames."""
    patch = plt.Rectangle
    handles = [
        patch((0, 0), 1, 1, fc=_tint(v.colour), ec=v.colour, label=v.text)
        for v in Verdict
        if v in verdicts
    ]
    handles += [
        plt.Line2D([], [], color="0.45", ls=LINES[r], label=LINE_WORDS[r])
        for r in LINES
        if r in relations
    ]
    thick = "the conclusion, and what every way to it needs"
    handles.append(patch((0, 0), 1, 1, fc="white", ec="black", lw=2.2, label=thick))
    fig.legend(handles=handles, loc="outside upper left", ncols=5, fontsize=8.5, frameon=False)


def _tint(colour: str, strength: float = 0.22) -> tuple[float, ...]:
    """Return a light, opaque tone of a colour, which hides the arrows behind it."""
    return tuple(1 - strength * (1 - part) for part in to_rgb(colour))


def _arrows(graph: nx.DiGraph, matrix: pd.DataFrame) -> pd.DataFrame:
    about = matrix[["label", "verdict"]].astype({"verdict": str})
    arrows = nx.to_pandas_edgelist(graph, "premise", "claim")
    arrows = arrows.sort_values(["premise", "claim"])
    columns = ["premise", "premise_label", "premise_verdict", "relation"]
    columns += ["claim", "claim_label", "claim_verdict"]
    for end in ("premise", "claim"):
        arrows = arrows.join(about.add_prefix(f"{end}_"), on=end)
    return arrows[columns].reset_index(drop=True)


def _words(graph: nx.DiGraph, matrix: pd.DataFrame, bearing: list[str], conclusion: str) -> str:
    counts = matrix.loc[list(graph), "verdict"].astype(str).value_counts()
    label = matrix["label"]
    parts = ", ".join(f"{counts[v]} {v}" for v in Verdict if v in counts)
    carried = ", ".join(label[c] for c in bearing) or "no single claim"
    return (
        f"A graph of {len(graph)} claims and {graph.number_of_edges()} arrows that leads to "
        f"“{label[conclusion]}”. By verdict: {parts}. Carried by: {carried}."
    )
