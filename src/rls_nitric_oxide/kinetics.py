"""Laws of decay, transit and exchange: pint quantities, text such as ``"2 ms"``, or bare numbers.

No substance, length or volume is known here. What is not above zero, missing, infinite or of
another dimension raises `InputError`; where zero is meaningful the docstring says so.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import constants

from claimbook.book.units import convert, magnitudes, positive, registry
from claimbook.errors import InputError
from claimbook.stats.simulation import Input, simulate

if TYPE_CHECKING:
    import pint

LOG10_2 = math.log10(2)  # a half-life takes this off the decimal logarithm of what is left
SMALLEST_PRINTED_PERCENT = 0.01  # smaller shares are printed as a power of ten
LOG10_ONE_IN_A_MOLE = -math.log10(constants.Avogadro)  # below: less than a molecule of a mole
CREEPING_REYNOLDS = 1.0  # creeping-flow laws hold below this Reynolds number
LAMINAR_REYNOLDS = 2300.0  # flow in a tube is laminar below this Reynolds number
ENTRANCE_LENGTHS = 0.06  # laminar entrance length, in diameters per unit of Reynolds number
NOTHING = " (effectively nothing)"


def log10_share_left(time: Any, half_life: Any) -> Any:
    """Return the decimal logarithm of the share left after `time` (both in seconds).

    It never underflows. A time of zero gives 0, the whole.
    """
    elapsed = magnitudes(time, "second", "time")
    if np.any(elapsed < 0):
        raise InputError(f"time must not be negative, not {float(elapsed.min()):g} second")
    with np.errstate(over="ignore"):
        halvings = elapsed / positive(half_life, "second", "half_life")
    if not np.all(np.isfinite(halvings)):
        raise InputError("time / half_life is too large for a number; check the units of both")
    return _plain(0.0 - halvings * LOG10_2)


def format_share(log10_share: Any) -> Any:
    """Return a share given as decimal logarithm in words: a percentage or a power of ten.

    ``"70.7 %"`` from 0.01 percent up, ``"10^-6.2"`` below that, and ``"10^-150.5 (effectively
    nothing)"`` where less than one molecule of a mole is left. An array gives an array of text.
    Raises InputError if a logarithm is missing, infinite, or above 0 (more than the whole).
    """
    logs = magnitudes(log10_share, "dimensionless", "log10_share")
    if np.any(logs > 1e-12):
        raise InputError("a share cannot exceed the whole: its logarithm must not be above 0")
    words = np.array([_one_share(float(log)) for log in logs.ravel()], dtype=object)
    return words.reshape(logs.shape) if logs.ndim else words[0]


def _one_share(log: float) -> str:
    if log >= math.log10(SMALLEST_PRINTED_PERCENT) - 2:
        return f"{100 * 10 ** min(log, 0.0):.3g} %"
    power = f"10^{log:.1f}"
    return power if log >= LOG10_ONE_IN_A_MOLE else f"{power}{NOTHING}"


def share_left(half_life: Input, time: Input, draws: int, seed: int) -> pd.Series:
    """Return median, low and high (central 95 percent) of the logarithm of the share left.

    half_life, time: inputs of any time unit. The result is the row of `Simulation.to_frame`.
    """

    def model(**drawn):
        return log10_share_left(drawn[time.name], drawn[half_life.name])

    return simulate(model, [half_life, time], draws, seed).to_frame().iloc[0]


def share_words(result: pd.Series) -> str:
    """Return a share as ``20 % (1 % to 60 %)``; without a range where next to nothing is left."""
    low, middle, high = (format_share(result[end]) for end in ("low", "median", "high"))
    if low == high or result["high"] < LOG10_ONE_IN_A_MOLE:
        return middle
    return f"{middle.removesuffix(NOTHING)} ({low.removesuffix(NOTHING)} to {high})"


def rate_of_half_life(half_life: Any) -> "pint.Quantity":
    """Return the first-order loss rate (1/second) of a `half_life` (second): ln 2 / half-life."""
    return _quantity(math.log(2) / positive(half_life, "second", "half_life"), "1/second")


def implied_speed(distance: Any, time: Any) -> "pint.Quantity":
    """Return the speed (m/second) that covers `distance` (metre) in `time` (second)."""
    path = positive(distance, "metre", "distance")
    return _quantity(path / positive(time, "second", "time"), "m/second")


def molar_flow(volume_flow: Any, temperature: Any, pressure: Any) -> "pint.Quantity":
    """Return the molar flow (nmol/min) of an ideal gas: p V / (R T).

    volume_flow in nL/min, temperature in kelvin, pressure in pascal.
    """
    litres = convert(positive(volume_flow, "nL/min", "volume_flow"), "nL/min", "m**3/min")
    warmth = positive(temperature, "kelvin", "temperature")
    moles = positive(pressure, "pascal", "pressure") * litres / (constants.R * warmth)
    return _quantity(convert(moles, "mol/min", "nmol/min"), "nmol/min")


def steady_concentration(molar_input: Any, flow: Any) -> "pint.Quantity":
    """Return the concentration (nmol/L) of a steady input, nothing lost, in a stream.

    `molar_input` in nmol/min, `flow` in L/min. An upper limit wherever anything is lost.
    """
    amount = positive(molar_input, "nmol/min", "molar_input")
    return _quantity(amount / positive(flow, "L/min", "flow"), "nmol/L")


def share_of(part: Any, whole: Any, unit: str) -> Any:
    """Return `part` as percent of `whole`, both brought to `unit` first; it may exceed 100."""
    return _plain(100 * positive(part, unit, "part") / positive(whole, unit, "whole"))


def reynolds_number(flow: Any, diameter: Any, density: Any, viscosity: Any) -> Any:
    """Return the Reynolds number 4 rho Q / (pi d mu) of a flow in a round opening.

    `flow` in mL/second, `diameter` in mm, `density` in kg/m**3, `viscosity` in pascal*second.
    """
    volume = convert(positive(flow, "mL/second", "flow"), "mL/second", "m**3/second")
    width = convert(positive(diameter, "mm", "diameter"), "mm", "metre")
    mass = positive(density, "kg/m**3", "density") * volume
    return _plain(4 * mass / (math.pi * width * positive(viscosity, "pascal*second", "viscosity")))


def creeping_flow(diameter: Any, length: Any, pressure: Any, viscosity: Any) -> "pint.Quantity":
    """Return the flow (mL/second) through a round opening at low Reynolds number.

    The resistances of the opening (24 mu / d^3: Sampson 1891, doi:10.1098/rsta.1891.0012) and of
    the channel (128 mu L / (pi d^4): Hagen and Poiseuille) in series. Valid below
    `CREEPING_REYNOLDS`; in a long tube up to `LAMINAR_REYNOLDS` past the entrance length.
    `diameter` and `length` (may be zero) in mm, `pressure` (difference between the two sides) in
    pascal, `viscosity` in pascal*second.
    """
    width, channel = _opening(diameter, length)
    push = positive(pressure, "pascal", "pressure")
    mu = positive(viscosity, "pascal*second", "viscosity")
    resistance = 24 * mu / width**3 + 128 * mu * channel / (math.pi * width**4)
    return _quantity(convert(push / resistance, "m**3/second", "mL/second"), "mL/second")


def orifice_flow(
    diameter: Any, pressure: Any, density: Any, discharge_coefficient: Any
) -> "pint.Quantity":
    """Return the flow (mL/second) through a hole where inertia prevails (Bernoulli).

    ``Q = C (pi d^2 / 4) sqrt(2 dp / rho)``. Valid for a Reynolds number far above
    `CREEPING_REYNOLDS`; between the two regimes the coefficient itself depends on it.
    `diameter` in mm, `pressure` difference in pascal, `density` in kg/m**3,
    `discharge_coefficient` dimensionless, above 0 and at most 1.
    """
    coefficient = positive(discharge_coefficient, "dimensionless", "discharge_coefficient")
    if np.any(coefficient > 1):
        raise InputError("discharge_coefficient must be at most 1")
    width = convert(positive(diameter, "mm", "diameter"), "mm", "metre")
    push = positive(pressure, "pascal", "pressure")
    speed = np.sqrt(2 * push / positive(density, "kg/m**3", "density"))
    volume = coefficient * math.pi * width**2 / 4 * speed
    return _quantity(convert(volume, "m**3/second", "mL/second"), "mL/second")


def opening_flows(
    diameter: Any,
    length: Any,
    pressure: Any,
    viscosity: Any,
    density: Any,
    discharge_coefficient: Any,
) -> pd.DataFrame:
    """Return the flow by each law, one row per diameter (one or a list) and law.

    Columns: diameter_mm, law (creeping, orifice), flow_mL_per_second, reynolds, valid (whether
    the law's own Reynolds number lies where the law holds), limit (the condition in words). Where
    no row is valid the flow lies between the regimes, and both laws overstate it.
    """
    rows = []
    limits = {
        "creeping": f"Reynolds number below {CREEPING_REYNOLDS:g}, or channel longer than "
        f"{ENTRANCE_LENGTHS:g} Re d and Reynolds number below {LAMINAR_REYNOLDS:g}",
        "orifice": f"Reynolds number above {100 * CREEPING_REYNOLDS:g} and channel not longer "
        "than the diameter",
    }
    channel = float(magnitudes(length, "mm", "length"))
    for width in np.atleast_1d(positive(diameter, "mm", "diameter")):
        for law, flow in (
            ("creeping", creeping_flow(width, length, pressure, viscosity)),
            ("orifice", orifice_flow(width, pressure, density, discharge_coefficient)),
        ):
            number = float(reynolds_number(flow, width, density, viscosity))
            developed = ENTRANCE_LENGTHS * number * width < channel and number < LAMINAR_REYNOLDS
            valid = number > 100 * CREEPING_REYNOLDS and channel <= width
            if law == "creeping":
                valid = number < CREEPING_REYNOLDS or developed
            flow = float(flow.magnitude)
            rows.append((float(width), law, flow, number, valid, limits[law]))
    columns = ["diameter_mm", "law", "flow_mL_per_second", "reynolds", "valid", "limit"]
    return pd.DataFrame(rows, columns=columns)


def pressure_exchange(volume: Any, pressure_swing: Any, pressure: Any) -> "pint.Quantity":
    """Return the gas (mL) that a swing of pressure moves in and out of a cavity: V dp / p.

    Boyle's law for a cavity with one opening and stiff walls: an upper limit, whatever the width.
    `volume` in mL, `pressure_swing` and `pressure` in pascal; the swing is below the pressure.
    """
    swing = positive(pressure_swing, "pascal", "pressure_swing")
    level = positive(pressure, "pascal", "pressure")
    if np.any(swing >= level):
        raise InputError("pressure_swing must be smaller than pressure")
    return _quantity(positive(volume, "mL", "volume") * swing / level, "mL")


def diffusive_conductance(diameter: Any, length: Any, diffusivity: Any) -> "pint.Quantity":
    """Return the conductance (mL/min) of a round opening for a gas that diffuses.

    ``G = D (pi d^2 / 4) / (L + pi d / 4)``: the channel and an end correction of pi d / 8 at each
    side, as for leaf pores (Franks and Beerling 2009, doi:10.1073/pnas.0904209106), for still gas
    well mixed on both sides; the exact limits are D d for a thin wall and D A / L for a long
    channel. Gas exchanged at full difference of concentration; diffusion prevails in narrow
    openings, convection in wide ones (Hood et al. 2009, doi:10.1152/japplphysiol.91615.2008).
    `diameter` and `length` (may be zero) in mm, `diffusivity` in cm**2/second.
    """
    width, channel = _opening(diameter, length)
    spread = convert(
        positive(diffusivity, "cm**2/second", "diffusivity"), "cm**2/second", "m**2/second"
    )
    conductance = spread * (math.pi * width**2 / 4) / (channel + math.pi * width / 4)
    return _quantity(convert(conductance, "m**3/second", "mL/min"), "mL/min")


def exchange_ratio(diameter: Any, reference_diameter: Any, length: Any) -> Any:
    """Return how many times the diffusive conductance of one width is that of another.

    Independent of the gas. All three in mm; a length of zero is allowed.
    """
    here = diffusive_conductance(diameter, length, 1.0).magnitude
    return _plain(here / diffusive_conductance(reference_diameter, length, 1.0).magnitude)


def diffusive_output(conductance: Any, inside: Any, outside: Any) -> "pint.Quantity":
    """Return the net flow of a trace gas (nL/min) out of a cavity by diffusion.

    `conductance` in mL/min, the two fractions in ppb, the outside (may be zero) the smaller.
    """
    rich = positive(inside, "ppb", "inside")
    poor = magnitudes(outside, "ppb", "outside")
    if np.any(poor < 0) or np.any(poor >= rich):
        raise InputError("outside must be at least 0 ppb and below inside")
    flow = positive(conductance, "mL/min", "conductance") * convert(
        rich - poor, "ppb", "dimensionless"
    )
    return _quantity(convert(flow, "mL/min", "nL/min"), "nL/min")


def exchange_time(volume: Any, conductance: Any, percent: Any) -> "pint.Quantity":
    """Return the time (minute) until `percent` of the gas in a well-mixed cavity is exchanged.

    ``t = -ln(1 - share) V / G``; `volume` in mL, `conductance` in mL/min, `percent` above 0 and
    below 100 (all of it takes for ever).
    """
    done = positive(percent, "percent", "percent")
    if np.any(done >= 100):
        raise InputError("percent must be below 100: a complete exchange takes for ever")
    speed = positive(volume, "mL", "volume") / positive(conductance, "mL/min", "conductance")
    return _quantity(-np.log1p(-done / 100) * speed, "minute")


def _opening(diameter: Any, length: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return diameter and length of an opening in metres; the length may be zero."""
    channel = magnitudes(length, "mm", "length")
    if np.any(channel < 0):
        raise InputError(f"length must not be negative, not {float(channel.min()):g} mm")
    width = positive(diameter, "mm", "diameter")
    return convert(width, "mm", "metre"), convert(channel, "mm", "metre")


def _plain(array: Any) -> Any:
    """Return a 0-d array as a float, any other array as it is; refuse what is not finite."""
    array = np.asarray(array)
    if not np.all(np.isfinite(array)):
        raise InputError("the result is too large for a number; check the units of the inputs")
    return array if array.ndim else float(array)


def _quantity(magnitude: Any, unit: str) -> "pint.Quantity":
    """Return a pint quantity of the collection's registry."""
    return registry().Quantity(_plain(magnitude), unit)
