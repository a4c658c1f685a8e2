"""Units: one pint registry, and numbers that may carry a unit.

What a person types (``"2 ms"``, ``12.5``, ``"12.5%"``) becomes a float in a stated unit, or one
sentence says why it cannot. pint would evaluate arithmetic in a text, so no text reaches it before
a pattern has split it into one number and one unit. Three conventions:

* percent are percent: ``0.1`` for a percentage is 0.1 percent, not 10 percent;
* a bare number is in the expected unit;
* a count of things is not a ratio: pint calls both dimensionless, this module keeps them apart.
"""

import math
import re
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from claimbook.errors import InputError, nearest

if TYPE_CHECKING:
    import pint

LONGEST_UNIT, LONGEST_QUANTITY = 60, 100
"""Characters of the longest unit, and of the longest number with its unit, that is read at all."""
SUSPECTED_FRACTION = 1.0
"""A percentage above 0 and up to this draws a warning: it may be a fraction by mistake."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4}(?![0-9]))?")
_NAME = r"[^\W\d_][^\W_]*(?:_[^\W_]+)*|°[A-Za-z]+|%"
_TOKENS = re.compile(
    rf"(?:(?P<name>{_NAME})|(?<!\w)1(?!\w)|(?:\*\*|\^)\s*-?[1-9](?!\d)(?!\s*(?:\*\*|\^))|[*/()]|\s+)"
)
_TWO_NAMES = re.compile(r"[\w%°)]\s+[\w%°(]")
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?|n/a|na|none|null)\b", re.IGNORECASE)
_AFTER_NUMBER = {
    r",\s*[0-9]": " has a comma, which may be a decimal or a thousands sign; write a point for "
    "decimals and nothing between thousands",
    r"_\s*[0-9]": " has an underscore in its number",
    r"(?!\s+1\s*/)\s*(?:[0-9.+*^-]|/\s*[0-9])": " is not one number",
}
"""What may follow a number by mistake -> how it is refused."""
_READ_AS = {"%": "percent", "decade": "ten_years", "decades": "ten_years"}
"""Names read as other names; pint's own ``decade`` is a logarithmic unit, not a time."""
_OFTEN_PREFIXED = """millimeter millimetre centimeter centimetre micrometer millisecond microsecond
    milliliter millilitre nanoliter nanolitre deciliter nanomole micromole millimole microgram
    milligram kilogram kilopascal kilometer megayear hectogram"""


@cache
def registry() -> "pint.UnitRegistry":
    """Return the one unit registry of the program: pint's, with ``ppb`` and ``ten_years`` added."""
    import pint

    ureg = pint.UnitRegistry()
    if "ppb" not in ureg:
        ureg.define("ppb = 1e-9")
    ureg.define("ten_years = 10 * year")
    return ureg


@cache
def _unit_names() -> tuple[str, ...]:
    """Return the names to choose from when a unit is misspelt."""
    return tuple(sorted({*registry(), *_OFTEN_PREFIXED.split()}))


def parse_unit(text: "str | pint.Unit") -> "pint.Unit":
    """Return the pint unit that `text` names (a unit of the registry is returned as it is).

    Accepted: names of pint with their prefixes and symbols, joined by ``*``, ``/`` or ``per``,
    brackets, and powers of one digit (``m**2``, ``m^2``, ``m²``); ``1/second`` is ``/second``.

    Raises InputError for anything else, with the nearest valid unit.
    """
    if isinstance(text, registry().Unit):
        return text
    if not isinstance(text, str):
        raise InputError(f"a unit must be text such as 'second', not {_quoted(text)}")
    return _parse_unit(text.strip())


