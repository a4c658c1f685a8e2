"""The whole site as one PDF, printed by Chromium from one long page made of all pages."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from posixpath import dirname, join, normpath

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from claimbook.errors import InputError, RunFailed
from claimbook.site.links import PDF
from claimbook.site.markup import render

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
QUIET = "--headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
QUIET += "--disable-component-update --disable-sync --no-pdf-header-footer"
TIMEOUT = 300  # seconds; it takes about twenty


def find_browser() -> str:
    """Return the program that prints. Raises InputError if there is none."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise InputError(
        "a PDF needs Chromium or Chrome, which is not here; on Debian or Ubuntu add it with: "
        "sudo apt install chromium. Without --pdf the site is made all the same"
    )


def make_pdf(site: Path, pages: list[str]) -> Path:
    """Print pages of a site, in this order, into `PDF` in its folder; return it.

    Raises InputError if there is no browser, RunFailed if it does not print.
    """
    browser = find_browser()
    whole = site / "whole.html"
    whole.write_text(whole_page(site, pages), encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, *QUIET.split(), f"--user-data-dir={profile}"]
            command += ["--generate-pdf-document-outline", f"--print-to-pdf={site / PDF}"]
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                command.append("--no-sandbox")  # Chromium refuses root otherwise
            done = subprocess.run(
                [*command, whole.as_uri()], capture_output=True, text=True, timeout=TIMEOUT
            )
    except subprocess.TimeoutExpired:
        raise RunFailed(f"the PDF: {browser} took longer than {TIMEOUT} seconds") from None
    finally:
        whole.unlink()
    if done.returncode or not (site / PDF).is_file():
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise RunFailed(f"the PDF: {browser}: {last[0]}")
    return site / PDF


def whole_page(site: Path, pages: list[str]) -> str:
    """Return one page that holds the articles of all pages, whose links lead within it."""
    soups = {
        page: BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
        for page in pages
    }
    first = soups[pages[0]]
    styles = first.head.select('link[rel~="stylesheet"], style:-soup-contains(":root")')
    return render(
        "whole.html.jinja",
        title=first.title.get_text() if first.title else "Collection",
        styles=[Markup(style) for style in styles],
        articles=[Markup(_article(soup, page, set(pages))) for page, soup in soups.items()],
    )


def _article(soup: BeautifulSoup, page: str, pages: set[str]) -> Tag:
    """Return the article of a page with names of its own and links into the whole."""
    article = soup.select_one("article.bd-article")
    if not article:
        raise RunFailed(f"the PDF: {page}.html has no article")
    for part in article("details", class_=False):
        part["open"] = ""  # paper cannot be clicked
    for element in article(True):
        for attribute in ("href", "src"):
            target = element.get(attribute)
            if target is None or re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            place = normpath(join(dirname(page), path)) if path else f"{page}.html"
            other = place.removesuffix(".html")
            if attribute == "src":
                element["src"] = place
            elif other in pages:
                element["href"] = f"#{_name(other, anchor)}"
            else:
                del element["href"]
        if element.get("id"):
            element["id"] = _name(page, element["id"])
    article["id"] = _name(page, "")
    return article


def _name(page: str, anchor: str) -> str:
    return "--".join(filter(None, (page.replace("/", "-"), anchor)))
