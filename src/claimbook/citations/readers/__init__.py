"""Read reference lists in any of the formats that people have, and what documents cite of them."""

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from claimbook.citations.readers import bibtex, csl_json, documents, tagged
from claimbook.citations.readers.files import decoded, looks_like
from claimbook.citations.readers.listing import Entry, Listing, Unreadable
from claimbook.errors import InputError

__all__ = ["Entry", "Listing", "Unreadable", "read"]

_BIBTEX = frozenset({".bib", ".bibtex", ".biblatex"})
_FORMATS = {".ris": "RIS", ".nbib": "NBIB", ".medline": "NBIB", ".json": "JSON"}


def read(paths: Iterable[Path | str]) -> Listing:
    """Read lists of references, in order, and the keys that documents among `paths` cite.

    The name of a file says its format; where it says none, its content does. If only documents are
    given, the lists that they name are read. Raises InputError, naming what a file looks like, if
    it is none of them.
    """
    paths = [Path(p) for p in paths]
    cited: dict[str, None] = {}
    remarks: list[str] = []
    everything, lists, named = False, [], []
    for path in paths:
        if path.suffix.lower() in documents.MARKDOWN | documents.LATEX:
            document = documents.read(path)
            cited |= dict.fromkeys(document.cited)
            everything = everything or document.everything
            remarks += [document.remark] if document.remark else []
            named += [path.parent / name for name in document.lists]
        else:
            lists.append(path)
    only_documents = not lists
    lists = lists or list(dict.fromkeys(named))
    if not lists:
        raise InputError(f"{paths[0]}: names no list of references; give one beside it")
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for kind, group in groupby(lists, _format):
        files = list(group)
        readers = {"RIS": tagged.read_ris, "NBIB": tagged.read_nbib, "JSON": csl_json.read}
        parts = [bibtex.read(files)] if kind == "BibTeX" else [readers[kind](f) for f in files]
        for part in parts:
            entries += part.entries
            unreadable += part.unreadable
            remarks += part.remarks
    known: tuple[str, ...] | None = None
    if only_documents or len(lists) < len(paths):
        if everything:
            cited |= dict.fromkeys(e.key for e in entries)
        known = tuple(_as_listed(cited, entries))
    return Listing(tuple(entries), tuple(unreadable), tuple(remarks), known)


def _as_listed(cited: Iterable[str], entries: list[Entry]) -> Iterable[str]:
    """Yield cited keys; one that is another name of an entry (`ids`) by the entry's key."""
    names = {
        name: e.key
        for e in entries
        for name in re.split(r"[,\s]+", e.fields.get("ids", ""))
        if name
    }
    return dict.fromkeys(names.get(key, key) for key in cited)


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in _BIBTEX:
        return "BibTeX"
    if suffix in _FORMATS:
        return _FORMATS[suffix]
    text, _ = decoded(path)
    kind = looks_like(text)
    for known in ("BibTeX", "RIS", "NBIB", "JSON"):
        if kind.startswith(known):
            return known
    raise InputError(
        f"{path}: no list of references (BibTeX, CSL JSON, RIS or NBIB); this looks like "
        f"{kind or 'something else altogether'}"
    )
