"""What notebooks show: every text of the data is text, whatever stands in it."""

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
import seaborn as sns
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter
from nbconvert import HTMLExporter

from claimbook import show
from claimbook.claims.comparison import compare_all
from claimbook.claims.verdict import Verdict
from claimbook.show import outputs
from claimbook.show.output_keys import ANSWERS_TYPE, METADATA_KEY, SVG_TYPE
from claimbook.show.pictures import csv_text, drawn
from claimbook.show.theme import PALETTE

HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "$x$", "a|b", "`c`"]
HOSTILE += ['"><b>', "&amp;", "</td></tr></table>", "<td>", "\u202e", "{x}", "%s", "two\nlines"]
DRAWN = pd.DataFrame({"x": [1, 2], "y": [0.5, 0.25]})
OURS = {"table", "caption", "details", "summary", "thead", "tbody", "tr", "th", "td", "a"}


@pytest.fixture
def shown(monkeypatch):
    """What would be shown, as a list of (bundle, metadata)."""
    found = []
    monkeypatch.setattr(
        outputs, "publish", lambda bundle, raw, metadata=None: found.append((bundle, metadata))
    )
    return found


class Reader(HTMLParser):
    """Tags, attributes and texts of a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


def safe(html: str) -> Reader:
    read = Reader(html)
    assert set(read.tags) <= OURS, set(read.tags) - OURS
    assert {name for name, _ in read.attributes} <= {"class", "style", "border", "href", "title"}
    return read


def test_table_shows_cells_headers_index_and_caption_as_text(shown):
    frame = pd.DataFrame({f"head {t}": [f"cell {t}", "x"] for t in HOSTILE})
    frame.index = pd.Index([f"row {HOSTILE[0]}", "plain"], name=HOSTILE[1])
    show.table(frame, f"caption {HOSTILE[0]}")
    ((bundle, _),) = shown
    read = safe(bundle["text/html"])
    together = " ".join(read.texts)
    for text in HOSTILE[:4]:
        assert f"cell {text}" in together and f"head {text}" in together
    assert f"row {HOSTILE[0]}" in together and f"caption {HOSTILE[0]}" in together
    assert HOSTILE[1] in together


@given(st.text(), st.text())
def test_table_of_any_text_holds_only_our_tags(head, cell):
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "publish", lambda bundle, raw: found.append(bundle))
        show.table(pd.DataFrame({head: [cell]}), "caption")
    safe(found[0]["text/html"])


def test_table_cuts_no_text_and_marks_missing_cells(shown):
    long = "word " * 100
    show.table(pd.DataFrame({"a": [long.strip(), None, pd.NA], "b": [1.5, float("nan"), 2]}), "c")
    read = Reader(shown[0][0]["text/html"])
    assert long.strip() in read.texts
    assert read.texts.count("–") == 3
    assert "1.5" in read.texts


def test_table_of_many_or_no_rows_is_whole(shown):
    show.table(pd.DataFrame({"a": range(300)}), "many")
    show.table(pd.DataFrame({"a": []}), "none")
    assert Reader(shown[0][0]["text/html"]).tags.count("td") == 300
    assert Reader(shown[1][0]["text/html"]).tags.count("td") == 0


def test_numbers_stand_right_and_words_left(shown):
    show.table(pd.DataFrame({"n": [1], "word": ["x"]}), "c")
    cells = re.findall(r'<td style="text-align: (\w+)">(\w+)</td>', shown[0][0]["text/html"])
    assert cells == [("right", "1"), ("left", "x")]


def test_answers_carry_their_records_and_show_text(shown, book):
    stated = [comparison.answer for comparison in compare_all(book)]
    stated[0] = replace(stated[0], asks=HOSTILE[0], figure=HOSTILE[0], reason=HOSTILE[0])
    show.record(*stated)
    show.say("Stated.", answer=stated[1])
    carried = shown[0][0][ANSWERS_TYPE]
    assert carried["digest"] == book.digest
    assert [a["question"] for a in carried["answers"]] == list(book.questions)
    json.dumps(carried, allow_nan=False)
    assert HOSTILE[0] in safe(shown[0][0]["text/html"]).texts
    assert shown[1][0][ANSWERS_TYPE]["answers"] == [stated[1].as_record()]


def test_figure_comes_as_png_and_svg_with_its_alternative_text(shown):
    @drawn
    def titled():
        fig, ax = plt.subplots()
        ax.set_title("costs $5 … $6_ <b>")
        return fig, f"Alt {HOSTILE[0]}", DRAWN

    show.picture(titled(), "a-name", source=f"rows {HOSTILE[1]}", claim="a claim")
    bundle, metadata = shown[0]
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "<script" not in bundle[SVG_TYPE] and "<img" not in bundle[SVG_TYPE]
    assert "&lt;script&gt;" in bundle[SVG_TYPE]
    assert metadata[METADATA_KEY]["figure"] == "a-name"
    assert metadata["image/png"]["alt"] == f"Alt {HOSTILE[0]}"
    assert "<script" not in shown[1][0]["text/markdown"]
    assert shown[1][0]["text/markdown"].endswith(
        "(claim: [a claim](25-claim-cards.ipynb#claim-a-claim))"
    )
    assert bundle["text/csv"] == csv_text(DRAWN)


def test_figures_are_the_same_whatever_the_reader_has_set(shown):
    @drawn
    def line():
        fig, ax = plt.subplots()
        ax.plot([1, 2], label="line")
        ax.legend()
        return fig, "a", DRAWN

    def shown_line():
        show.picture(line(), "a", source="s")
        return shown[-2][0]["image/png"], shown[-2][0][SVG_TYPE]

    first = shown_line()
    own = {"figure.facecolor": "red", "lines.linewidth": 9, "legend.loc": "center"}
    with mpl.rc_context(own):
        before, codes = dict(mpl.rcParams), dict(mpl.colors.get_named_colors_mapping())
        assert shown_line() == first
        assert dict(mpl.rcParams) == before
        assert dict(mpl.colors.get_named_colors_mapping()) == codes
    assert plt.get_fignums() == []


def test_a_picture_is_the_same_where_a_fit_ends_a_little_elsewhere(shown):
    """Another processor moves fitted numbers in the last digits; the picture must not care."""

    @drawn
    def fitted(shift):
        fig, ax = plt.subplots()
        ax.plot([0, 1, 3], [1, 2.2 * (1 + shift), 7])
        ax.fill_between([0, 1, 3], 0, [1 / 3 * (1 + shift), 2, 5], hatch="//")
        return fig, "mean 0.123456 of all", DRAWN

    first = fitted(0).svg()
    assert fitted(1e-9).svg() == first != fitted(1e-2).svg()
    assert "0.123456" in first, "texts keep their digits"
    coordinates = re.sub(r">[^<]*<", "><", first)
    assert re.search(r"\d\.\d\d\b", coordinates)
    assert not re.search(r"\d\.\d{3}", coordinates)
    named = re.findall(r'id="(p[0-9a-f]{8}-\d+)"', first)
    used = re.findall(r"(?:href=\"|url\()#([^\")]+)", first)
    assert named and set(used) <= set(re.findall(r'id="([^"]+)"', first))


def test_a_picture_as_the_last_line_of_a_cell_is_shown_once():
    @drawn
    def bare():
        return plt.figure(), "Nothing.", DRAWN

    data, metadata = DisplayFormatter().format(bare())
    assert data["text/plain"] == "Nothing." and data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"] == {"alt": "Nothing."}
    assert plt.get_fignums() == [], "else the front end would show the figure as well"


def test_the_alternative_text_reaches_what_nbconvert_makes(shown):
    @drawn
    def bare():
        return plt.figure(), "Nothing & no more.", DRAWN

    show.picture(bare(), "bare", source="s")
    bundle, metadata = shown[0]
    bundle["image/png"] = base64.b64encode(bundle["image/png"]).decode()
    output = nbformat.v4.new_output("display_data", data=bundle, metadata=metadata)
    cell = nbformat.v4.new_code_cell("", outputs=[output])
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(
        nbformat.v4.new_notebook(cells=[cell])
    )
    assert 'alt="Nothing &amp; no more."' in page and "No description" not in page


def test_drawn_numbers_are_given_as_csv_whatever_the_processor():
    frame = pd.DataFrame(
        {"n": [35008.0, 1.0], "share": [1 / 3, float("nan")], "word": ['a, "b"', None]},
        index=pd.Index(["x", "y"], name="row"),
    )
    text = csv_text(frame)
    assert text == 'row,n,share,word\nx,35008,0.3333,"a, ""b"""\ny,1,,\n'
    shifted = frame.assign(share=frame["share"] * (1 + 1e-9))
    assert csv_text(shifted) == text != csv_text(frame.assign(n=2.0))
    assert csv_text(frame.reset_index(drop=True)).startswith("n,share,word\n35008,")


def test_a_table_about_claims_leads_to_their_cards(shown):
    show.table(pd.DataFrame({"a": [1]}), "Of two <b>", claim=["one", "two"])
    show.table(pd.DataFrame({"a": [1]}), "Of none")
    html = shown[0][0]["text/html"]
    assert (
        '<caption>Of two &lt;b&gt; (claims: <a href="25-claim-cards.ipynb#claim-one">one</a>, '
        '<a href="25-claim-cards.ipynb#claim-two">two</a>)</caption>'
    ) in html
    assert "<caption>Of none</caption>" in shown[1][0]["text/html"]
    safe(html)


def test_every_verdict_has_a_colour_a_mark_and_a_rule():
    assert len({verdict.mark for verdict in Verdict}) == len(Verdict)
    assert Verdict("holds").text == "● holds"


def test_verdict_colours_are_those_of_the_figures_palette():
    palette = sns.color_palette(PALETTE).as_hex()
    assert [verdict.colour for verdict in Verdict] == [palette[i] for i in (2, 0, 1, 3, 7)]
