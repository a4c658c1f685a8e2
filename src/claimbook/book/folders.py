"""Where the data are, found without loading them."""

import os
from pathlib import Path

from claimbook.errors import InputError

DATA_VARIABLE = "CLAIMBOOK_DATA"
DESCRIPTION = "datapackage.yaml"


def find_data(start: Path | None = None, remedy: str = 'load("DIR")') -> Path:
    """Return the data folder: $CLAIMBOOK_DATA, or data/ in `start` or the nearest folder above.

    remedy: how the caller can name the folder, for the message.

    Raises InputError if there is none.
    """
    if given := os.environ.get(DATA_VARIABLE):
        return data_folder(Path(given))
    start = (start or Path.cwd()).resolve()
    for folder in [start, *start.parents]:
        if (folder / "data" / DESCRIPTION).is_file():
            return folder / "data"
    raise InputError(
        f"no data/{DESCRIPTION} in {start} or any folder above: run inside the checkout, "
        f"or say where the data are with {remedy} or {DATA_VARIABLE}"
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


def code_files(root: Path) -> list[Path]:
    """Return the sources that results are made by: the engine's own, and a checkout's src/."""
    folders = (Path(__file__).parent.parent, root / "src")
    found = {path.resolve() for folder in folders for path in folder.rglob("*.*")}
    return sorted(path for path in found if path.suffix in (".py", ".yaml", ".ipynb"))


def data_folder(path: Path) -> Path:
    """Return `path`, or the data/ in it where it is a checkout. Raises InputError for no folder."""
    if path.is_file():
        raise InputError(f"{path}: a file; expected the folder that holds {DESCRIPTION}")
    if not path.is_dir():
        raise InputError(f"{path}: no such folder")
    below = path / "data"
    return below if (below / DESCRIPTION).is_file() and not (path / DESCRIPTION).is_file() else path
