"""The forms of the YAML parts of a book: JSON Schemas, and their errors in plain words.

A form is `schemas/NAME.yaml`. Two keywords are our own: `expected` says
what a value should have been, and `missing: true` that a wrong value is reported as a missing one.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from claimbook.book.text import safe_link
from claimbook.errors import InputError, require_known

_FORMATS = FormatChecker(["date"])
_FORMATS.checks("web address")(lambda value: not isinstance(value, str) or bool(safe_link(value)))
_ORDER = ("additionalProperties", "required", "oneOf")


@cache
def _validator(form: str) -> Draft202012Validator:
    text = (files("claimbook.book") / "schemas" / f"{form}.yaml").read_text(encoding="utf-8")
    return Draft202012Validator(yaml.safe_load(text), format_checker=_FORMATS)


def check_form(content: Any, form: str, where: str) -> None:
    """Refuse content of YAML that has not the form `schemas/FORM.yaml`.

    Raises InputError, starting with `where`: a key that is not known (with the nearest) or is
    missing, or a value of another kind, with what was expected. The outermost fault comes first.
    """
    errors = list(_validator(form).iter_errors(content))
    if not errors:
        return
    error = min(errors, key=_importance)
    place = ": ".join([where, *(key for key in error.absolute_path if isinstance(key, str))])
    schema, value = error.schema, error.instance
    expected = schema.get("expected")
    if error.validator == "additionalProperties":
        require_known(f"{place}: key", value, schema["properties"])
    if error.validator == "required":
        key = next(key for key in error.validator_value if key not in value)
        expected = schema["properties"][key].get("expected", expected)
        raise InputError(
            f"{place}: '{key}' is missing" + (f"; expected {expected}" * bool(expected))
        )
    if schema.get("missing"):
        place, _, key = place.rpartition(": ")
        raise InputError(f"{place}: '{key}' is missing; expected {expected}")
    if error.validator == "enum" and not expected:
        require_known(place, [value], schema["enum"])
    given = "" if isinstance(value, dict) else f", not {value!r}"
    raise InputError(f"{place}: expected {expected}{given}")


def _importance(error) -> tuple[int, int]:
    kind = error.validator
    return len(error.absolute_path), _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
