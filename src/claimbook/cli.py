"""The command line: claimbook run, site, check, compare, changelog, sweep, audit."""

import argparse
import gc
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from claimbook.book.folders import data_folder, find_data
from claimbook.errors import InputError, RunFailed

if TYPE_CHECKING:
    from claimbook.book.book import Book

MISTAKE, FAILED = 2, 1


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return the exit code.

    0 done; 1 a notebook failed, or an audit with --strict found an entry wrong; 2 a mistake in
    what was given; 128 + N stopped by signal N (130 for Ctrl-C, 143 for SIGTERM).
    """
    warnings.showwarning = _show_warning
    gc.set_threshold(100_000)  # by default the search for dead cycles takes a tenth of the time
    try:  # the imports are in here too, for Ctrl-C often comes that early
        args = _parser().parse_args(argv)
        if args.data:
            args.data = data_folder(args.data)
        elif args.command is not _audit:  # which works without a collection too
            args.data = find_data(remedy="--data DIR")
        return args.command(args)
    except (InputError, RunFailed) as error:
        print(f"claimbook: {error}", file=sys.stderr)
        return MISTAKE if isinstance(error, InputError) else FAILED
    except KeyboardInterrupt as stop:
        note = "; ".join(getattr(stop, "__notes__", ["nothing was changed"]))
        print(f"claimbook: stopped; {note}", file=sys.stderr)
        return 128 + getattr(stop, "number", signal.SIGINT)
    except OSError as error:  # a full disk, a folder without permission
        print(f"claimbook: {error.filename or 'system'}: {error.strerror}", file=sys.stderr)
        return FAILED


def _show_warning(message, category, *_):
    from claimbook.book.book import UnusualNumber

    if issubclass(category, UnusualNumber):
        print(f"claimbook: warning: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    from claimbook.citations import audit_arguments
    from claimbook.run import compare_command
    from claimbook.run.running import CELL_TIMEOUT
    from claimbook.site import command as site_command

    parser = argparse.ArgumentParser(
        prog="claimbook", description="Claims of a text as data: check, recompute, read."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--data", type=Path, metavar="DIR", help="data folder (default: data/)")

    timed = argparse.ArgumentParser(add_help=False)
    timed.add_argument(
        "--timeout",
        type=_count,
        default=CELL_TIMEOUT,
        metavar="SECONDS",
        help=f"limit for one cell of a notebook (default: {CELL_TIMEOUT})",
    )

    run_ = commands.add_parser("run", parents=[shared, timed], help="execute the notebooks")
    run_.add_argument("notebooks", nargs="*", metavar="NOTEBOOK", help="name or number")
    run_.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="updates",
        help="put in another figure, with a unit or in its own, e.g. height='3 km'",
    )
    run_.add_argument("--scenario", metavar="NAME", help="evidence and figures of a scenario")
    run_.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the results go (default: the record in place; else under build/)",
    )
    run_.add_argument("--jobs", type=_count, default=0, metavar="N", help="default: all cores")
    run_.set_defaults(command=_run)

    site = commands.add_parser(
        "site", parents=[shared], help="make pages from the executed notebooks"
    )
    site_command.add_arguments(site)
    site.set_defaults(command=site_command.run)

    check = commands.add_parser("check", parents=[shared], help="check the data, run nothing")
    check.set_defaults(command=_check)

    sweep = commands.add_parser(
        "sweep", parents=[shared, timed], help="answers for every combination of a grid of figures"
    )
    sweep.add_argument("grid", type=Path, metavar="GRID.yaml", help="see claimbook.run.grid")
    sweep.add_argument("--render", action="store_true", help="execute the notebooks for each one")
    sweep.add_argument("--scheduler", metavar="ADDRESS", help="use a Dask scheduler's workers")
    sweep.add_argument("--output", type=Path, metavar="DIR", help="default: build/sweeps/GRID")
    sweep.set_defaults(command=_sweep)

    compare = commands.add_parser(
        "compare", parents=[shared], help="which answers differ between two states, and why"
    )
    compare_command.add_compare_arguments(compare)
    compare.set_defaults(command=compare_command.run_compare)

    changelog = commands.add_parser(
        "changelog", parents=[shared], help="draft the entry for what changed since a revision"
    )
    compare_command.add_changelog_arguments(changelog)
    changelog.set_defaults(command=compare_command.run_changelog)

    audit = commands.add_parser(
        "audit", parents=[shared], help="hold any .bib file against the known works, or Crossref"
    )
    audit_arguments.add_arguments(audit)
    audit.set_defaults(command=_audit)
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number above 0")
    return int(text)


def read_updates(pairs: list[str], book: "Book") -> "Book":
    """Return `book` with the figures of NAME=VALUE texts. Raises InputError."""
    numbers: dict[str, str] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name.strip():
            raise InputError(
                f"--set {pair}: expected NAME=VALUE, such as {book.figures.index[0]}=5"
            )
        if name.strip() in numbers:
            raise InputError(f"--set {pair}: {name.strip()} is set twice")
        numbers[name.strip()] = value
    return book.update(**numbers)


def _run(args) -> int:
    from claimbook.book.book import load
    from claimbook.book.folders import find_root
    from claimbook.claims.comparison import check_evidence
    from claimbook.run.running import Plan, find_notebooks, run_notebooks

    book = load(args.data)
    if args.scenario is not None:  # an empty name is a mistake, not the record
        book = book.in_scenario(args.scenario)
        check_evidence(book)
    book = read_updates(args.updates, book)
    root = find_root()
    # the data may also come from the environment
    experiment = bool(book.parameters) or book.folder.resolve() != root / "data"
    # an unchanged scenario keeps its results; whatever was set by hand is the latest experiment
    unchanged = book.scenario and not args.updates
    place = root / "build" / (f"scenarios/{book.scenario.name}" if unchanged else "")
    output = (args.output or (place if experiment else root)).resolve()
    plan = Plan(
        root=root,
        notebooks=find_notebooks(root, args.notebooks),
        book=book,
        output=output,
        jobs=args.jobs,
        cell_timeout=args.timeout,
    )
    if experiment and output == root:
        raise InputError(
            "--output is the record itself; with --set, --scenario or --data choose another folder"
        )
    published, first_page = run_notebooks(plan), None
    if output == root:
        from claimbook.book.first_page import has_first_page
        from claimbook.run.documents import refresh
        from claimbook.site.command import make_site

        published += refresh(root, book)
        if has_first_page(book.folder):
            first_page = make_site(root, root, args.data, root / "build" / "site")
    notebooks = [p for p in published if p.suffix == ".ipynb"]
    many = "notebook" if len(notebooks) == 1 else "notebooks"
    print(f"{len(notebooks)} {many} executed. Read from {first_page or min(notebooks)} on.")
    print(f"In JupyterLab: ./run lab. The answers as data: {output / 'results/answers.json'}")
    return 0


def _sweep(args) -> int:
    from claimbook.run.sweep_command import run

    return run(args)


def _audit(args) -> int:
    from claimbook.citations.audit_command import run

    return run(args)


def _check(args) -> int:
    from claimbook.book.book import load
    from claimbook.claims.comparison import check_evidence

    book = load(args.data)
    for name, frame in book.tables.frames.items():
        print(f"{name}: {len(frame)} rows")
    print(f"{book.folder / 'references.bib'}: {len(book.bibliography.entries)} entries")
    print(f"questions: {len(book.questions)}; figures: {len(book.figures)}")
    check_evidence(book)
    for name in book.scenario_names:
        check_evidence(book.in_scenario(name))
    print(f"scenarios: {len(book.scenario_names)}; implications: {len(book.implications)}")
    for label, keys in (
        ("cited but not listed", book.cited_but_not_listed),
        ("listed but not cited", book.listed_but_not_cited),
    ):
        print(f"{label}: {', '.join(keys) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
