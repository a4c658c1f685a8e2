"""From rows of evidence to distributions, and through a model by seeded Monte-Carlo.

An `Input` is one uncertain number with its unit, where it comes from, and the rule by which it
became a distribution. A model is a plain function of such inputs, written with pint quantities,
so that a dimensional error stops it. All draws of an input are one array: nothing loops.

Rules, by the row's ``spread_type`` (numbers above zero throughout: log scale; otherwise normal):

=======================  ==========================================================================
sd                       lognormal with this mean and SD (moments matched)
se                       the same with SE as the SD of the mean
ci95                     lognormal whose central 95 percent runs from low to high
iqr                      lognormal whose central half runs from low to high
range, bracket           triangular with its peak at the value; without a value uniform, or
                         log-uniform where high / low exceeds `WIDE`
bound, both ends given   as a bracket, flagged: an end is open
bound, one end           a point at the bound, flagged: a limit, not a value
none                     a point, flagged: no spread given
plus_minus_unspecified   a point, flagged; it is never an SE. As an SD only on request
=======================  ==========================================================================

Two questions are kept apart by `about`: ``"person"`` (how much people differ) turns an SE into
an SD by the square root of n, ``"mean"`` (how well the mean is known) does the reverse. Where n
is missing the printed spread is used as it is, and flagged.
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.units import convert, parse_quantity, parse_unit, registry
from claimbook.errors import InputError

WIDE = 3.0
"""A range whose ends differ by more than this factor is spread evenly on the log scale."""
MOST_DRAWS = 10_000_000
"""Largest number of draws of one run."""
RANK_DRAWS = 100_000
"""Rank correlations are computed from at most this many of the draws, the first ones."""
CENTRAL = 0.95
"""Share of the draws between `low` and `high` of a summary."""
KINDS = ("sd", "se", "ci95", "iqr", "range", "bracket", "bound", "plus_minus_unspecified")


@dataclass(frozen=True)
class Input:
    """One uncertain number: its unit, distribution (None: a point), origin and rule."""

    name: str
    unit: str
    central: float
    distribution: Any
    rule: str
    flags: tuple[str, ...] = ()
    row_id: str = ""

    def quantile(self, probability: float) -> float:
        """Return a quantile in `unit`; that of a point is the point."""
        if self.distribution is None:
            return self.central
        return float(self.distribution.ppf(probability))

    def draw(self, draws: int, seed: int) -> np.ndarray:
        """Return `draws` values in `unit`; the stream depends on seed and name only."""
        if self.distribution is None:
            return np.full(draws, self.central)
        stream = np.random.SeedSequence([int(seed), zlib.crc32(self.name.encode())])
        return self.distribution.rvs(draws, random_state=np.random.default_rng(stream))

    def as_row(self) -> dict[str, Any]:
        """Return what a table of inputs shows: name, row, unit, quantiles, rule, flags."""
        tail = (1 - CENTRAL) / 2
        return {
            "input": self.name,
            "row_id": self.row_id,
            "unit": self.unit,
            "median": self.quantile(0.5),
            "low": self.quantile(tail),
            "high": self.quantile(1 - tail),
            "rule": self.rule,
            "flags": "; ".join(self.flags),
        }


def point(name: str, value: Any, unit: str, row_id: str = "") -> Input:
    """Return a number taken as exact, such as a claim's own; `value` as in `parse_quantity`."""
    return Input(name, unit, parse_quantity(value, unit), None, "point", (), row_id)


