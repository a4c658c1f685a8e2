"""The commands `claimbook compare` and `claimbook changelog`: what changed, and why."""

import argparse
import json
from pathlib import Path


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    states = "record, the name of a scenario, a folder of results, or a git revision"
    parser.add_argument("before", metavar="A", help=states)
    parser.add_argument("after", metavar="B", nargs="?", default="record", help="default: record")
    parser.add_argument("--json", action="store_true", help="print the whole as JSON")
    parser.add_argument(
        "--notebook",
        type=Path,
        metavar="DIR",
        help="write it to DIR as an executed notebook, pictures side by side",
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 if an answer has another value"
    )


def run_compare(args: argparse.Namespace) -> int:
    """Compare and print; return 1 with --exit-code if an answer changed, else 0."""
    from claimbook.run.change_report import change_document, change_text, write_comparison

    change, _ = _change(args)
    if args.json:
        print(json.dumps(change_document(change), indent=1, allow_nan=False))
    else:
        print(_shown(change_text(change)))
    if args.notebook:
        path = write_comparison(change, args.notebook)
        if not args.json:
            print(f"\nAs a notebook: {path}")
    return int(args.exit_code and change.differs)


def add_changelog_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `claimbook changelog` to its parser."""
    parser.add_argument("before", metavar="FROM", help="git revision, such as the last release")
    parser.add_argument(
        "after", metavar="TO", nargs="?", default="record", help="default: the record as it stands"
    )


def run_changelog(args: argparse.Namespace) -> int:
    """Print the draft of a changelog entry; return 0."""
    from claimbook.run.changelog import draft, reasons_of

    change, root = _change(args)
    print(_shown(draft(change, reasons_of(args.before, args.after, root))))
    return 0


def _shown(text: str) -> str:
    """Return a text line by line without control characters, which a terminal would obey."""
    from claimbook.book.text import visible

    return "\n".join(visible(line) for line in text.split("\n"))


def _change(args: argparse.Namespace):
    """Return the change that the arguments ask for, and the root of the checkout."""
    from claimbook.book.folders import find_root
    from claimbook.run.change_report import changes_between
    from claimbook.run.states import read_state

    root = find_root()
    states = [read_state(name, root, args.data) for name in (args.before, args.after)]
    return changes_between(*states), root
