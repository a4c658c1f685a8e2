"""Values out of a register's answer, whatever stands there instead of what is documented."""

import html
import re

from claimbook.book.text import visible
from claimbook.citations.work import Name


def list_or_empty(value) -> list:
    return value if isinstance(value, list) else []


def dict_or_empty(value) -> dict:
    return value if isinstance(value, dict) else {}


def text(value) -> str:
    """Return text without tags (titles may hold <i> or <sub>), entities or control characters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = html.unescape(re.sub(r"</?[A-Za-z][^<>]{0,200}>", "", str(value)))
    return visible(" ".join(plain.split()))


def raw_text(value) -> str:
    """Return text as it stands: old DOIs hold what looks like tags."""
    return visible(value.strip()) if isinstance(value, str) else ""


def texts(value) -> tuple[str, ...]:
    """Return the distinct texts of a list, in its order."""
    return tuple(dict.fromkeys(t for t in map(text, list_or_empty(value)) if t))


def year(value) -> str:
    """Return the year in a date in any order: ``2011-05``, ``5 May 2011``; else ``""``."""
    match = re.search(r"(?<!\d)(1[4-9]|20)\d\d(?!\d)", text(value))
    return match[0] if match else ""


def name(whole: str) -> Name:
    """Return one name as written, ``Family, Given`` or ``Given Family``."""
    family, comma, given = whole.partition(",")
    if not comma:
        given, _, family = whole.rpartition(" ")
    return Name(family.strip(), given.strip())


def pages(first: str, last: str) -> str:
    return f"{first}-{last}" if first and last and first != last else first or last
