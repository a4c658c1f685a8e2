"""The collection and a small book about coffee with the results of a run, ready to export."""

import json
from dataclasses import dataclass
from pathlib import Path

import nbformat
from conftest import ROOT, write_coffee

from claimbook import Book, load
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.comparison import answers
from claimbook.site.exports.collection import Collection, read_collection
from claimbook.site.exports.crate import crate
from claimbook.site.exports.facts import facts_of
from claimbook.site.exports.made import made_files, read_answers

CITATION = """
cff-version: 1.2.0
title: The coffee claims
message: Cite it so.
authors:
  - family-names: Bean
    given-names: Ada
    orcid: https://orcid.org/0000-0002-1825-0097
  - name: The Roasters
    website: https://example.org/roasters
version: 1.2.3
date-released: 2024-02-29
license: MIT
url: https://example.org/coffee
"""
ORIGIN = """
title: On coffee
author: Barista Bo
date: 2001-02-03
publisher: The Daily Cup
address: https://example.org/on-coffee
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><title>{}</title><g/></svg>\n'
REAL = read_collection(ROOT / "CITATION.cff")


def address_of(claim: str) -> str:
    return f"../25-claim-cards.html#claim-{claim}"


@dataclass
class Example:
    """A book with the folder of its results and what is published of it."""

    book: Book
    collection: Collection
    results: Path

    def write(self, target: Path) -> list[Path]:
        """Write the crate as the site does; return its files."""
        answers = read_answers(self.results, self.book)
        matrix = evidence_matrix(self.book)
        made = made_files(self.book, matrix, self.collection, answers, address_of)
        published = self.collection.released
        crate(facts_of(self.book), self.collection, self.results, made, published).write(target)
        return sorted(path for path in target.rglob("*") if path.is_file())


def real(book: Book) -> Example:
    """The collection with its record. Tests must not change its tables."""
    return Example(book, REAL, ROOT)


def coffee(root: Path, **updates) -> Example:
    """Write the book about coffee and the results of a run with one notebook into `root`."""
    data = write_coffee(root / "data")
    (data / "text.yaml").write_text(ORIGIN)
    (root / "CITATION.cff").write_text(CITATION)
    book = load(data).update(**updates)
    for folder in ("notebooks", "figures", "results"):
        (root / folder).mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# How long it takes", id="title")]
    )
    nbformat.write(notebook, root / "notebooks" / "10-time.ipynb")
    (root / "figures" / "10-time--brewing.svg").write_text(SVG.format("Time of &lt;filter&gt;"))
    (root / "figures" / "10-time--brewing.png").write_bytes(b"\x89PNG\r\n")
    records = json.loads(answers(book).to_json(orient="records"))
    document = {
        "digest": book.digest,
        "updates": dict(book.updates),
        "answers": [{**record, "notebook": "10-time"} for record in records],
    }
    (root / "results" / "answers.json").write_text(json.dumps(document))
    return Example(book, read_collection(root / "CITATION.cff"), root)
