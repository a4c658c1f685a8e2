"""Seeded Monte-Carlo: uncertain inputs through a model, and which of them decides its result.

A model is a plain function of inputs, written with pint quantities, so that a dimensional error
stops it. All draws of an input are one array: nothing loops.
"""

import math
import warnings
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from claimbook.book.units import parse_unit, registry
from claimbook.errors import InputError

MOST_DRAWS = 10_000_000
TAIL = (1 - 0.95) / 2  # share of the draws below `low`, and above `high`
UNIT_CHECK_DRAWS = 8  # so many run again in other units, to see whether the model keeps them
UNIT_CHECK_TOLERANCE = 1e-6  # share by which the two runs may differ: rounding


@dataclass(frozen=True)
class OnLogOdds:
    """A distribution of percentages whose log odds have the scipy distribution `log_odds`."""

    log_odds: Any

    def ppf(self, probability: Any) -> Any:
        """Return quantiles in percent."""
        return 100.0 * expit(self.log_odds.ppf(probability))

    def rvs(self, size: int, random_state: np.random.Generator) -> np.ndarray:
        """Return draws in percent."""
        return 100.0 * expit(self.log_odds.rvs(size, random_state=random_state))


@dataclass(frozen=True)
class Input:
    """One uncertain number.

    central: the value that stands for it where one is wanted, in `unit`.
    distribution: with `ppf` and `rvs`, as scipy's; None for a number taken as exact.
    rule: how the distribution was made; flags: what to beware of; row_id: where it is from.
    """

    name: str
    unit: str
    central: float
    distribution: Any = None
    rule: str = "point"
    flags: tuple[str, ...] = ()
    row_id: str = ""

    def quantile(self, probability: float) -> float:
        """Return a quantile in `unit`; that of a point is the point."""
        if self.distribution is None:
            return self.central
        return float(self.distribution.ppf(probability))

    def draw(self, draws: int, seed: int, place: int | None = None) -> np.ndarray:
        """Return `draws` values in `unit`.

        The stream depends on the seed and the input's name, or its `place` in a list if given.
        """
        if self.distribution is None:
            return np.full(draws, self.central)
        if place is None:
            stream = np.random.SeedSequence([int(seed), zlib.crc32(self.name.encode())])
        else:
            stream = np.random.SeedSequence(int(seed), spawn_key=(place,))
        return self.distribution.rvs(draws, random_state=np.random.default_rng(stream))

    def to_frame(self) -> pd.DataFrame:
        """Return one row: input, row_id, unit, median, low, high (central 95 %), rule, flags."""
        row = {"input": self.name, "row_id": self.row_id, "unit": self.unit}
        ends = (("median", 0.5), ("low", TAIL), ("high", 1 - TAIL))
        row |= {column: self.quantile(share) for column, share in ends}
        return pd.DataFrame([row | {"rule": self.rule, "flags": "; ".join(self.flags)}])

    def __repr__(self) -> str:
        return (
            f"{self.name}: {self.quantile(0.5):.4g} {self.unit} "
            f"({self.quantile(TAIL):.4g} to {self.quantile(1 - TAIL):.4g}), {self.rule}"
        )


@dataclass(frozen=True, eq=False)
class Simulation:
    """The draws of a model's inputs and of its results, by name.

    units: unit of each result. `to_frame` summarises them; `median`, `low` and `high` are those
    of the one result.
    """

    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]
    units: dict[str, str]
    draws: int
    seed: int

    @cached_property
    def _summary(self) -> pd.DataFrame:
        columns = ["median", "low", "high", "mean", "sd"]
        rows = [
            (*np.quantile(values, [0.5, TAIL, 1 - TAIL]), values.mean(), values.std())
            for values in self.outputs.values()
        ]
        table = pd.DataFrame(rows, columns=columns).assign(draws=self.draws, seed=self.seed)
        table.insert(0, "output", list(self.outputs))
        table.insert(1, "unit", [self.units[name] for name in self.outputs])
        return table

    def to_frame(self) -> pd.DataFrame:
        """Return one row per result: output, unit, median, low, high (central 95 %), mean, sd,
        draws, seed."""
        return self._summary.copy()

    @property
    def median(self) -> float:
        """Median of the one result."""
        return self._of_one("median")

    @property
    def low(self) -> float:
        """Lower end of the central 95 % of the one result."""
        return self._of_one("low")

    @property
    def high(self) -> float:
        """Upper end of the central 95 % of the one result."""
        return self._of_one("high")

    def percent_at_least(self, value: float) -> float:
        """Return the percent of the draws of the one result that are at or above `value`."""
        return 100.0 * float(np.mean(self._one() >= value))

    def _one(self) -> np.ndarray:
        if len(self.outputs) != 1:
            raise InputError(f"several results ({', '.join(self.outputs)}): see to_frame()")
        return next(iter(self.outputs.values()))

    def _of_one(self, column: str) -> float:
        self._one()
        return float(self._summary[column].iloc[0])

    def __repr__(self) -> str:
        parts = [
            f"{r.output} {r.median:.4g} ({r.low:.4g} to {r.high:.4g}) {r.unit}"
            for r in self._summary.itertuples()
        ]
        return f"{'; '.join(parts)}; {self.draws} draws, seed {self.seed}"


