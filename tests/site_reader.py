"""Pages of a site read as a browser would parse them, without one."""

import json
import re
from functools import cached_property
from pathlib import Path

from bs4 import BeautifulSoup

REPORT = Path(__file__).resolve().parents[1] / "build" / "site-report"
"""Where the tests leave what they measured."""
LEADING = ("href", "src", "xlink:href", "data", "poster", "action", "srcset")


class Page:
    """One page: its tags with attributes in order, its scripts, and what it says."""

    def __init__(self, path: Path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        soup = BeautifulSoup(self.text, "html.parser", multi_valued_attributes=None)
        self.tags = [(element.name, element.attrs) for element in soup(True)]
        self.scripts = [part.extract().get_text() for part in soup(["script", "style"])]
        self.said = " ".join(" ".join(soup.find_all(string=True)).split())

    def all(self, tag: str, **wanted) -> list[dict]:
        """The attributes of every element of this kind that has these."""
        return [a for t, a in self.tags if t == tag and wanted.items() <= a.items()]

    @cached_property
    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.tags if "id" in attrs]

    @cached_property
    def addresses(self) -> list[tuple[str, str]]:
        """Tag and address of everything that the page leads to or loads."""
        return [(tag, a[name]) for tag, a in self.tags for name in LEADING if a.get(name)]


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
