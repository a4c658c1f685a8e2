"""The options of ``claimbook audit``, apart from what carries them out: it takes long to load."""

import argparse
from pathlib import Path

RECORDS = Path("evidence/references.csv")
"""Where a data folder keeps the records of cited works."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the sub-command to its parser."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="lists of references (BibTeX, biblatex, CSL JSON, RIS, NBIB), in order, and documents "
        "that cite them (Markdown, Quarto, LaTeX)",
    )
    parser.add_argument(
        "--records",
        type=Path,
        metavar="CSV",
        help=f"table of known works (default: {RECORDS} in the data folder)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/crossref"),
        metavar="DIR",
        help="folder for audit.csv, and for records.csv when online (default: %(default)s)",
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 if an entry is wrong")
    online = parser.add_argument_group("asking Crossref")
    online.add_argument("--online", action="store_true", help="look every DOI up with Crossref")
    online.add_argument("--mailto", metavar="ADDRESS", help="your e-mail address, for Crossref")
    online.add_argument("--timeout", type=float, default=20.0, metavar="SECONDS")
    online.add_argument("--refresh", action="store_true", help="ask again what is in the cache")
    online.add_argument("--base-url", help=argparse.SUPPRESS)
