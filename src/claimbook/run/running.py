"""Run a sequence of notebooks in parallel and publish what they made, all or nothing."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from claimbook.errors import InputError, RunFailed, nearest
from claimbook.run.outputs import collect_answers, pictures_of, read_notebook, write_json

if TYPE_CHECKING:
    from claimbook.book.book import Book

CELL_TIMEOUT = 300  # seconds for one cell; ours take under ten
NOTEBOOK_TIMEOUTS = 4  # a whole notebook may take this many cell limits
GRACE = 5  # seconds a worker has to stop its kernel before it is killed
SIGNALS = [getattr(signal, n) for n in ("SIGTERM", "SIGHUP") if hasattr(signal, n)]


class Terminated(KeyboardInterrupt):
    """The run was asked to end by the signal in `number`."""

    number = signal.SIGTERM


@dataclass(frozen=True)
class Plan:
    """What to run, with what, and where the results go.

    root: folder that holds notebooks/, figures/ and results/ of the record.
    notebooks: source notebooks to execute.
    book: what the notebooks read: its folder, scenario and updates, already checked.
    output: folder that receives notebooks/, figures/ and results/, and, where it is not the
        root, inputs/: the tables that were read, so that an experiment leads to its rows.
    """

    root: Path
    notebooks: list[Path]
    book: "Book"
    output: Path
    jobs: int = 0
    cell_timeout: int = CELL_TIMEOUT


def find_notebooks(root: Path, names: Iterable[str] = ()) -> list[Path]:
    """Return the notebooks with these names (file, stem or number), or all, in order.

    Raises InputError with the nearest name for one that is not there.
    """
    every = sorted((root / "notebooks").glob("*.ipynb"))
    if not names:
        return every
    known = {alias: p for p in every for alias in (p.stem, p.name, p.stem.split("-")[0])}
    chosen = []
    for name in names:
        alias = Path(name).name
        if alias not in known:
            raise InputError(f"no notebook '{name}'{nearest(alias, [p.stem for p in every])}")
        chosen.append(known[alias])
    return sorted(set(chosen))


def run_notebooks(plan: Plan, workers: "Workers | None" = None) -> list[Path]:
    """Execute the plan's notebooks and publish them; return the published files.

    workers: shared by several runs side by side, so that all can be stopped together.

    Raises RunFailed, naming notebook, cell and error, if any notebook fails, and InputError if
    the output folder cannot be written. Either way what was there before stays as it was.
    """
    sources = {path: path.read_bytes() for path in plan.notebooks}
    others = _others(plan)
    with signals_as_interrupt(), work_folder(plan.output) as folder:
        _execute_all(plan, folder, workers or Workers())
        changed = [path.name for path, was in sources.items() if path.read_bytes() != was]
        if changed and plan.output == plan.root:
            raise RunFailed(f"{', '.join(changed)}: changed while it ran; run it again")
        staged = _staged(plan, folder, others)
        with uninterrupted():
            _publish(plan, staged)
        return list(staged)


def _others(plan: Plan) -> dict[str, object]:
    """Return the executed notebooks of the output folder that this run leaves as they are.

    Raises InputError if their answers were computed from other data or numbers.
    """
    again = {path.name for path in plan.notebooks}
    in_order = (plan.root / "notebooks" / p.name for p in plan.notebooks[0].parent.glob("*.ipynb"))
    kept = [plan.output / "notebooks" / path.name for path in in_order if path.name not in again]
    others = {path.stem: read_notebook(path) for path in sorted(kept) if path.exists()}
    collect_answers(others, plan.book)
    return others


@contextlib.contextmanager
def work_folder(output: Path) -> Iterator[Path]:
    """Make a folder on the same disk as `output`, so that publishing is a rename."""
    new = [folder for folder in (output, *output.parents) if not folder.exists()]
    try:
        output.mkdir(parents=True, exist_ok=True)
        work = tempfile.TemporaryDirectory(prefix=".claimbook-", dir=output)
    except OSError as error:
        raise InputError(f"cannot write to {output}: {error.strerror}") from None
    try:
        with work:
            yield Path(work.name)
    finally:
        for folder in new:  # from the innermost; one that holds results stays
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextlib.contextmanager
def _handlers(numbers: list, handler) -> Iterator[None]:
    """Handle signals for a while; elsewhere than in the main thread none arrives."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, was in previous.items():
            signal.signal(number, was)


def signals_as_interrupt():
    """Treat SIGTERM like Ctrl-C for a while, so that processes are stopped and folders go."""

    def stop(number, _):
        error = Terminated()
        error.number = number
        raise error

    return _handlers(SIGNALS, stop)


def uninterrupted():
    """Let nothing come between the first and the last rename."""
    return _handlers([signal.SIGINT, *SIGNALS], signal.SIG_IGN)


