"""Claim cards: one per claim, complete, safe, and where every link of the collection leads."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import mistune
import nbformat
import pandas as pd
import pytest

from claimbook import load, show
from claimbook.book.first_page import load_about
from claimbook.book.tables import split_cell
from claimbook.book.text import doi_link
from claimbook.citations.audit import audit
from claimbook.citations.known_dois import known_dois
from claimbook.claims.cited_support import cited_support
from claimbook.claims.summary import summarise
from claimbook.errors import InputError
from claimbook.show import card_links, cards, outputs

ROOT = Path(__file__).resolve().parents[2]
LINKING = ["00-overview", "10-the-figures", "20-the-references", "80-cross-tabulations"]
ANCHOR = re.compile(r'<a id="(claim-[^"]*)"></a>')
TAGS = {"h3", "a", "p", "code", "strong", "br", "small", "details", "summary"}
TAGS |= {"table", "thead", "tbody", "tr", "th", "td"}
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> [x](javascript:alert(3)) `c` **b** "
    "</details></table>\n\n# Heading\n- item $x^2$ | \u202e \x07 &lt;i&gt; \\input{x}"
)


@pytest.fixture(scope="module")
def audited(book):
    return audit(book.bibliography, book.table("references"), book.claims)


@pytest.fixture(scope="module")
def every(book, audited):
    return cards.claim_cards(book, audited, {})


def shown(stem: str, form: str) -> str:
    """Everything that a committed notebook shows in one form."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
    outputs = [o for c in notebook.cells for o in c.get("outputs", [])]
    return "\n".join(o.data.get(form, "") for o in outputs if "data" in o)


# --- what a card holds ---------------------------------------------------------------------------


def test_every_claim_has_one_card_in_the_notebook(book):
    found = ANCHOR.findall(shown("25-claim-cards", "text/markdown"))
    assert found == [card_links.anchor(claim) for claim in book.claims["claim"]], (
        "stale: ./run book"
    )
    assert len(set(found)) == len(found)


def test_notebook_stays_light():
    assert (ROOT / "notebooks" / "25-claim-cards.ipynb").stat().st_size < 1_500_000


def test_every_table_with_claims_is_worded(book):
    columns = cards.load_columns(book)
    needed = {t for claim in book.claims["claim"] for t in cards.wider_rows(book, claim)}
    assert needed - {"findings"} == set(columns)
    for table, shape in columns.items():
        named = {*shape.words, shape.bearing, shape.numbers[0]} - {""}
        assert named - {"value"} <= set(book.table(table).columns), table


def test_card_holds_what_is_known(book, every):
    assert list(every.index) == book.claims["claim"].tolist()
    pairs = cited_support(book).groupby("claim")["key"].apply(list)
    findings = book.table("findings")
    for _, claim in book.claims.iterrows():
        card, name = every[claim["claim"]], claim["claim"]
        assert f"`{name}` · paragraph {claim['paragraph']} · domain: {claim['domain']}" in card
        assert f"hedge: {claim['hedge']}" in card
        assert ("**figure: " in card) == (claim["role"] == "figure")
        rows = findings[(findings["claim"] == name)]["row_id"]
        assert all(f">{row}<" in card for row in rows)
        if name in pairs.index:
            assert card.count("<tr>") >= 1 + len(pairs[name])
        else:
            assert "**Cited works:** none." in card
    missing = every["leg_hypoxia"]
    assert "Ghosh et al. 2014: not in the list" in missing and "+ missing from list" in missing


def test_a_card_by_hand(book, every):
    card = every["no_decline_with_age"]
    assert card.startswith('### <a id="claim-no_decline_with_age"></a>')
    assert "**figure: up to 75 %** · for: people in their 60s or 70s" in card
    assert "≠ DOI of another work" in card and "authors, year, title, volume, issue" in card
    assert "https://doi.org/10.1161/JAHA.114.000973" in card
    wider = cards.wider_rows(book, "no_decline_with_age")
    assert {name: len(rows) for name, rows in wider.items()} == {
        name: (book.table(name)["claim"] == "no_decline_with_age").sum()
        for name in ("no_by_age", "physiology")
    } | {"findings": len(wider["findings"])}
    assert f"{len(wider['no_by_age'])} in `no_by_age`" in card
    assert f"Show all {sum(map(len, wider.values()))} rows" in card


def test_no_row_is_told_twice_or_lost(book, every):
    """Each row that names a claim stands once on its card and on no other."""
    told = {}
    for claim, card in every.items():
        for row in re.findall(r'<td style="text-align: left">(?:<a [^>]*>)?(\w+_[a-z]?\d+)<', card):
            told.setdefault(row, []).append(claim)
    for name, frame in book.tables.frames.items():
        if {"claim", "row_id"} <= set(frame.columns) and name != "claims":
            for row in frame.dropna(subset=["claim"]).itertuples():
                assert told.get(row.row_id, [row.claim]) == [row.claim], (name, row.row_id)
    assert len(told) > 600


