"""The results of a run as an RO-Crate: what is in the folder, and which run made it from what.

RO-Crate 1.1 with the profile Process Run Crate 0.5, because that is the newest pair for which a
validator knows every rule. Nothing in it depends on a clock or on chance: when the run ended and
who started it are not on record, so the crate does not say.
"""

import importlib.metadata
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from rocrate.model.contextentity import ContextEntity
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from claimbook.book.text import visible
from claimbook.site.context import ANSWERS, Site

if TYPE_CHECKING:
    from claimbook.book.book import Book

VERSION = "1.1"
METADATA, TABLES = "ro-crate-metadata.json", "tables"
REVIEWS, PICTURE = "claim-reviews.jsonld", "social-card.png"
"""Where a crate holds what is made for machines."""
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
PUT_IN, AS_GIVEN = "put in for this run", "as the text gives it"
LICENCES = "https://spdx.org/licenses/"
FORMATS = {
    ".bib": "application/x-bibtex",
    ".csv": "text/csv",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
}
"""What the crate takes from folders; a file of another kind stays out."""
_SVG_TITLE = "{http://www.w3.org/2000/svg}title"
_HEADING = re.compile(r"^# +(.+)$", re.M)


@dataclass(frozen=True)
class Provenance:
    """What a crate tells of a book, in plain values.

    description: `datapackage.yaml`. figures: parameter -> value and unit. scenario: its title.
    """

    title: str
    description: dict
    figures: dict[str, tuple[float, str]]
    scenario: str | None


def provenance(book: "Book") -> Provenance:
    """Return what a crate tells of a book."""
    from claimbook.site.exports.claim_review import title_of

    figures = {name: (float(one["value"]), one["unit"]) for name, one in book.figures.iterrows()}
    scenario = book.scenario and book.scenario.title
    return Provenance(title_of(book), book.tables.description, figures, scenario)


def crate(site: Site, book: Provenance, made: Mapping[str, bytes]) -> ROCrate:
    """Return the crate of a run; its `write(folder)` copies every file and adds the metadata.

    made: path in the crate -> content, of what was derived from the data and the answers.
    """
    collection = site.collection
    whole = ROCrate(version=VERSION)
    code = _licence(whole, LICENCES + collection.licence, collection.licence)
    data = [
        _licence(whole, given.get("path") or LICENCES + given["name"], given["name"])
        for given in book.description.get("licenses", [])
    ]
    _describe_root(whole, book.title, collection, data or [code])
    inputs = _data_files(whole, site.data, book)
    notebooks = _notebooks(whole, site.folder, [code, *data])
    figures = _figures(whole, site.folder, notebooks)
    answers = _file(whole, site.folder / ANSWERS, ANSWERS.as_posix())
    answers["name"] = "The answers of the run, with their rows"
    added = [_file(whole, BytesIO(content), path) for path, content in sorted(made.items())]

    tools = {name: _program(whole, name, code) for name in ("claimbook", "papermill")}
    run = _thing(
        whole,
        "#run",
        "CreateAction",
        name="Execution of the notebooks",
        description=f"Every notebook executed with these data and numbers (digest {site.digest})",
        instrument=list(tools.values()),
        object=[*inputs, *_parameters(whole, site, book)],
        result=[*notebooks.values(), *figures, answers],
    )
    export = _thing(
        whole,
        "#export",
        "CreateAction",
        name="Export for machines",
        description="Tables, reviews and a picture made from the same data and the answers",
        instrument=tools["claimbook"],
        object=[*inputs, answers],
        result=added,
    )
    whole.root_dataset["mentions"] = [run, export]
    return whole


def _describe_root(whole: ROCrate, title: str, collection, licences: list[ContextEntity]) -> None:
    """Say what the crate is, who made it, on what terms, and to which profile it keeps."""
    authors = [_author(whole, author) for author in collection.authors]
    version = PROFILE.split("/")[-1]
    described = {
        "name": title,
        "description": visible(collection.abstract or collection.title),
        "datePublished": collection.released.isoformat(),
        "version": collection.version,
        "author": _one_or_all(authors),
        "publisher": next((author for author in authors if author.type == "Organization"), None),
        "keywords": [visible(word) for word in collection.keywords],
        "url": collection.address,
        "license": _one_or_all(licences),
        "conformsTo": _thing(
            whole, PROFILE, "CreativeWork", name="Process Run Crate", version=version
        ),
    }
    for name, value in described.items():
        if value:
            whole.root_dataset[name] = value


