"""What a worker of a sweep does: it gets all it needs as bytes and gives its result as bytes.

So a worker on another machine needs this package and nothing else.
"""

import io
import tempfile
import threading
import zipfile
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from claimbook.book.book import Book, load
from claimbook.book.scenario import RECORD
from claimbook.claims.recompute import VERDICT, Recomputer
from claimbook.claims.verdict import VERDICTS
from claimbook.run.running import Plan, Workers, find_notebooks, run_notebooks

_LOCK = threading.RLock()
"""The workers of Dask may be threads of one process; each thing is unpacked and read once."""


def pack(book: Book, notebooks: Path | None) -> bytes:
    """Return the files of a book and, to render, a folder of notebooks, as one bundle."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in book.files:
            archive.write(book.folder / path, f"data/{path}")
        for path in sorted(notebooks.glob("*.ipynb")) if notebooks else ():
            archive.write(path, f"notebooks/{path.name}")
    return packed.getvalue()


class _Workshop:
    """A bundle unpacked for as long as somebody works with it."""

    def __init__(self, bundle: bytes):
        self._folder = tempfile.TemporaryDirectory(prefix="claimbook-")
        self.root = Path(self._folder.name)
        with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
            archive.extractall(self.root)
        self._record = load(self.root / "data")
        self._books: dict[str, Book] = {RECORD: self._record}
        self._recomputers: dict[str, Recomputer] = {}

    def book(self, scenario: str) -> Book:
        with _LOCK:
            if scenario not in self._books:
                self._books[scenario] = self._record.in_scenario(scenario)
            return self._books[scenario]

    def recomputer(self, scenario: str) -> Recomputer:
        with _LOCK:
            if scenario not in self._recomputers:
                self._recomputers[scenario] = Recomputer(self.book(scenario))
            return self._recomputers[scenario]


@lru_cache(maxsize=2)
def _cached(bundle: bytes) -> _Workshop:
    return _Workshop(bundle)


def _workshop(bundle: bytes) -> _Workshop:
    with _LOCK:
        return _cached(bundle)


def compute_part(bundle: bytes, combinations: pd.DataFrame) -> bytes:
    """Return the answers of some combinations (`Grid.combinations`) as a Parquet file.

    Columns: combination, scenario, each figure of the grid, each output of `Recomputer.answers`.
    """
    sink = io.BytesIO()
    table = pa.Table.from_pandas(sweep_answers(bundle, combinations), preserve_index=False)
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def sweep_answers(bundle: bytes, combinations: pd.DataFrame) -> pd.DataFrame:
    """Return combinations with their answers, in their order."""
    workshop = _workshop(bundle)
    parts = [
        workshop.recomputer(str(scenario)).answers(rows.drop(columns="scenario"))
        for scenario, rows in combinations.groupby("scenario", observed=True, sort=False)
    ]
    answers = pd.concat(parts).loc[combinations.index]
    verdicts = [column for column in answers if column.endswith(f".{VERDICT}")]
    answers[verdicts] = answers[verdicts].apply(pd.Categorical, categories=VERDICTS)
    return pd.concat([combinations, answers], axis=1).reset_index()


def render_combination(
    bundle: bytes,
    combinations: pd.DataFrame,
    notebooks: tuple[str, ...],
    cell_timeout: int,
    workers: Workers | None = None,
) -> bytes:
    """Execute the notebooks for one combination through papermill; return the results as a zip."""
    workshop = _workshop(bundle)
    (combination,) = combinations.to_dict("records")
    book = workshop.book(str(combination.pop("scenario"))).update(**combination)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="claimbook-") as folder:
        plan = Plan(
            root=workshop.root,
            notebooks=find_notebooks(workshop.root, notebooks),
            book=book,
            output=Path(folder),
            jobs=1,  # the combinations run side by side already
            cell_timeout=cell_timeout,
        )
        published = run_notebooks(plan, workers)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(published):
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()