def test_unconfirmed_and_unverified_are_marked(book, audited):
    columns = {"circadian": cards.Columns(("first_author", "measure"), ("amplitude", "", ""))}
    card = cards.claim_cards(book, audited, columns)["no_circadian"]
    rows = book.table("circadian").query("claim == 'no_circadian'")
    doubtful = rows["unconfirmed_fields"].fillna("").str.contains("first_author")
    assert doubtful.any()
    for row in rows[doubtful & rows["first_author"].notna()].itertuples():
        assert f"{row.first_author} (unconfirmed)" in card
    unused = book.table("findings").query("verification == 'not_found'")
    card = cards.claim_cards(book, audited, {})[unused["claim"].iloc[0]]
    assert "not found: not used" in card


def test_verdicts_follow_an_updated_number(book):
    about = load_about(book)
    before = cards.verdict_lines(summarise(book, about), {})
    changed = summarise(book.update(brain_energy_share=60), about)
    after = cards.verdict_lines(changed, {"brain_energy_share": "n.ipynb"})
    assert list(before) == book.claims["claim"].tolist()
    assert "**Verdict: ● holds.**" in before["brain_energy_share"]
    assert "Certainty: moderate." in before["brain_energy_share"]
    assert "All rows" not in before["brain_energy_share"]
    assert "✕ contradicted." in after["brain_energy_share"]
    assert "Certainty: moderate. [All rows and the picture](n.ipynb)" in after["brain_energy_share"]
    assert "Certainty" not in after["humming"] and "*Rule:* cited works: " in after["humming"]


def test_rows_lead_to_the_doi_of_their_source(book, every):
    dois = known_dois(book)
    assert (
        dois["munzel2013"]
        == book.table("references").set_index("key").loc["munzel2013", "intended_doi"]
    )
    for name, frame in book.tables.frames.items():
        if {"claim", "row_id", "doi"} <= set(frame.columns):
            for row in frame.dropna(subset=["claim", "doi"]).itertuples():
                assert f'href="{html.escape(doi_link(row.doi))}"' in every[row.claim], name


def test_a_card_leads_to_the_work_itself_where_the_printed_doi_does_not(every, book):
    works = book.table("references").set_index("key")
    assert works.loc["kapil2013", "verdict"] != "doi_of_another_work"
    other = works[works["verdict"] == "doi_of_another_work"].dropna(subset=["intended_doi"])
    cited = {key for cell in book.claims["cites"] for key in split_cell(cell, ";")}
    assert set(other.index) & cited
    for key in set(other.index) & cited:
        (claim, *_) = book.claims.loc[
            [key in split_cell(cell, ";") for cell in book.claims["cites"]], "claim"
        ]
        assert doi_link(works.loc[key, "intended_doi"]).lower() in every[claim].lower()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("brew: {words: [method]}", "no table 'brew'; did you mean 'brews'"),
        ("brews: {words: [metod]}", "no column 'metod'; did you mean 'method'"),
        ("brews: {numbers: [value]}", "a list of three"),
        ("brews: {word: [method]}", "key 'word' is not known; did you mean 'words'"),
        ("brews: [method]", "expected words and numbers"),
        ("notebook: cards", "notebook: expected the file name of a notebook, such as cards.ipynb"),
    ],
)
def test_wrong_wording_of_cards_is_named(coffee, text, told):
    (coffee / "cards.yaml").write_text(text)
    with pytest.raises(InputError, match=re.escape(told)):
        cards.load_columns(load(coffee))


def test_wording_of_cards_is_optional(coffee):
    assert cards.load_columns(load(coffee)) == {}
    (coffee / "cards.yaml").write_text('brews: {words: [method], numbers: [value, "", ""]}')
    found = cards.load_columns(load(coffee))
    assert found == {"brews": cards.Columns(("method",), ("value", "", ""), "")}


def test_named_in(book, audited):
    used = {"mouthwash": ["[10 a](10-a.ipynb)", "[20 b](20-b.ipynb)"]}
    found = cards.claim_cards(book, audited, {}, used=used)
    assert "named in: [10 a](10-a.ipynb), [20 b](20-b.ipynb)" in found["mouthwash"]
    assert "named in: no other notebook" in found["humming"]


def test_cards_know_no_subject(coffee):
    book = load(coffee)
    audited = pd.DataFrame(
        {
            "key": ["bean2001", "cup1999"],
            "verdict": ["accurate", "missing_from_list"],
            "disagreeing_fields": ["", ""],
            "printed_authors": ["Bean", "Cup"],
            "printed_year": ["2001", "1999"],
        }
    )
    found = cards.claim_cards(book, audited, {})
    assert list(found.index) == book.claims["claim"].tolist()
    assert "bean_f1" in found["brewing_time"] and "240\xa0s" in found["brewing_time"]
    assert "+ missing from list" in found["aroma"]
    assert "**Cited works:** none." in found["cups_a_day"]


# --- text of the data is never obeyed ------------------------------------------------------------


