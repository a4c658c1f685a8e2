"""The pieces that pages are made of: addresses, verdicts, tables, pictures, styles."""

import ast
import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pybtex.database import parse_string

from claimbook.claims.verdict import Verdict
from claimbook.show import card_links
from claimbook.site import markup
from claimbook.site.links import claim_page, follower, to_file, to_page
from claimbook.site.markup import (
    LONG_CELL,
    TALL_TABLE,
    boxed,
    finished,
    html_block,
    macros,
    markdown_html,
)
from claimbook.site.svg import linked_svg, svg_size
from claimbook.site.work_pages import formatted


def plain(markup):
    """The text of a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> ``` $x$ </details>'


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "here", "wanted"),
    [
        (card_links.address("humming"), "notebooks/10-a", "../claims/humming.html"),
        ("#claim-humming", "notebooks/25-claim-cards", "../claims/humming.html"),
        (card_links.address("humming"), "claims/no_half_life", "humming.html"),
        (card_links.address("humming"), "index", "claims/humming.html"),
        ("20-b.ipynb", "notebooks/10-a", "20-b.html"),
        ("20-b.ipynb#part", "claims/x", "../notebooks/20-b.html#part"),
        ("25-claim-cards.ipynb", "notebooks/10-a", "25-claim-cards.html"),
        ("../results/errata.md", "notebooks/10-a", "../errata.html"),
        ("../results/other.md", "notebooks/10-a", "../results/other.md"),
        ("https://example.org/a.ipynb", "notebooks/10-a", "https://example.org/a.ipynb"),
        ("#part", "notebooks/10-a", "#part"),
    ],
)
def test_links_of_notebooks_lead_to_pages(given, here, wanted):
    assert follower(here, {"../results/errata.md": "errata.html"})(given) == wanted


def test_only_addresses_are_followed():
    follow = follower("notebooks/10-a", {})
    markup = '<a href="20-b.ipynb">20-b.ipynb</a> <img alt="href=20-b.ipynb"/>'
    assert finished(markup, follow) == markup.replace('href="20-b.ipynb"', 'href="20-b.html"')


def test_addresses_are_relative():
    assert to_page("index", "claims/a") == "../index.html"
    assert to_page("claims/b", "claims/a") == "b.html"
    assert to_file("figures/a.svg", "index") == "figures/a.svg"
    assert claim_page('a"><b>') == "claims/a---b-"


# --- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", Verdict)
def test_verdicts_in_text_become_badges_and_those_in_attributes_do_not(verdict):
    text = verdict.text
    made = finished(f'<td title="{text}">{text}</td> <b>so {text}, then</b>')
    assert made.count(macros().badge(verdict)) == 2
    assert f'title="{text}"' in made
    assert plain(made) == f"{text} so {text}, then"


# --- tables --------------------------------------------------------------------------------------


def table(rows, head="<th>name</th><th>value</th>", caption="Of <b>all</b>"):
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def test_a_table_gets_a_box_with_its_name_and_scopes():
    made = boxed(f"<p>a</p>{table([['x', '1']])}<p>b</p>")
    assert made.startswith(
        '<p>a</p><div aria-label="Of all" class="scroll table-box" role="group" tabi'
    )
    assert made.count('<th scope="col">') == 2
    assert "data-label" not in made and made.endswith("</table></div><p>b</p>")


def test_long_texts_make_rows_into_lists_on_a_phone():
    made = boxed(table([["x", "w" * LONG_CELL], ["y", "short"]]))
    assert 'class="scroll table-box stack"' in made
    assert '<td class="long" data-label="value">' in made
    assert '<td data-label="name">y</td><td data-label="value">short</td>' in made


def test_a_tall_table_scrolls_under_its_head():
    assert "tall" not in boxed(table([["x", "1"]] * (TALL_TABLE - 1)))
    assert 'table-box tall"' in boxed(table([["x", "1"]] * TALL_TABLE))


def test_empty_heads_are_no_heads_and_names_may_be_broken():
    made = boxed(table([["sinus_to_leg", "1"]], head="<th></th><th>value</th>"))
    assert "<td></td>" in made and "<th></th>" not in made
    assert "sinus_<wbr/>to_<wbr/>leg" in made and plain(made).endswith("sinus_to_leg1")


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_text_of_a_table_stays_as_it_is(cells):
    row = [f"x{html.escape(cell)}x" for cell in cells]
    assert plain(boxed(table([row]))) == f"Of allnamevalue{plain(''.join(row))}"


# --- raw HTML, Markdown, pictures ----------------------------------------------------------------


@given(st.text(alphabet="`\n<a>{} ", max_size=60))
def test_nothing_ends_raw_html_before_its_end(text):
    made = html_block("<p>", text, "</p>")
    (token,) = MarkdownIt().parse(made)
    assert token.type == "fence" and token.info == "{raw} html"
    assert token.content.startswith("<p>") and token.content.rstrip("\n").endswith("</p>")


def test_raw_html_of_nothing_is_nothing():
    assert html_block("", "") == ""


def test_markdown_keeps_tables_and_refuses_script_addresses():
    made = markdown_html("| a | b |\n|---|---|\n| **x** | [l](javascript:alert(1)) |")
    assert "<table>" in made and "<strong>x</strong>" in made
    assert "href" not in made


def test_a_picture_escapes_its_words():
    size = svg_size('<svg viewBox="0 0 720 360">')
    made = macros().picture("../figures/10-a--b", HOSTILE, size, "")
    assert "<script" not in made and "<img src=x" not in made
    assert 'src="../figures/10-a--b.svg"' in made and 'width="960" height="480"' in made
    assert 'href="../figures/10-a--b.csv"' in made


SVG = """<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="1pt" viewBox="0 0 9 9">
<title>before</title><metadata>m</metadata><defs><path id="glyph"/></defs>
<g id="axes"><g id="claim-a"><path d="M0 0"/><text>A &lt;b&gt;</text></g>tail
<use href="#glyph"/></g>
</svg>"""


def test_boxes_of_an_svg_become_links():
    made = linked_svg(SVG, HOSTILE, {"a": ("claims/a.html", "A: holds"), "z": ("z.html", "Z")})
    root = ElementTree.fromstring(made)
    assert root.get("aria-label") == HOSTILE and root.get("role") == "group"
    assert "width" not in root.attrib and root.get("viewBox") == "0 0 9 9"
    (link,) = root.iter("{http://www.w3.org/2000/svg}a")
    assert (link.get("href"), link.get("aria-label")) == ("claims/a.html", "A: holds")
    assert link.tail == "tail\n" and "".join(link.itertext()) == "A <b>"
    assert [e.get("id") for e in root.iter() if e.get("id")] == ["glyph"]
    assert "before" not in made and "metadata" not in made


# --- works ---------------------------------------------------------------------------------------


def test_works_are_formatted_by_pybtex_whatever_they_hold():
    found = formatted(
        parse_string(
            """@article{b, author = {Bean, Ann}, title = {Coffee <b> 5\\% \\& tea}, journal = {J},
                year = {2001}, doi = {10.1000/x}}
            @misc{a, author = {Ape, Zoe}, title = {T}, url = {javascript:alert(1)}, year = {1999}}
            @article{c, title = {No more than a title}}""",
            "bibtex",
        )
    )
    assert list(found) == ["c", "a", "b"]
    assert found["b"].startswith("Ann Bean.") and "Coffee &lt;b&gt; 5% &amp; tea" in found["b"]
    assert '<a href="https://doi.org/10.1000/x">' in found["b"]
    assert "javascript" not in found["a"] and "No more than a title" in found["c"]


# --- templates -----------------------------------------------------------------------------------


def test_no_module_of_the_site_writes_html():
    """Every element stands in a template, which escapes what it is given."""
    written = [
        (path.name, text.value)
        for path in Path(markup.__file__).parent.rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.Constant) and re.search(r"</?[a-z]\w*[\s/>]", str(text.value))
    ]
    assert written == []


@pytest.mark.parametrize("name", sorted(path.name for path in markup.TEMPLATES.glob("*.jinja")))
def test_every_template_escapes(name):
    template = markup._templates().get_template(name)
    assert template.environment.autoescape is True
