"""The whole site as one PDF, printed by Chromium from one long page made of all pages."""

import html
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from posixpath import dirname, join, normpath

from claimbook.errors import InputError, RunFailed
from claimbook.site.first_page import PDF

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT = 300  # seconds; it takes about twenty
_ARTICLE = re.compile(r'<article class="bd-article">.*?</article>', re.S)
_ADDRESS = re.compile(r'(\s(?:href|src))="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_STYLES = re.compile(r'<link[^>]*rel="stylesheet"[^>]*>|<style>:root.*?</style>')


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
            command = [browser, *QUIET, f"--user-data-dir={profile}", "--no-pdf-header-footer"]
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
    first = (site / f"{pages[0]}.html").read_text(encoding="utf-8")
    styles = "\n".join(_STYLES.findall(first[: first.index("</head>")]))
    title = re.search(r"<title>(.*?)</title>", first, re.S)
    articles = "\n".join(_article(site, page, set(pages)) for page in pages)
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8"/>'
        f"<title>{title[1] if title else 'Collection'}</title>{styles}</head>"
        f'<body class="whole">{articles}</body></html>'
    )


def _article(site: Path, page: str, pages: set[str]) -> str:
    """Return the article of a page with names of its own and links into the whole."""
    found = _ARTICLE.search((site / f"{page}.html").read_text(encoding="utf-8"))
    if not found:
        raise RunFailed(f"the PDF: {page}.html has no article")
    text = found[0].replace("<details>", "<details open>")  # paper cannot be clicked

    def address(match: re.Match) -> str:
        attribute, target = match[1], html.unescape(match[2])
        if re.match(r"[a-z]+:", target):
            return match[0]
        path, _, anchor = target.partition("#")
        place = normpath(join(dirname(page), path)) if path else f"{page}.html"
        if attribute.strip() == "src":
            return f'{attribute}="{html.escape(place)}"'
        other = place.removesuffix(".html")
        return f'{attribute}="#{_name(other, anchor)}"' if other in pages else ""

    text = _ADDRESS.sub(address, text)
    text = _ID.sub(lambda match: f' id="{_name(page, match[1])}"', text)
    return text.replace("<article", f'<article id="{_name(page, "")}"', 1)


def _name(page: str, anchor: str) -> str:
    return "--".join(filter(None, (page.replace("/", "-"), anchor)))