class Markup(HTMLParser):
    """What a browser would make of a text: its tags, links and words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.words += data


def test_hostile_text_shows_as_text(book):
    frames = {name: frame.copy() for name, frame in book.tables.frames.items()}
    claim = frames["claims"].loc[frames["claims"]["claim"] == "mouthwash"].index
    frames["claims"].loc[claim, ["statement", "population"]] = HOSTILE
    for name, columns in {
        "findings": ["source_reports", "value_text", "population", "source_citation", "note"],
        "physiology": ["quantity", "condition", "value_text"],
    }.items():
        rows = frames[name]["claim"] == "mouthwash"
        frames[name].loc[rows, columns] = HOSTILE
        frames[name].loc[rows, "evidence_url"] = "javascript:alert(1)"
    entries = dict(book.bibliography.entries)
    entry = entries["kapil2013"]
    fields = {"title": HOSTILE, "doi": HOSTILE, "url": "javascript:alert(4)"}
    entries["kapil2013"] = type(entry)(entry.type, fields, entry.persons)
    bad = replace(
        book,
        tables=replace(book.tables, frames=frames),
        bibliography=type(book.bibliography)(entries),
    )
    audited = audit(bad.bibliography, frames["references"], frames["claims"])
    columns = {"physiology": cards.Columns(("quantity", "condition", "value_text"))}
    for renderer in (mistune.html, mistune.create_markdown(escape=False, plugins=["table"])):
        page = Markup(renderer(cards.claim_cards(bad, audited, columns)["mouthwash"]))
        assert set(page.tags) <= TAGS
        assert page.tags.count("h3") == page.tags.count("details") == 1
        assert all(link.startswith("https://") for link in page.links)
        assert "<script>alert(1)</script>" in page.words
        assert "\x07" not in page.words and "\u202e" not in page.words
        assert "[x](javascript:alert(3))" in page.words


def test_anchors_and_addresses_are_safe():
    assert card_links.anchor("no_half_life") == "claim-no_half_life"
    assert card_links.anchor('a"><b>') == "claim-a---b-"
    assert card_links.address("humming") == "25-claim-cards.ipynb#claim-humming"
    assert card_links.addresses(["humming", pd.NA]) == [card_links.address("humming"), ""]
    assert card_links.linked("humming", "[x]") == "[\\[x\\]](25-claim-cards.ipynb#claim-humming)"


def test_nothing_leads_to_cards_that_stand_in_no_notebook(coffee, monkeypatch):
    found = []
    monkeypatch.setattr(outputs, "publish", lambda data, **_: found.append(data))
    monkeypatch.setenv("CLAIMBOOK_DATA", str(coffee))
    assert card_links.addresses(["aroma"]) == [""]
    assert card_links.linked("a_b") == "a\\_b"
    show.table(pd.DataFrame({"a": ["word"]}), "caption", claim="aroma")
    show.say("Text", claim=["aroma", "extraction"])
    assert "<caption>caption (claim: aroma)</caption>" in found[0]["text/html"]
    assert found[1]["text/markdown"] == "Text (claims: aroma, extraction)"


@pytest.mark.parametrize(
    ("given", "link"),
    [
        ("25-claim-cards.ipynb#claim-humming", "25-claim-cards.ipynb#claim-humming"),
        ("#claim-humming", "#claim-humming"),
        ("20-the-references.ipynb", "20-the-references.ipynb"),
        ("https://example.org/a | https://example.org/b", "https://example.org/a"),
        ('https://example.org/"onclick="x', "https://example.org/%22onclick=%22x"),
        ("HTTPS://a.org", "HTTPS://a.org"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.org/x.ipynb", None),
        ("../../etc/passwd", None),
        ("folder/x.ipynb#a", None),
        ('x.ipynb#"onclick=', None),
        ("x.ipynb#a b", None),
        ("x.html", None),
        ("", None),
        (None, None),
    ],
)
def test_tables_link_only_where_it_is_safe(given, link, monkeypatch):
    found = []
    monkeypatch.setattr(outputs, "publish", lambda data, **_: found.append(data["text/html"]))
    show.table(pd.DataFrame({"a": ["word"]}), "caption", links={"a": [given]})
    page = Markup(found[0])
    assert page.links == ([link] if link else [])
    assert set(page.tags) <= TAGS | {"caption"} and "word" in page.words


# --- every link leads to a card ------------------------------------------------------------------


def test_links_to_cards_lead_to_a_card(book):
    there = set(ANCHOR.findall(shown("25-claim-cards", "text/markdown")))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = shown(path.stem, "text/html") + shown(path.stem, "text/markdown")
        asked = set(re.findall(r"25-claim-cards\.ipynb#([\w.-]+)", text))
        assert asked <= there, path.name
        if path.stem in LINKING:
            assert asked, path.name
    index = set(re.findall(r'href="#([^"]+)"', shown("25-claim-cards", "text/html")))
    assert index == there


def test_figures_and_pairs_are_linked(book):
    figures = book.claims.loc[book.claims["role"] == "figure", "claim"]
    for stem in ("00-overview", "10-the-figures"):
        assert all(card_links.address(f) in shown(stem, "text/html") for f in figures)
    pairs = book.claims[[bool(split_cell(c, ";")) for c in book.claims["cites"]]]["claim"]
    page = shown("80-cross-tabulations", "text/html")
    assert all(f'href="{card_links.address(claim)}"' in page for claim in pairs)
