"""What a link to the site shows where it is shared: the properties of the Open Graph protocol."""

from collections import Counter

from claimbook.claims.verdict import Verdict
from claimbook.site.markup import render

SIZE = WIDTH, HEIGHT = 1200, 630
"""Pixels of the picture; the size that the consumers of the protocol ask for."""


def summary(answers: list[dict]) -> str:
    """Return how many figures of the text have which verdict, in one line."""
    verdicts = [answer["verdict"] for answer in answers if "cited" in answer]
    counts = Counter(verdicts)
    parts = [f"{v.text}: {counts[v]}" for v in Verdict if v in counts]
    return f"{len(verdicts)} figures held against the evidence. {', '.join(parts)}."


def meta_tags(
    title: str, description: str, alt: str, address: str | None, page: str, picture: str
) -> str:
    """Return the meta elements of one page, one a line.

    address: where the site is published, with a slash at its end, or None. page, picture: their
    paths relative to it.
    """
    preview = {"title": title, "description": description, "alt": alt, "address": address}
    return render("open-graph.html.jinja", **preview, page=page, picture=picture, size=SIZE)
