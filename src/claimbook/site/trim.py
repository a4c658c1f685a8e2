"""Sphinx's output without what no page uses, and without traces of earlier builds."""

import json
import re
from pathlib import Path

import tinycss2

SCANNED = (
    "claimbook.js",
    "what-if.js",
    "sphinx-book-theme.js",
    "pydata-sphinx-theme.js",
    "bootstrap.js",
)
SCANNED += ("searchtools.js", "sphinx_highlight.js", "doctools.js")
"""Scripts that give names to elements while a page is read."""
KEPT = re.compile(
    r"_static/((claimbook|what-if)\.(css|js)|basic\.css|pygments\.css|mystnb\.\w+\.css|[\w-]+\.js"
    r"|styles/(theme|pydata-sphinx-theme|sphinx-book-theme)\.css"
    r"|scripts/(bootstrap|pydata-sphinx-theme|sphinx-book-theme)\.js(\.LICENSE\.txt)?)"
    r"|(?!_static/|_sources/|_sphinx_design_static/)(.+/)?[^/]+\.(html|js)"
)
"""Files of Sphinx that the pages load, or are."""
_NAMES = re.compile(r'\s(?:class|id)="([^"]*)"')
_WORD = re.compile(r"[A-Za-z_][\w-]*")
_IN_SELECTOR = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
_CONDITIONS = re.compile(r"\[[^\]]*\]|:not\([^)]*\)")


_VERSION = re.compile(r"(?<=css)\?(v|digest)=[0-9a-f]+(?=\")|(?<=js)\?(v|digest)=[0-9a-f]+(?=\")")
_INDEX = re.compile(r"(Search\.setIndex\()(.*)(\))", re.S)


def without_versions(page: str) -> str:
    """Return a page without the marks by which Sphinx tells browsers of changed styles.

    They depend on what was built before, and a site on disk has no use for them.
    """
    return _VERSION.sub("", page)


def without_empty_terms(index: str) -> str:
    """Return a search index without the words that no page has any more."""
    opening, text, closing = _INDEX.fullmatch(index.strip()).groups()
    content = json.loads(text)
    for part in ("terms", "titleterms"):
        content[part] = {word: pages for word, pages in content[part].items() if pages != []}
    return f"{opening}{json.dumps(content, separators=(',', ':'), sort_keys=True)}{closing}\n"


def kept_files(folder: Path) -> dict[str, Path]:
    """Return path -> file of what is published of Sphinx's output."""
    every = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {path: file for path, file in sorted(every.items()) if KEPT.fullmatch(path)}


def used_names(files: dict[str, Path]) -> set[str]:
    """Return the classes and ids of all pages, and every word of the scripts."""
    names: set[str] = set()
    for path, file in files.items():
        if path.endswith(".html"):
            for value in _NAMES.findall(file.read_text(encoding="utf-8")):
                names.update(value.split())
        elif path.rpartition("/")[2] in SCANNED:
            names.update(_WORD.findall(file.read_text(encoding="utf-8")))
    return names


def trimmed_css(css: str, names: set[str]) -> str:
    """Return a style sheet without the rules that ask for a class or id not among `names`."""
    return _rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), names)


def _rules(rules: list, names: set[str]) -> str:
    parts = []
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [s for s in _selectors(rule.prelude) if _is_used(s, names)]
            if kept:
                content = tinycss2.serialize(rule.content).strip()
                parts.append(f"{','.join(kept)}{{{content}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
            inner = tinycss2.parse_rule_list(
                rule.content or [], skip_comments=True, skip_whitespace=True
            )
            if text := _rules(inner, names):
                prelude = tinycss2.serialize(rule.prelude).rstrip()
                parts.append(f"@{rule.at_keyword}{prelude}{{{text}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "font-face":
            parts.append(rule.serialize())  # no font is loaded
    return "".join(parts)


def _selectors(prelude: list) -> list[str]:
    """Split a list of selectors at its commas; those within brackets belong to one."""
    groups: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            groups.append([])
        else:
            groups[-1].append(token)
    return [tinycss2.serialize(group).strip() for group in groups]


def _is_used(selector: str, names: set[str]) -> bool:
    return names.issuperset(_IN_SELECTOR.findall(_CONDITIONS.sub("", selector)))
