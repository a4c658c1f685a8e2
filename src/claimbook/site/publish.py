"""A site built beside the old one and put in its place only when it is whole."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from claimbook.book.storage import lock
from claimbook.errors import InputError
from claimbook.run.running import uninterrupted
from claimbook.site.cache import cached_book_pages
from claimbook.site.context import Site
from claimbook.site.exports.crate import crate
from claimbook.site.exports.sitemap import sitemap
from claimbook.site.links import CARDS, FIGURES, INDEX, MACHINE, notebook_page
from claimbook.site.notebook_pages import notebook_sources
from claimbook.site.pdf import find_browser, make_pdf
from claimbook.site.sphinx_build import build, settings

MARK = "site.txt"
"""Tells that a folder holds a site, so that no other folder is ever replaced by one."""
UNPUBLISHED = ("_sources", "_sphinx_design_static", ".buildinfo*", "objects.inv", "*.map")
UNPUBLISHED += ("fontawesome.js*",)  # the style sheet draws the few icons that are used
"""What Sphinx writes and no page loads."""
_VERSION = re.compile(r"(?<=\.css)\?\w+=[0-9a-f]+(?=\")|(?<=\.js)\?\w+=[0-9a-f]+(?=\")")
_INDEX = re.compile(r"(Search\.setIndex\()(.*)(\))", re.S)


def publish(site: Site, output: Path) -> Path:
    """Build a site into the folder `output`; return its first page.

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
    if site.pdf:
        find_browser()
    alone = lock(work / "lock", f"{work}: another build of this site is at work")
    with alone, tempfile.TemporaryDirectory(prefix=".new-", dir=work) as folder:
        new = Path(folder) / "site"
        _make(site, work, new)
        with uninterrupted():
            _replace(output, new, Path(folder) / "old")
    return output / f"{INDEX}.html"


def _make(site: Site, work: Path, new: Path) -> None:
    """Make the whole site in the folder `new`."""
    if CARDS not in map(notebook_page, site.notebooks):
        raise InputError(f"{CARDS}.ipynb: no such notebook; it is the index of the cards")
    pages = cached_book_pages(site, work / "book-pages")
    sources = {f"{page}.md": text for page, text in pages.sources.items()}
    sources |= {f"{page}.ipynb": text for page, text in notebook_sources(site, pages.linked)}
    # the folder above the output must not be one of sources: myst-nb writes there
    source, html = work / "source", work / "html" / "pages"
    write_changed(source, sources)
    build(source, html, work / "doctrees", settings(site, pages))
    for page in html.rglob("*.html"):  # Sphinx leaves pages whose source is gone
        known = page.relative_to(html).as_posix().removesuffix(".html")
        if not {f"{known}.md", f"{known}.ipynb"} & {*sources, "search.md"}:
            page.unlink()
    _copy_pages(html, new)
    files = {f"{FIGURES}/{path.name}": path for path in site.figures.glob("*.*")}
    files |= {
        f"{notebook_page(stem)}.ipynb": site.folder / "notebooks" / f"{stem}.ipynb"
        for stem in site.notebooks
    }
    mark = {MARK: f"A site made by claimbook. Open {INDEX}.html.\n".encode()}
    _write(new, files | pages.files | mark)
    if site.collection:
        crate(site, pages.provenance, pages.machine).write(new / MACHINE)
        if site.collection.address:
            listed = sorted(path.relative_to(new).as_posix() for path in new.rglob("*.html"))
            listed = [page for page in listed if not page.startswith(MACHINE)]
            text = sitemap(listed, site.collection.address, site.collection.released)
            _write(new, {"sitemap.xml": text.encode()})
    if site.pdf:
        notebooks = map(notebook_page, site.notebooks)
        make_pdf(new, [INDEX, *notebooks, *pages.cards, *pages.further])


def write_changed(folder: Path, texts: dict[str, str]) -> None:
    """Make a folder hold just these texts; a file that is right already is not touched."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            _write(folder, {name: text.encode()})


def _write(folder: Path, files: dict[str, bytes | Path]) -> None:
    """Write files: path -> content, or the file to copy."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copyfile(content, target)
        else:
            target.write_bytes(content)


def _copy_pages(html: Path, new: Path) -> None:
    """Copy what Sphinx made, without traces of earlier builds."""
    shutil.copytree(html, new, ignore=shutil.ignore_patterns(*UNPUBLISHED))
    for page in new.rglob("*.html"):
        # marks by which browsers are told of changed styles; a site on disk has no use for them
        page.write_text(_VERSION.sub("", page.read_text("utf-8")), "utf-8", newline="\n")
    index = new / "searchindex.js"
    opening, text, closing = _INDEX.fullmatch(index.read_text("utf-8").strip()).groups()
    content = json.loads(text)
    for part in ("terms", "titleterms"):  # words that no page has any more
        content[part] = {word: pages for word, pages in content[part].items() if pages != []}
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    index.write_text(f"{opening}{text}{closing}\n", "utf-8", newline="\n")


def _replace(output: Path, new: Path, old: Path) -> None:
    """Put a folder in the place of another on the same disk."""
    if output.exists():
        os.replace(output, old)
    try:
        os.replace(new, output)
    except OSError:
        if old.exists():
            os.replace(old, output)
        raise
