"""Sweeps: the answers, or whole executed collections, for every combination of a grid.

The work is cut into parts with fixed bounds. A part is done when its result has its
final name, where it is moved once it is complete on disk; so a sweep that is killed at any moment
goes on, when it is called again, with the parts that are missing, and does none twice.
"""

import contextlib
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from claimbook.book.book import Book
from claimbook.book.storage import NEW, lock, write_whole
from claimbook.errors import InputError, RunFailed
from claimbook.run import executors
from claimbook.run.grid import Grid
from claimbook.run.outputs import as_json
from claimbook.run.running import find_notebooks, signals_as_interrupt
from claimbook.run.sweep_worker import compute_part, pack, render_combination

SMALLEST_PART, LARGEST_PART, PARTS = 1_000, 20_000, 200
"""A part has at least and at most so many combinations, and about so many parts make a sweep:
few enough files, and little enough to do again after a kill."""
AHEAD = 2  # parts handed out for each worker beyond those that are done, so that memory stays flat
MOST_FAILURES = 10
"""After so many combinations that could not be rendered, no further one is begun."""
ANSWERS, RENDERED, MANIFEST, LOCK = "answers", "combinations", "sweep.json", ".lock"


@dataclass(frozen=True)
class Sweep:
    """What to sweep and where the results go.

    root: folder that holds the notebooks/ to render for each combination; None recomputes the
        answers alone. scheduler: address of a Dask scheduler; None uses the cores of this machine.
    """

    book: Book
    grid: Grid
    output: Path
    root: Path | None = None
    scheduler: str | None = None
    cell_timeout: int = 300

    @property
    def size(self) -> int:
        """Combinations in a part."""
        if self.root:
            return 1
        return min(max(-(-len(self.grid) // PARTS), SMALLEST_PART), LARGEST_PART)

    @property
    def folder(self) -> Path:
        """Where the parts stand."""
        return self.output / (RENDERED if self.root else ANSWERS)

    def target(self, start: int) -> Path:
        """Where the part that begins with a combination is once it is done."""
        return self.folder / (f"{start:09d}" if self.root else f"part-{start:09d}.parquet")

    def missing(self) -> Iterator[tuple[int, int]]:
        """Yield the bounds of each part that is not there: its first combination, and the next."""
        done = {path.name for path in self.folder.iterdir()}
        for start in range(0, len(self.grid), self.size):
            if self.target(start).name not in done:
                yield start, min(start + self.size, len(self.grid))

    @property
    def manifest(self) -> dict:
        """What the results belong to; a sweep goes on only where this is the same."""
        paths = find_notebooks(self.root, self.grid.notebooks) if self.root else []
        return {
            "title": self.grid.title,
            "combinations": len(self.grid),
            "part": self.size,
            "notebooks": {p.name: hashlib.sha256(p.read_bytes()).hexdigest()[:16] for p in paths},
            "grid": self.grid.digest,
            "book": self.book.digest,
            "scenarios": list(self.grid.scenarios),
            "figures": {name: list(values) for name, values in self.grid.figures.items()},
        }


def run_sweep(sweep: Sweep) -> int:
    """Compute every part that is not there yet; return how many combinations were computed.

    Raises InputError if the output holds something else, is in use by another process or cannot
    be written, and RunFailed, after the parts under way, if combinations failed.
    """
    with signals_as_interrupt(), _only_one(sweep.output):
        _settle(sweep)
        missing = sum(stop - start for start, stop in sweep.missing())
        if missing:
            try:
                _compute(sweep, missing)
            except KeyboardInterrupt as stop:
                stop.add_note("what is done stays, and the same command goes on from there")
                raise
    return missing


@contextlib.contextmanager
def _only_one(output: Path) -> Iterator[None]:
    """Hold the output folder against other sweeps."""
    names = {path.name for path in output.iterdir()} if output.is_dir() else set()
    foreign = [name for name in names if name != LOCK and not name.startswith(NEW)]
    if foreign and MANIFEST not in names:
        raise InputError(f"{output}: not empty and no sweep; choose another --output")
    with lock(output / LOCK, f"{output}: another sweep is at work there"):
        yield


def _settle(sweep: Sweep) -> None:
    """Write the manifest, or refuse a folder with another one; clear what a kill left half done."""
    path = sweep.output / MANIFEST
    expected = json.loads(json.dumps(sweep.manifest))
    if path.exists():
        known = _read_manifest(path)
        if differing := [key for key in expected if known.get(key) != expected[key]]:
            raise InputError(
                f"{sweep.output}: holds a sweep with another {', '.join(differing)}; "
                "choose another --output, or remove that folder"
            )
    else:
        write_whole(path, as_json(expected))
    sweep.folder.mkdir(exist_ok=True)
    for folder in (sweep.output, sweep.folder):
        for unfinished in folder.glob(f"{NEW}*"):
            shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink()


def _read_manifest(path: Path) -> dict:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise InputError(f"{path}: not the manifest of a sweep; choose another --output") from None


def _compute(sweep: Sweep, missing: int) -> None:
    failures: list[str] = []
    total = len(sweep.grid)
    bar = tqdm(total=total, initial=total - missing, unit="combination", disable=None, leave=False)
    with bar, _crew(sweep) as (hand, width):
        waiting, queue = {}, sweep.missing()
        while True:
            while len(waiting) < width * AHEAD and len(failures) < MOST_FAILURES:
                if (bounds := next(queue, None)) is None:
                    break
                waiting[hand(sweep.grid.combinations(*bounds))] = bounds
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


def _crew(sweep: Sweep):
    """Return who computes the parts (see `claimbook.run.executors`)."""
    bundle = pack(sweep.book, sweep.root and sweep.root / "notebooks")
    work = compute_part
    if sweep.root:
        work = partial(
            render_combination, notebooks=sweep.grid.notebooks, cell_timeout=sweep.cell_timeout
        )
    if sweep.scheduler:
        return executors.scheduler(sweep.scheduler, work, bundle)
    return executors.threads(work, bundle) if sweep.root else executors.processes(work, bundle)


def _keep(sweep: Sweep, start: int, content: bytes) -> None:
    """Move a result into place, complete."""
    target = sweep.target(start)
    if not sweep.root:
        write_whole(target, content)
        return
    new = target.with_name(f"{NEW}{target.name}")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(new)
    os.replace(new, target)
