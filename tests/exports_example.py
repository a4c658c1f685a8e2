"""The collection and a small book about coffee with the results of a run, ready to export."""

import json
from dataclasses import replace
from pathlib import Path

import nbformat
from conftest import ROOT, write_coffee

from claimbook import load
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.comparison import answers
from claimbook.site.context import Site, read_site
from claimbook.site.exports.crate import crate, provenance
from claimbook.site.exports.machine_files import machine_files

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
REAL = read_site(ROOT, ROOT, ROOT / "data")


def address_of(claim: str) -> str:
    return f"../25-claim-cards.html#claim-{claim}"


def with_book(site: Site, book) -> Site:
    """The site of a book that is loaded already."""
    site = replace(site)
    site.__dict__["book"] = book
    return site


def with_claims(site: Site, **columns) -> Site:
    """The site of the same book with other texts in columns of its claims."""
    book, tables = site.book, site.book.tables
    frames = {**tables.frames, "claims": book.claims.assign(**columns)}
    return with_book(site, replace(book, tables=replace(tables, frames=frames)))


def write_crate(site: Site, target: Path) -> list[Path]:
    """Write the crate as the site does; return its files."""
    matrix = evidence_matrix(site.book)
    made = machine_files(site.book, matrix, site.collection, site.answers, address_of)
    crate(site, provenance(site.book), made).write(target)
    return sorted(path for path in target.rglob("*") if path.is_file())


def coffee(root: Path, **updates) -> Site:
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
    return with_book(read_site(root, root, data), book)
