"""Sweeps: every combination once, whatever stops them, and nothing left behind."""

import contextlib
import json
import math
import operator
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from conftest import (
    CLAIMBOOK,
    Project,
    all_gone,
    claimbook,
    processes_mentioning,
    refused,
    wait_until,
    write_coffee,
    write_implications,
    write_scenario,
)
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook import InputError, load
from claimbook.claims.recompute import Recomputer
from claimbook.claims.verdict import VERDICTS
from claimbook.errors import RunFailed
from claimbook.run import executors, sweep_worker
from claimbook.run import sweep as sweeping
from claimbook.run.grid import Grid, read_grid
from claimbook.run.sweep import Sweep, run_sweep
from claimbook.run.sweep_command import summary_text, verdict_counts

linux_only = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
GRID = """title: Two times and two scenarios
scenarios: [record, one]
figures:
  brewing_time: {from: 1 minute, to: 9 minute, steps: 10}
  extraction_max: {from: 22 percent, to: 30 percent, steps: 10}
"""
SMALL_PARTS = """
import sys
from claimbook.run import sweep
sweep.SMALLEST_PART, sweep.PARTS = 10, 120
from claimbook.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The command line with parts so small that a kill meets it among many of them."""


def write_project(root):
    folder = write_implications(write_coffee(root / "data"))
    write_scenario(folder, "one", "figures: {brewing_time: 9 minute, cups_a_day: 5 count}")
    (root / "grid.yaml").write_text(GRID)
    return Project(root)


