"""Pieces of HTML for the pages: verdicts, tables, pictures. All text that comes in is escaped."""

import html
import re
from xml.etree import ElementTree

from markdown_it import MarkdownIt

from claimbook.claims.verdict import Verdict
from claimbook.show.card_links import anchor

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_TAG_OR_TEXT = re.compile(r"(<[^>]*>)")
_VERDICT = re.compile("|".join(sorted((re.escape(v.text) for v in Verdict), key=len, reverse=True)))
_CELL = re.compile(r"<td(?=[ >])([^>]*)>(.*?)</td>", re.S)
LONG_CELL = 40
"""Characters from which a cell is kept wide enough to be read."""
TALL_TABLE = 16
"""Rows from which a table scrolls under its head."""
_ROW = re.compile(r"<tr\b.*?</tr>", re.S)
_LONG_NAME = re.compile(r"(?<=\w)_(?=\w)")
"""Where a name such as brewing_time may be broken in a narrow cell."""
_TABLE = re.compile(r"<table\b.*?</table>", re.S)
_CAPTION = re.compile(r"<caption>(.*?)</caption>", re.S)
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def markdown_html(text: str) -> str:
    """Return Markdown as HTML, as a notebook shows it; markup in it stays."""
    return _MARKDOWN.render(text)


def verdict_class(verdict: str) -> str:
    """Return the name under which the style sheet knows a verdict."""
    return f"verdict-{verdict.replace(' ', '-')}"


def badge(verdict: str) -> str:
    """Return a verdict as mark and word on its colour."""
    return f'<span class="verdict {verdict_class(verdict)}">{Verdict(verdict).text}</span>'


def with_badges(markup: str) -> str:
    """Return HTML in which every verdict with its mark, in running text, is a badge."""
    by_text = {verdict.text: badge(verdict) for verdict in Verdict}
    parts = _TAG_OR_TEXT.split(markup)
    parts[::2] = [_VERDICT.sub(lambda match: by_text[match[0]], part) for part in parts[::2]]
    return "".join(parts)


def with_tables(markup: str) -> str:
    """Return HTML whose tables stand in boxes that scroll by themselves, also by keyboard.

    A table with long texts is marked so that a narrow screen can show each row as a list.
    """
    return _TABLE.sub(lambda match: _boxed(match[0]), markup)


def _boxed(table: str) -> str:
    caption = _CAPTION.search(table)
    name = plain(caption[1]) if caption else "Table"
    table = _CAPTION.sub(r"<caption><span>\1</span></caption>", table)
    head, separator, body = table.partition("</thead>")
    kinds = ["table-box"]
    kinds += ["tall"] * (body.count("<tr") >= TALL_TABLE)
    labels = [plain(cell) for cell in re.findall(r"<th[^>]*>(.*?)</th>", head, re.S)]
    if head.count("<tr") == 1 and any(map(_is_long, _CELL.finditer(body))):
        kinds.append("stack")
        body = _ROW.sub(lambda row: _labelled(row[0], labels), body)
    else:
        body = _CELL.sub(lambda cell: _cell(cell, ""), body)
    head = re.sub(r"<th[^>]*>\s*</th>", "<td></td>", head)  # above row names there is no head
    scoped = re.sub(r"<th(?=[ >])", '<th scope="col"', head) + separator
    scoped += re.sub(r"<th(?=[ >])", '<th scope="row"', body)
    parts = _TAG_OR_TEXT.split(scoped)
    parts[::2] = [_LONG_NAME.sub("_<wbr>", part) for part in parts[::2]]
    return scroll_box("".join(parts), name, " ".join(kinds))


def _labelled(row: str, labels: list[str]) -> str:
    """Return a row whose cells say the head of their column."""
    heads = iter(labels[row.count("<th") :])
    return _CELL.sub(lambda cell: _cell(cell, next(heads, "")), row)


