"""What a site carries for machines beside its pages: sitemap, link preview and its picture."""

import json
import struct
import warnings
from datetime import date
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from bs4 import BeautifulSoup
from exports_example import REAL
from exports_example import coffee as coffee_example

from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.verdict import Verdict
from claimbook.show.theme import theme
from claimbook.site.exports.claim_review import title_of
from claimbook.site.exports.open_graph import meta_tags, summary
from claimbook.site.exports.sitemap import sitemap
from claimbook.site.exports.social_card import (
    HEIGHT,
    MOST,
    WIDTH,
    drawn_card,
    social_card,
    social_card_alt,
)

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITE = "https://example.org/book/"
DAY = date(2026, 11, 22)
HOSTILE = '"><script>alert(1)</script> & \u202e x'


def labels_of(book):
    return evidence_matrix(book).set_index("claim")["label"].to_dict()


@pytest.fixture(scope="module")
def shown(book):
    """Title, answers and labels of the collection."""
    return title_of(book), REAL.answers, labels_of(book)


# --- sitemap -------------------------------------------------------------------------------------


def test_a_sitemap_follows_the_protocol():
    """Point by point; its schema is not to be had with anything that Python installs."""
    pages = ["index.html", "10-the-figures.html", "machine/ä & <b>.html"]
    xml = sitemap(pages, SITE, DAY)
    root = ElementTree.fromstring(xml)
    assert root.tag == f"{{{NAMESPACE}}}urlset"
    assert [[child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in url] for url in root] == [
        ["loc", "lastmod"]
    ] * 3
    assert [(url.tag, url[0].text, url[1].text) for url in root] == [
        (f"{{{NAMESPACE}}}url", SITE + page, "2026-11-22")
        for page in ("10-the-figures.html", "index.html", "machine/%C3%A4%20%26%20%3Cb%3E.html")
    ]
    assert xml == sitemap(reversed(pages), SITE, DAY)


# --- link preview --------------------------------------------------------------------------------


def tags(title="A title", address=SITE, alt="What it shows."):
    """Name -> content of the elements of a page's head; there are no others."""
    head = meta_tags(title, "In short.", alt, address, "index.html", "x/card.png")
    found = BeautifulSoup(head, "html.parser")(True)
    assert {element.name for element in found} == {"meta"}
    return {e.get("property") or e["name"]: e["content"] for e in (e.attrs for e in found)}


def test_a_published_page_tells_all_that_the_protocol_requires():
    told = tags()
    assert {"og:title", "og:type", "og:image", "og:url"} <= set(told)
    assert told["og:url"] == f"{SITE}index.html" and told["og:image"] == f"{SITE}x/card.png"
    assert told["og:title"] == "A title" and told["og:type"] == "website"
    assert told["og:image:alt"] == "What it shows."
    assert (told["og:image:width"], told["og:image:height"]) == (str(WIDTH), str(HEIGHT))
    assert told["og:description"] == told["description"] == "In short."
    assert told["twitter:card"] == "summary_large_image"


def test_without_an_address_nothing_is_told_that_needs_one():
    told = tags(address=None)
    assert set(told) == {"og:type", "og:title", "og:description", "description"}


def test_hostile_text_stays_inside_its_attribute():
    found = tags(title=HOSTILE, alt=HOSTILE)
    assert found["og:title"] == HOSTILE.replace("\u202e", "\ufffd")


def test_the_summary_counts_the_verdicts(shown):
    _, answers, _ = shown
    verdicts = [a["verdict"] for a in answers if "cited" in a]
    text = summary(answers)
    assert text.startswith(f"{len(verdicts)} figures")
    for verdict in Verdict:
        counted = f"{verdict.text}: {verdicts.count(verdict)}"
        assert (counted in text) == (verdict in verdicts)


# --- its picture ---------------------------------------------------------------------------------


def test_the_picture_has_its_size_and_the_same_bytes_on_every_run(shown):
    png = social_card(*shown)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT) == (1200, 630)
    assert len(png) < 300_000
    with mpl.rc_context({"font.size": 30, "figure.dpi": 50}):  # whatever the page before set
        before = dict(mpl.rcParams)
        assert social_card(*shown) == png
        assert dict(mpl.rcParams) == before


def drawn(title, answers, labels):
    with theme(), warnings.catch_warnings():
        warnings.simplefilter("error")  # a letter that the font lacks
        fig = drawn_card(title, answers, labels)
        fig.draw_without_rendering()
        return [(text, text.get_window_extent()) for text in fig.texts]


@pytest.mark.parametrize("count", [1, 7, 30])
def test_everything_in_the_picture_can_be_read(shown, count):
    title, answers, labels = shown
    some = [a for a in answers if "cited" in a]
    some = (some * 5)[:count]
    boxes = drawn(title, some, {claim: f"{words} and so on" for claim, words in labels.items()})
    assert len(boxes) == 1 + 3 * min(count, MOST)
    for i, (text, box) in enumerate(boxes):
        assert box.x0 >= 0 and box.x1 <= WIDTH and box.y0 >= 0 and box.y1 <= HEIGHT, text
        assert text.get_fontsize() * 100 / 72 >= 27, "nine pixels where it is a third as wide"
        for other, its in boxes[i + 1 :]:
            assert not box.overlaps(its), (text, other)


def test_the_picture_tells_each_figure_with_mark_word_and_colour(shown):
    title, answers, labels = shown
    texts = [text for text, _ in drawn(title, answers, labels)]
    words = [text.get_text() for text in texts]
    assert " ".join(words[0].split()) == title
    colours = {}
    for answer in (a for a in answers if "cited" in a):
        line = words.index(f"{labels[answer['claim']]}: {answer['figure']}")
        mark, word = texts[line + 1], texts[line + 2]
        assert mark.get_text() == Verdict(answer["verdict"]).mark
        assert word.get_text() == answer["verdict"]
        colours.setdefault(answer["verdict"], set()).add(mark.get_color())
    assert all(len(own) == 1 for own in colours.values())
    assert len(set.union(*colours.values())) == len(colours) > 1


def test_another_verdict_gives_another_picture_and_other_words(shown):
    title, answers, labels = shown
    changed = json.loads(json.dumps(answers))
    changed[0]["verdict"] = "contradicted"
    assert social_card(title, changed, labels) != social_card(*shown)
    alt, other = social_card_alt(*shown), social_card_alt(title, changed, labels)
    for answer in (a for a in answers if "cited" in a):
        assert f"{labels[answer['claim']]}, {answer['figure']}: {answer['verdict']}" in alt
    assert alt.replace("holds in part", "contradicted", 1) == other


def test_a_book_about_something_else(tmp_path):
    example = coffee_example(tmp_path)
    answers = example.answers
    labels = labels_of(example.book)
    assert len(drawn(title_of(example.book), answers, labels)) == 10
    alt = social_card_alt(title_of(example.book), answers, labels)
    assert alt.startswith("coffee: Filter coffee takes long, about 4\u00a0min: holds; ")
