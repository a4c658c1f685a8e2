"""Run a sequence of notebooks in parallel and publish what they made, all or nothing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
from tqdm import tqdm

from claimbook.errors import InputError, nearest
from claimbook.outputs import collect_answers, figures_of, write_json

CELL_TIMEOUT = 300  # seconds for one cell; ours take under ten
NOTEBOOK_TIMEOUTS = 4  # a whole notebook may take this many cell limits
GRACE = 5  # seconds a worker has to stop its kernel before it is killed


class RunFailed(Exception):
    """A notebook failed; nothing was published."""


@dataclass(frozen=True)
class Plan:
    """What to run, with what, and where the results go.

    root: folder that holds notebooks/, figures/ and results/ of the record.
    notebooks: source notebooks to execute.
    updates: parameter -> value, already checked.
    output: folder that receives notebooks/, figures/ and results/.
    """

    root: Path
    notebooks: list[Path]
    updates: dict
    output: Path
    data: Path | None = None
    jobs: int = 0
    cell_timeout: int = CELL_TIMEOUT


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder, from `start` upwards, that holds notebooks/.

    Raises InputError if there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if any((folder / "notebooks").glob("*.ipynb")):
            return folder
    raise InputError(f"no notebooks/ in {start} or any folder above: run inside the checkout")


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


def run(plan: Plan) -> list[Path]:
    """Execute the plan's notebooks and publish them; return the published files.

    Raises RunFailed, naming notebook, cell and error, if any notebook fails, and InputError if
    the output folder cannot be written. Either way what was there before stays as it was.
    """
    work = _work_folder(plan.output)
    with work, _terminated_as_interrupt():
        folder = Path(work.name)
        _execute_all(plan, folder)
        return _publish(plan, folder)


def _work_folder(output: Path) -> tempfile.TemporaryDirectory:
    """Make a folder on the same disk as `output`, so that publishing is a rename."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix=".claimbook-", dir=output)
    except OSError as error:
        raise InputError(f"cannot write to {output}: {error.strerror}") from None


class _terminated_as_interrupt:  # noqa: N801 - a context manager reads as a phrase
    """Treat SIGTERM like Ctrl-C, so that kernels are stopped and the work folder goes."""

    def __enter__(self):
        def stop(*_):
            raise Terminated

        try:
            self.previous = signal.signal(signal.SIGTERM, stop)
        except ValueError:  # not in the main thread, where no signal arrives either
            self.previous = None

    def __exit__(self, *_):
        if self.previous is not None:
            signal.signal(signal.SIGTERM, self.previous)


class Terminated(KeyboardInterrupt):
    """The run was asked to end by SIGTERM."""


def _execute_all(plan: Plan, folder: Path) -> None:
    jobs = plan.jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [1])
    workers: list[subprocess.Popen] = []
    failures = []
    pool = ThreadPoolExecutor(max_workers=jobs)
    bar = tqdm(total=len(plan.notebooks), unit="notebook", disable=None, leave=False)
    try:
        futures = {pool.submit(_execute, plan, p, folder, workers): p for p in plan.notebooks}
        for future in as_completed(futures):
            if failure := future.result():
                failures.append(f"{futures[future].name}, {failure}")
            bar.update()
            bar.set_postfix_str(futures[future].stem)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _stop(workers)
        raise
    finally:
        bar.close()
        pool.shutdown()
    if failures:
        raise RunFailed("\n".join(sorted(failures)))


def _execute(plan: Plan, source: Path, folder: Path, workers: list) -> str | None:
    """Run one worker; return what failed, or None."""
    target = folder / source.name
    job = {
        "source": str(source),
        "target": str(target),
        "data": str(plan.data.resolve()) if plan.data else None,
        "parameters": plan.updates,
        "cell_timeout": plan.cell_timeout,
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "claimbook.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches the parent alone, which then stops the workers
    )
    workers.append(worker)
    limit = NOTEBOOK_TIMEOUTS * plan.cell_timeout
    try:
        _, errors = worker.communicate(json.dumps(job), timeout=limit)
    except subprocess.TimeoutExpired:
        _stop([worker])
        return f"whole notebook: ran longer than {limit} seconds"
    if worker.returncode == 0 and target.exists():
        return None
    said = target.with_suffix(".error")
    if said.exists():
        return said.read_text(encoding="utf-8")
    last = errors.strip().splitlines()[-1:] or ["no message"]
    return f"whole notebook: its process ended with code {worker.returncode}: {last[0]}"


def _stop(workers: list[subprocess.Popen]) -> None:
    """End workers gently, so that each stops its kernel, then by force."""
    for worker in workers:
        if worker.poll() is None:
            worker.send_signal(signal.SIGINT)
    for worker in workers:
        try:
            worker.wait(GRACE)
        except subprocess.TimeoutExpired:
            worker.kill()


def _publish(plan: Plan, folder: Path) -> list[Path]:
    """Move the executed notebooks, their figures and the answers into place."""
    executed = {p.stem: nbformat.read(folder / p.name, as_version=4) for p in plan.notebooks}
    beside = plan.output / "notebooks"
    others = {
        p.stem: nbformat.read(p, as_version=4)
        for p in sorted(beside.glob("*.ipynb"))
        if p.stem not in executed and (plan.root / "notebooks" / p.name).exists()
    }
    answers = collect_answers({**others, **executed}, plan.updates)
    staged: dict[Path, Path] = {}
    for stem, notebook in executed.items():
        staged[beside / f"{stem}.ipynb"] = folder / f"{stem}.ipynb"
        for name, content in figures_of(notebook, stem).items():
            (folder / name).write_bytes(content)
            staged[plan.output / "figures" / name] = folder / name
    write_json(answers, folder / "answers.json")
    staged[plan.output / "results" / "answers.json"] = folder / "answers.json"
    for target in staged:
        target.parent.mkdir(parents=True, exist_ok=True)
    for target, source in staged.items():
        os.replace(source, target)
    for stem in executed:
        for stale in (plan.output / "figures").glob(f"{stem}--*"):
            if stale not in staged:
                stale.unlink()
    return list(staged)