def input_from_row(
    row: Mapping[str, Any],
    name: str,
    unit: str | None = None,
    *,
    about: str = "person",
    unspecified: str = "point",
) -> Input:
    """Return the distribution of an evidence row.

    Parameters
    ----------
    row
        A mapping or a row of a table with ``row_id``, ``value``, ``low``, ``high``,
        ``spread_type``, ``unit``, ``n`` and ``verification``; for sd, se and
        plus_minus_unspecified `low` and `high` lie one spread from the value.
    name
        Name of the number in the model.
    unit
        Unit to convert to; the row's own if None.
    about
        ``"person"`` or ``"mean"``, see the module.
    unspecified
        What a plus-minus of unstated meaning is taken for: ``"point"`` or ``"sd"``.

    Raises
    ------
    InputError
        If the row is not verified, holds no number, contradicts itself (value outside low and
        high, low above high), has an unknown spread type, or its unit does not fit.
    """
    if about not in ("person", "mean"):
        raise InputError(f"about must be 'person' or 'mean', not '{about}'")
    if unspecified not in ("point", "sd"):
        raise InputError(f"unspecified must be 'point' or 'sd', not '{unspecified}'")
    row_id = str(row.get("row_id", ""))
    where = f"row '{row_id}'"
    if row.get("verification") in NOT_EVIDENCE:
        raise InputError(f"{where} is {row['verification']} and cannot enter an estimate")
    own = row.get("unit")
    if not isinstance(own, str):
        raise InputError(f"{where} has no unit")
    unit = unit or own
    value, low, high = (
        _converted(row.get(c), own, unit, f"{where}, column {c}") for c in ("value", "low", "high")
    )
    kind = row.get("spread_type")
    kind = "" if pd.isna(kind) else kind
    if kind and kind not in KINDS:
        raise InputError(f"{where}: spread type '{kind}' is not one of {', '.join(KINDS)}")
    if all(map(math.isnan, (value, low, high))):
        raise InputError(f"{where} holds no number in value, low or high")
    if low > high or value < low or value > high:
        raise InputError(f"{where}: low {low:g}, value {value:g}, high {high:g} are out of order")
    size = _missing_to_nan(row.get("n"))
    central, shape, rule, flags = _rule(kind, value, low, high, size, about, unspecified, where)
    return Input(name, unit, central, shape, rule, tuple(flags), row_id)


def _rule(
    kind: str,
    value: float,
    low: float,
    high: float,
    size: float,
    about: str,
    unspecified: str,
    where: str,
) -> tuple[float, Any, str, list[str]]:
    """Return central value, distribution, rule in words, and flags."""
    flags: list[str] = []
    both = not (math.isnan(low) or math.isnan(high))
    if kind == "plus_minus_unspecified":
        flags.append("the meaning of the plus-minus is not stated")
        if unspecified == "point" or not both:
            return _known(value, where), None, "point", flags
        kind = "sd"
        size = math.nan if about == "mean" else size  # never brought down to a standard error
    if kind == "" and not both:
        known = next(v for v in (value, low, high) if not math.isnan(v))
        return known, None, "point", ["no spread given"]
    if kind == "bound":
        if not both:
            limit = low if math.isnan(high) else high
            side = "at least" if math.isnan(high) else "at most"
            return limit, None, "point at the bound", [f"a limit, {side} this, not a value"]
        flags.append("an end of the bracket is open")
    if not both:
        raise InputError(f"{where}: spread type '{kind}' needs low and high")
    if low == high:
        return low, None, "point", [*flags, "no spread given"]
    if kind in ("sd", "se"):
        return _moments(kind, _known(value, where), (high - low) / 2, low, size, about, flags)
    if kind in ("ci95", "iqr"):
        tail = stats.norm.ppf(0.975 if kind == "ci95" else 0.75)
        share = "95 percent" if kind == "ci95" else "half"
        if kind == "ci95" and about == "person":
            flags.append("an interval of the mean: people differ more")
        if low > 0:
            spread = (math.log(high) - math.log(low)) / (2 * tail)
            shape = stats.lognorm(spread, scale=math.sqrt(low * high))
            return shape.median(), shape, f"lognormal, central {share} as printed", flags
        shape = stats.norm((low + high) / 2, (high - low) / (2 * tail))
        return shape.median(), shape, f"normal, central {share} as printed", flags
    if not math.isnan(value):
        shape = stats.triang((value - low) / (high - low), low, high - low)
        return value, shape, "triangular, peak at the value", flags
    if low > 0 and high / low > WIDE:
        shape = stats.loguniform(low, high)
        return shape.median(), shape, "log-uniform from low to high", flags
    shape = stats.uniform(low, high - low)
    return shape.median(), shape, "uniform from low to high", flags


