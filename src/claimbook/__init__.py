"""Claims of a text as data: restated, traced to their sources, tested and recomputed.

import claimbook as cb

book = cb.load("DIR", height="3 km")
cb.compare(book, "height")
cb.pool(rows, id="study").picture()
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from claimbook.errors import InputError

try:
    __version__ = version("claimbook")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

_HOMES = {"Book": "book.book", "load": "book.book", "show": "show"} | dict.fromkeys(
    ("compare", "cosinor", "forest", "meta_regression", "pool", "proportions", "simulate"),
    "public",
)
__all__ = ["InputError", "__version__", *_HOMES]


def __getattr__(name: str):
    """Import what is asked for when it is first asked for: pandas alone takes half a second."""
    if name not in _HOMES:
        raise AttributeError(f"module 'claimbook' has no attribute '{name}'")
    home = import_module(f"claimbook.{_HOMES[name]}")
    return home if name == "show" else getattr(home, name)


def __dir__() -> list[str]:
    return sorted(__all__)
