"""How far each figure moves the answers, and the values at which a verdict tips.

Sensitivity is one at a time (a tornado) or two at a time (a map). A tipping point is asked in two
ways: which other figure would get another verdict from the evidence that there is, and which
further measurements would give the figure that the text has another verdict.
"""

import math

import numpy as np
import pandas as pd
from scipy.optimize.elementwise import find_root

from claimbook.book.figures import range_ends
from claimbook.book.format import interval_text, quantity_text
from claimbook.book.units import parse_unit, registry
from claimbook.claims.comparison import TOLERANCE, compare, stated_interval
from claimbook.claims.recompute import AGREEING, VERDICT, Recomputer
from claimbook.claims.verdict import HOLDS_SHARE, ROUNDING, VERDICTS, Verdict

BEYOND = 4.0
"""How many times past the evidence, on either side, a figure is moved in search of its tips."""
WIDER = 2.0
LOGARITHMIC = 20.0
"""From this ratio of its ends on, a slider moves by factors."""
MAP_MARGIN = {"linear": 1.1, "log": 1.6}
"""Factor by which a map reaches past the range of a figure, on either side."""
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
    low, high = min(ends, default=1.0) / WIDER, max(ends, default=1.0) * WIDER
    if is_percentage(figure["unit"]):
        high = min(high, 100.0)
    if figure["printed"] == 0:  # only a percentage can be; no factor leads there
        return 0.0, high, False
    return low, high, high / low >= LOGARITHMIC


def is_percentage(unit: str) -> bool:
    """Say whether numbers of a unit lie from 0 to 100."""
    return parse_unit(unit) == registry().percent