class Workers:
    """The processes that execute notebooks; once stopped, no further one starts."""

    def __init__(self):
        self._running: list[subprocess.Popen] = []
        self._stopped = False
        self._lock = threading.Lock()

    def start(self) -> subprocess.Popen | None:
        with self._lock:
            if self._stopped:
                return None
            worker = subprocess.Popen(
                [sys.executable, "-m", "claimbook.run.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which stops the workers
            )
            self._running.append(worker)
            return worker

    def forget(self, worker: subprocess.Popen) -> None:
        """Let go of a process that has ended."""
        with self._lock:
            self._running.remove(worker)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            running = list(self._running)
        _end(running)


def _end(workers: list[subprocess.Popen]) -> None:
    """End workers gently, so that each stops its kernel, then by force."""
    try:
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGINT)
        for worker in workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(GRACE)
    finally:  # also when a second Ctrl-C cuts the waiting short
        for worker in workers:
            worker.kill()


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _execute_all(plan: Plan, folder: Path, workers: Workers) -> None:
    jobs = plan.jobs or usable_cores()
    failures = []
    pool = ThreadPoolExecutor(max_workers=jobs)
    aside = threading.current_thread() is not threading.main_thread()  # one of many runs
    bar = tqdm(total=len(plan.notebooks), unit="notebook", disable=aside or None, leave=False)
    try:
        job = {
            "data": str(plan.book.folder.resolve()),
            "parameters": plan.book.parameters,
            "cell_timeout": plan.cell_timeout,
        }
        futures = {
            pool.submit(_execute, path, folder / path.name, job, workers): path
            for path in plan.notebooks
        }
        for future in as_completed(futures):
            if failure := future.result():
                failures.append(f"{futures[future].name}, {failure}")
            bar.update()
            bar.set_postfix_str(futures[future].stem)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        workers.stop()
        raise
    finally:
        bar.close()
        pool.shutdown()
    if failures:
        raise RunFailed("\n".join(sorted(failures)))


def execute_one(source: Path, target: Path) -> None:
    """Execute one notebook that belongs to no collection, such as a report, in its folder.

    Raises RunFailed, naming the cell, if it fails; `target` is then left as it was.
    """
    workers = Workers()
    with signals_as_interrupt(), work_folder(target.parent) as folder:
        job = {"parameters": {}, "data": "", "cell_timeout": CELL_TIMEOUT}
        try:
            failure = _execute(source, folder / source.name, job, workers)
        except BaseException:
            workers.stop()
            raise
        if failure:
            raise RunFailed(f"{source.name}, {failure}")
        os.replace(folder / source.name, target)


def _execute(source: Path, target: Path, job: dict, workers: Workers) -> str | None:
    """Run one worker; return what failed, or None.

    job: parameters, data (folder, or an empty text) and cell_timeout.
    """
    worker = workers.start()
    if worker is None:
        return "whole notebook: stopped before it began"
    sockets = tempfile.mkdtemp(prefix="cb-")  # not beside target: Unix allows paths of 107 bytes
    job = {"source": str(source), "target": str(target), "sockets": sockets, **job}
    limit = NOTEBOOK_TIMEOUTS * job["cell_timeout"]
    try:
        _, errors = worker.communicate(json.dumps(job), timeout=limit)
    except subprocess.TimeoutExpired:
        _end([worker])
        return f"whole notebook: ran longer than {limit} seconds"
    finally:
        if worker.poll() is not None:  # else an interrupt came, and it has yet to be stopped
            workers.forget(worker)
        shutil.rmtree(sockets, ignore_errors=True)
    if worker.returncode == 0 and target.exists():
        return None
    failure = target.with_suffix(".error")
    if failure.exists():
        return failure.read_text(encoding="utf-8")
    if worker.returncode < 0:
        number = -worker.returncode
        return (
            f"whole notebook: its process was ended by signal {number} ({signal.strsignal(number)})"
        )
    last = errors.strip().splitlines()[-1:] or ["no message"]
    return f"whole notebook: its process ended with code {worker.returncode}: {last[0]}"


def _staged(plan: Plan, folder: Path, others: dict[str, object]) -> dict[Path, Path]:
    """Make every file of the results in `folder`; return target -> file."""
    executed = {p.stem: read_notebook(folder / p.name) for p in plan.notebooks}
    answers = collect_answers({**others, **executed}, plan.book)
    staged: dict[Path, Path] = {}
    for stem, notebook in executed.items():
        staged[plan.output / "notebooks" / f"{stem}.ipynb"] = folder / f"{stem}.ipynb"
        for name, content in pictures_of(notebook, stem).items():
            (folder / name).write_bytes(content)
            staged[plan.output / "figures" / name] = folder / name
    write_json(answers, folder / "answers.json")
    staged[plan.output / "results" / "answers.json"] = folder / "answers.json"
    if plan.output != plan.root:
        plan.book.copy_data(folder / "inputs")
        for path in plan.book.files:
            staged[plan.output / "inputs" / path] = folder / "inputs" / path
    return staged


def _publish(plan: Plan, staged: dict[Path, Path]) -> None:
    """Move the results into place, and remove figures that their notebook no longer shows."""
    for target in staged:
        folder = next(f for f in target.parents if f.exists())
        if target.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise InputError(f"cannot write to {target}")
    for target in staged:
        target.parent.mkdir(parents=True, exist_ok=True)
    for target, source in staged.items():
        os.replace(source, target)
    for path in plan.notebooks:
        for stale in (plan.output / "figures").glob(f"{path.stem}--*"):
            if stale not in staged:
                stale.unlink()
