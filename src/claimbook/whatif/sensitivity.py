"""How far each figure moves the answers, and the values at which a verdict tips.

Sensitivity is one at a time (a tornado) or two at a time (a map). A tipping point is asked in two
ways: which other figure would get another verdict from the evidence that there is, and which
further measurements would give the figure that the text has another verdict.
"""

import math

import numpy as np
import pandas as pd
from scipy.optimize.elementwise import find_root

from claimbook.comparison import (
    HOLDS_SHARE,
    ROUNDING,
    TOLERANCE,
    VERDICTS,
    compare,
    stated_interval,
)
from claimbook.units import parse_unit, registry
from claimbook.verdicts import verdict_text
from claimbook.whatif.recompute import VERDICT, Recomputer
from claimbook.wording import interval_text, quantity_text

BEYOND = 4.0
"""How many times past the evidence, on either side, a figure is moved in search of its tips."""
WIDER = 2.0
LOGARITHMIC = 20.0
"""From this ratio of its ends on, a slider moves by factors."""
PRECISION = 1e-9
"""Relative width to which a tipping point is closed in; far finer than any figure is given."""


def figure_ranges(recomputer: Recomputer) -> pd.DataFrame:
    """Return the range of each figure: from the least to the greatest end of what measured it.

    Index: parameter. Columns: printed, low, high (NaN without evidence), unit, rows (ids of the
    rows that hold the ends). Rows that measured something near it do not count.
    """
    book, found = recomputer.book, {}
    questions = {asked["claim"]: name for name, asked in book.questions.items()}
    for name, figure in recomputer.figures.iterrows():
        ends = {"printed": figure["value"], "low": np.nan, "high": np.nan, "rows": ""}
        if figure["claim"] in questions:
            rows = recomputer.rows(questions[figure["claim"]])
            rows = rows[rows["part"] == "direct"]
            if len(rows):
                least, most = rows.loc[rows["low"].idxmin()], rows.loc[rows["high"].idxmax()]
                ends |= {"low": least["low"], "high": most["high"]}
                ends["rows"] = "; ".join(dict.fromkeys([least["row_id"], most["row_id"]]))
        found[name] = {**ends, "unit": figure["unit"]}
    return (
        pd.DataFrame(found)
        .T[["printed", "low", "high", "unit", "rows"]]
        .astype({"printed": float, "low": float, "high": float})
    )


def slider_range(figure: pd.Series) -> tuple[float, float, bool]:
    """Return how far a figure may be moved by hand: low, high, and whether by factors.

    figure: a row of `figure_ranges`. It may go `WIDER` times beyond what was measured or printed,
    and stays within a percentage.
    """
    ends = [end for end in (figure["low"], figure["high"], figure["printed"]) if end > 0]
    low, high = min(ends) / WIDER, max(ends) * WIDER
    if parse_unit(figure["unit"]) == registry().percent:
        high = min(high, 100.0)
    return low, high, high / low >= LOGARITHMIC


def one_at_a_time(recomputer: Recomputer, ranges: pd.DataFrame, output: str) -> pd.DataFrame:
    """Return how far each figure alone moves one answer, the largest swing first.

    ranges: from `figure_ranges`; figures without a range are left out. A range of the text (its
    _min and _max) keeps its order: an end that would pass the other stays at it.

    Columns as in `quantities.uncertainty.tornado`: input, unit, input_low, input_high, at_low,
    at_high, baseline (with the book's own figures), swing (from the least to the greatest of the
    three, because the book's own figure may lie outside its range).
    """
    ranges = ranges.dropna(subset=["low", "high"])
    cases = pd.DataFrame([recomputer.printed] * (2 * len(ranges) + 1)).reset_index(drop=True)
    for place, (name, row) in enumerate(ranges.iterrows()):
        for offset, end in enumerate(("low", "high")):
            cases.loc[2 * place + offset, name] = _in_order(recomputer, name, row[end])
    values = recomputer.answers(cases)[output].astype(float).to_numpy()
    rows = [
        {
            "input": name,
            "unit": ranges.loc[name, "unit"],
            "input_low": cases.loc[2 * place, name],
            "input_high": cases.loc[2 * place + 1, name],
            "at_low": values[2 * place],
            "at_high": values[2 * place + 1],
            "baseline": values[-1],
            "swing": np.ptp(values[[2 * place, 2 * place + 1, -1]]),
        }
        for place, name in enumerate(ranges.index)
    ]
    table = pd.DataFrame(rows)
    return table.sort_values(["swing", "input"], ascending=[False, True], ignore_index=True)


