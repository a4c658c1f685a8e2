"""Where the card of a claim stands, and links to it.

Cards stand in the notebook that `notebook` in `cards.yaml` beside the tables names; without it
nothing leads to a card.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd

from claimbook.book.folders import find_data
from claimbook.book.schema import check_form
from claimbook.book.text import markdown_text
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError

FILE = "cards.yaml"


def read_cards(folder: Path) -> dict:
    """Return what a data folder says of its claim cards. Raises InputError for a faulty file."""
    path = folder / FILE
    if not path.exists():
        return {}
    content = read_yaml(path)
    check_form(content, "cards", str(path))
    return content


@cache
def cards_notebook(folder: Path) -> str:
    """Return the file name of the notebook that holds the cards, ``""`` if there is none."""
    return read_cards(folder).get("notebook", "")


def anchor(claim: str) -> str:
    """Return the name of a claim's anchor, such as ``claim-no_decline_with_age``."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]", "-", str(claim))


def address(claim: str) -> str:
    """Return where a claim's card stands, seen from another notebook, ``""`` if nowhere."""
    try:
        notebook = cards_notebook(find_data())
    except InputError:
        return ""
    return f"{notebook}#{anchor(claim)}" if notebook else ""


def addresses(claims: Iterable[str]) -> list[str]:
    """Return the addresses of cards, as `show.table(links=...)` takes them; NA gives none."""
    return ["" if pd.isna(claim) else address(claim) for claim in claims]


def linked(claim: str, text: str | None = None) -> str:
    """Return a Markdown link to a claim's card, for use in a sentence; text if there is none."""
    words, there = markdown_text(text or claim), address(claim)
    return f"[{words}]({there})" if there else words
