"""Sweeps: the answers, or whole executed collections, for every combination of a grid.

The work is cut into parts with fixed bounds. A part is done when its result stands under its
final name, where it is moved once it is complete on disk; so a sweep that is killed at any moment
goes on, when it is called again, with the parts that are missing, and does none twice.

Parts are computed by an executor: the processes of this machine, or the workers of a Dask
scheduler. Either way a worker gets all it needs as bytes and gives its result back as bytes, so
that workers elsewhere need this package and nothing else.
"""

import contextlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from tqdm import tqdm

from claimbook.book import Book, load
from claimbook.comparison import VERDICTS
from claimbook.errors import InputError, RunFailed
from claimbook.notebook.outputs import write_json
from claimbook.notebook.running import Plan, find_notebooks, run, signals_as_interrupt, usable_cores
from claimbook.whatif.grid import RECORD, Grid
from claimbook.whatif.recompute import VERDICT, Recomputer

SMALLEST_PART, LARGEST_PART, PARTS = 1_000, 20_000, 200
"""A part has at least and at most so many combinations, and about so many parts make a sweep:
few enough files, and little enough to do again after a kill."""
AHEAD = 2  # parts handed out for each worker beyond those that are done, so that memory stays flat
ANSWERS, RENDERED, MANIFEST = "answers", "combinations", "sweep.json"