def _in_order(recomputer: Recomputer, name: str, value: float) -> float:
    """Return `value`, or the other end of the text's range where it would pass that."""
    claim = recomputer.figures.loc[name, "claim"]
    if name == f"{claim}_min":
        return min(value, recomputer.printed[f"{claim}_max"])
    if name == f"{claim}_max":
        return max(value, recomputer.printed[f"{claim}_min"])
    return value


def tipping_points(recomputer: Recomputer, question: str) -> pd.DataFrame:
    """Return every stretch of values with one verdict, for each end of a question's figure.

    One row per stretch, from low to high: parameter, verdict, low, high (the tipping points; the
    first low and the last high are where the search ended), printed (whether the book's own
    figure lies in it). The evidence brackets the stretches, so that none is missed; a root-finder
    closes in on their ends. A verdict at a single value between two stretches is not told.
    """
    claim = recomputer.book.questions[question]["claim"]
    names = [n for n, c in recomputer.figures["claim"].items() if c == claim]
    parts = [_stretches(recomputer, question, name) for name in names]
    return pd.concat(parts, ignore_index=True)


def _stretches(recomputer: Recomputer, question: str, name: str) -> pd.DataFrame:
    def verdict_at(values: np.ndarray) -> np.ndarray:
        figures = pd.DataFrame({name: np.ravel(values)})
        found = recomputer.judged(question, figures)[f"{question}.{VERDICT}"]
        return pd.Categorical(found, VERDICTS).codes.reshape(np.shape(values))

    points = _search_points(recomputer, question, name)
    found = verdict_at(points)
    turns = np.flatnonzero(found[1:] != found[:-1])
    tips = find_root(
        lambda value, left: np.where(verdict_at(value) == left, -1.0, 1.0),
        (points[turns], points[turns + 1]),
        args=(found[turns],),
        tolerances={"xatol": 0, "xrtol": PRECISION, "fatol": 0, "frtol": 0},
    ).x
    table = pd.DataFrame(
        {
            "parameter": name,
            "verdict": [VERDICTS[code] for code in found[[0, *(turns + 1)]]],
            "low": [points[0], *tips],
            "high": [*tips, points[-1]],
        }
    )
    printed = recomputer.printed[name]
    near = (table["low"] * (1 - PRECISION) <= printed) & (
        printed <= table["high"] * (1 + PRECISION)
    )
    return table.assign(printed=near & (table["verdict"] == VERDICTS[verdict_at(printed)]))


def _search_points(recomputer: Recomputer, question: str, name: str) -> np.ndarray:
    """Return sorted values so that between two of them at most one row changes its mind.

    A row changes its mind where the figure, or the tenth around it, passes one of its ends.
    """
    rows, figure = recomputer.rows(question), recomputer.figures.loc[name]
    ends = np.append(rows[["low", "high"]].to_numpy(), figure["value"])
    ends = ends[ends > 0]
    turns = np.concatenate([ends, ends / (1 - TOLERANCE), ends / (1 + TOLERANCE)])
    low, high = turns.min() / BEYOND, turns.max() * BEYOND
    if parse_unit(figure["unit"]) == registry().percent:
        high = min(high, 100.0)
    low, high = _in_order(recomputer, name, low), _in_order(recomputer, name, high)
    turns = np.unique([low, *turns[(turns > low) & (turns < high)], high])
    return np.array([low, *np.sqrt(turns[1:] * turns[:-1]), high])


def needed_studies(agreeing: float, studies: int, verdict: str) -> int:
    """Return how many further studies, all of which agree, would give a figure a verdict.

    agreeing: votes of the studies that agree so far (a study whose rows disagree has part of a
    vote). verdict: ``holds`` or ``holds in part``.
    """
    if verdict == "holds in part":
        return 0 if agreeing > ROUNDING else 1
    # (agreeing + n) / (studies + n) >= share, solved for n
    wanted = (HOLDS_SHARE * studies - agreeing) / (1 - HOLDS_SHARE)
    return max(0, math.ceil(wanted - 1e-6), 0 if studies else 1)