@pytest.fixture
def project(tmp_path):
    return write_project(tmp_path / "checkout")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A project that no test changes."""
    return write_project(tmp_path_factory.mktemp("sweep") / "checkout")


@pytest.fixture(scope="module")
def book(shared):
    return load(shared.root / "data")


@pytest.fixture
def plan(book, shared, tmp_path):
    return Sweep(book, read_grid(shared.root / "grid.yaml", book), tmp_path / "out")


@pytest.fixture(autouse=True)
def no_old_bundles():
    sweep_worker._cached.cache_clear()


@pytest.fixture
def inline(monkeypatch):
    """Compute parts in this process, in turn; returns the bounds of those that were handed out."""
    handed = []

    @contextlib.contextmanager
    def crew(work, bundle):
        def hand(combinations):
            future = Future()
            handed.append((int(combinations.index[0]), int(combinations.index[-1]) + 1))
            try:
                future.set_result(work(bundle, combinations))
            except Exception as error:
                future.set_exception(error)
            return future

        yield hand, 2

    monkeypatch.setattr(executors, "processes", crew)
    monkeypatch.setattr(executors, "threads", crew)
    monkeypatch.setattr(sweeping, "SMALLEST_PART", 10)
    monkeypatch.setattr(sweeping, "PARTS", 120)
    return handed


def contents(output):
    """Every finished part with its bytes."""
    return {path.name: path.read_bytes() for path in sorted((output / "answers").iterdir())}


def answers(output):
    parts = [pd.read_parquet(p) for p in sorted((output / "answers").glob("*.parquet"))]
    return pd.concat(parts, ignore_index=True)


def whole(book, grid):
    """The answers of every combination, by one Recomputer for each scenario."""
    parts = []
    for place, name in enumerate(grid.scenarios):
        recomputer = Recomputer(book if name == "record" else book.in_scenario(name))
        size = len(grid) // len(grid.scenarios)
        table = grid.combinations(place * size, (place + 1) * size)
        found = recomputer.answers(table.drop(columns="scenario"))
        parts.append(pd.concat([table.astype({"scenario": str}), found], axis=1))
    return pd.concat(parts).reset_index()


# --- what is computed -----------------------------------------------------------------------------


def test_every_combination_is_answered_once_and_right(book, plan, inline):
    assert run_sweep(plan) == len(plan.grid) == 200
    found = answers(plan.output)
    assert found["combination"].tolist() == list(range(200))
    expected = whole(book, plan.grid)
    for column in found:
        if column.endswith(".verdict"):
            assert list(found[column].cat.categories) == VERDICTS
    words = {c: object for c in found if c == "scenario" or c.endswith(".verdict")}
    pd.testing.assert_frame_equal(found.astype(words), expected.astype(words))
    assert found["scenario"].value_counts().to_dict() == {"record": 100, "one": 100}
    one = found[(found["scenario"] == "one")]
    assert (one["brewing_a_day"] == found["brewing_a_day"].max()).all(), "5 cups, not 2"


def test_parts_have_fixed_bounds_and_a_file_each(plan, inline):
    run_sweep(plan)
    assert inline == [(n, n + 10) for n in range(0, 200, 10)]
    assert list(contents(plan.output)) == [f"part-{n:09d}.parquet" for n in range(0, 200, 10)]
    others = {p.name for p in plan.output.iterdir()}
    assert others <= {"answers", "sweep.json", ".lock"}
    manifest = json.loads((plan.output / "sweep.json").read_text())
    assert manifest["combinations"] == 200 and manifest["scenarios"] == ["record", "one"]
    assert manifest["figures"]["extraction_max"][-1] == 30


def test_sweep_that_is_done_computes_nothing(plan, inline):
    run_sweep(plan)
    before, count = contents(plan.output), len(inline)
    assert run_sweep(plan) == 0
    assert len(inline) == count and contents(plan.output) == before


@given(st.integers(1, 10**9))
def test_parts_are_bounded_so_that_work_grows_with_combinations(number):
    class Long(Grid):
        def __len__(self):
            return number

    size = Sweep(None, Long("t", ("record",), {}), Path()).size
    assert 1 <= size <= sweeping.LARGEST_PART
    parts = math.ceil(number / size)
    assert parts <= max(sweeping.PARTS, math.ceil(number / sweeping.LARGEST_PART))
    assert size >= min(number, sweeping.SMALLEST_PART)


def test_time_grows_no_faster_than_the_number_of_combinations(book):
    """A part of four times the size takes at most some six times as long, and mostly less."""
    bundle = sweep_worker.pack(book, None)
    axis = tuple(np.linspace(1, 9, 400))
    grid = Grid("t", ("record",), {"brewing_time": axis, "cups_a_day": axis})
    sweep_worker.compute_part(bundle, grid.combinations(0, 10))

    def seconds(number):
        begun = time.process_time()
        sweep_worker.compute_part(bundle, grid.combinations(0, number))
        return time.process_time() - begun

    assert min(seconds(20_000) for _ in range(3)) < 6 * min(seconds(5_000) for _ in range(3))


def test_memory_of_the_parent_does_not_grow_with_the_sweep(book, tmp_path, monkeypatch):
    """Few parts are under way at a time, and combinations are made only for those."""
    under_way, most = set(), []

    @contextlib.contextmanager
    def crew(work, bundle):
        def hand(combinations):
            future = Future()
            under_way.add(future)
            most.append(len(under_way))
            future.set_result(b"x" * 100)
            return future

        yield hand, 2

    def keep(sweep, start, content):
        under_way.pop()

    monkeypatch.setattr(executors, "processes", crew)
    monkeypatch.setattr(sweeping, "_keep", keep)
    axis = {"brewing_time": 200, "cups_a_day": 200, "extraction_max": 100}
    axis = {name: tuple(np.linspace(22, 90, steps)) for name, steps in axis.items()}
    peaks = []
    for scenarios in (("a",), ("a", "b", "c")):
        sweep = Sweep(book, Grid("t", scenarios, axis), tmp_path / f"{len(scenarios)}")
        assert len(sweep.grid) == 4_000_000 * len(scenarios)
        tracemalloc.start()
        run_sweep(sweep)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(most) <= 2 * sweeping.AHEAD
    # all combinations at once would take 130 and 380 MB; the rest is what waits to be collected
    assert max(peaks) < 20e6, peaks


def test_counts_of_verdicts_are_those_of_all_parts(plan, inline):
    run_sweep(plan)
    found = answers(plan.output)
    counts = verdict_counts(plan.folder)
    assert list(counts.index) == ["brewing_time", "extraction", "cups_a_day"]
    for question, row in counts.iterrows():
        assert row.to_dict() == found[f"{question}.verdict"].value_counts().to_dict()
    told = summary_text(plan.folder)
    assert "not testable" in told and "not supported" not in told


# --- what stops it --------------------------------------------------------------------------------


class Killed(BaseException):
    """What a test raises where a kill would strike."""


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4))
@settings(deadline=None, max_examples=6,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_sweep_that_is_stopped_anywhere_goes_on_from_there(book, shared, inline, kills):
    import tempfile

    times = tuple(np.linspace(1, 9, 40))
    grid = Grid("t", ("record", "one"), {"brewing_time": times})  # in 8 parts
    keep = sweeping._keep
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Sweep(book, grid, Path(folder) / "whole")
        run_sweep(undisturbed)
        inline.clear()
        sweep = Sweep(book, grid, Path(folder) / "killed")
        done = []
        for after in kills:
            countdown = iter(range(after))

            def strike(sweep, start, content, countdown=countdown):
                if next(countdown, None) is None:
                    sweep.target(start).with_name(f".new-part-{start:09d}").write_bytes(b"half")
                    raise Killed
                keep(sweep, start, content)
                done.append(start)

            with pytest.MonkeyPatch.context() as patched, contextlib.suppress(Killed):
                patched.setattr(sweeping, "_keep", strike)
                run_sweep(sweep)
            assert sorted(done) == [n for n in range(0, 80, 10) if sweep.target(n).exists()]
        left = run_sweep(sweep)
        assert left == 80 - 10 * len(done) and len(set(done)) == len(done)
        assert contents(sweep.output) == contents(undisturbed.output)
        assert not list(sweep.output.rglob(".new-*"))


def test_kill_while_the_manifest_is_written_leaves_nothing_in_the_way(plan, inline):
    plan.output.mkdir()
    (plan.output / ".new-sweep.json").write_text('{"tit')
    (plan.output / ".lock").touch()
    assert run_sweep(plan) == 200
    assert not list(plan.output.rglob(".new-*"))


def changed(plan, **differences):
    return replace(plan, grid=replace(plan.grid, **differences))


def test_another_sweep_in_the_same_folder_is_refused_and_left(plan, inline, book, tmp_path):
    run_sweep(plan)
    before = {p: p.read_bytes() for p in plan.output.rglob("*") if p.is_file()}
    other_data = tmp_path / "data"
    book.copy_data(other_data)
    path = other_data / "brews.csv"
    path.write_text(path.read_text().replace("b1,alba,filter,230", "b1,alba,filter,231"))
    root = tmp_path
    write_project(tmp_path / "p").notebook("10-one", "x = 1")
    for other, words in [
        (changed(plan, figures={"brewing_time": (1.0, 2.0)}), "combinations, grid, figures"),
        (changed(plan, scenarios=("record", "record")), "another grid, scenarios;"),
        (changed(plan, title="Another"), "another title;"),
        (replace(plan, book=load(other_data)), "another book;"),
        (replace(plan, root=root / "p"), "another part, notebooks;"),
    ]:
        with pytest.raises(InputError) as refused_:
            run_sweep(other)
        assert f"{plan.output}: holds a sweep with another" in str(refused_.value)
        assert words in str(refused_.value)
    assert {p: p.read_bytes() for p in plan.output.rglob("*") if p.is_file()} == before


def test_rendering_goes_on_only_with_the_same_notebooks(plan, tmp_path, inline, monkeypatch):
    project = write_project(tmp_path / "p")
    project.notebook("10-one", "x = 1")
    project.notebook("20-two", "x = 2")
    grid = Grid("t", ("record",), {"cups_a_day": (1.0, 2.0)}, ("10",))
    render = replace(plan, root=project.root, grid=grid)
    monkeypatch.setattr(sweeping, "render_combination", lambda *_, **__: _zipped())
    assert run_sweep(render) == 2
    project.notebook("20-two", "x = 3")
    assert run_sweep(render) == 0, "it is not among those that are rendered"
    for other in (replace(render, grid=replace(grid, notebooks=())), render):
        project.notebook("10-one", "x = 4")
        with pytest.raises(InputError, match="another notebooks"):
            run_sweep(other)


def _zipped():
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("results/answers.json", "{}")
    return packed.getvalue()


@pytest.mark.parametrize("manifest", [None, "", "[1]", "{", "null", "\xff"])
def test_folder_of_something_else_is_refused_and_left(plan, inline, manifest):
    plan.output.mkdir()
    (plan.output / "letter.txt").write_text("Dear all")
    if manifest is not None:
        (plan.output / "sweep.json").write_text(manifest, encoding="latin-1")
    names = {p.name for p in plan.output.iterdir()}
    words = "not empty and no sweep" if manifest is None else "sweep.json: not the manifest"
    with pytest.raises(InputError, match=words):
        run_sweep(plan)
    assert {p.name for p in plan.output.iterdir()} - {".lock"} == names
    assert manifest is not None or not (plan.output / ".lock").exists()


def test_two_sweeps_at_once_are_refused_and_the_lock_is_let_go(plan, inline):
    plan.output.mkdir()
    with (
        FileLock(plan.output / ".lock"),
        pytest.raises(InputError, match="another sweep is at work"),
    ):
        run_sweep(plan)
    assert run_sweep(plan) == 200
    with FileLock(plan.output / ".lock").acquire(timeout=0):
        pass


@pytest.mark.parametrize("blocked", ["out", "parent"])
def test_output_that_cannot_be_written_is_one_message(plan, inline, tmp_path, blocked):
    (tmp_path / "file").write_text("")
    output = {"out": tmp_path / "file", "parent": tmp_path / "file" / "deep"}[blocked]
    with pytest.raises(InputError, match="cannot write to .*file"):
        run_sweep(replace(plan, output=output))
    assert (tmp_path / "file").read_text() == ""


def test_combinations_that_fail_are_named_and_the_others_done(plan, tmp_path, inline, monkeypatch):
    project = write_project(tmp_path / "p")
    project.notebook("10-one", "x = 1")
    axis = tuple(float(n) for n in range(1, 31))
    render = replace(plan, root=project.root, grid=Grid("t", ("record",), {"cups_a_day": axis}))

    def work(bundle, combinations, **_):
        if combinations["cups_a_day"].iloc[0] in failing:
            raise RunFailed("10-one.ipynb, cell 2 ('x'): ValueError: no")
        return _zipped()

    monkeypatch.setattr(sweeping, "render_combination", work)
    failing = {2.0, 30.0}
    with pytest.raises(RunFailed) as failed:
        run_sweep(render)
    assert str(failed.value).splitlines() == [
        f"combination {n}: 10-one.ipynb, cell 2 ('x'): ValueError: no" for n in (1, 29)
    ]
    done = {path.name for path in render.folder.iterdir()}
    assert done == {f"{n:09d}" for n in range(30) if n not in (1, 29)}
    failing = set()
    assert run_sweep(render) == 2

    failing = set(axis)
    many = replace(render, output=tmp_path / "many")
    with pytest.raises(RunFailed) as failed:
        run_sweep(many)
    assert len(str(failed.value).splitlines()) < 10 + 2 * sweeping.AHEAD, "it gives up in time"


def test_mistake_in_a_worker_reaches_the_caller_as_such(plan, monkeypatch, inline):
    def work(bundle, combinations):
        raise InputError("a mistake")

    monkeypatch.setattr(sweeping, "compute_part", work)
    with pytest.raises(InputError, match="a mistake"):
        run_sweep(plan)


# --- what a worker does ---------------------------------------------------------------------------


def test_threads_of_one_process_share_one_copy_of_a_bundle(book, plan, monkeypatch):
    bundle = sweep_worker.pack(book, None)
    loaded = []

    def slow_load(folder):
        loaded.append(folder)
        time.sleep(0.05)  # so that others arrive meanwhile
        return load(folder)

    monkeypatch.setattr(sweep_worker, "load", slow_load)
    parts = [plan.grid.combinations(n, n + 25) for n in range(0, 200, 25)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda part: sweep_worker.sweep_answers(bytes(bundle), part), parts))
    assert len(loaded) == 1
    assert pd.concat(found)["combination"].tolist() == list(range(200))


def test_bundle_stays_unpacked_while_somebody_works_with_it(book):
    bundle = sweep_worker.pack(book, None)
    workshop = sweep_worker._workshop(bundle)
    for extra in (b"1", b"2", b"3"):  # other sweeps, whose bundles take the places in the cache
        sweep_worker._workshop(bundle + extra)
    assert (workshop.root / "data" / "claims.csv").exists()
    assert workshop.book("one").figures.loc["brewing_time", "value"] == 9
    root = workshop.root
    del workshop
    assert wait_until(lambda: not root.exists(), 5), "and no longer"


def test_bundle_holds_the_data_as_they_were_when_it_was_packed(coffee, tmp_path):
    book = load(coffee)
    bundle = sweep_worker.pack(book, None)
    (coffee / "brews.csv").write_text("")
    again = sweep_worker._workshop(bundle).book("record")
    assert again.digest == load(again.folder).digest
    pd.testing.assert_frame_equal(again.table("brews"), book.table("brews"))


@linux_only
@pytest.mark.timeout(120)
def test_process_that_is_lost_is_one_message_and_nothing_is_left(marked):
    work, end = operator.call, os._exit  # a process that computes end(3) is gone
    with (
        pytest.raises(RunFailed, match="a worker was lost .* the same command goes on"),
        executors.processes(work, end) as (hand, width),
    ):
        assert width >= 1
        hand(3).result()
    assert list(marked.iterdir()) == []
    assert not any("spawn_main" in command for command in commands_of(marked))


# --- as a user meets it ---------------------------------------------------------------------------


@linux_only
@pytest.mark.timeout(300)
def test_sweep_survives_kills_and_interrupts(project, marked, inline, command):
    """Killed, then interrupted, each time among the parts; then left to finish."""
    grid = (project.root / "grid.yaml").read_text().replace("steps: 10", "steps: 50")
    (project.root / "grid.yaml").write_text(grid)
    folder = project.root / "build" / "sweeps" / "grid" / "answers"

    def parts():
        return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.glob("part-*")}

    seen = {}
    for number, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130)):
        process = subprocess.Popen(
            [sys.executable, "-c", SMALL_PARTS, "sweep", "grid.yaml"], cwd=project.root, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip
        wanted = len(seen) + 20
        assert wait_until(lambda: len(parts()) >= wanted or process.poll() is not None)  # noqa: B023
        assert sum("spawn_main" in one for one in commands_of(marked)) >= 1, "processes of its own"
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does: the workers get it too
        else:
            process.send_signal(number)
        said, errors = process.communicate(timeout=60)
        assert (process.returncode, said) == (code, ""), errors
        assert all_gone(marked, 15)
        assert list(marked.iterdir()) == []
        now = parts()
        assert now.items() >= seen.items(), "no part is lost or done twice"
        assert wanted <= len(now) < 120
        seen = now
        (folder / ".new-part-000004992.parquet").write_bytes(b"half a part")
    assert errors == (
        "claimbook: stopped; what is done stays, and the same command goes on from there\n"
    )

    code, said, errors = command("sweep", "grid.yaml", cwd=project.root)
    assert (code, errors) == (0, "")
    left = 5000 - 42 * len(seen)
    assert f"{left:,} of 5,000 combinations computed; {5000 - left:,} were there already." in said
    assert "As Parquet" in said and "holds" in said
    assert parts().items() >= seen.items() and len(parts()) == 120
    assert not list(folder.glob(".*"))
    assert len(inline) == 120 - len(seen)

    assert command("sweep", "grid.yaml", "--output", "whole", cwd=project.root)[0] == 0
    assert contents(folder.parent) == contents(project.root / "whole")
    found = answers(folder.parent)
    assert found["combination"].tolist() == list(range(5000))


@pytest.mark.timeout(300)
def test_ten_thousand_combinations_of_the_collection_take_less_than_a_minute(tmp_path):
    from conftest import ROOT

    (tmp_path / "grid.yaml").write_text(
        """
