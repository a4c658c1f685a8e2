"""Answers worked out ahead for a page that cannot compute: every position of every slider.

A question hangs on the ends of its own figure, and an implication on the figures that its formula
names, so each has a small table of its own, and the whole follows without a second implementation
of any rule. Texts are worded here too: the page looks up and shows.
"""

from itertools import product

import numpy as np
import pandas as pd

from claimbook.book.format import quantity_text
from claimbook.book.implications import names_in
from claimbook.claims.recompute import AGREEING, VERDICT, Recomputer, for_argument
from claimbook.claims.sensitivity import figure_ranges, slider_range
from claimbook.claims.verdict import HOLDS_SHARE, VERDICTS, Verdict
from claimbook.errors import InputError

POSITIONS = 101
"""Positions of a slider: steps of about a hundredth of its way."""
MOST_AXES = 2
"""Figures that an answer may hang on; each further one would multiply its table by POSITIONS."""
DIGITS = 3


def whatif_tables(recomputer: Recomputer, labels: dict[str, str]) -> dict:
    """Return all tables as plain values, ready for JSON.

    labels: claim -> short name.

    positions: of a slider. holds: percent of studies from which a figure holds.
    figures: one per slider: name, claim, label, unit, values (rising, of three digits, the book's
    own figure among them), texts (the same in words), own (place of the book's figure).
    questions: name, claim, label, axes (names of figures), verdict (place in `verdicts`, None
    where the lower end of a range would pass the upper), percent (of studies that agree).
    implications: name, asks, claim, axes, texts (None likewise). Tables of two axes are flat, the
    last axis fastest.
    verdicts: name, mark, colour, standing (0, 1 or 2: alike for the argument).
    conclusions: claim, label; stands: standings of the questions, as digits -> which conclusions
    have a route that stands, as digits of 0 and 1.

    Raises InputError if an implication hangs on more than `MOST_AXES` figures.
    """
    figures = {name: _positions(row) for name, row in figure_ranges(recomputer).iterrows()}
    standings = list(dict.fromkeys(map(for_argument, Verdict)))
    questions = [_question(recomputer, q, figures, labels) for q in recomputer.book.questions]
    return {
        "positions": POSITIONS,
        "holds": round(100 * HOLDS_SHARE, 1),
        "figures": [_figure(recomputer, name, figures[name], labels) for name in figures],
        "questions": questions,
        "implications": [
            _implication(recomputer, name, figures) for name in recomputer.book.implications
        ],
        "verdicts": [
            {
                "name": verdict,
                "mark": verdict.mark,
                "colour": verdict.colour,
                "standing": standings.index(for_argument(verdict)),
            }
            for verdict in Verdict
        ],
        "conclusions": [{"claim": c, "label": labels[c]} for c in recomputer.conclusions],
        "stands": _stands(recomputer, questions, standings),
    }


def _positions(figure: pd.Series) -> np.ndarray:
    low, high, logarithmic = slider_range(figure)
    spread = np.geomspace if logarithmic else np.linspace
    values = [float(f"{value:.{DIGITS}g}") for value in spread(low, high, POSITIONS - 1)]
    return np.unique([*values, figure["printed"]])


def _figure(recomputer: Recomputer, name: str, values: np.ndarray, labels: dict) -> dict:
    figure = recomputer.figures.loc[name]
    return {
        "name": name,
        "claim": figure["claim"],
        "label": labels[figure["claim"]],
        "end": {"low": "lower end", "high": "upper end"}.get(figure["column"], ""),
        "unit": figure["unit"],
        "values": values.tolist(),
        "texts": [quantity_text(value, figure["unit"]) for value in values],
        "own": int(np.searchsorted(values, recomputer.printed[name])),
    }


def _grid(recomputer: Recomputer, axes: list[str], figures: dict) -> tuple[pd.DataFrame, pd.Series]:
    """Return all combinations, and where the lower end of a range does not pass the upper."""
    grid = pd.DataFrame(product(*(figures[axis] for axis in axes)), columns=axes)
    possible = pd.Series(True, grid.index)
    for _, ends in recomputer.figures.loc[list(grid)].groupby("claim"):
        if len(ends) == 2:
            low, high = (ends.index[ends["column"] == column][0] for column in ("low", "high"))
            possible &= grid[low] <= grid[high]
    return grid, possible


def _question(recomputer: Recomputer, question: str, figures: dict, labels: dict) -> dict:
    asked = recomputer.book.questions[question]
    of_claim = recomputer.figures["claim"] == asked["claim"]
    axes = list(recomputer.figures.index[of_claim])
    grid, possible = _grid(recomputer, axes, figures)
    judged = recomputer.judged(question, grid[possible]).reindex(grid.index)
    codes = pd.Categorical(judged[f"{question}.{VERDICT}"], VERDICTS).codes
    return {
        "name": question,
        "claim": asked["claim"],
        "label": labels[asked["claim"]],
        "axes": axes,
        "verdict": [None if code < 0 else int(code) for code in codes],
        "percent": [
            None if pd.isna(share) else round(float(share), 1)
            for share in judged[f"{question}.{AGREEING}"]
        ],
    }


def _implication(recomputer: Recomputer, name: str, figures: dict) -> dict:
    one = recomputer.book.implications[name]
    axes = [axis for axis in names_in(one["formula"]) if axis in figures]
    if len(axes) > MOST_AXES:
        raise InputError(
            f"implication '{name}' hangs on {len(axes)} figures ({', '.join(axes)}); a page can "
            f"hold tables of at most {MOST_AXES}"
        )
    grid, possible = _grid(recomputer, axes, figures)
    values = pd.Series(recomputer.implied(name, grid[possible]), grid.index[possible])
    texts = [
        None if pd.isna(value) else quantity_text(value, one["unit"])
        for value in values.reindex(grid.index)
    ]
    return {"name": name, "asks": one["asks"], "claim": one["claim"], "axes": axes, "texts": texts}


def _stands(recomputer: Recomputer, questions: list[dict], standings: list[str]) -> dict[str, str]:
    """Return for every combination of standings that can occur which conclusions have a route."""
    if not recomputer.conclusions:
        return {}
    places = [standings.index(for_argument(verdict)) for verdict in Verdict]
    occurring = [
        sorted({places[c] for c in asked["verdict"] if c is not None}) for asked in questions
    ]
    cases = list(product(*occurring))
    found = recomputer.standing_cases([tuple(standings[n] for n in case) for case in cases])
    return {
        "".join(map(str, case)): "".join(str(int(one)) for one in stands)
        for case, stands in zip(cases, found, strict=True)
    }
