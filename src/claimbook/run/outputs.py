"""What an executed notebook holds: tidied for byte equality, and its figures and answers."""

import base64
import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from claimbook.errors import InputError
from claimbook.show.output_keys import ANSWERS_TYPE, METADATA_KEY, svg_of

if TYPE_CHECKING:
    from claimbook.book.book import Book

FIGURE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
INJECTED_TAG = "injected-parameters"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read_notebook(path: Path):
    """Read a notebook. Raises InputError if the file is none."""
    try:
        return nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path.name}: not a notebook: {problem[:80]}") from None


def as_source(notebook):
    """Return a copy of `notebook` as its author wrote it: no outputs, no injected cell."""
    source = copy.deepcopy(notebook)
    source.cells = [c for c in source.cells if INJECTED_TAG not in c.metadata.get("tags", [])]
    for cell in source.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    source.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return source


def tidied(executed, source):
    """Return `source` with the outputs of `executed`, free of times, paths and random names.

    A parameters cell that papermill injected is kept, under a fixed id.
    """
    notebook = copy.deepcopy(source)
    written, cells, count = {cell.id: cell for cell in notebook.cells}, [], 0
    for result in executed.cells:
        cell = written.get(result.id)
        if INJECTED_TAG in result.metadata.get("tags", []):
            cell = nbformat.v4.new_code_cell(
                result.source, id=INJECTED_TAG, metadata={"tags": [INJECTED_TAG]}
            )
        if cell is None:
            continue
        cells.append(cell)
        if cell.cell_type == "code":
            count += 1
            cell.execution_count, cell.outputs = count, _merged_streams(result.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    notebook.cells = cells
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return notebook


def _merged_streams(outputs: list) -> list:
    """Join neighbouring pieces of one stream; how they were cut depends on timing."""
    merged: list = []
    for output in copy.deepcopy(outputs):
        last = merged[-1] if merged else {}
        if output.output_type == "stream" and output.name == last.get("name"):
            last.text += output.text
        else:
            merged.append(output)
    return merged


def write_notebook(notebook, path: Path) -> None:
    """Write `notebook` as JSON with sorted keys, so that equal content has equal bytes."""
    nbformat.validate(notebook)
    text = json.dumps(
        json.loads(nbformat.writes(notebook)), indent=1, sort_keys=True, ensure_ascii=False
    )
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _shown(notebook):
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type in ("display_data", "execute_result"):
                yield output


def pictures_of(notebook, stem: str) -> dict[str, bytes]:
    """Return file name -> content of each figure: PNG, SVG and its numbers as CSV.

    The files are named after the notebook and the figure.
    """
    files: dict[str, bytes] = {}
    for output in _shown(notebook):
        about = output.metadata.get(METADATA_KEY)
        if not about:
            continue
        if not FIGURE_NAME.fullmatch(str(about["figure"])):
            raise InputError(
                f"{stem}.ipynb shows a figure named {about['figure']!r}; expected a name of small "
                "letters, digits and hyphens, since its files are named after it"
            )
        name = f"{stem}--{about['figure']}"
        if f"{name}.png" in files:
            raise InputError(f"{stem}.ipynb shows two figures named '{about['figure']}'")
        if "text/csv" not in output.data:
            raise InputError(f"{stem}.ipynb shows the figure '{about['figure']}' without its data")
        files[f"{name}.png"] = base64.b64decode(output.data["image/png"])
        files[f"{name}.svg"] = svg_of(output.data).encode()
        files[f"{name}.csv"] = output.data["text/csv"].encode()
    return files


def carried_answers(notebook, stem: str) -> tuple[str | None, list[dict]]:
    """Return the digest and the answer records that a notebook carries (None, [] if none)."""
    digest, records = None, []
    for output in _shown(notebook):
        if carried := output.data.get(ANSWERS_TYPE):
            digest = carried["digest"]
            records += [{**record, "notebook": stem} for record in carried["answers"]]
    return digest, records


def collect_answers(notebooks: dict[str, object], book: "Book") -> dict:
    """Gather the answers of all executed notebooks (stem -> notebook) into one document.

    Raises InputError if some were computed from a book with another digest.
    """
    digest = book.digest
    found = {stem: carried_answers(notebook, stem) for stem, notebook in sorted(notebooks.items())}
    other = [f"{stem}.ipynb" for stem, (own, _) in found.items() if own not in (None, digest)]
    if other:
        raise InputError(
            f"{', '.join(other)}: answers computed from other data or numbers stand in the output "
            "folder; run all notebooks, or choose another --output"
        )
    return {
        "digest": digest,
        "scenario": book.scenario.name if book.scenario else None,
        "updates": dict(book.updates),
        "answers": [record for _, records in found.values() for record in records],
    }


def as_json(document: dict) -> str:
    """Return strict JSON (no NaN), sorted, one line feed at the end."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def write_json(document: dict, path: Path) -> None:
    """Write strict JSON."""
    path.write_text(as_json(document), encoding="utf-8", newline="\n")
