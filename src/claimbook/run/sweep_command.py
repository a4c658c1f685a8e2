"""The command `claimbook sweep`: a grid of figures, answered or rendered."""

import argparse
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from claimbook.claims.recompute import VERDICT
from claimbook.claims.verdict import VERDICTS
from claimbook.run.sweep import Sweep, run_sweep


def run(args: argparse.Namespace) -> int:
    """Sweep the grid and print what came of it; return 0. Raises InputError or RunFailed."""
    from claimbook.book.book import load
    from claimbook.book.folders import find_root
    from claimbook.run.grid import read_grid
    from claimbook.run.running import find_notebooks

    book = load(args.data)
    grid = read_grid(args.grid, book)
    root = find_root() if args.render else None
    if root:
        find_notebooks(root, grid.notebooks)  # an unknown name is refused before the sweep begins
    output = args.output or Path("build") / "sweeps" / args.grid.stem
    sweep = Sweep(book, grid, output.resolve(), root, args.scheduler, args.timeout)
    computed = run_sweep(sweep)
    before = len(grid) - computed
    already = f"; {before:,} were there already" if before else ""
    print(f"{computed:,} of {len(grid):,} combinations computed{already}.")
    if root:
        print(f"Each in a folder of its own: {sweep.folder}")
    else:
        print(summary_text(sweep.folder))
        print(f"As Parquet, for pandas.read_parquet: {sweep.folder}")
    return 0


def verdict_counts(folder: Path) -> pd.DataFrame:
    """Return how many combinations of a sweep got each verdict, one row per question.

    folder: the parts; they are read one after the other, so that memory stays flat.
    """
    counts: dict[str, pd.Series] = {}
    for path in sorted(folder.glob("*.parquet")):
        file = pq.ParquetFile(path)
        columns = [name for name in file.schema_arrow.names if name.endswith(f".{VERDICT}")]
        table = file.read(columns=columns).to_pandas()
        for column in columns:
            found = table[column].value_counts()
            counts[column] = found.add(counts.get(column, 0), fill_value=0)
    table = pd.DataFrame(counts).T.reindex(columns=VERDICTS).fillna(0).astype(int)
    return table.rename(index=lambda column: column.removesuffix(f".{VERDICT}"))


def summary_text(folder: Path) -> str:
    """Return the counts of `verdict_counts` as text; verdicts that never occur are left out."""
    counts = verdict_counts(folder)
    return counts.loc[:, counts.sum() > 0].to_string()
