"""Execute one notebook through papermill, in a process of its own.

The parent (`claimbook.running`) sends a job as JSON on standard input: source, target, data,
parameters, cell_timeout. The worker writes the executed notebook to target, or one line that says
which cell failed to target + ".error".
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat

from claimbook.outputs import as_source, tidied, write_notebook

START_TIMEOUT = 120  # seconds; a cold machine imports slowly, a dead kernel never answers


class NotebookFailed(Exception):
    """The notebook did not run to its end."""


def execute(source: Path, target: Path, parameters: dict, cell_timeout: int) -> None:
    """Execute `source` with `parameters` and write the tidied result to `target`.

    Raises NotebookFailed, naming the cell, unless every code cell ran without error: papermill
    calls a notebook complete whose kernel died or that left early.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    plain = target.with_suffix(".source.ipynb")
    ran = target.with_suffix(".ran.ipynb")
    write_notebook(as_source(nbformat.read(source, as_version=4)), plain)
    # a socket path of its own for each kernel: parallel kernels clash over TCP ports, and over
    # the default path too; the path must stay under the 107 characters that Unix allows
    sockets = tempfile.mkdtemp(prefix="cb-")
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
    except papermill.PapermillExecutionError as error:
        where = _cell(nbformat.read(ran, as_version=4), error.cell_index)
        raise NotebookFailed(f"{where}: {error.ename}: {error.evalue}") from None
    except CellTimeoutError:
        where = _last_started(ran, plain)
        raise NotebookFailed(f"{where}: ran longer than {cell_timeout} seconds") from None
    except DeadKernelError:
        raise NotebookFailed(f"{_last_started(ran, plain)}: its kernel died") from None
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    executed = nbformat.read(ran, as_version=4)
    _check_complete(executed)
    write_notebook(tidied(executed, nbformat.read(plain, as_version=4)), target)


def _no_format(path: Path) -> str:
    """papermill fills braces in paths as templates; doubled ones stand for themselves."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _cell(notebook, index: int) -> str:
    lines = notebook.cells[index].source.strip().splitlines()
    return f"cell {index + 1} ('{lines[0] if lines else ''}')"


def _code_cells(notebook) -> list[int]:
    return [i for i, c in enumerate(notebook.cells) if c.cell_type == "code" and c.source.strip()]


def _last_started(ran: Path, plain: Path) -> str:
    notebook = nbformat.read(ran if ran.exists() else plain, as_version=4)
    code = _code_cells(notebook)
    started = [i for i in code if notebook.cells[i].execution_count] or code[:1]
    return _cell(notebook, started[-1])


def _check_complete(notebook) -> None:
    """Refuse a notebook with an error in a cell or a cell that never ran."""
    code = _code_cells(notebook)
    for index in code:
        for output in notebook.cells[index].outputs:
            if output.output_type == "error":
                left = "; the cells after it did not run" if output.ename == "SystemExit" else ""
                raise NotebookFailed(
                    f"{_cell(notebook, index)}: {output.ename}: {output.evalue}{left}"
                )
    unrun = [i for i in code if not notebook.cells[i].execution_count]
    if unrun:
        raise NotebookFailed(f"{_cell(notebook, unrun[0])}: never ran")


def main() -> int:
    job = json.load(sys.stdin)
    if job["data"]:
        os.environ["CLAIMBOOK_DATA"] = job["data"]
    # the kernel of this environment, not a namesake in the user's home
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ["MPLBACKEND"] = "agg"  # cells show figures themselves
    target = Path(job["target"])
    try:
        execute(Path(job["source"]), target, job["parameters"], job["cell_timeout"])
    except NotebookFailed as error:
        target.with_suffix(".error").write_text(str(error), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