def simulate(
    model: Callable[..., Any],
    inputs: Mapping[str, Input] | Iterable[Input],
    draws: int = 100_000,
    seed: int = 0,
    *,
    by_place: bool = False,
) -> Simulation:
    """Return the distribution of a model's results.

    model: called with one pint quantity (an array of `draws`) per input, by name. It returns a
    quantity, an array, or a dict of them, each of `draws` values; a constant is repeated.
    draws, seed: whole numbers, 1 to `MOST_DRAWS` and 0 or more. The same seed gives the same
    bytes, and a further input leaves the draws of the others as they were.
    by_place: take each input's stream from its place among the inputs, not from its name.
    Raises InputError if a number is out of bounds, units clash or get lost in the model, or a
    result is not finite or not of the right length.
    """
    if not _whole(draws) or not 1 <= draws <= MOST_DRAWS:
        raise InputError(f"draws must be a whole number from 1 to {MOST_DRAWS}, not {draws!r}")
    if not _whole(seed) or seed < 0:
        raise InputError(f"seed must be a whole number of 0 or more, not {seed!r}")
    named = _by_name(inputs)
    drawn = {
        name: one.draw(int(draws), seed, place if by_place else None)
        for place, (name, one) in enumerate(named.items())
    }
    outputs, units = _run(model, named, drawn)
    return Simulation(drawn, outputs, units, int(draws), int(seed))


def product(factors: Iterable[Input], *, draws: int = 1_000_000, seed: int = 1) -> Simulation:
    """Return the distribution of a product of independent percentages, in percent.

    factors: inputs in percent from 0 to 100, such as a prevalence and a share of the cases. The
    streams go by place. Raises InputError for no factor, or one that is no share.
    """
    factors = list(factors)
    for factor in factors:
        ends = factor.quantile(0.0), factor.quantile(1.0)
        if factor.unit != "percent" or not 0 <= ends[0] <= ends[1] <= 100:
            raise InputError(f"the factor '{factor.name}' is not a share of 0 to 100 percent")

    def multiplied(**shares):
        return math.prod(shares.values()).to("percent")

    return simulate(multiplied, factors, draws, seed, by_place=True)


def tornado(
    model: Callable[..., Any],
    inputs: Mapping[str, Input] | Iterable[Input],
    output: str = "result",
    probabilities: tuple[float, float] = (0.05, 0.95),
) -> pd.DataFrame:
    """Return how far each input alone moves a result, the largest swing first.

    One input at a time is set to its low and its high quantile, the others stay at their
    medians; `output` names the result where the model returns several. Columns: ``input``,
    ``row_id``, ``unit``, ``input_low``, ``input_high``, ``at_low``, ``at_high``, ``baseline``
    (all at their medians), ``swing`` (size of the difference), ``output_unit``, ``flags``. An
    input without a spread has a swing of 0: nothing is known of its uncertainty, which is not
    to say that it has none. Raises InputError if the probabilities are not two different numbers
    between 0 and 1, or as `simulate`.
    """
    low, high = probabilities
    if not 0 < low < high < 1:
        raise InputError("probabilities must be two numbers between 0 and 1, the lower one first")
    named = _by_name(inputs)
    drawn = {name: np.full(2 * len(named) + 1, one.quantile(0.5)) for name, one in named.items()}
    for place, (name, one) in enumerate(named.items()):
        drawn[name][2 * place : 2 * place + 2] = one.quantile(low), one.quantile(high)
    outputs, units = _run(model, named, drawn)
    if output not in outputs:
        raise InputError(f"the model has no result '{output}', only {', '.join(outputs)}")
    *values, baseline = outputs[output]
    rows = []
    for place, (name, one) in enumerate(named.items()):
        own = slice(2 * place, 2 * place + 2)
        rows.append((name, one.row_id, one.unit, *drawn[name][own], *values[own]))
    columns = ["input", "row_id", "unit", "input_low", "input_high", "at_low", "at_high"]
    table = pd.DataFrame(rows, columns=columns).assign(baseline=baseline)
    table["swing"] = (table["at_high"] - table["at_low"]).abs()
    table["output_unit"] = units[output]
    table["flags"] = ["; ".join(one.flags) for one in named.values()]
    return table.sort_values(["swing", "input"], ascending=[False, True], ignore_index=True)


