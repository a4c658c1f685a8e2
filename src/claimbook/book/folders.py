"""Where the data are, found without loading them."""

import os
from pathlib import Path

from claimbook.errors import InputError

DATA_VARIABLE = "CLAIMBOOK_DATA"
DESCRIPTION = "datapackage.yaml"


def find_data(start: Path | None = None) -> Path:
    """Return the data folder: $CLAIMBOOK_DATA, or data/ in `start` or the nearest folder above.

    Raises InputError if there is none.
    """
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named)
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if (folder / "data" / DESCRIPTION).is_file():
            return folder / "data"
    raise InputError(
        f"no data/{DESCRIPTION} in {start} or any folder above: run inside the checkout, "
        f"or say where the data are with --data DIR or {DATA_VARIABLE}"
    )


def find_root(start: Path | None = None) -> Path:
    """Return the nearest folder, from `start` upwards, that holds notebooks/.

    Raises InputError if there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if any((folder / "notebooks").glob("*.ipynb")):
            return folder
    raise InputError(f"no notebooks/ in {start} or any folder above: run inside the checkout")