@dataclass(frozen=True)
class Sweep:
    """What to sweep and where the results go.

    notebooks: folder of the notebooks to render for each combination; None recomputes the answers
        alone. scheduler: address of a Dask scheduler; None uses the cores of this machine.
    """

    book: Book
    grid: Grid
    output: Path
    notebooks: Path | None = None
    scheduler: str | None = None
    cell_timeout: int = 300

    @property
    def size(self) -> int:
        """Combinations in a part."""
        if self.notebooks:
            return 1
        return min(max(-(-len(self.grid) // PARTS), SMALLEST_PART), LARGEST_PART)

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """First combination of each part, and the first after it."""
        total = len(self.grid)
        return [(n, min(n + self.size, total)) for n in range(0, total, self.size)]

    def target(self, start: int) -> Path:
        """Where the part that begins with a combination stands once it is done."""
        if self.notebooks:
            return self.output / RENDERED / f"{start:09d}"
        return self.output / ANSWERS / f"part-{start:09d}.parquet"

    @property
    def manifest(self) -> dict:
        """What the results belong to; a sweep goes on only where this is the same."""
        return {
            "title": self.grid.title,
            "combinations": len(self.grid),
            "part": self.size,
            "rendered": self.notebooks is not None,
            "grid": self.grid.digest,
            "book": self.book.digest,
            "scenarios": list(self.grid.scenarios),
            "figures": {name: list(values) for name, values in self.grid.figures.items()},
        }


def run_sweep(sweep: Sweep) -> int:
    """Compute every part that is not there yet; return how many combinations were computed.

    Raises InputError if the output holds another sweep, is in use by another process or cannot be
    written, and RunFailed, after the parts under way, if a combination failed.
    """
    try:
        sweep.output.mkdir(parents=True, exist_ok=True)
        lock = FileLock(sweep.output / ".lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{sweep.output}: another sweep is at work there") from None
    except OSError as error:
        raise InputError(f"cannot write to {sweep.output}: {error.strerror}") from None
    with lock, signals_as_interrupt():
        _settle(sweep)
        missing = [b for b in sweep.bounds if not sweep.target(b[0]).exists()]
        done = len(sweep.grid) - sum(stop - start for start, stop in missing)
        with tqdm(
            total=len(sweep.grid), initial=done, unit="combination", disable=None, leave=False
        ) as bar:
            if missing:
                _compute(sweep, missing, bar)
    return len(sweep.grid) - done


def _settle(sweep: Sweep) -> None:
    """Write the manifest, or refuse a folder with another one; clear what a kill left half done."""
    path = sweep.output / MANIFEST
    if path.exists():
        there = json.loads(path.read_text(encoding="utf-8"))
        ours = json.loads(json.dumps(sweep.manifest))
        if differing := [key for key in ours if there.get(key) != ours[key]]:
            raise InputError(
                f"{sweep.output}: holds a sweep with another {', '.join(differing)}; "
                "choose another --output, or remove that folder"
            )
    else:
        if any(p.name != ".lock" for p in sweep.output.iterdir()):
            raise InputError(f"{sweep.output}: not empty and no sweep; choose another --output")
        _write_whole(lambda new: write_json(sweep.manifest, new), path)
    folder = sweep.target(0).parent
    folder.mkdir(exist_ok=True)
    for left in folder.glob(".new-*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def _compute(sweep: Sweep, missing: list[tuple[int, int]], bar: tqdm) -> None:
    bundle = _bundle(sweep)
    failures: list[str] = []
    with _executor(sweep.scheduler, bundle) as (executor, shared, workers):
        waiting, queue = {}, iter(missing)
        while True:
            while len(waiting) < workers * AHEAD and not failures:
                if (bounds := next(queue, None)) is None:
                    break
                waiting[_submit(executor, shared, sweep, bounds)] = bounds
            if not waiting:
                break
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                start, stop = waiting.pop(future)
                try:
                    _keep(sweep, start, future.result())
                except RunFailed as error:
                    failures.append(f"combination {start}: {error}")
                else:
                    bar.update(stop - start)
    if failures:
        raise RunFailed("\n".join(sorted(failures)))


def _submit(executor: Executor, shared, sweep: Sweep, bounds: tuple[int, int]) -> Future:
    table = sweep.grid.combinations(*bounds)
    if sweep.notebooks:
        return executor.submit(
            render_combination, shared, table, sweep.grid.notebooks, sweep.cell_timeout
        )
    return executor.submit(compute_part, shared, table)


def _keep(sweep: Sweep, start: int, content: bytes) -> None:
    """Move a result into place, complete."""
    target = sweep.target(start)
    if sweep.notebooks:
        new = target.with_name(f".new-{target.name}")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(new)
        os.replace(new, target)
    else:
        _write_whole(lambda new: new.write_bytes(content), target)


def _write_whole(write, target: Path) -> None:
    """Let `write` make a file beside `target`, bring it to disk, and only then give it its name."""
    new = target.with_name(f".new-{target.name}")
    write(new)
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(new, target)


# --- executors -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _executor(scheduler: str | None, bundle: bytes) -> Iterator[tuple[Executor, object, int]]:
    """Yield an executor, the bundle as its workers take it, and their number."""
    if scheduler:
        with _dask(scheduler) as client:
            yield client.get_executor(), client.scatter(bundle, broadcast=True), _threads(client)
        return
    workers = usable_cores()
    # a fresh process each: threads of Arrow and matplotlib do not survive a fork
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_depend_on_parent)
    try:
        yield executor, bundle, workers
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    executor.shutdown()


def _depend_on_parent() -> None:
    """Leave Ctrl-C to the parent, which stops its workers itself; go when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def follow():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _dask(address: str):
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--scheduler needs Dask's distributed scheduler: pip install 'claimbook[dask]'"
        ) from None
    try:
        return Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"--scheduler {address}: no scheduler answers there ({error})") from None


def _threads(client) -> int:
    found = sum(client.nthreads().values())
    if not found:
        raise InputError("--scheduler: the scheduler has no worker; start one with: dask worker")
    return found


# --- what a worker does --------------------------------------------------------------------------


def _bundle(sweep: Sweep) -> bytes:
    """Pack what a worker needs: the data and, to render, the notebooks."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sweep.book.files:
            archive.write(sweep.book.folder / path, f"data/{path}")
        if sweep.notebooks:
            for path in sorted(sweep.notebooks.glob("*.ipynb")):
                archive.write(path, f"notebooks/{path.name}")
    return packed.getvalue()


@lru_cache(maxsize=1)
def _unpacked(bundle: bytes) -> tempfile.TemporaryDirectory:
    """Unpack a bundle once for each process; the folder goes with the process."""
    folder = tempfile.TemporaryDirectory(prefix="claimbook-")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        archive.extractall(folder.name)
    return folder


@lru_cache(maxsize=8)
def _book(bundle: bytes, scenario: str) -> Book:
    book = load(Path(_unpacked(bundle).name) / "data")
    return book if scenario == RECORD else book.in_scenario(scenario)


@lru_cache(maxsize=8)
def _recomputer(bundle: bytes, scenario: str) -> Recomputer:
    return Recomputer(_book(bundle, scenario))


def compute_part(bundle: bytes, combinations: pd.DataFrame) -> bytes:
    """Return the answers of some combinations (`Grid.combinations`) as a Parquet file.

    Columns: combination, scenario, each figure of the grid, each output of `Recomputer.answers`.
    """
    return as_parquet(answers_of(bundle, combinations))


def answers_of(bundle: bytes, combinations: pd.DataFrame) -> pd.DataFrame:
    """Return combinations with their answers, in their order."""
    parts = [
        _recomputer(bundle, str(scenario)).answers(rows.drop(columns="scenario"))
        for scenario, rows in combinations.groupby("scenario", observed=True, sort=False)
    ]
    answers = pd.concat(parts).loc[combinations.index]
    verdicts = [column for column in answers if column.endswith(f".{VERDICT}")]
    answers[verdicts] = answers[verdicts].apply(pd.Categorical, categories=VERDICTS)
    return pd.concat([combinations, answers], axis=1).reset_index()


def as_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), sink, compression="zstd")
    return sink.getvalue()


def render_combination(
    bundle: bytes, combinations: pd.DataFrame, notebooks: tuple[str, ...], cell_timeout: int
) -> bytes:
    """Execute the notebooks for one combination through papermill; return the results as a zip."""
    (combination,) = combinations.to_dict("records")
    book = _book(bundle, str(combination.pop("scenario"))).update(**combination)
    root = Path(_unpacked(bundle).name)
    with tempfile.TemporaryDirectory(prefix="claimbook-") as output:
        plan = Plan(
            root=root,
            notebooks=find_notebooks(root, notebooks),
            book=book,
            output=Path(output),
            jobs=1,  # the combinations run side by side already
            cell_timeout=cell_timeout,
        )
        run(plan)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(output).rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(output))
        return packed.getvalue()
