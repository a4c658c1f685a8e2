"""Sweeps on a Dask scheduler: the same results, also when a worker is killed among the parts."""

import json
import logging
import operator
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import claimbook, stop, wait_until
from test_sweep import SMALL_PARTS, contents, inline, write_project  # noqa: F401

from claimbook import InputError
from claimbook.errors import RunFailed
from claimbook.run import executors

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(os.name == "nt", reason="signals")]


def dask(*args, log):
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, args)],
        stdout=subprocess.DEVNULL,
        stderr=log.open("w"),
    )


def worker_of(address, log):
    return dask("worker", address, "--host", "127.0.0.1", "--nthreads", 1, "--no-nanny",
                "--no-dashboard", "--local-directory", log.parent, log=log)  # fmt: skip


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own: scheduler, address, workers."""
    told = tmp_path / "scheduler.json"
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard",
                     "--scheduler-file", told, log=tmp_path / "scheduler.log")  # fmt: skip
    started = [scheduler]
    try:
        assert wait_until(told.exists), (tmp_path / "scheduler.log").read_text()
        address = json.loads(told.read_text())["address"]
        logs = [tmp_path / f"worker-{n}.log" for n in range(2)]
        workers = [worker_of(address, log) for log in logs]
        started += workers
        assert wait_until(lambda: all("Starting established" in log.read_text() for log in logs))
        yield scheduler, address, workers
    finally:
        for process in started:
            stop(process)


@pytest.fixture(autouse=True)
def loud():
    """The command makes Dask's log silent; here it speaks again afterwards."""
    level = logging.getLogger("distributed").level
    yield
    logging.getLogger("distributed").setLevel(level)


def test_sweep_on_a_scheduler_with_two_workers(cluster, tmp_path, inline, command):  # noqa: F811
    """In one test, because the processes take their time to start."""
    scheduler, address, workers = cluster
    project = write_project(tmp_path / "checkout")
    grid = project.root / "grid.yaml"
    grid.write_text(grid.read_text().replace("steps: 10", "steps: 50"))
    worker_is_killed_among_the_parts(project, address, workers[0])
    assert_same_as_local(project, command)
    interrupt_leaves_the_worker_to_others(project, address)
    assert workers[1].poll() is None
    combinations_are_rendered(project, address)
    third = worker_of(address, tmp_path / "worker-3.log")
    try:
        what_a_lost_worker_held_is_sent_again(address)
        nobody_is_left(scheduler, address)
    finally:
        stop(third)


def begun(project, address, output):
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, "sweep", "grid.yaml", "--output", output,
         "--scheduler", address],
        cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip


def parts(project, output):
    return list((project.root / output / "answers").glob("part-*"))


def worker_is_killed_among_the_parts(project, address, worker):
    process = begun(project, address, "dask")
    try:
        assert wait_until(lambda: len(parts(project, "dask")) >= 20 or process.poll() is not None)
        worker.kill()
        there = len(parts(project, "dask"))
        said, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")
    assert 20 <= there < 120 and "5,000 of 5,000 combinations computed." in said


def assert_same_as_local(project, command):
    """The same bytes; and with or without an address a sweep goes on from the other."""
    assert command("sweep", "grid.yaml", "--output", "local", cwd=project.root)[0] == 0
    local = contents(project.root / "local")
    assert contents(project.root / "dask") == local
    for path in sorted(parts(project, "dask"))[::7]:
        path.unlink()
    code, said, errors = command("sweep", "grid.yaml", "--output", "dask", cwd=project.root)
    assert (code, errors) == (0, "") and "were there already" in said
    assert contents(project.root / "dask") == local


def interrupt_leaves_the_worker_to_others(project, address):
    process = begun(project, address, "stopped")
    try:
        assert wait_until(lambda: parts(project, "stopped") or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, said) == (143, "")
    assert errors == (
        "claimbook: stopped; what is done stays, and the same command goes on from there\n"
    )


def combinations_are_rendered(project, address):
    project.notebook("10-one", "from claimbook import load\nbook = load().update_from(globals())",
        "from claimbook import show\nfrom claimbook.claims.comparison import compare_all",
        "show.record(*(c.answer for c in compare_all(book)))",
    )  # fmt: skip
    (project.root / "two.yaml").write_text("title: t\nfigures: {cups_a_day: [1, 2]}\n")
    done = claimbook("sweep", "two.yaml", "--render", "--scheduler", address, cwd=project.root)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    for n in range(2):
        own = project.root / "build" / "sweeps" / "two" / "combinations" / f"{n:09d}"
        stamped = json.loads((own / "results" / "answers.json").read_text())
        assert stamped["updates"] == {"cups_a_day": n + 1}
        assert (own / "notebooks" / "10-one.ipynb").exists()


def what_a_lost_worker_held_is_sent_again(address):
    """Also where Dask has thinned out the copies, as it does every other second."""
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2)
        with executors.scheduler(address, operator.add, b"bundle and ") as (hand, width):
            assert width == 2 and hand(b"one").result(60) == b"bundle and one"
            client.amm.run_once()
            held = {key: at for key, at in client.who_has().items() if at}
            (holders,) = {tuple(at) for at in held.values()}
            pids = client.run(os.getpid, workers=holders)
            assert len(pids) == 1
            os.kill(*pids.values(), signal.SIGKILL)
            assert hand(b"two").result(60) == b"bundle and two"


def nobody_is_left(scheduler, address):
    words = "the scheduler or its workers were lost .* the same command goes on"
    with (
        pytest.raises(RunFailed, match=words),
        # a worker that computes sleep(100) is busy when its scheduler goes
        executors.scheduler(address, operator.call, time.sleep) as (hand, width),
    ):
        assert width == 1
        future = hand(100)
        scheduler.kill()
        future.result(timeout=60)


def nobody(address):
    with executors.scheduler(address, len, b""):
        raise AssertionError("nobody should be there")


@pytest.mark.parametrize("address", ["nonsense", "", "tcp://127.0.0.1", "foo://127.0.0.1:1"])
def test_address_that_is_none_is_named(address):
    with pytest.raises(InputError, match="^--scheduler .*: no scheduler answers there \\("):
        nobody(address)


def test_scheduler_that_does_not_answer_is_one_message(monkeypatch):
    monkeypatch.setattr(executors, "CONNECT", 0.5)
    with pytest.raises(InputError, match="--scheduler tcp://127.0.0.1:9: no scheduler answers"):
        nobody("tcp://127.0.0.1:9")


def test_dask_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="pip install 'claimbook\\[dask\\]'"):
        nobody("tcp://127.0.0.1:9")


def test_scheduler_without_a_worker_is_one_message(tmp_path):
    told = tmp_path / "scheduler.json"
    alone = dask("scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard",
                 "--scheduler-file", told, log=tmp_path / "log")  # fmt: skip
    try:
        assert wait_until(told.exists)
        address = json.loads(told.read_text())["address"]
        with pytest.raises(
            InputError, match=f"it has no worker; start one with: dask worker {address}"
        ):
            nobody(address)
    finally:
        stop(alone)
