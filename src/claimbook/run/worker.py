"""Execute one notebook through papermill, in a process of its own.

The parent (`claimbook.run.running`) sends a job as JSON on standard input: source, target,
sockets, data, parameters, cell_timeout. The worker writes the executed notebook to target, or one
line that says which cell failed to target + ".error".
"""

import _thread
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat

from claimbook.errors import InputError
from claimbook.run.outputs import as_source, read_notebook, tidied, write_notebook

GRACE = 3  # seconds to stop a kernel
START_TIMEOUT = 120  # seconds; a cold machine imports slowly, a dead kernel never answers


class NotebookFailed(Exception):
    """The notebook did not run to its end."""


def execute(source: Path, target: Path, sockets: str, parameters: dict, cell_timeout: int) -> None:
    """Execute `source` with `parameters` and write the tidied result to `target`.

    sockets: an empty folder with a short path, for the kernel's sockets.

    Raises NotebookFailed, naming the cell, unless every code cell ran without error: papermill
    calls a notebook complete whose kernel died or that left early.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    plain = target.with_suffix(".source.ipynb")
    ran = target.with_suffix(".ran.ipynb")
    try:
        write_notebook(as_source(read_notebook(source)), plain)
    except InputError as error:
        raise NotebookFailed(f"whole notebook: {error}") from None
    # a socket path of its own for each kernel: parallel kernels clash over TCP ports, and over
    # the default path too; the path must stay under the 107 characters that Unix allows
    ipc = os.name != "nt"
    config = {"transport": "ipc", "ip": f"{sockets}/k"} if ipc else {}
    try:
        papermill.execute_notebook(
            _no_format(plain),
            _no_format(ran),
            parameters=parameters,
            cwd=source.parent,
            kernel_name="python3",
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=cell_timeout,
            shutdown_kernel="immediate",
            config=Config(KernelManager=config),
        )
    except papermill.PapermillExecutionError:
        pass  # the error is in its cell, where _check_complete finds it
    except CellTimeoutError:
        where = _last_started(ran, plain)
        raise NotebookFailed(f"{where}: ran longer than {cell_timeout} seconds") from None
    except DeadKernelError:
        raise NotebookFailed(f"{_last_started(ran, plain)}: its kernel died") from None
    executed, asked = (nbformat.read(path, as_version=4) for path in (ran, plain))
    _check_complete(executed, asked)
    write_notebook(tidied(executed, asked), target)


def _no_format(path: Path) -> str:
    """papermill fills braces in paths as templates; doubled ones stand for themselves."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _named(cell, asked) -> str:
    """Name a cell by its place in the notebook as asked for; papermill adds cells of its own."""
    lines = cell.source.strip().splitlines()
    ids = [c.id for c in asked.cells]
    where = f"cell {ids.index(cell.id) + 1}" if cell.id in ids else "the cell of updated numbers"
    return f"{where} ('{lines[0] if lines else ''}')"


def _code_cells(notebook) -> list:
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def _last_started(ran: Path, plain: Path) -> str:
    """Name the cell that was running; papermill notes when it starts one."""
    asked = nbformat.read(plain, as_version=4)
    code = _code_cells(nbformat.read(ran, as_version=4) if ran.exists() else asked)
    started = [c for c in code if c.metadata.get("papermill", {}).get("start_time")] or code[:1]
    return _named(started[-1], asked)


def _check_complete(executed, asked) -> None:
    """Refuse a notebook with an error in a cell or a cell that never ran."""
    code = _code_cells(executed)
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error":
                more = "; the cells after it did not run" if output.ename == "SystemExit" else ""
                raise NotebookFailed(
                    f"{_named(cell, asked)}: {output.ename}: {output.evalue}{more}"
                )
    unrun = [cell for cell in code if not cell.execution_count]
    if unrun:
        raise NotebookFailed(f"{_named(unrun[0], asked)}: never ran")


def _follow(parent: int) -> None:
    """Stop, kernel and all, if the process that waits for the result was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    _thread.interrupt_main()
    time.sleep(GRACE)
    os._exit(1)


def main() -> int:
    job = json.load(sys.stdin)
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    if job["data"]:
        os.environ["CLAIMBOOK_DATA"] = job["data"]
    # the kernel of this environment, not a namesake in the user's home
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["IPYTHONDIR"] = f"{job['sockets']}/ipython"  # not the user's start-up files
    # whatever this process or its kernel leaves when it is killed goes with the folder
    os.environ["TMPDIR"] = tempfile.tempdir = job["sockets"]
    os.environ["MPLBACKEND"] = "agg"  # cells show figures themselves
    target = Path(job["target"])
    try:
        execute(Path(job["source"]), target, job["sockets"], job["parameters"], job["cell_timeout"])
    except NotebookFailed as error:
        target.with_suffix(".error").write_text(str(error), encoding="utf-8")
        return 1
    finally:
        shutil.rmtree(job["sockets"], ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