def _thing(whole: ROCrate, address: str, kind: str, /, **properties) -> ContextEntity:
    return whole.add(ContextEntity(whole, address, {"@type": kind, **properties}))


def _one_or_all(things: list[ContextEntity]):
    """Return one thing alone, as the standard asks, and several as a list."""
    return things[0] if len(things) == 1 else things


def _author(whole: ROCrate, author) -> ContextEntity:
    name = author.address or "#" + re.sub(r"\W+", "-", author.name)
    kind = "Person" if author.is_person else "Organization"
    address = {"url": author.address} if author.address else {}
    return _thing(whole, name, kind, name=author.name, **address)


def _licence(whole: ROCrate, address: str, name: str) -> ContextEntity:
    return _thing(whole, address, "CreativeWork", name=name, url=address)


def _program(whole: ROCrate, name: str, licence: ContextEntity) -> ContextEntity:
    """Return a tool with the version that is installed, and its own page if it names one."""
    described = importlib.metadata.metadata(name)
    pages = [described.get("Home-page") or ""]
    pages += [line.partition(",")[2].strip() for line in described.get_all("Project-URL", [])]
    page = next((link for link in pages if link.startswith("https://")), None)
    properties = {"name": name, "softwareVersion": described["Version"]}
    properties |= {"url": page} if page else {}
    properties |= {"license": licence} if name == "claimbook" else {}
    return _thing(whole, page or f"#{name}", "SoftwareApplication", **properties)


def _parameters(whole: ROCrate, site: Site, book: Provenance) -> list[ContextEntity]:
    """Return the numbers of the run and, if there is one, its scenario."""
    numbers = {
        name: {
            "value": value,
            "unitText": unit,
            "description": PUT_IN if name in site.updates else AS_GIVEN,
        }
        for name, (value, unit) in book.figures.items()
    }
    if site.scenario:
        description = visible(book.scenario)
        numbers["scenario"] = {"value": site.scenario, "description": description}
    return [
        _thing(whole, f"#parameter-{name}", "PropertyValue", name=name, **properties)
        for name, properties in numbers.items()
    ]


def _file(whole: ROCrate, source: Path | BytesIO, path: str) -> File:
    kind = FORMATS[Path(path).suffix]
    file = whole.add_file(source, path, properties={"encodingFormat": kind})
    size = source.getbuffer().nbytes if isinstance(source, BytesIO) else source.stat().st_size
    file["contentSize"] = str(size)
    file["name"] = path.rsplit("/")[-1]
    return file


def _data_files(whole: ROCrate, folder: Path, book: Provenance) -> list[File]:
    """Return everything in the data folder that is of a known kind, with the titles of tables."""
    described = {r["path"]: r for r in book.description["resources"]}
    found = []
    for path in _files_in(folder):
        name = path.relative_to(folder).as_posix()
        file = _file(whole, path, f"data/{name}")
        if name in described:
            file["name"] = visible(described[name].get("title") or described[name]["name"])
            file["description"] = visible(described[name].get("description") or file["name"])
        found.append(file)
    return found


def _files_in(folder: Path) -> list[Path]:
    """Return the files of a known kind at or below a folder; what is hidden stays out."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix in FORMATS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _notebooks(whole: ROCrate, results: Path, licences: list[ContextEntity]) -> dict[str, File]:
    """Return stem -> executed notebook, named after its first heading."""
    found = {}
    for path in _files_in(results / "notebooks"):
        file = found[path.stem] = _file(whole, path, f"notebooks/{path.name}")
        file["license"] = _one_or_all(licences)
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        words = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        if heading := _HEADING.search(words):
            file["name"] = visible(heading[1])
    return found


def _figures(whole: ROCrate, results: Path, notebooks: dict[str, File]) -> list[File]:
    """Return every figure with its alternative text, which its SVG carries, and its notebook."""
    found = []
    for path in _files_in(results / "figures"):
        file = _file(whole, path, f"figures/{path.name}")
        title = ElementTree.parse(path.with_suffix(".svg")).find(_SVG_TITLE)
        if title is not None and title.text:
            file["description"] = visible(title.text)
        if notebook := notebooks.get(path.name.split("--")[0]):
            file["isBasedOn"] = notebook
        found.append(file)
    return found
