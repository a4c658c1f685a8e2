"""Where the text stands whose claims a book holds: who wrote it, where it appeared, and when.

It is data (`text.yaml` beside the tables), in this form::

    title: On coffee
    author: A. Bean
    date: 2001-02-03
    publisher: The Roaster              # if there is one
    address: https://example.org/coffee # if it is known
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claimbook.book.text import safe_link
from claimbook.book.yaml_file import as_day, read_yaml
from claimbook.errors import InputError, nearest

ORIGIN = "text.yaml"
REQUIRED = ("title", "author", "date")
KEYS = (*REQUIRED, "publisher", "address")


@dataclass(frozen=True)
class Origin:
    """What identifies the text; `publisher` and `address` are None where they are not known."""

    title: str
    author: str
    date: date
    publisher: str | None = None
    address: str | None = None


def read_origin(path: Path) -> Origin:
    """Read where the text stands.

    Raises InputError, naming the file, for a key that is missing or unknown (with the nearest),
    a value that is no text, a date that is no day, or an address that is neither http nor https.
    """
    given = read_yaml(path)
    for name in given:
        if name not in KEYS:
            raise InputError(f"{path}: key '{name}' is not known{nearest(name, KEYS)}")
    for name in REQUIRED:
        if name not in given:
            raise InputError(f"{path}: '{name}' is missing")
    if not (day := as_day(given["date"])):
        raise InputError(f"{path}: date: expected YYYY-MM-DD, not {given['date']!r}")
    for name in given.keys() - {"date"}:
        if not isinstance(given[name], str) or not given[name].strip():
            raise InputError(f"{path}: {name}: expected text, not {given[name]!r}")
    if "address" in given and not safe_link(given["address"]):
        raise InputError(f"{path}: address: '{given['address']}' is no http or https address")
    return Origin(**given | {"date": day})
