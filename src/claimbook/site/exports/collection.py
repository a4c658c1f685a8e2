"""The collection as a published work: title, authors, licence, date, address, from CITATION.cff."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claimbook.book.text import safe_link
from claimbook.book.yaml_file import as_day, read_yaml
from claimbook.errors import InputError


@dataclass(frozen=True)
class Author:
    """A person or an organisation; `address` is an ORCID or a web page, where one is given."""

    name: str
    is_person: bool
    address: str | None = None


@dataclass(frozen=True)
class Collection:
    """What a citation of the collection needs.

    licence: SPDX name of the licence of the code. address: where the site is published, with a
    slash at its end; None until it is, and then nothing that needs an address is written.
    """

    title: str
    authors: tuple[Author, ...]
    version: str
    released: date
    licence: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    address: str | None = None


def read_collection(path: Path) -> Collection:
    """Read the Citation File Format file at `path`; its `url` is the address of publication.

    Raises InputError, naming the file and the key, for what is missing or is of another kind.
    """
    given = read_yaml(path)
    texts = {name: _text(given, name, path) for name in ("title", "version", "license")}
    released = as_day(given.get("date-released"))
    if not released:
        shown = given.get("date-released")
        raise InputError(f"{path}: date-released: expected YYYY-MM-DD, not {shown!r}")
    authors = given.get("authors")
    if not isinstance(authors, list) or not authors:
        raise InputError(f"{path}: authors: expected a list of persons or organisations")
    return Collection(
        title=texts["title"],
        authors=tuple(_author(author, path) for author in authors),
        version=texts["version"],
        released=released,
        licence=texts["license"],
        abstract=" ".join(str(given.get("abstract", "")).split()),
        keywords=tuple(str(word) for word in given.get("keywords", [])),
        address=_site(given["url"], path) if "url" in given else None,
    )


def _text(given: dict, name: str, path: Path) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{path}: {name}: expected text, not {value!r}")
    return value


def _author(given, path: Path) -> Author:
    parts = given if isinstance(given, dict) else {}
    names = ("given-names", "name-particle", "family-names", "name-suffix")
    person = " ".join(str(parts[name]) for name in names if parts.get(name))
    name = person or parts.get("name")
    if not name:
        raise InputError(f"{path}: authors: expected a name or family-names, not {given!r}")
    address = safe_link(parts.get("orcid") or parts.get("website") or "")
    return Author(str(name), bool(person), address or None)


def _site(address, path: Path) -> str:
    link = safe_link(address)
    if not link or "?" in link or "#" in link:
        raise InputError(f"{path}: url: '{address}' is no http or https address of a site")
    return link.rstrip("/") + "/"
