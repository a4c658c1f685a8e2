"""What an executed notebook holds: tidied for byte equality, and its figures and answers."""

import base64
import copy
import json
from pathlib import Path

import nbformat

from claimbook.display import ANSWERS_TYPE, METADATA_KEY
from claimbook.errors import InputError

INJECTED_TAG = "injected-parameters"
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


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
    results = {cell.id: cell for cell in executed.cells}
    notebook = copy.deepcopy(source)
    cells = []
    for position, cell in enumerate(executed.cells):
        if INJECTED_TAG in cell.metadata.get("tags", []):
            injected = nbformat.v4.new_code_cell(
                cell.source, id=INJECTED_TAG, metadata={"tags": [INJECTED_TAG]}
            )
            cells.append((position, injected, cell))
    for cell in notebook.cells:
        position = list(results).index(cell.id)
        cells.append((position, cell, results[cell.id]))
    cells.sort(key=lambda item: item[0])
    count = 0
    for _, cell, result in cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = _merged_streams(result.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    notebook.cells = [cell for _, cell, _ in cells]
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    return notebook


def _merged_streams(outputs: list) -> list:
    """Join neighbouring pieces of one stream; how they were cut depends on timing."""
    merged: list = []
    for output in copy.deepcopy(outputs):
        previous = merged[-1] if merged else None
        if (
            output.output_type == "stream"
            and previous is not None
            and previous.output_type == "stream"
            and previous.name == output.name
        ):
            previous.text += output.text
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


def figures_of(notebook, stem: str) -> dict[str, bytes]:
    """Return file name -> content of each figure, as PNG and SVG, named after the notebook."""
    files: dict[str, bytes] = {}
    for output in _shown(notebook):
        about = output.metadata.get(METADATA_KEY)
        if not about:
            continue
        name = f"{stem}--{about['figure']}"
        if f"{name}.png" in files:
            raise InputError(f"{stem}.ipynb shows two figures named '{about['figure']}'")
        files[f"{name}.png"] = base64.b64decode(output.data["image/png"])
        files[f"{name}.svg"] = output.data["image/svg+xml"].encode()
    return files


def answers_of(notebook, stem: str) -> tuple[str | None, list[dict]]:
    """Return the digest and the answer records that a notebook carries (None, [] if none)."""
    digest, records = None, []
    for output in _shown(notebook):
        if carried := output.data.get(ANSWERS_TYPE):
            digest = carried["digest"]
            records += [{**record, "notebook": stem} for record in carried["answers"]]
    return digest, records


def collect_answers(notebooks: dict[str, object], updates: dict) -> dict:
    """Gather the answers of all executed notebooks (stem -> notebook) into one document.

    Raises InputError if they were computed from different data.
    """
    found = {stem: answers_of(notebook, stem) for stem, notebook in sorted(notebooks.items())}
    digests = {digest for digest, _ in found.values() if digest}
    if len(digests) > 1:
        raise InputError(
            "the notebooks were computed from different data; run them all: claimbook run"
        )
    records = [record for _, records in found.values() for record in records]
    return {"digest": next(iter(digests), None), "updates": dict(updates), "answers": records}


def write_json(document: dict, path: Path) -> None:
    """Write strict JSON (no NaN), sorted, one line feed at the end."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
