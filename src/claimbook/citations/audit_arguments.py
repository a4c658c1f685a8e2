"""The options of ``claimbook audit``, apart from what carries them out: it takes long to load."""

import argparse
from pathlib import Path

RECORDS = Path("evidence/references.csv")
"""Where a data folder keeps the records of cited works."""
FORMATS = ("text", "csv", "json", "html", "sarif", "github")
"""In which an audit can be printed."""


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
        default=Path("build/audit"),
        metavar="DIR",
        help="folder for audit.html, .csv, .json and .sarif, the corrected list, and records.csv "
        "when online (default: %(default)s)",
    )
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="what is printed (default: text)"
    )
    parser.add_argument("--fix", action="store_true", help="change what is sure in the file itself")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if an entry is wrong or retracted"
    )
    online = parser.add_argument_group("asking registers")
    online.add_argument("--online", action="store_true", help="look every entry up")
    online.add_argument("--mailto", metavar="ADDRESS", help="your e-mail address, for them")
    online.add_argument(
        "--registers",
        metavar="NAMES",
        help="which ones, in this order (default: crossref,datacite,pubmed,openalex,openlibrary); "
        "the next one is asked what an earlier one lacks or contradicts",
    )
    online.add_argument(
        "--every-register", action="store_true", help="ask all of them about every entry"
    )
    online.add_argument("--timeout", type=float, default=20.0, metavar="SECONDS")
    online.add_argument("--refresh", action="store_true", help="ask again what is in the cache")
    online.add_argument(
        "--base-url",
        action="append",
        metavar="[REGISTER=]URL",
        help="ask there instead; without a name, Crossref and all that --registers names",
    )
