"""How a verdict looks, wherever it is shown: a mark, a word and a colour that go together."""

VERDICT_COLOURS = {
    # of seaborn's colour-blind palette, whose import would take a second: a test holds them to it
    "holds": "#029e73",
    "holds in part": "#0173b2",
    "not supported": "#de8f05",
    "contradicted": "#d55e00",
    "not testable": "#949494",
}
VERDICT_MARKS = {
    "holds": "●",
    "holds in part": "◐",
    "not supported": "○",
    "contradicted": "✕",
    "not testable": "–",
}
"""A shape beside each colour, so that a verdict reads in grey and by ear as well."""


def verdict_text(verdict: str) -> str:
    """Return a verdict with its mark, such as ``◐ holds in part``."""
    return f"{VERDICT_MARKS[verdict]} {verdict}"
