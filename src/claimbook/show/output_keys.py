"""How an answer and a picture are marked in a notebook's output, for whoever reads it later."""

ANSWERS_TYPE = "application/vnd.claimbook.answers+json"
SVG_TYPE = "text/vnd.claimbook.svg"
"""A picture for its files. Front ends show the PNG: JupyterLab and nbconvert let an SVG run over
the page, and nbconvert's templates know alternative text for a PNG at most (classic; lab has none
for any, there the sentence below the picture says the same)."""
METADATA_KEY = "claimbook"
SHOWS = "*What the picture shows:*"
"""How the sentence opens that follows a picture and describes it."""


def svg_of(data: dict) -> str:
    """Return the SVG of a picture's output; earlier records carry it as an image."""
    return data[SVG_TYPE] if SVG_TYPE in data else data["image/svg+xml"]
