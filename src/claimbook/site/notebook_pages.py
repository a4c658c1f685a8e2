"""An executed notebook made into the source of a page, without running anything.

myst-nb renders the result. Outputs come as HTML that is final: links lead to the site's own pages,
tables scroll in boxes, figures stand as files with their words and numbers. Code is hidden until
it is asked for.
"""

import json
import re
from collections.abc import Iterator

from claimbook.run.outputs import INJECTED_TAG, NOTEBOOK_METADATA
from claimbook.show.output_keys import METADATA_KEY, SHOWS, svg_of
from claimbook.site.context import Site
from claimbook.site.links import CARDS, FIGURES, OPEN, follower, notebook_page, to_file, to_page
from claimbook.site.markup import finished, macros, markdown_html, markdown_inline
from claimbook.site.svg import svg_size

_MARKDOWN_LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
_STEPS = re.compile(r"\*\*(Next|Back):\*\* \[")
_TO_CELL = re.compile(r"([A-Za-z0-9][\w-]*)\.ipynb#([A-Za-z][\w.-]*)", re.ASCII)
_CARDS_AT_END = re.compile(r"\(claims?: \[.*\)$")
_CARD_ANCHOR = 'id="claim-'


def asked_cells(notebooks: dict) -> dict[str, set[str]]:
    """Return stem -> ids of its cells to which other notebooks link."""
    found: dict[str, set[str]] = {}
    for notebook in notebooks.values():
        for cell in notebook.cells:
            texts = [cell.source]
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                texts += [data.get("text/markdown", ""), data.get("text/html", "")]
            for stem, name in _TO_CELL.findall("\n".join(texts)):
                found.setdefault(stem, set()).add(name)
    return found


def notebook_sources(site: Site, files: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield page and source of every notebook: a notebook again, with its outputs for myst-nb.

    files: address in a notebook -> path in the site, for linked files that are published too.
    """
    asked = asked_cells(site.notebooks)
    for stem, notebook in site.notebooks.items():
        yield notebook_page(stem), _source(stem, notebook, files, asked.get(stem, set()))


def _source(stem: str, notebook, files: dict[str, str], asked: set[str]) -> str:
    """Return the source of a page. asked: ids of cells that need an anchor."""
    page = notebook_page(stem)
    follow = follower(page, files)
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            source = _MARKDOWN_LINK.sub(lambda match: follow(match[0]), cell.source)
            anchor = f"{macros().cell_anchor(cell.id)}\n\n" if cell.id in asked else ""
            cells.append(_markdown(cell.id, anchor + source))
            if len(cells) == 1:
                tools = macros().notebook_tools(f"{stem}.ipynb", to_page(OPEN, page))
                cells.append(_markdown("site-tools", str(tools)))
        elif cell.cell_type == "code" and not _is_steps(cell):
            _add_code(cells, cell, list(_outputs(cell, stem, page, follow)))
    whole = {"cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False)


def _markdown(name: str, source: str) -> dict:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _is_steps(cell) -> bool:
    """Whether a cell shows the way to the next notebook, which every page has anyway."""
    outputs = [o.get("data", {}).get("text/markdown", "") for o in cell.outputs]
    return len(outputs) == 1 and bool(_STEPS.match(outputs[0]))


def _add_code(cells: list, cell, outputs: list) -> None:
    """Add a code cell; cells that show nothing become one with the code that follows them."""
    before = cells[-1] if cells else None
    if before and before["cell_type"] == "code" and not before["outputs"]:
        before["source"] += f"\n\n\n{cell.source}"
        before["outputs"] = outputs
        return
    # numbers that replace the text's own are shown at once
    updated = INJECTED_TAG in cell.metadata.get("tags", [])
    cells.append(
        {
            "cell_type": "code",
            "execution_count": cell.execution_count,
            "id": cell.id,
            "metadata": {"tags": [INJECTED_TAG if updated else "hide-input"]},
            "outputs": outputs,
            "source": cell.source,
        }
    )


def _outputs(cell, stem: str, page: str, follow):
    """Yield what a cell shows, each as one piece of final HTML."""
    outputs = iter(cell.outputs)
    for output in outputs:
        data = output.get("data", {})
        if about := output.get("metadata", {}).get(METADATA_KEY):
            words = next(outputs, {}).get("data", {}).get("text/markdown", "")
            yield _html(_picture(stem, page, about, svg_of(data), words, follow))
        elif "text/html" in data:
            yield _html(finished(data["text/html"], follow))
        elif "text/markdown" in data:
            if page == CARDS and _CARD_ANCHOR in data["text/markdown"]:
                continue  # every card has a page of its own
            yield _html(finished(markdown_html(data["text/markdown"]), follow))
        else:
            yield output


def _picture(stem: str, page: str, about, svg: str, words: str, follow) -> str:
    """Return a picture; `words` is the sentence after it, whose end leads to claim cards."""
    cards = _CARDS_AT_END.search(words) if words.startswith(SHOWS) else None
    links = finished(markdown_inline(cards[0]), follow, badges=False) if cards else ""
    file = f"{to_file(FIGURES, page)}/{stem}--{about['figure']}"
    return macros().picture(file, about["alt"], svg_size(svg), links)


def _html(markup: str) -> dict:
    return {"data": {"text/html": str(markup)}, "metadata": {}, "output_type": "display_data"}
