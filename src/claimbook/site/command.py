"""``claimbook site``: pages from the executed notebooks."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--from",
        type=Path,
        dest="source",
        metavar="DIR",
        help="results to show, as claimbook run --output wrote them (default: the record)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="where the site goes (default: build/site)"
    )
    parser.add_argument(
        "--pdf", action="store_true", help="also print the whole into one PDF, through Chromium"
    )


def run(args: Namespace) -> int:
    from claimbook.book.folders import find_root

    root = find_root()
    output = args.output or root / "build" / "site"
    first = make_site(root, (args.source or root).resolve(), args.data, output, args.pdf)
    print(f"The site is ready. Open {first}")
    if args.pdf:
        print(f"As one PDF: {first.parent / 'collection.pdf'}")
    return 0


def make_site(root: Path, source: Path, data: Path | None, output: Path, pdf: bool = False) -> Path:
    """Build the site of the results in `source`; return its first page."""
    from claimbook.site.context import read_site
    from claimbook.site.publish import publish

    return publish(read_site(root, source, data, pdf), output)
