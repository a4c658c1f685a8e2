"""Texts of the data made safe to show: the one place for escaping and links."""

import html
import re
import unicodedata
from urllib.parse import quote, urlsplit

import pandas as pd

_DIRECTION_MARKS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_DOI = re.compile(r"10\.\d{4,9}/\S+", re.IGNORECASE)
_ENTITY = re.compile(r"&(?=#?\w)")
_MARKDOWN = re.compile(r"([\\`*_\[\]|$~])")
_STARTS_BLOCK = re.compile(r"^(#|[-+=](?=\s|[-+=]|$)|\d+[.)](?=\s|$))")


def visible(text) -> str:
    """Return `text` on one line, with control and direction marks replaced by U+FFFD."""
    spaced = re.sub(r"[\t\n\r\u2028\u2029]+", " ", str(text))
    if spaced.isprintable():  # as nearly all is, and this is asked for each of some 10,000 texts
        return spaced
    return "".join(
        "\ufffd" if c in _DIRECTION_MARKS or unicodedata.category(c) in ("Cc", "Cs") else c
        for c in spaced
    )


def markdown_text(text) -> str:
    """Return `text` so that Markdown and HTML show it and never obey it; "" where it is missing."""
    if pd.isna(text):
        return ""
    one_line = " ".join(visible(text).split())  # so only its start could make a heading or a list
    escaped = _ENTITY.sub("&amp;", one_line).replace("<", "&lt;").replace(">", "&gt;")
    escaped = _MARKDOWN.sub(r"\\\1", escaped)
    return _STARTS_BLOCK.sub(lambda m: f"{m[1][:-1]}\\{m[1][-1]}", escaped)


def html_text(text) -> str:
    """Return `text` so that HTML shows it, in an attribute too; "" where it is missing."""
    return "" if pd.isna(text) else html.escape(visible(text))


def safe_link(address: str) -> str:
    """Return an http or https address with a host, percent-encoded where needed, else ``""``."""
    text = str(address).strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    if any(c.isspace() or unicodedata.category(c)[0] == "C" for c in text):
        return ""
    return quote(text, safe="%/:=&?~#+!$,;@()*[]._-")


def doi_link(doi: str) -> str:
    """Return the resolver's address of a DOI (given with or without resolver), else ``""``."""
    bare = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(doi).strip(), flags=re.I)
    if not _DOI.fullmatch(bare) or any(unicodedata.category(c)[0] == "C" for c in bare):
        return ""
    return "https://doi.org/" + quote(bare, safe="/:;()._-")