def what_it_takes(recomputer: Recomputer) -> pd.DataFrame:
    """Say for each figure what another verdict would take.

    One row per parameter: parameter, question, figure (as the text means it), verdict (today),
    stays_from and stays_to (values with the same verdict; NaN where the search met no other),
    below and above (the verdicts beyond), better (the best verdict that any value would have, or
    None), better_from and better_to (its stretch nearest to the figure), report_from and report_to
    (what a further study would have to report in order to agree), for_part and for_holds (how many
    such studies would give the figure those verdicts), unit, measured (what they would measure).
    """
    rows = []
    for name in recomputer.book.questions:
        record = compare(recomputer.book, name).record
        agreed = (record["agreeing_share"] or 0) * record["studies"], record["studies"]
        report = stated_interval(recomputer.book.claim(record["claim"]))
        for parameter, found in tipping_points(recomputer, name).groupby("parameter", sort=False):
            rows.append(
                {
                    "parameter": parameter,
                    "question": name,
                    "figure": record["figure"],
                    "verdict": record["verdict"],
                    **_around(found.reset_index(drop=True), recomputer.printed[parameter]),
                    "report_from": report[0],
                    "report_to": report[1],
                    "for_part": needed_studies(*agreed, "holds in part"),
                    "for_holds": needed_studies(*agreed, "holds"),
                    "unit": record["unit"],
                    "measured": record["measured"],
                }
            )
    return pd.DataFrame(rows)


def _around(stretches: pd.DataFrame, printed: float) -> dict:
    """Describe the stretch of the book's own figure, its neighbours and the nearest better one."""
    place = int(np.flatnonzero(stretches["printed"])[0])
    own, last = stretches.loc[place], place == len(stretches) - 1
    around = {
        "stays_from": own["low"] if place else np.nan,
        "stays_to": np.nan if last else own["high"],
        "below": stretches["verdict"][place - 1] if place else None,
        "above": None if last else stretches["verdict"][place + 1],
        "better": None,
        "better_from": np.nan,
        "better_to": np.nan,
    }
    ranks = stretches["verdict"].map(VERDICTS.index)
    if (ranks < ranks[place]).any():
        best = stretches[ranks == ranks.min()]
        away = np.maximum(best["low"] / printed, printed / best["high"])
        nearest = best.loc[away.idxmin()]
        around["better"] = nearest["verdict"]
        around |= {"better_from": nearest["low"], "better_to": nearest["high"]}
    return around


WOULD = {
    "holds": "it would hold",
    "holds in part": "it would hold in part",
    "not supported": "it would not be supported",
    "contradicted": "it would be contradicted",
    "not testable": "it could not be tested",
}


def takes_words(row: pd.Series) -> str:
    """Tell one row of `what_it_takes` in words."""
    unit, end = row["unit"], _end_of_range(row)
    said = f"{row['figure']}{f' (its {end} end)' if end else ''}: {verdict_text(row['verdict'])}. "
    said += _tips(row, unit)
    if isinstance(row["better"], str):
        said += f" {WOULD[row['better']].capitalize()} "
        said += f"at {interval_text(row['better_from'], row['better_to'], unit)}."
    return said + _further(row, unit)


def _end_of_range(row: pd.Series) -> str:
    return {"_min": "lower", "_max": "upper"}.get(row["parameter"][-4:], "")


def _tips(row: pd.Series, unit: str) -> str:
    sides = [
        f"{side} {quantity_text(row[tip], unit)} {WOULD[row[side]]}"
        for side, tip in (("below", "stays_from"), ("above", "stays_to"))
        if isinstance(row[side], str)
    ]
    if not sides:
        return "No other value would have another verdict."
    return f"The verdict tips: {', and '.join(sides)}."


def _further(row: pd.Series, unit: str) -> str:
    wanted = [
        f"{number} further {'study' if number == 1 else 'studies'} for it to {verdict}"
        for number, verdict in ((row["for_part"], "hold in part"), (row["for_holds"], "hold"))
        if number
    ]
    if not wanted:
        return ""
    report = (
        f"at least {quantity_text(row['report_from'], unit)}"
        if math.isinf(row["report_to"])
        else interval_text(row["report_from"], row["report_to"], unit)
    )
    return (
        f" As the figure stands, {row['measured']} would have to be measured at "
        f"{report}: {' and '.join(wanted)}, if none disagreed."
    )


def two_at_a_time(
    recomputer: Recomputer, horizontal: np.ndarray, vertical: np.ndarray, names: tuple[str, str]
) -> pd.DataFrame:
    """Return the answers over every pair of values of two figures.

    names: the two parameters. The result has one row per pair, with a column for each parameter,
    named after it, and the columns of `Recomputer.answers`; vertical values change slowest.
    """
    pairs = pd.MultiIndex.from_product([vertical, horizontal], names=names[::-1]).to_frame()
    pairs = pairs.reset_index(drop=True)
    return pd.concat([pairs, recomputer.answers(pairs)], axis=1)
