"""Claims of a text as data: restated, traced to their sources, tested and recomputed."""

from importlib.metadata import PackageNotFoundError, version

from claimbook.book import Book, load
from claimbook.errors import InputError

try:
    __version__ = version("claimbook")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

__all__ = ["Book", "InputError", "__version__", "load"]
