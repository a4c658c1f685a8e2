"""Where the card of a claim stands."""

import re

NOTEBOOK = "25-claim-cards.ipynb"


def anchor(claim: str) -> str:
    """Return the name of a claim's anchor, such as ``claim-no_decline_with_age``."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]", "-", str(claim))


def address(claim: str) -> str:
    """Return where a claim's card stands, seen from another notebook."""
    return f"{NOTEBOOK}#{anchor(claim)}"
