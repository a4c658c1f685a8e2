"""The source of the text whose claims a book holds: who wrote it, where it appeared, and when.

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

from claimbook.book.schema import check_form
from claimbook.book.yaml_file import read_yaml

ORIGIN = "text.yaml"


@dataclass(frozen=True)
class Origin:
    """What identifies the text; `publisher` and `address` are None where they are not known."""

    title: str
    author: str
    date: date
    publisher: str | None = None
    address: str | None = None


def read_origin(path: Path) -> Origin:
    """Read the source of the text.

    Raises InputError, naming the file, for a key that is missing or unknown (with the nearest),
    a value that is no text, a date that is no day, or an address that is neither http nor https.
    """
    given = read_yaml(path)
    check_form(given, "text", str(path))
    return Origin(**given | {"date": date.fromisoformat(given["date"])})
