"""A site built beside the old one and put in its place only when it is whole."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from claimbook.book.storage import lock
from claimbook.errors import InputError
from claimbook.run.running import uninterrupted
from claimbook.site.exports.crate import crate
from claimbook.site.exports.sitemap import sitemap
from claimbook.site.last_change import last_change
from claimbook.site.machines import FOLDER, Machines
from claimbook.site.pages import Pages, all_pages
from claimbook.site.pdf import find_browser, make_pdf
from claimbook.site.remembered import book_pages_of, remembered
from claimbook.site.results import Results
from claimbook.site.sphinx_build import build, settings
from claimbook.site.trim import (
    kept_files,
    trimmed_css,
    used_names,
    without_empty_terms,
    without_versions,
)

MARK = "site.txt"
"""Tells that a folder holds a site, so that no other folder is ever replaced by one."""
FIRST_PAGE = "index.html"
OWN_STYLES = ("claimbook.css", "what-if.css")
_TITLE = re.compile(r"(?<=# )[^\n]+|$")


def publish(results: Results, output: Path, pdf: bool = False) -> Path:
    """Build the site of some results into the folder `output`; return its first page.

    pdf: whether to print the whole into one PDF as well.

    Beside it a hidden folder keeps the sources and what Sphinx learned of them, so that the next
    build makes only what changed.

    Raises InputError if the folder cannot be written or holds something else, or if there is no
    browser for a PDF, RunFailed if Sphinx or the browser fails. Either way the old site stays.
    """
    output = output.resolve()
    empty = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not empty and not (output / MARK).is_file():
        raise InputError(f"{output}: not empty and not a site; choose another --output")
    work = output.parent / f".{output.name}-work"
    if pdf:
        find_browser()
    alone = lock(work / "lock", f"{work}: another build of this site is at work")
    with alone, tempfile.TemporaryDirectory(prefix=".new-", dir=work) as folder:
        changed = last_change(results.root, results.data)
        pages = all_pages(results, book_pages_of(results, changed, work / "book-pages"), pdf)
        html = _build(pages, work)
        new = Path(folder) / "site"
        _assemble(html, pages, new, work / "styles")
        if pages.machine:
            _add_for_machines(pages.machine, results, new)
        if pdf:
            make_pdf(new, pages.sequence)
        with uninterrupted():
            _put(new, output, Path(folder) / "old")
    return output / FIRST_PAGE


def _build(pages: Pages, work: Path) -> Path:
    """Let Sphinx bring its pages up to date; return their folder."""
    # the folder above the output must not be one of sources: myst-nb writes there
    source, html = work / "source", work / "html" / "pages"
    write_changed(source, pages.sources)
    titles = [_TITLE.search(text)[0] for text in pages.sources.values()]
    configuration = settings(pages.name, pages.claims, titles, pages.machine)
    build(source, html, work / "doctrees", configuration)
    known = {path.rpartition(".")[0] for path in pages.sources} | {"search"}
    for page in html.rglob("*.html"):  # Sphinx leaves pages whose source is gone
        if page.relative_to(html).as_posix().removesuffix(".html") not in known:
            page.unlink()
    return html


def write_changed(folder: Path, texts: dict[str, str]) -> None:
    """Make a folder hold just these texts; a file that is right already is not touched."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        content = text.encode()
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _assemble(html: Path, pages: Pages, new: Path, memory: Path) -> None:
    """Gather pages, styles and files in the folder `new`. memory: where trimmed styles are kept."""
    memory.mkdir(exist_ok=True)
    made = kept_files(html)
    names = used_names(made)
    for path, file in made.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix not in (".html", ".css", ".js"):
            shutil.copyfile(file, target)
            continue
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            text = without_versions(text)
        elif file.suffix == ".css" and file.name not in OWN_STYLES:
            text = remembered(memory, trimmed_css, text, names)
        elif file.name == "searchindex.js":
            text = without_empty_terms(text)
        target.write_text(text, encoding="utf-8", newline="\n")
    for path, content in pages.files.items():
        target = new / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        else:
            target.write_bytes(content)
    (new / MARK).write_text("A site made by claimbook. Open index.html.\n", encoding="utf-8")


def _add_for_machines(machine: Machines, results: Results, new: Path) -> None:
    """Add the crate of the run and, where the site has an address, the list of its pages."""
    collection = machine.collection
    parts = (machine.facts, collection, results.folder, machine.made, collection.released)
    crate(*parts).write(new / FOLDER)
    if collection.address:
        found = (path.relative_to(new).as_posix() for path in new.rglob("*.html"))
        pages = [page for page in found if not page.startswith(FOLDER)]
        listed = sitemap(pages, collection.address, collection.released)
        (new / "sitemap.xml").write_text(listed, encoding="utf-8", newline="\n")


def _put(new: Path, output: Path, old: Path) -> None:
    """Put a folder in the place of another on the same disk."""
    if output.exists():
        os.replace(output, old)
    try:
        os.replace(new, output)
    except OSError:
        if old.exists():
            os.replace(old, output)
        raise
