"""The site of the collection, read without a browser: links, weights, words, what it loads."""

import csv
import json
import re

import nbformat
import pytest
from conftest import BUILD_FLOOR, REBUILD_FLOOR, ROOT
from site_reader import loaded_by, pages_of, report

from claimbook.book.first_page import load_about
from claimbook.book.tables import split_cell
from claimbook.book.text import doi_link
from claimbook.citations.known_dois import known_dois
from claimbook.claims.summary import summarise
from claimbook.claims.verdict import Verdict
from claimbook.show.card_links import anchor
from claimbook.show.output_keys import METADATA_KEY
from claimbook.site.links import claim_page

FIRST_PAGE_FLOOR, PAGE_FLOOR = 100_000, 3_000_000
"""Bytes of the first page itself without pictures, and of any page with all that it loads."""
STYLE_LOADS = r"(?:url\(|@import)\s*[\"']?([^\s\"')]{1,200})"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def pages(site):
    return pages_of(site.folder)


def test_command_says_where_to_begin(site):
    assert f"Open {site.folder / 'index.html'}" in site.said
    assert (site.folder / "index.html").is_file()


def test_site_is_made_in_time(site):
    """Processor time: how long one waits for it depends on what else the machine does."""
    assert site.seconds < BUILD_FLOOR
    assert site.rebuilt < REBUILD_FLOOR
    report("times", {"built": site.seconds, "rebuilt": site.rebuilt})


def test_site_is_the_same_again_when_a_notebook_is(site):
    assert site.same


def test_every_notebook_and_claim_has_its_page(pages, book):
    assert {f"notebooks/{p.stem}.html" for p in NOTEBOOKS} <= set(pages)
    assert {f"{claim_page(claim)}.html" for claim in book.claims["claim"]} <= set(pages)
    others = {"index.html", "search.html", "works.html", "errata.html", "open.html"}
    rest = {p for p in pages if not p.startswith(("notebooks/", "claims/"))}
    assert rest >= others


# --- links ---------------------------------------------------------------------------------------