title: Four figures
figures:
  us_prevalence: {from: 0 percent, to: 20 percent, steps: 10}
  over_60_prevalence: {from: 1 percent, to: 40 percent, steps: 10}
  no_half_life: {from: 1 ms, to: 10 seconds, steps: 10, spacing: log}
  sinus_to_leg_transit: {from: 0.5 second, to: 40 seconds, steps: 10}
"""
    )
    begun = time.monotonic()
    done = claimbook("sweep", "grid.yaml", "--data", ROOT / "data", "--output", "out", cwd=tmp_path)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and "10,000 of 10,000 combinations computed." in done.stdout
    print(f"10,000 combinations: {seconds:.1f} s")  # shown with -s
    assert seconds < 60
    found = answers(tmp_path / "out")
    assert found["combination"].tolist() == list(range(10_000))
    recomputer = Recomputer(load(ROOT / "data"))
    some = found.iloc[::997].set_index("combination")
    figures = list(read_grid(tmp_path / "grid.yaml", recomputer.book).figures)
    expected = recomputer.answers(some[figures])
    pd.testing.assert_frame_equal(
        some[expected.columns].astype(object), expected.astype(object), check_names=False
    )
    assert found.loc[found["us_prevalence"] == 0, "over_60_share_of_cases"].isna().all()


def test_mistakes_are_refused_before_anything_is_written(shared, command):
    before = shared.files()
    (shared.root / "notebooks").mkdir(exist_ok=True)
    for args, words in [
        (["none.yaml"], "none.yaml: the file is missing"),
        (["grid.yaml", "--render"], "no notebooks/"),
        (["grid.yaml", "--data", "nowhere"], "nowhere: no such folder"),
    ]:
        assert words in refused(command("sweep", *args, cwd=shared.root))
    assert shared.files() == before


# --- rendering ------------------------------------------------------------------------------------

WAITING = """
import time
from pathlib import Path
while book.updates["cups_a_day"] == 2 and not Path({flag!r}).exists():
    time.sleep(0.05)
