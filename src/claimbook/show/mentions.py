"""Which names the authors of notebooks wrote in them."""

import re
from collections.abc import Iterable, Mapping

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def named_in(notebooks: Mapping, names: Iterable[str]) -> dict[str, list[str]]:
    """Return name -> stems of the notebooks (stem -> notebook) that hold it, in their order.

    The cell of parameters is left out, for it is the same in every notebook, and so are outputs.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for stem, notebook in notebooks.items():
        cells = [c.source for c in notebook.cells if "parameters" not in c.metadata.get("tags", [])]
        for word in sorted(set(_WORD.findall("\n".join(cells))) & set(found)):
            found[word].append(stem)
    return found