def _by_name(inputs: Mapping[str, Input] | Iterable[Input]) -> dict[str, Input]:
    """Return inputs by name; refuse none, and two of one name."""
    listed = list(inputs.values() if isinstance(inputs, Mapping) else inputs)
    named = dict(inputs) if isinstance(inputs, Mapping) else {one.name: one for one in listed}
    if not named or len(named) != len(listed):
        raise InputError("a model needs inputs, each with its own name")
    for name, one in named.items():
        if name != one.name:
            raise InputError(f"the input '{one.name}' was given under the name '{name}'")
    return named


def _run(
    model: Callable[..., Any], named: Mapping[str, Input], drawn: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Call the model with quantities; return plain arrays and the units of its results."""
    quantities = {
        name: registry().Quantity(values.copy(), parse_unit(named[name].unit))
        for name, values in drawn.items()
    }
    _check_units(model, {name: q[:UNIT_CHECK_DRAWS] for name, q in quantities.items()})
    size = len(next(iter(drawn.values())))
    outputs, units = {}, {}
    for name, result in _results(model, quantities).items():
        units[name] = str(getattr(result, "units", "dimensionless"))
        values = np.asarray(getattr(result, "magnitude", result), dtype=float)
        if values.shape not in ((), (1,), (size,)):
            raise InputError(f"the result '{name}' has shape {values.shape}, not ({size},)")
        values = np.broadcast_to(values, (size,))
        if not np.all(np.isfinite(values)):
            bad = int(np.sum(~np.isfinite(values)))
            raise InputError(f"the result '{name}' is not finite in {bad} of {size} draws")
        outputs[name] = values
    return outputs, units


def _results(model: Callable[..., Any], quantities: Mapping[str, Any]) -> dict[str, Any]:
    """Call the model once; a unit that does not fit, or gets lost, is refused."""
    import pint

    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", pint.UnitStrippedWarning)
            results = model(**quantities)
    except pint.UnitStrippedWarning as error:
        raise InputError(
            "the model loses a unit: a function in it takes plain numbers only; "
            "give it quantity.to(unit).magnitude"
        ) from error
    except pint.PintError as error:
        raise InputError(f"the units of the model do not fit: {error}") from error
    return dict(results) if isinstance(results, Mapping) else {"result": results}


def _check_units(model: Callable[..., Any], quantities: Mapping[str, Any]) -> None:
    """Refuse a model whose results depend on the units in which its inputs are written.

    The same inputs are given in units a hundred times as large (kelvin, where a unit has no zero
    of its own). pint itself lets some losses pass, such as `numpy.full` of a quantity.
    """
    plain = _results(model, quantities)
    for name, quantity in quantities.items():
        own = quantity.units
        starts_at_zero = registry().Quantity(0.0, own).to_base_units().magnitude == 0
        other = own / registry().percent if starts_at_zero else "kelvin"
        again = _results(model, {**quantities, name: quantity.to(other)})
        for key, result in plain.items():
            if not _same(result, again.get(key)):
                raise InputError(
                    f"the model loses the unit of '{name}': its result '{key}' depends on the "
                    f"unit that '{name}' is written in; convert with .to(unit) before .magnitude"
                )


def _same(one: Any, other: Any) -> bool:
    """Return whether two results are one quantity, up to rounding."""
    if hasattr(one, "units") != hasattr(other, "units"):
        return False
    if hasattr(one, "units"):
        if one.dimensionality != other.dimensionality:
            return False
        one, other = one.magnitude, other.to(one.units).magnitude
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return one.shape == other.shape and np.allclose(
        one, other, rtol=UNIT_CHECK_TOLERANCE, atol=0, equal_nan=True
    )


def _whole(number: Any) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)