def _limits(recomputer: Recomputer, name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a figure while the others stay as they are."""
    low, high = 0.0, 100.0 if is_percentage(recomputer.figures.loc[name, "unit"]) else math.inf
    for lower, upper in range_ends(recomputer.figures):
        if name == lower:
            high = recomputer.printed[upper]
        if name == upper:
            low = recomputer.printed[lower]
    return low, high


def one_at_a_time(recomputer: Recomputer, ranges: pd.DataFrame, output: str) -> pd.DataFrame:
    """Return how far each figure alone moves one answer, the largest swing first.

    ranges: from `figure_ranges`; figures without a range are left out. A value that the figure
    cannot take gives way to the nearest that it can: a range of the text (its _min and _max) keeps
    its order, and a percentage stays one.

    Columns as in `quantities.uncertainty.tornado`: input, unit, input_low, input_high, at_low,
    at_high, baseline (with the book's own figures), swing (from the least to the greatest of the
    three, because the book's own figure may lie outside its range; NaN if no answer follows).
    """
    ranges = ranges.dropna(subset=["low", "high"])
    cases = pd.DataFrame([recomputer.printed] * (2 * len(ranges) + 1)).reset_index(drop=True)
    for place, (name, row) in enumerate(ranges.iterrows()):
        for offset, end in enumerate(("low", "high")):
            cases.loc[2 * place + offset, name] = _possible(recomputer, name, row[end])
    values = recomputer.answers(cases)[output].astype(float)
    rows = [
        {
            "input": name,
            "unit": ranges.loc[name, "unit"],
            "input_low": cases.loc[2 * place, name],
            "input_high": cases.loc[2 * place + 1, name],
            "at_low": values[2 * place],
            "at_high": values[2 * place + 1],
            "baseline": values.iloc[-1],
            "swing": np.subtract(*values.iloc[[2 * place, 2 * place + 1, -1]].agg(["max", "min"])),
        }
        for place, name in enumerate(ranges.index)
    ]
    columns = ["input", "unit", "input_low", "input_high", "at_low", "at_high", "baseline", "swing"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["swing", "input"], ascending=[False, True], ignore_index=True)


def _possible(recomputer: Recomputer, name: str, value: float) -> float:
    """Return the value nearest to `value` that a figure can take while the others stay."""
    low, high = _limits(recomputer, name)
    if value <= 0 and not is_percentage(recomputer.figures.loc[name, "unit"]):
        return recomputer.printed[name]  # above 0 there is no nearest
    return min(max(value, low), high)


def tipping_points(recomputer: Recomputer, question: str) -> pd.DataFrame:
    """Return every stretch of values with one verdict, for each end of a question's figure.

    One row per stretch, from low to high: parameter, verdict, low, high (the tipping points; the
    first low and the last high are where the search ended), printed (whether the book's own
    figure lies in it). The evidence brackets the stretches, so that none is missed; a root-finder
    closes in on their ends. A verdict at a single value between two stretches is told only if that
    value is the book's own figure.
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
    least = points[points > 0].min(initial=1.0)
    tips = find_root(
        lambda value, left: np.where(verdict_at(value) == left, -1.0, 1.0),
        (points[turns], points[turns + 1]),
        args=(found[turns],),
        tolerances={"xatol": least * PRECISION, "xrtol": PRECISION, "fatol": 0, "frtol": 0},
    ).x
    table = pd.DataFrame(
        {
            "parameter": name,
            "verdict": [VERDICTS[code] for code in found[[0, *(turns + 1)]]],
            "low": [points[0], *tips],
            "high": [*tips, points[-1]],
        }
    )
    place = np.searchsorted(points, recomputer.printed[name])
    return table.assign(printed=table.index == np.searchsorted(turns, place))


def _search_points(recomputer: Recomputer, question: str, name: str) -> np.ndarray:
    """Return sorted values so that between two of them rows change their mind at one place only.

    A row changes its mind where the figure, or the tenth around it, passes one of its ends. The
    values are the figure itself, the limits of the search, and one between each two such places.
    """
    rows, figure = recomputer.rows(question), recomputer.figures.loc[name]
    ends = np.append(rows[["low", "high"]].to_numpy(), figure["value"])
    turns = np.concatenate([ends, ends / (1 - TOLERANCE), ends / (1 + TOLERANCE)])
    turns = turns[turns > 0]
    least, most = _limits(recomputer, name)
    low = max(least, min(turns, default=1.0) / BEYOND)
    high = min(most, max(turns, default=1.0) * BEYOND)
    if figure["value"] == 0:
        low = 0.0
    turns = np.unique([low, *turns[(turns > low) & (turns < high)], high])
    turns = turns[np.append(True, np.diff(turns) > PRECISION * turns[1:])]  # the same, but rounded
    return np.unique([low, *(turns[1:] + turns[:-1]) / 2, figure["value"], high])


def needed_studies(agreeing: float, studies: int, verdict: Verdict) -> int:
    """Return how many further studies, all of which agree, would give a figure a verdict.

    agreeing: votes of the studies that agree so far (a study whose rows disagree has part of a
    vote). verdict: ``holds`` or ``holds in part``.
    """
    if verdict == Verdict.IN_PART:
        return 0 if agreeing > ROUNDING else 1
    # (agreeing + n) / (studies + n) >= share, solved for n
    wanted = (HOLDS_SHARE * studies - agreeing) / (1 - HOLDS_SHARE)
    return max(math.ceil(wanted - 1e-6), 0 if studies else 1)


def what_it_takes(recomputer: Recomputer) -> pd.DataFrame:
    """Say for each figure what another verdict would take.

    One row per parameter: parameter, end (lower or upper, of a range; else empty), question,
    figure (as the text means it), verdict (today), stays_from and stays_to (values with the same
    verdict; NaN where the search met no other), below and above (the verdicts beyond), better (the
    best verdict that any value would have, or None), better_from and better_to (its stretch nearest
    to the figure; NaN where the search met no end of it), report_from and report_to (what a further
    study would have to report in order to agree), for_part and for_holds (how many such studies
    would give the figure those verdicts), unit, measured (what they would measure).
    """
    rows, columns = [], recomputer.figures["column"]
    for name in recomputer.book.questions:
        record = compare(recomputer.book, name).record
        share = recomputer.judged(name, pd.DataFrame([recomputer.printed]))[f"{name}.{AGREEING}"]
        studies = record["studies"]
        agreed = share.iloc[0] / 100 * studies if studies else 0.0, studies
        report = stated_interval(recomputer.book.claim(record["claim"]))
        if is_percentage(record["unit"]):
            report = report[0], min(report[1], 100.0)
        for parameter, found in tipping_points(recomputer, name).groupby("parameter", sort=False):
            rows.append(
                {
                    "parameter": parameter,
                    "end": {"low": "lower", "high": "upper"}.get(columns[parameter], ""),
                    "question": name,
                    "figure": record["figure"],
                    "verdict": record["verdict"],
                    **_around(found.reset_index(drop=True), recomputer.printed[parameter]),
                    "report_from": report[0],
                    "report_to": report[1],
                    "for_part": needed_studies(*agreed, Verdict.IN_PART),
                    "for_holds": needed_studies(*agreed, Verdict.HOLDS),
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
        if nearest.name:
            around["better_from"] = nearest["low"]
        if nearest.name < len(stretches) - 1:
            around["better_to"] = nearest["high"]
    return around


def takes_words(row: pd.Series) -> str:
    """Tell one row of `what_it_takes` in words."""
    unit, end = row["unit"], f" (its {row['end']} end)" if row["end"] else ""
    said = f"{row['figure']}{end}: {Verdict(row['verdict']).text}. {_tips(row, unit)}"
    if isinstance(row["better"], str):
        where = _stretch_text(row["better_from"], row["better_to"], unit)
        said += f" {Verdict(row['better']).conditional.capitalize()} {where}."
    return said + _further(row, unit)


def _tips(row: pd.Series, unit: str) -> str:
    sides = [
        f"{side} {quantity_text(row[tip], unit)} {Verdict(row[side]).conditional}"
        for side, tip in (("below", "stays_from"), ("above", "stays_to"))
        if isinstance(row[side], str)
    ]
    if not sides:
        return "No other value would have another verdict."
    return f"The verdict tips: {', and '.join(sides)}."


def _stretch_text(low: float, high: float, unit: str) -> str:
    if pd.isna(low) or pd.isna(high):
        side, end = ("below", high) if pd.isna(low) else ("above", low)
        return f"{side} {quantity_text(end, unit)}"
    return f"at {interval_text(low, high, unit)}"


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


def axis_values(range_: pd.Series, log: bool, points: int = 60) -> np.ndarray:
    """Return the values of one axis of a map: the range of a figure, and some room around it.

    range_: one row of `figure_ranges`. log: spread evenly by ratio instead of by difference. A
    percentage ends at 100.
    """
    ends = range_[["low", "high", "printed"]].dropna().astype(float)
    margin = MAP_MARGIN["log" if log else "linear"]
    most = 100 if range_["unit"] == "percent" else np.inf
    spread = np.geomspace if log else np.linspace
    return spread(ends.min() / margin, min(ends.max() * margin, most), points)