@cache
def _parse_unit(written: str) -> "pint.Unit":
    if not written:
        raise InputError("the unit is empty; write for example 'second', or 'dimensionless'")
    if len(written) > LONGEST_UNIT:
        raise InputError(f"the unit {_quoted(written)} is longer than {LONGEST_UNIT} characters")
    unreadable = InputError(
        f"cannot read the unit {_quoted(written)}; write names joined by * or /, "
        "for example 'nL/min' or 'cm/second'"
    )
    clean = re.sub(r"\s+per\s+", "/", written.replace("²", "**2").replace("³", "**3"))
    clean = f"1{clean}" if clean.startswith("/") else clean
    parts, ureg, position = [], registry(), 0
    while position < len(clean):
        token = _TOKENS.match(clean, position)
        if token is None:
            raise unreadable
        parts.append(_READ_AS.get(token.group(), token.group().strip()))
        if token["name"] and parts[-1] not in ureg:
            raise InputError(f"unknown unit '{parts[-1]}'{nearest(parts[-1], _unit_names())}")
        position = token.end()
    if _TWO_NAMES.search(clean):
        raise unreadable
    try:
        return ureg.parse_units("".join(parts))
    except Exception as error:  # pint raises many kinds, among them plain tokenizer errors
        raise unreadable from error


def same_kind(one: "str | pint.Unit", other: "str | pint.Unit") -> bool:
    """Return whether a number in unit `one` can be converted to unit `other`.

    Both need the same dimension; among dimensionless units a ratio (percent, ppb), a count and
    an angle are different kinds, although pint would convert them.
    """
    first, second = parse_unit(one), parse_unit(other)
    if first.dimensionality != second.dimensionality:
        return False
    if not first.dimensionless:
        return True
    roots = [registry().get_root_units(u, check_nonmult=False)[1] for u in (first, second)]
    return roots[0] == roots[1]


def convert(value: Any, unit: "str | pint.Unit", to: "str | pint.Unit") -> Any:
    """Return the number or array `value`, given in `unit`, as a float or array in unit `to`.

    Raises InputError if the two units are of different kinds.
    """
    given, wanted = parse_unit(unit), parse_unit(to)
    if not same_kind(given, wanted):
        text = _quoted(value) if np.ndim(value) == 0 else "an array of numbers"
        raise InputError(_misfit(f"{text} in {unit}", unit, to))
    array = np.asarray(value, dtype=float)
    if given != wanted:
        try:
            array = registry().Quantity(array, given).to(wanted).magnitude
        except Exception as error:  # offset units in a product, for example degree_Celsius/second
            raise InputError(f"cannot convert {unit} to {to}: {error}") from error
    return array if np.ndim(value) else float(array)


def parse_quantity(given: Any, unit: str) -> float:
    """Return `given` as a finite float in `unit`.

    given: a number (int, float, numpy scalar) in `unit`; a pint quantity of one number; or text, a
    number or a number and a unit (``"2 ms"``, ``"12.5%"``), which is converted.

    Raises InputError, with what was given, what was expected and an example, for a boolean, other
    text, NaN, infinity, underscores or commas in numbers, arithmetic, and a unit that is unknown or
    of another kind.
    """
    number, own = given, unit
    if hasattr(given, "magnitude") and hasattr(given, "units"):
        number, own = given.magnitude, _own_unit(given)
        given = str(given)
    elif isinstance(given, str):
        number, own = _split(given, unit)
    number = _finite(number, given, unit)
    if not same_kind(own, unit):
        raise InputError(_misfit(_quoted(given), own, unit))
    return _finite(convert(number, own, unit), given, unit)


def _own_unit(quantity: Any) -> "pint.Unit":
    """Return the unit of a pint quantity, also of one made by another registry."""
    own = quantity.units
    return own if isinstance(own, registry().Unit) else parse_unit(str(own))


def _split(text: str, unit: str) -> tuple[str, str]:
    """Split `text` into a number and its unit (`unit` if it has none)."""

    def refused(why: str) -> InputError:
        return InputError(f"{_quoted(text)}{why}; {_expected(unit)}")

    clean = text.strip().replace("\N{MINUS SIGN}", "-")
    if not clean:
        raise InputError(f"an empty text was given; {_expected(unit)}")
    if len(clean) > LONGEST_QUANTITY:
        raise refused(f" is longer than {LONGEST_QUANTITY} characters")
    if _NOT_FINITE.match(clean):
        raise refused(" is not a finite number")
    match = _NUMBER.match(clean)
    if match is None:
        raise refused(" is not a number")
    rest = clean[match.end() :]
    for pattern, why in _AFTER_NUMBER.items():
        if re.match(pattern, rest):
            raise refused(why)
    if not rest.strip():
        return match.group(), unit
    _finite(match.group(), text, unit)
    try:
        parse_unit(rest)
    except InputError as error:
        raise refused(f": {error}") from None
    return match.group(), rest