def _moments(
    kind: str,
    mean: float,
    spread: float,
    low: float,
    size: float,
    about: str,
    flags: list[str],
) -> tuple[float, Any, str, list[str]]:
    """Return a distribution with this mean and spread, the spread fitted to the question."""
    wanted = "sd" if about == "person" else "se"
    if kind != wanted:
        if math.isnan(size) or size < 1:
            flags = [*flags, f"n not given: the printed {kind.upper()} stands for {wanted.upper()}"]
        else:
            spread *= math.sqrt(size) if wanted == "sd" else 1 / math.sqrt(size)
    if mean > 0:
        width = math.sqrt(math.log1p((spread / mean) ** 2))
        shape = stats.lognorm(width, scale=mean / math.sqrt(1 + (spread / mean) ** 2))
        return mean, shape, f"lognormal with the mean and {wanted.upper()}", flags
    return mean, stats.norm(mean, spread), f"normal with the mean and {wanted.upper()}", flags


@dataclass(frozen=True)
class Propagation:
    """Draws of the inputs and outputs of a model (arrays in the named units) and a summary."""

    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    units: dict[str, str]
    summary: pd.DataFrame
    seed: int


def propagate(
    model: Callable[..., Any],
    inputs: Mapping[str, Input] | list[Input],
    draws: int = 100_000,
    seed: int = 0,
) -> Propagation:
    """Return the distribution of a model's results.

    Parameters
    ----------
    model
        Called once with one pint quantity (an array of `draws`) per input, by name. Returns a
        quantity, an array, or a dict of them, each of `draws` values; a constant is repeated.
    inputs
        Inputs by name, or a list of them.
    draws, seed
        Number of draws (1 to `MOST_DRAWS`) and a whole number of 0 or more. The same seed gives
        the same bytes; another input more or less does not change the draws of the others.

    Returns
    -------
    Propagation. Its ``summary`` has one row per output: ``output``, ``unit``, ``median``,
    ``low`` and ``high`` (central 95 percent), ``mean``, ``sd``, ``draws``, ``seed``.

    Raises
    ------
    InputError
        If a number is out of bounds, units clash in the model, or a result is not finite or not
        of the right length.
    """
    if not _whole(draws) or not 1 <= draws <= MOST_DRAWS:
        raise InputError(f"draws must be a whole number from 1 to {MOST_DRAWS}, not {draws!r}")
    if not _whole(seed) or seed < 0:
        raise InputError(f"seed must be a whole number of 0 or more, not {seed!r}")
    draws, named = int(draws), _by_name(inputs)
    drawn = {name: one.draw(draws, seed) for name, one in named.items()}
    outputs, units = _run(model, named, drawn, draws)
    tail = (1 - CENTRAL) / 2
    rows = []
    for name, values in outputs.items():
        low, median, high = np.quantile(values, [tail, 0.5, 1 - tail])
        rows.append(
            {
                "output": name,
                "unit": units[name],
                "median": median,
                "low": low,
                "high": high,
                "mean": values.mean(),
                "sd": values.std(),
                "draws": draws,
                "seed": seed,
            }
        )
    return Propagation(drawn, outputs, units, pd.DataFrame(rows), seed)


def tornado(
    model: Callable[..., Any],
    inputs: Mapping[str, Input] | list[Input],
    output: str = "result",
    probabilities: tuple[float, float] = (0.05, 0.95),
) -> pd.DataFrame:
    """Return how far each input alone moves a result, the largest swing first.

    One input at a time is set to its low and its high quantile, the others stay at their
    medians; `output` names the result where the model returns several. Columns: ``input``,
    ``row_id``, ``unit``, ``input_low``, ``input_high``, ``at_low``, ``at_high``, ``baseline``
    (all at their medians), ``swing`` (size of the difference), ``output_unit``, ``flags``. An
    input without a spread has a swing of 0: nothing is known of its uncertainty, which is not
    to say that it has none.

    Raises
    ------
    InputError
        If the probabilities are not two different numbers between 0 and 1, or as `propagate`.
    """
    low, high = probabilities
    if not 0 < low < high < 1:
        raise InputError("probabilities must be two numbers between 0 and 1, the lower one first")
    named = _by_name(inputs)
    medians = {name: one.quantile(0.5) for name, one in named.items()}
    cases = 2 * len(named) + 1
    drawn = {name: np.full(cases, medians[name]) for name in named}
    for place, (name, one) in enumerate(named.items()):
        drawn[name][2 * place] = one.quantile(low)
        drawn[name][2 * place + 1] = one.quantile(high)
    outputs, units = _run(model, named, drawn, cases)
    if output not in outputs:
        raise InputError(f"the model has no result '{output}', only {', '.join(outputs)}")
    values = outputs[output]
    rows = [
        {
            "input": name,
            "row_id": one.row_id,
            "unit": one.unit,
            "input_low": drawn[name][2 * place],
            "input_high": drawn[name][2 * place + 1],
            "at_low": values[2 * place],
            "at_high": values[2 * place + 1],
            "baseline": values[-1],
            "swing": abs(values[2 * place + 1] - values[2 * place]),
            "output_unit": units[output],
            "flags": "; ".join(one.flags),
        }
        for place, (name, one) in enumerate(named.items())
    ]
    return pd.DataFrame(rows).sort_values(
        ["swing", "input"], ascending=[False, True], ignore_index=True
    )


