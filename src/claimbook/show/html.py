"""HTML of a notebook's outputs, made by templates: every text of the data shows as text."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from claimbook.book.text import visible


def text(value) -> Markup:
    """Return a value as text of a cell: no markup, no formula, no line of its own."""
    if isinstance(value, Markup):
        return value
    return escape(visible(value)).replace("$", Markup("&#36;"))


@cache
def pieces():
    """Return the pieces of HTML by name: table, link, folded ..."""
    templates = Environment(
        autoescape=True,
        finalize=text,
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    return templates.get_template("outputs.html.jinja").module