def _finite(value: Any, given: Any, unit: str) -> float:
    """Return `value` as a finite float; `given` is what the message quotes."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (Real, str)):
        raise InputError(f"{_quoted(given)} is not a number; {_expected(unit)}")
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{_quoted(given)} is not a finite number; {_expected(unit)}")
    return number


def magnitudes(values: Any, unit: str, name: str = "value") -> np.ndarray:
    """Return numbers, arrays or pint quantities as a float array in `unit`, their shape kept.

    Bare numbers are in `unit`. name: of the input, for the message.

    Raises InputError if the values are not numeric, not finite, or of another kind of unit.
    """
    if isinstance(values, str):
        return np.asarray(parse_quantity(values, unit))
    own = unit
    if hasattr(values, "magnitude") and hasattr(values, "units"):
        own, values = _own_unit(values), values.magnitude
    mixed = isinstance(values, (list, tuple)) and any(isinstance(v, bool) for v in values)
    try:
        array = np.asarray(None if mixed else values)
    except ValueError:  # rows of unequal length
        array = np.asarray(None)
    if array.dtype == object:  # nullable columns, Python fractions; a boolean among them is refused
        plain = all(isinstance(v, Real) and not isinstance(v, bool) for v in array.ravel())
        array = array.astype(float) if plain and array.size else array
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} must be a number in {unit}, not {_quoted(values)}")
    array = array.astype(float)
    if not np.all(np.isfinite(array)):
        raise InputError(f"{name} must be finite; a missing or infinite number was given")
    return np.asarray(convert(array, own, unit))


def positive(values: Any, unit: str, name: str = "value") -> np.ndarray:
    """Return `magnitudes` of `values`, all of which must be above zero (else InputError)."""
    array = magnitudes(values, unit, name)
    if np.any(array <= 0):
        raise InputError(f"{name} must be above 0 {unit}, not {float(array.min()):g}")
    return array


def check_bounds(value: float, unit: str) -> list[str]:
    """Refuse impossible values; return warnings (usually none) for suspicious ones.

    A percentage must lie from 0 to 100; in any other unit the value must be above 0. A percentage
    above 0 and up to 1 draws a warning, since a fraction may have been meant.

    Raises InputError if the value is not a finite number or out of bounds.
    """
    number = _finite(value, value, unit)
    if parse_unit(unit) != registry().percent:
        if number <= 0:
            raise InputError(f"{number:g} {unit} is not above 0; {_expected(unit)}")
        return []
    if not 0 <= number <= 100:
        raise InputError(f"{number:g} percent is outside 0 to 100 percent")
    if not 0 < number <= SUSPECTED_FRACTION:
        return []
    return [
        f"percent are percent: {number:g} means {number:g} percent; "
        f"for the fraction {number:g} write {number * 100:g}"
    ]


def _misfit(given: str, own: "str | pint.Unit", unit: "str | pint.Unit") -> str:
    """Word the refusal of a unit of another kind."""
    first, second = parse_unit(own), parse_unit(unit)
    if first.dimensionality != second.dimensionality:
        why = f"{first} measures {first.dimensionality}, not {second.dimensionality}"
    else:
        why = f"{first} and {second} are different kinds of number"
    if isinstance(own, str) and own.strip() == "m":
        why += " (m is metre; minutes are 'minute', 'm' stands for milli only before a unit)"
    return f"{given} does not fit: {why}; {_expected(unit)}"


def _expected(unit: str) -> str:
    """Word what is expected, with an example."""
    example = {"dimensionless": "0.5", "count": "12 count"}.get(unit, f"2 {unit}")
    return f"expected a number in {unit}, for example '{example}'"


def _quoted(given: Any) -> str:
    """Return `given` quoted and cut to a length that fits a message."""
    text = repr(given) if isinstance(given, str) else str(given)
    return text if len(text) <= 40 else f"{text[:36]}...{text[-1] if text[-1] in chr(39) else ''}"