def rank_correlations(result: Propagation, output: str = "result") -> pd.DataFrame:
    """Return Spearman's rank correlation of each input with an output, the strongest first.

    Columns: ``input``, ``rank_correlation`` (0 for a point), ``share``: its square as part of
    the sum of squares over the inputs (the inputs are drawn independently).
    """
    if output not in result.outputs:
        raise InputError(f"there is no result '{output}', only {', '.join(result.outputs)}")
    target = stats.rankdata(result.outputs[output][:RANK_DRAWS])
    rows = []
    for name, values in result.inputs.items():
        part = values[:RANK_DRAWS]
        flat = np.ptp(part) == 0 or np.ptp(target) == 0
        rho = 0.0 if flat else float(np.corrcoef(stats.rankdata(part), target)[0, 1])
        rows.append({"input": name, "rank_correlation": rho})
    table = pd.DataFrame(rows)
    squares = table["rank_correlation"] ** 2
    table["share"] = squares / squares.sum() if squares.sum() > 0 else 0.0
    return table.sort_values(["share", "input"], ascending=[False, True], ignore_index=True)


def _by_name(inputs: Mapping[str, Input] | list[Input]) -> dict[str, Input]:
    """Return inputs by name; refuse none, and two of one name."""
    named = dict(inputs) if isinstance(inputs, Mapping) else {one.name: one for one in inputs}
    if not named or len(named) != len(inputs):
        raise InputError("a model needs inputs, each with its own name")
    for name, one in named.items():
        if name != one.name:
            raise InputError(f"the input '{one.name}' was given under the name '{name}'")
    return named


def _run(
    model: Callable[..., Any],
    named: Mapping[str, Input],
    drawn: Mapping[str, np.ndarray],
    size: int,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Call the model once with quantities; return plain arrays and the units of its results."""
    import pint

    ureg = registry()
    quantities = {
        name: ureg.Quantity(values.copy(), parse_unit(named[name].unit))
        for name, values in drawn.items()
    }
    try:
        with np.errstate(all="ignore"):
            results = model(**quantities)
    except pint.PintError as error:
        raise InputError(f"the units of the model do not fit: {error}") from error
    results = results if isinstance(results, Mapping) else {"result": results}
    outputs, units = {}, {}
    for name, result in results.items():
        given = hasattr(result, "magnitude")
        values = np.asarray(result.magnitude if given else result, dtype=float)
        units[name] = str(result.units) if given else "dimensionless"
        if values.shape not in ((), (1,), (size,)):
            raise InputError(f"the result '{name}' has shape {values.shape}, not ({size},)")
        values = np.broadcast_to(values, (size,))
        if not np.all(np.isfinite(values)):
            bad = int(np.sum(~np.isfinite(values)))
            raise InputError(f"the result '{name}' is not finite in {bad} of {size} draws")
        outputs[name] = values
    return outputs, units


def _whole(number: Any) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _known(value: float, where: str) -> float:
    if math.isnan(value):
        raise InputError(f"{where} has a spread but no value")
    return value


def _converted(entry: Any, own: str, unit: str, where: str) -> float:
    """Return an entry in `unit`, NaN where it is missing."""
    number = _missing_to_nan(entry)
    if math.isnan(number):
        return number
    try:
        return convert(number, own, unit)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _missing_to_nan(entry: Any) -> float:
    """Return an entry as a float, NaN where it is missing; refuse text and infinity."""
    return math.nan if pd.isna(entry) else parse_quantity(entry, "dimensionless")
