"""What follows from the figures of a text by arithmetic alone, such as a share times a population.

An implication is data (`implications.yaml`)::

    persons:
      asks: How many persons is that?
      claim: prevalence          # the claim that it is about
      formula: prevalence * population
      unit: count
      inputs:                    # cells of tables (see `claimbook.book.cell_reference`)
        population: {table: population, row: adults_2023, column: count}

Names in the formula are figures (`Book.figures`) and inputs; it may use + - * / ** and brackets.
Every number carries its unit, so a formula that mixes units fails when the book is loaded.
"""

import ast
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from pint import PintError
from simpleeval import InvalidExpression, SimpleEval

from claimbook.book.cell_reference import cell_quantity
from claimbook.book.schema import check_form
from claimbook.book.tables import Tables
from claimbook.book.units import convert, parse_unit, registry
from claimbook.errors import InputError, require_known

ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


def check_implications(
    implications: dict, tables: Tables, figures: Mapping[str, tuple[float, str]], path
) -> None:
    """Refuse implications that name an unknown key, claim, figure or cell, or cannot be computed.

    figures: parameter -> value and unit.

    Raises InputError with the nearest valid name, or with what is wrong with the units.
    """
    for name, implication in implications.items():
        where = f"{path}: '{name}'"
        check_form(implication, "implication", where)
        require_known(f"{where}: claim", [implication["claim"]], tables.frames["claims"]["claim"])
        if name in figures or set(implication.get("inputs", {})) & set(figures):
            raise InputError(f"{where}: it and its inputs need other names than the figures")
        try:
            value = implied(implication, tables, figures)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None
        if not math.isfinite(float(value)):
            raise InputError(f"{where}: formula: gives no finite number with the printed figures")


def names_in(formula: str) -> list[str]:
    """Return the names in a formula, in the order of their first use.

    Raises InputError if it is no expression.
    """
    try:
        parsed = ast.walk(ast.parse(formula, mode="eval"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested brackets
        raise InputError(f"formula: '{formula[:60]}' is not an expression") from None
    names = [node for node in parsed if isinstance(node, ast.Name)]
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in names))


def implied(
    implication: dict, tables: Tables, figures: Mapping[str, tuple[Any, str]]
) -> np.ndarray:
    """Return the value of an implication in its unit; NaN where none follows (a division by 0).

    figures: parameter -> value and unit; the value is a number or an array of n numbers, and the
    result has the shape of those that the formula names.

    Raises InputError if the formula cannot be read, names something unknown, or mixes units.
    """
    formula, unit = implication["formula"], implication["unit"]
    quantity = registry().Quantity
    inputs = {
        name: cell_quantity(asked, tables, f"inputs: {name}")
        for name, asked in implication.get("inputs", {}).items()
    }
    numbers = {
        name: quantity(np.asarray(value, dtype=float), parse_unit(own))
        for name, (value, own) in {**figures, **inputs}.items()
    }
    require_known("formula: name", names_in(formula), numbers)
    try:
        with np.errstate(all="ignore"):
            # where units cancel in a power, pint returns a bare number
            value = quantity(_arithmetic(numbers).eval(formula))
            found = np.asarray(convert(value.magnitude, value.units, unit))
    except (InvalidExpression, OverflowError, RecursionError):
        raise InputError(f"formula: '{formula[:60]}' holds more than arithmetic") from None
    except (PintError, InputError) as error:
        raise InputError(f"formula: '{formula[:60]}' in {unit}: {error}") from None
    return np.where(np.isfinite(found), found, np.nan)


def _arithmetic(numbers: dict) -> SimpleEval:
    """Return an evaluator that knows names, numbers and `ARITHMETIC`, and nothing else."""
    evaluator = SimpleEval(operators=ARITHMETIC, functions={}, names=numbers)
    kept = (ast.Expr, ast.BinOp, ast.UnaryOp, ast.Name)
    evaluator.nodes = {kind: evaluator.nodes[kind] for kind in kept} | {ast.Constant: _constant}
    return evaluator


def _constant(node: ast.Constant) -> np.float64:
    """Return a number as numpy has it, which gives up on 9**9**9 where Python would not."""
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        raise InvalidExpression(node.value)
    return np.float64(node.value)