"""


@linux_only
@pytest.mark.timeout(300)
def test_each_combination_is_rendered_into_its_own_folder_whatever_stops_it(
    project, marked, tmp_path, command
):
    flag = tmp_path / "go"
    project.notebook("10-one", "from claimbook import load\nbook = load().update_from(globals())",
        WAITING.format(flag=str(flag)), "from claimbook import show\n"
        "from claimbook.claims.comparison import compare_all\n"
        "show.record(*(c.answer for c in compare_all(book)))",
    )  # fmt: skip
    project.notebook("20-never", "1 / 0")
    (project.root / "grid.yaml").write_text(
        "title: t\nscenarios: [one]\nfigures: {cups_a_day: [1, 2]}\nnotebooks: [10]\n"
    )
    args = ["--render", "--output", "out"]
    folder = project.root / "out" / "combinations"
    assert "no notebook '11'" in refused(
        command("sweep", _with_notebook(project, 11), *args, cwd=project.root)
    )

    for number, code in ((signal.SIGKILL, -9), (signal.SIGTERM, 143)):
        process = subprocess.Popen(
            [*CLAIMBOOK, "sweep", "grid.yaml", *args], cwd=project.root, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
        assert wait_until(lambda: (folder / "000000000").exists())
        assert wait_until(lambda: any("ipykernel" in c for c in commands_of(marked)), 60)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code, errors
        assert all_gone(marked, 15), "neither worker nor kernel stays"
        assert [p.name for p in folder.iterdir()] == ["000000000"]
    assert "what is done stays" in errors
    first = {p: p.stat().st_mtime_ns for p in (folder / "000000000").rglob("*")}

    flag.touch()
    code, said, errors = command("sweep", "grid.yaml", *args, cwd=project.root)
    assert (code, errors) == (0, "")
    assert "1 of 2 combinations computed; 1 were there already." in said
    assert {p: p.stat().st_mtime_ns for p in (folder / "000000000").rglob("*")} == first

    book = load(project.root / "data").in_scenario("one")
    for n, cups in enumerate((1, 2)):
        own = folder / f"{n:09d}"
        expected = book.update(cups_a_day=cups)
        stamped = json.loads((own / "results" / "answers.json").read_text())
        assert stamped["digest"] == expected.digest and stamped["scenario"] == "one"
        assert stamped["updates"] == {"brewing_time": 9, "cups_a_day": cups}
        assert [p.name for p in (own / "notebooks").iterdir()] == ["10-one.ipynb"]
        notebook = nbformat.read(own / "notebooks" / "10-one.ipynb", as_version=4)
        injected = [
            c.source for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])
        ]
        assert len(injected) == 1 and f"cups_a_day = {cups}.0" in injected[0]
        assert load(own / "inputs").digest == load(project.root / "data").digest


def _with_notebook(project, number):
    path = project.root / "other.yaml"
    path.write_text((project.root / "grid.yaml").read_text().replace("[10]", f"[{number}]"))
    return path


def commands_of(marked):
    found = []
    for pid in processes_mentioning(str(marked)):
        with contextlib.suppress(OSError):
            found.append(Path(f"/proc/{pid}/cmdline").read_text())
    return found
