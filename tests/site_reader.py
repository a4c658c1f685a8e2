"""Pages of a site read as a browser would take them apart, without one."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

REPORT = Path(__file__).resolve().parents[1] / "build" / "site-report"
"""Where the tests leave what they measured."""


@dataclass
class Page(HTMLParser):
    """One page: its tags with attributes in order, ids, texts and scripts."""

    path: Path
    tags: list[tuple[str, dict]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    _inside: str = ""

    def __post_init__(self):
        super().__init__()
        self.text = self.path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        (self.scripts if self._inside else self.words).append(data)

    def all(self, tag: str, **wanted) -> list[dict]:
        """The attributes of every element of this kind that has these."""
        return [a for t, a in self.tags if t == tag and wanted.items() <= a.items()]

    @cached_property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]

    @cached_property
    def addresses(self) -> list[tuple[str, str]]:
        """Tag and address of everything that the page leads to or loads."""
        return [
            (tag, attrs[name])
            for tag, attrs in self.tags
            for name in ("href", "src", "xlink:href", "data", "poster", "action", "srcset")
            if attrs.get(name)
        ]

    @property
    def said(self) -> str:
        return " ".join(" ".join(self.words).split())


def pages_of(site: Path) -> dict[str, Page]:
    """Path in the site -> page."""
    return {p.relative_to(site).as_posix(): Page(p) for p in sorted(site.rglob("*.html"))}


def loaded_by(page: Page) -> set[Path]:
    """The files that a browser loads with a page, the page itself among them."""
    kinds = {"script", "img", "link", "source", "iframe", "object"}
    found = {page.path}
    for tag, address in page.addresses:
        if tag in kinds:
            found.add((page.path.parent / re.sub(r"[?#].*", "", address)).resolve())
    for style in [path for path in found if path.suffix == ".css"]:
        imported = re.findall(r"@import\s*[\"']([^\"']+)", style.read_text(encoding="utf-8"))
        found |= {(style.parent / name).resolve() for name in imported}
    return found


def report(name: str, measured: dict) -> None:
    """Leave what was measured for whoever wants to know."""
    REPORT.mkdir(parents=True, exist_ok=True)
    text = json.dumps(measured, indent=1, sort_keys=True)
    (REPORT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
