"""What a link to the site shows where it is shared: the properties of the Open Graph protocol."""

from collections import Counter

from claimbook.claims.verdict import Verdict
from claimbook.site.markup import macros

WIDTH, HEIGHT = 1200, 630
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
    paths relative to it. The protocol wants whole addresses, so without one a page tells its title
    and description, and neither its own address nor that of the picture.
    """
    properties = {"og:type": "website", "og:title": title, "og:description": description}
    names = {"description": description}
    if address:
        properties |= {
            "og:url": address + page,
            "og:image": address + picture,
            "og:image:type": "image/png",
            "og:image:width": str(WIDTH),
            "og:image:height": str(HEIGHT),
            "og:image:alt": alt,
        }
        names["twitter:card"] = "summary_large_image"
    return str(macros().meta(properties, names))
