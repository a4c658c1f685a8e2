"""Who computes the parts of a sweep: this machine's cores, or the workers of a Dask scheduler.

Each function here yields how to hand out a part, and how many parts are computed at a time. When
it is left by an error or an interrupt, whatever it started has stopped.
"""

import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from functools import partial

import pandas as pd

from claimbook.errors import InputError, RunFailed
from claimbook.run.running import GRACE, Workers, usable_cores

Hand = Callable[[pd.DataFrame], Future]
CONNECT = 10  # seconds to wait for a scheduler's answer
LOST = "lost before its part was done; the same command goes on from there"


@contextlib.contextmanager
def processes(work: Callable, bundle: bytes) -> Iterator[tuple[Hand, int]]:
    """Compute ``work(bundle, combinations)`` in a process for each core.

    Raises RunFailed if a process was ended from outside.
    """
    with tempfile.TemporaryDirectory(prefix="claimbook-", ignore_cleanup_errors=True) as folder:
        # a fresh process each: threads of Arrow and matplotlib do not survive a fork
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(
            usable_cores(), context, initializer=_depend_on_parent, initargs=(folder,)
        )

        def hand(combinations: pd.DataFrame) -> Future:
            with _no_interrupt():  # which a process that starts here would show as a traceback
                return executor.submit(work, bundle, combinations)

        others = multiprocessing.active_children()
        try:
            yield hand, usable_cores()
            executor.shutdown()
        except BaseException as error:
            executor.shutdown(wait=False, cancel_futures=True)
            own = [c for c in multiprocessing.active_children() if c not in others]
            for child in own:
                child.terminate()
            for child in own:
                child.join(GRACE)
            if isinstance(error, BrokenExecutor):
                raise RunFailed(f"a worker was {LOST}") from None
            raise


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Let Ctrl-C wait; processes that start meanwhile never get it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _depend_on_parent(folder: str) -> None:
    """Leave Ctrl-C to the parent, which stops its workers itself; go when it was killed.

    folder: of the parent, for temporary files.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder

    def follow():
        multiprocessing.parent_process().join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextlib.contextmanager
def threads(work: Callable, bundle: bytes) -> Iterator[tuple[Hand, int]]:
    """Compute ``work(bundle, combinations, workers=...)`` in threads, one for each core.

    Made for rendering, where each notebook has a process of its own anyway.
    """
    workers = Workers()
    executor = ThreadPoolExecutor(usable_cores())
    try:
        yield partial(executor.submit, partial(work, workers=workers), bundle), usable_cores()
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        workers.stop()
        raise
    finally:
        executor.shutdown()


@contextlib.contextmanager
def scheduler(address: str, work: Callable, bundle: bytes) -> Iterator[tuple[Hand, int]]:
    """Compute ``work(bundle, combinations)`` by the workers of the Dask scheduler at an address.

    A part whose worker is lost is computed by another one.

    Raises InputError if Dask is not installed or no scheduler with a worker answers, and RunFailed
    if all workers or the scheduler are lost.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed.comm import CommClosedError, get_address_host_port
    except ImportError:
        raise InputError(
            "--scheduler needs Dask's distributed scheduler: pip install 'claimbook[dask]'"
        ) from None
    for name in ("distributed", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is raised
    try:
        get_address_host_port(address)  # a client would not let go of one that is none
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"--scheduler {address}: no scheduler answers there ({error})") from None
    with client:
        slots = sum(client.nthreads().values())
        if not slots:
            raise InputError(
                f"--scheduler {address}: it has no worker; start one with: dask worker {address}"
            )
        try:
            # sent once for each worker; as a task, for what is merely scattered is gone for good
            # with its worker, of which Dask keeps fewer copies than it was told to make
            shared = client.submit(bytes, bundle)
            yield partial(client.get_executor().submit, work, shared), slots
        except (CancelledError, KilledWorker, CommClosedError, TimeoutError):
            raise RunFailed(f"the scheduler or its workers were {LOST}") from None