def _cell(cell: re.Match, label: str) -> str:
    """Return a cell that says if it holds much text, and under which head it stands."""
    told = ' class="long"' if _is_long(cell) else ""
    told += f' data-label="{html.escape(label, quote=True)}"' if label else ""
    return f"<td{told}{cell[1]}>{cell[2]}</td>"


def _is_long(cell: re.Match) -> bool:
    return len(plain(cell[2])) >= LONG_CELL


def scroll_box(markup: str, name: str, kind: str) -> str:
    """Return a box that scrolls sideways on its own, so that the page never does."""
    label = html.escape(name, quote=True)
    return (
        f'<div class="scroll {kind}" tabindex="0" role="group" aria-label="{label}">{markup}</div>'
    )


def plain(markup: str) -> str:
    """Return the text of a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def picture(stem_and_name: str, svg: str, alt: str, folder: str, about: str = "") -> str:
    """Return a figure with its alternative text, the same in words, and its files.

    stem_and_name: name of its files. folder: where they stand, seen from the page. about: further
    HTML for the line below, such as links to cards.
    """
    file = f"{folder}/{html.escape(stem_and_name, quote=True)}"
    size = "".join(f' {name}="{value}"' for name, value in svg_size(svg).items())
    image = f'<img src="{file}.svg" alt="{html.escape(alt, quote=True)}"{size}/>'
    # hidden from screen readers, which have spoken it already as the alternative text
    told = f'<span aria-hidden="true"><em>What the picture shows:</em> {html.escape(alt)}</span>'
    return (
        f'<figure class="picture">{scroll_box(image, "Picture", "picture-box")}'
        f"<figcaption>{told} {about} {picture_files(file)}</figcaption></figure>"
    )


def picture_files(file: str) -> str:
    """Return links to the numbers and the files of a figure."""
    return (
        f'<span class="files"><a href="{file}.csv" download>Data (CSV)</a> · '
        f'<a href="{file}.svg">SVG</a> · <a href="{file}.png">PNG</a></span>'
    )


def svg_size(svg: str) -> dict[str, int]:
    """Return width and height in pixels of a figure, from its root element; {} if it has none."""
    found = re.search(r'<svg[^>]*?\sviewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    return (
        {}
        if not found
        else {
            name: round(float(number) * 96 / 72)
            for name, number in zip(("width", "height"), found.groups(), strict=True)
        }
    )


def linked_svg(svg: str, alt: str, links: dict[str, tuple[str, str]]) -> str:
    """Return an SVG to stand in a page itself, with links on the groups named after claims.

    links: claim -> address and spoken name. Ids that nothing refers to are dropped.
    """
    for prefix, name in {"": _SVG, "xlink": _XLINK}.items():
        ElementTree.register_namespace(prefix, name.partition("}")[0][1:])
    root = ElementTree.fromstring(svg)
    for waste in ("metadata", "title"):
        for parent in list(root.iter()):
            for child in parent.findall(f"{_SVG}{waste}"):
                parent.remove(child)
    anchors = {anchor(claim): link for claim, link in links.items()}
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            if child.tag == f"{_SVG}g" and child.get("id") in anchors:
                address, spoken = anchors[child.get("id")]
                link = ElementTree.Element(f"{_SVG}a", {"href": address, "aria-label": spoken})
                link.tail, child.tail = child.tail, None
                link.append(child)
                parent[place] = link
    text = ElementTree.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    for element in root.iter():
        if element.get("id") and element.get("id") not in used:
            del element.attrib["id"]
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "group")
    root.set("aria-label", alt)
    return ElementTree.tostring(root, encoding="unicode")


def raw(*markup: str) -> str:
    """Return HTML as MyST passes it on; empty parts are left out, and ``""`` if none is left."""
    lines = "\n".join(part.strip("\n") for part in markup if part)
    longest = max((len(run) for run in re.findall("`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)  # so that no text can end it
    return f"{fence}{{raw}} html\n{lines}\n{fence}" if lines else ""


def markdown_table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a table of Markdown cells, in its box, for a page that is Markdown."""
    lines = [f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows]]
    return raw(with_tables(markdown_html("\n".join(lines))))
