"""HTML for the pages: templates, and what notebooks and the book show brought into their form."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString, Tag
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from claimbook.book.text import markdown_text, visible
from claimbook.claims.verdict import Verdict

TEMPLATES = Path(__file__).parent / "templates"
LONG_CELL = 40
"""Characters from which a cell is kept wide enough to be read."""
TALL_TABLE = 16
"""Rows from which a table scrolls under its head."""
_MARKDOWN = MarkdownIt("commonmark").enable("table")
_VERDICTS = {verdict.text: verdict for verdict in sorted(Verdict, key=len, reverse=True)}
_VERDICT = re.compile(f"({'|'.join(map(re.escape, _VERDICTS))})")
_LONG_NAME = re.compile(r"(?<=\w_)()(?=\w)")
"""Where a name such as brewing_time may be broken in a narrow cell."""


# --- templates -----------------------------------------------------------------------------------


@cache
def _templates() -> Environment:
    environment = Environment(
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
        loader=FileSystemLoader(TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "boxed": boxed,
        "html_block": html_block,
        "md": lambda text: Markup(markdown_text(text)),
    }
    environment.globals["Verdict"] = Verdict
    return environment


def render(template: str, **values) -> str:
    """Fill in a template; every text that it is given is escaped, unless it is Markup."""
    return _templates().get_template(template).render(**values)


def macros():
    """Return the pieces of HTML that are used by name: badge, link, picture ..."""
    return _templates().get_template("macros.html.jinja").module


def html_block(*markup: str) -> Markup:
    """Return HTML as MyST passes it on within Markdown, ``""`` if it is empty."""
    lines = "\n".join(part.strip("\n") for part in markup if part)
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)  # so that no text can end it
    return Markup(f"{fence}{{raw}} html\n{lines}\n{fence}\n" if lines else "")


def markdown_html(text: str) -> Markup:
    """Return Markdown as HTML, as a notebook shows it; markup in it stays."""
    return Markup(_MARKDOWN.render(text))


def markdown_inline(text: str) -> Markup:
    """Return a line of Markdown as HTML without a paragraph around it."""
    return Markup(_MARKDOWN.renderInline(text))


# --- HTML that was made elsewhere ----------------------------------------------------------------


def boxed(markup: str) -> Markup:
    """Return HTML whose tables stand in boxes that scroll by themselves, also by keyboard."""
    return finished(markup, badges=False)


def finished(
    markup: str, follow: Callable[[str], str] | None = None, badges: bool = True
) -> Markup:
    """Return HTML as a page shows it: tables in boxes, and in texts a badge for each verdict.

    follow: address -> the one that a link leads to instead. A table with long texts is marked so
    that a narrow screen can show each row as a list.
    """
    soup = BeautifulSoup(markup, "html.parser")
    for link in soup("a", href=True) if follow else []:
        link["href"] = follow(link["href"])
    for table in soup("table"):
        _box(table)
        _replace(table, _LONG_NAME, lambda _: soup.new_tag("wbr"))
    if badges:
        _replace(soup, _VERDICT, lambda text: _tag(macros().badge(_VERDICTS[text])))
    return Markup(soup.decode(formatter="minimal"))


def _tag(markup: str) -> Tag:
    return BeautifulSoup(markup, "html.parser").contents[0]


def _replace(part: Tag, pattern: re.Pattern, new: Callable[[str], Tag]) -> None:
    """Put elements in the places of what a pattern with one group finds in texts."""
    for text in part.find_all(string=pattern):
        if type(text) is NavigableString:
            pieces = enumerate(pattern.split(text))
            text.replace_with(*(new(p) if n % 2 else p for n, p in pieces if n % 2 or p))


def _box(table: Tag) -> None:
    """Put a table into a box, and name the column in every cell where a row may be a list."""
    heads = table.select("thead tr")
    rows = [row for row in table("tr") if row not in heads]
    name = table.caption.get_text().strip() if table.caption else "Table"
    if table.caption:
        words = Tag(name="span")
        words.extend(list(table.caption.contents))
        table.caption.append(words)
    long = [cell for row in rows for cell in row("td") if _is_long(cell)]
    for cell in long:
        cell["class"] = [*cell.get("class", []), "long"]
    stack = len(heads) == 1 and bool(long)
    if stack:
        labels = [head.get_text().strip() for head in heads[0]("th")]
        for row in rows:
            for cell, label in zip(row("td"), labels[len(row("th")) :], strict=False):
                if label:
                    cell["data-label"] = label
    for head in table("th"):
        above = head.find_parent("thead")
        if above and not head.get_text().strip():  # above row names there is no head
            head.name, head.attrs = "td", {}
        else:
            head["scope"] = "col" if above else "row"
    kinds = ["table-box", *["tall"] * (len(rows) >= TALL_TABLE), *["stack"] * stack]
    table.wrap(_tag(macros().scroll_box(name, " ".join(kinds))))


def _is_long(cell: Tag) -> bool:
    return len(cell.get_text().strip()) >= LONG_CELL
