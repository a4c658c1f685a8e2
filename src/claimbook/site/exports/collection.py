"""The collection as a published work: title, authors, licence, date, address, from CITATION.cff."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from claimbook.book.schema import check_form
from claimbook.book.text import safe_link
from claimbook.book.yaml_file import read_yaml


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
    check_form(given, "citation", str(path))
    return Collection(
        title=given["title"],
        authors=tuple(map(_author, given["authors"])),
        version=given["version"],
        released=date.fromisoformat(given["date-released"]),
        licence=given["license"],
        abstract=" ".join(given.get("abstract", "").split()),
        keywords=tuple(given.get("keywords", ())),
        address=f"{safe_link(given['url']).rstrip('/')}/" if "url" in given else None,
    )


def _author(given: dict) -> Author:
    names = ("given-names", "name-particle", "family-names", "name-suffix")
    person = " ".join(given[name] for name in names if given.get(name))
    address = safe_link(given.get("orcid") or given.get("website") or "")
    return Author(person or given["name"], bool(person), address or None)
