"""Where the card of a claim stands, and links to it."""

import re
from collections.abc import Iterable

import pandas as pd

from claimbook.book.text import markdown_text

NOTEBOOK = "25-claim-cards.ipynb"


def anchor(claim: str) -> str:
    """Return the name of a claim's anchor, such as ``claim-no_decline_with_age``."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]", "-", str(claim))


def address(claim: str) -> str:
    """Return where a claim's card stands, seen from another notebook."""
    return f"{NOTEBOOK}#{anchor(claim)}"


def addresses(claims: Iterable[str]) -> list[str]:
    """Return the addresses of cards, as `show.table(links=...)` takes them; NA gives none."""
    return ["" if pd.isna(claim) else address(claim) for claim in claims]


def linked(claim: str, text: str | None = None) -> str:
    """Return a Markdown link to a claim's card, for use in a sentence."""
    return f"[{markdown_text(text or claim)}]({address(claim)})"
