"""Claims of a text as data: restated, traced to their sources, tested and recomputed."""

import sys
from importlib.metadata import PackageNotFoundError, version

from claimbook.errors import InputError

# jsonschema, by which tables and notebooks are read, would build a grammar of web addresses as it
# is imported: over a second in every process, for a format that nothing here checks. Our lock
# leaves the grammar out; other environments may have it.
sys.modules.setdefault("rfc3987_syntax", None)

try:
    __version__ = version("claimbook")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str):
    """Import what loads a book when it is first asked for: pandas alone takes half a second."""
    if name in ("Book", "load"):
        from claimbook.book import book

        return getattr(book, name)
    raise AttributeError(f"module 'claimbook' has no attribute '{name}'")


__all__ = ["Book", "InputError", "__version__", "load"]