def test_every_internal_link_and_anchor_leads_somewhere(pages, site):
    root = site.folder.resolve()
    ids = {(root / path): set(page.ids) for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for tag, address in page.addresses:
            if re.match(r"(https?|mailto|data):", address):
                continue
            file, _, anchor = address.partition("#")
            target = page.path.resolve()
            if file:
                target = (target.parent / file.partition("?")[0]).resolve()
            there = target.is_file() and root in target.parents
            if not there or (anchor and target in ids and anchor not in ids[target]):
                broken.append((path, tag, address))
    assert broken == []


def test_no_page_has_an_id_twice(pages):
    assert {p: [i for i in set(page.ids) if page.ids.count(i) > 1]
            for p, page in pages.items() if len(set(page.ids)) < len(page.ids)} == {}  # fmt: skip


def test_nothing_comes_from_elsewhere(pages, site):
    """Only what a reader clicks may lead out."""
    outside = [
        (path, tag, address)
        for path, page in pages.items()
        for tag, address in page.addresses
        if re.match(r"\w+:|//", address) and tag != "a" and not address.startswith("data:")
    ]
    assert outside == []
    for style in site.folder.rglob("*.css"):
        for address in re.findall(STYLE_LOADS, style.read_text("utf-8")):
            local = not re.match(r"\w+:|//", address) and (style.parent / address).is_file()
            assert local or address.startswith("data:"), (style, address)


def test_from_a_number_to_its_source_in_two_clicks(pages, book):
    """First page -> card -> DOI, for every figure and every verdict on it."""
    summary = summarise(book, load_about(book))
    first = pages["index.html"]
    leads = {address for tag, address in first.addresses if tag == "a"}
    dois = known_dois(book)
    for record in summary.records:
        card = f"{claim_page(record['claim'])}.html"
        assert card in leads
        assert Verdict(record["verdict"]).text in first.said
        out = {address for tag, address in pages[card].addresses if tag == "a"}
        keys = split_cell(book.claim(record["claim"])["cites"], ";")
        wanted = {doi_link(dois[key]) for key in keys if key in dois}
        assert wanted and {link.lower() for link in wanted} <= {link.lower() for link in out}
    assert sum(link.startswith("claims/") for link in leads) > 40


def test_every_card_with_a_cited_work_leads_to_a_doi(pages, book):
    dois = known_dois(book)
    for claim in book.claims.itertuples():
        if any(key in dois for key in split_cell(claim.cites, ";")):
            page = pages[f"{claim_page(claim.claim)}.html"]
            assert any(a.startswith("https://doi.org/") for _, a in page.addresses), claim.claim


QUANTITY = re.compile(
    r"\d[\d.,]*[\s\u00a0]*(?:%|s|ms|min|h|mm|mL|nL/min|nmol/L|nmol/min|million|times|percent)(?!\w)"
)
RULES = {
    "The scale and its rules",
    "The rule by which a pooled estimate judges a figure of the essay",
}
RULES |= {"Verdict by what the cited works say (rows) and what the wider evidence says (columns)"}
"""Tables that explain verdicts and judge nothing."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_estimate_and_verdict_that_a_notebook_shows_leads_to_a_card(path):
    """Each output that holds one holds a link to a card as well."""
    without = []
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            for form in ("text/markdown", "text/html"):
                text = output.get("data", {}).get(form, "")
                words = re.sub(r"<[^>]*>", " ", text)
                judged = QUANTITY.search(words) or any(verdict.text in words for verdict in Verdict)
                caption = re.search(r"<caption>(.*?)</caption>", text)
                linked = "25-claim-cards.ipynb" in text or 'id="claim-' in text
                if judged and not linked and not (caption and caption[1] in RULES):
                    without.append((cell.id, words[:80]))
    assert without == []


# --- weights -------------------------------------------------------------------------------------


def test_pages_are_light(pages):
    weights = {p: sum(f.stat().st_size for f in loaded_by(page)) for p, page in pages.items()}
    first = re.sub(r"<svg.*?</svg>", "", pages["index.html"].text, flags=re.S)
    assert len(first.encode()) < FIRST_PAGE_FLOOR
    assert {p: w for p, w in weights.items() if w >= PAGE_FLOOR} == {}
    report("weights", weights)


# --- what pages hold -----------------------------------------------------------------------------


def pictures():
    """Stem, name and alternative text of every figure of the notebooks."""
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if about := output.get("metadata", {}).get(METADATA_KEY):
                    yield path.stem, about["figure"], about["alt"]


def test_every_figure_has_its_words_and_its_numbers(pages, site):
    shown = list(pictures())
    assert len(shown) > 30
    for stem, name, alt in shown:
        page = pages[f"notebooks/{stem}.html"]
        (image,) = page.all("img", src=f"../figures/{stem}--{name}.svg")
        assert image["alt"] == alt and int(image["width"]) > 300 and int(image["height"]) > 50
        assert ("a", f"../figures/{stem}--{name}.csv") in page.addresses
        with (site.folder / f"figures/{stem}--{name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert rows and all(None not in row and None not in row.values() for row in rows), name
    for path, page in pages.items():
        assert all(image.get("alt") for image in page.all("img")), path


def test_first_page_says_what_it_must(pages, book):
    first, about = pages["index.html"], load_about(book)
    summary = summarise(book, about)
    assert first.all("h1") and about.title in first.said
    assert " ".join(about.question.split()) in first.said
    for heading in ("The whole argument in one picture", "How to read a verdict"):
        assert heading in first.said
    assert all(" ".join(limit.split()) in first.said for limit in about.limits)
    assert re.search(r"last changed on \d{4}-\d\d-\d\d", first.said)
    (table,) = first.all("table")
    assert table["class"] == "figures"
    assert len(first.all("th", scope="row")) == len(summary.records)
    for record, sure in zip(summary.records, summary.certainty, strict=True):
        assert record["asks"] in first.said
        assert record["figure"].replace("\u00a0", " ") in first.said
        assert re.search(rf"{re.escape(Verdict(record['verdict']).text)} {sure}\b", first.said)
    (svg,) = first.all("svg", role="group")
    assert svg["aria-label"].startswith("A graph of")
    boxes = [a for a in first.all("a") if a.get("aria-label")]
    assert len(boxes) > 40 and all(a["href"].startswith("claims/") for a in boxes)


def test_a_card_page_holds_verdict_rows_answers_and_neighbours(pages, book):
    page = pages[f"{claim_page('no_decline_with_age')}.html"]
    assert book.claim("no_decline_with_age")["statement"] in page.said
    told = ["○ not supported", "Certainty: low", "Cited works", "What they report"]
    told += ["Answers of the notebooks", "In the argument", "50-nitric-oxide-and-age"]
    for words in told:
        assert words in page.said
    assert "../notebooks/10-the-figures.html" in {a for _, a in page.addresses}


def test_page_of_the_cards_keeps_its_index_and_leaves_the_cards_to_their_pages(pages, book):
    page = pages["notebooks/25-claim-cards.html"]
    assert not {anchor(claim) for claim in book.claims["claim"]} & set(page.ids)
    leads = {address for _, address in page.addresses}
    assert {f"../{claim_page(c)}.html" for c in book.claims["claim"]} <= leads


def test_links_of_notebooks_to_cards_lead_to_their_pages(pages):
    for path, page in pages.items():
        assert not any(".ipynb#" in address for _, address in page.addresses), path
        assert "../25-claim-cards" not in page.text


def test_tables_stand_in_boxes_that_scroll_by_keyboard(pages):
    for path, page in pages.items():
        boxes = [a for a in page.all("div") if "table-box" in (a.get("class") or "").split()]
        tables = [a for a in page.all("table") if a.get("class") != "figures"]
        assert len(boxes) == len(tables), path
        assert all(box["tabindex"] == "0" and box["aria-label"] for box in boxes), path


def test_verdicts_in_tables_have_mark_word_and_colour(pages):
    for path in ("notebooks/82-claims-and-checks.html", "notebooks/00-overview.html"):
        text = pages[path].text
        for verdict in Verdict:
            name = verdict.replace(" ", "-")
            badge = f'<span class="verdict verdict-{name}">{verdict.text}</span>'
            assert badge in text, (path, verdict)
            assert f"--{name}: {verdict.colour};" in text


def test_code_is_hidden_and_can_be_shown(pages):
    for path, page in pages.items():
        if path.startswith("notebooks/"):
            folded = [a for a in page.all("details") if "hide" in (a.get("class") or "")]
            assert folded and not any("open" in a for a in folded), path
            assert "Show the code" in page.said
            assert len(page.all("summary")) >= len(folded)


def test_search_index_holds_every_claim(site, book):
    index = (site.folder / "searchindex.js").read_text(encoding="utf-8")
    for statement in book.claims["statement"]:
        assert json.dumps(statement)[1:-1] in index or statement in index


def test_works_are_formatted_from_both_bibliographies(pages, book):
    page = pages["works.html"]
    printed = {f"printed-{key}" for key in book.bibliography.entries}
    assert printed <= set(page.ids)
    assert {i for i in page.ids if i.startswith("is-")}
    assert ("a", "downloads/corrected.bib") in page.addresses
    assert ("a", "https://doi.org/10.1161/JAHA.114.000973") in page.addresses


def test_steps_lead_through_notebooks_and_cards(pages, book):
    claims = [claim_page(claim).partition("/")[2] for claim in book.claims["claim"]]
    second = pages[f"claims/{claims[1]}.html"]
    assert [a["href"] for a in second.all("a", **{"class": "left-prev"})] == [f"{claims[0]}.html"]
    assert [a["href"] for a in second.all("a", **{"class": "right-next"})] == [f"{claims[2]}.html"]
    stems = [path.stem for path in NOTEBOOKS]
    page = pages[f"notebooks/{stems[1]}.html"]
    assert [a["href"] for a in page.all("a", **{"class": "right-next"})] == [f"{stems[2]}.html"]


def test_how_to_run_it_names_real_figures(pages, book):
    page = pages["open.html"]
    for name in book.figures.index:
        assert name in page.text.replace("<wbr/>", "")
    assert "./run book --set" in page.said and f"{book.figures.index[0]}=" in page.said
    assert "mybinder.org" in page.said and "./run lab" in page.said
    for name in book.scenario_names:
        assert name in page.said
    assert "run --scenario" in page.said
    assert "what-if.html" in {a["href"] for a in page.all("a", **{"class": "reference internal"})}
