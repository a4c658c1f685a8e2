"""Reading and showing .bib files: what was printed stays, what is broken or hostile is refused."""

import hashlib
import html
import time
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import BibliographyData, Entry, Person, parse_file
from pybtex.plugin import find_plugin

from claimbook.book.bibliography import (
    MAX_ENTRY_CHARS,
    MAX_FILE_BYTES,
    entry_fields,
    format_entry,
    format_entry_html,
    load_bibliography,
    parse_bibliography,
    plain_text,
    printed_authors,
)
from claimbook.book.text import doi_link, safe_link
from claimbook.errors import InputError

PRINTED = Path(__file__).parents[2] / "data" / "references.bib"


@pytest.fixture(scope="module")
def printed() -> BibliographyData:
    return load_bibliography(PRINTED)


def bib(title: str, **fields: str) -> BibliographyData:
    """A bibliography of one entry, made without a parser so that any text can stand in it."""
    entry = Entry("article", {"title": title, "year": "2000", **fields})
    entry.persons["author"] = [Person(last="Doe", first="J.")]
    return BibliographyData({"k": entry})


# --- what was printed ----------------------------------------------------------------------------


def test_printed_list_is_what_was_compared_with_the_text(printed):
    """The fields were once held against the printed list, all equal; a change must be meant."""
    lines = [
        "\t".join([key, *entry_fields(entry).values()]) for key, entry in printed.entries.items()
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert len(lines) == 32
    assert digest == "6164f96a829bb12b40feac8d4f33f8dac492b6dfea7235dc557b13ae2c164d39"


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("doctor2011", "doi", "10.1002/cphy.c100009"),  # misprints that must stay
        ("doctor2011", "issue", "3"),
        ("elanwar2020", "pages", "11"),
        ("winkelmann2007", "doi", "10.1038/ng2092"),
        ("mayoclinic", "year", "n.d."),
        ("mayoclinic", "authors", "Mayo Clinic"),
        ("souza2016", "doi", ""),
        ("allen2018", "pages", "27–44"),
        ("forstermann2012", "authors", "Förstermann, U., & Sessa, W. C."),
        ("garcia2021", "authors", "Garcia, S., et al."),
        ("lancaster1999", "authors", "Lancaster, J. R. Jr., & Buettner, G. R."),
    ],
)
def test_printed_fields(printed, key, field, value):
    assert entry_fields(printed.entries[key])[field] == value


def test_cut_author_lists_agree_with_their_readable_form(printed):
    cut = [e for e in printed.entries.values() if "printedauthors" in e.fields]
    assert len(cut) == 4
    for entry in cut:
        names = [p for p in entry.persons["author"] if p.last_names != ["others"]]
        readable = printed_authors(Entry("article", persons={"author": names}))
        assert printed_authors(entry).startswith(readable.replace(", & ", ", ") + ", ... & ")


def test_pybtex_reads_and_formats_it_without_warning(printed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = parse_file(str(PRINTED))
        for style in ("unsrt", "plain", "alpha"):
            formatted = find_plugin("pybtex.style.formatting", style)().format_bibliography(data)
            backend = find_plugin("pybtex.backends", "plaintext")()
            assert len([e.text.render(backend) for e in formatted]) == 32
    assert list(data.entries) == list(printed.entries)


def test_formatted_as_text_and_html(printed):
    assert format_entry("ley2001", printed) == (
        "Ley, R. (2001). Panic, hyperventilation and perpetuation of anxiety. "
        "Journal of Affective Disorders, 61(1-2), 103–114. "
        "https://doi.org/10.1016/S0165-0327(00)00336-0"
    )
    shown = format_entry_html("berger2004", printed)
    assert shown.endswith(
        '<a href="https://doi.org/10.1001/archinte.164.2.196">'
        "https://doi.org/10.1001/archinte.164.2.196</a>"
    )
    assert "Luedemann, J., Trenkwalder, C., John, U., &amp; Kessler, C. (2004)" in shown
    with pytest.raises(InputError, match="no entry 'nobody'"):
        format_entry("nobody", printed)


@pytest.mark.parametrize(("latex", "text"), [
    (r"M{\"u}nzel", "Münzel"),
    (r"{\'E}tude of {NO}", "Étude of NO"),
    ("10 % of adults", "10 % of adults"),
    (r"50\% \& more", "50% & more"),
    ("pages 1--9", "pages 1–9"),
    (r"\input{/etc/hosts}", r"\input /etc/hosts"),
    ("a\x00b\u202ec\td", "a\ufffdb\ufffdc d"),
])  # fmt: skip
def test_plain_text(latex, text):
    assert plain_text(latex) == text


# --- broken files --------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "words"), [
    ("@article{a, title={x}", ["line 1", "'a'", "not closed"]),
    ("@article{a, title={x}}\n\n@misc{A, title={y}}", ["line 3", "'A'", "line 1"]),
    ("@article{a,\n  title = {x}\n  year = {1}}", ["line 3", "'a'", "expected"]),
    ("@article{a, author={a,b,c,d,e}}", ["line 1", "Too many commas"]),
    ("@article{a, title={x}, title={y}}", ["line 1", "duplicate title"]),
    ("@article{a, title={x}},\n year={2}}", ["line 2", "closing brace"]),
    ("\n@article a, title={}", ["line 2", "'@' is not followed"]),
    ("@article{a, title=foo}", ["line 1", "undefined @string foo"]),
    ("@article{, title={x}}", ["line 1", "no key"]),
    ("@article{a, crossref={b}}\n@book{b, crossref={a}}", ["line 1", "circle"]),
    ("@article{a,title=" + "{" * 90 + "}" * 90 + "}", ["line 1", "nested"]),
    ("@article{a,title={" + "{}" * 9000 + "}}", ["line 1", "nested"]),
    ("@article{a,title={" + "x" * MAX_ENTRY_CHARS + "}}", ["line 1", "not closed within"]),
    ("@article{a,title=\x22" + "{}" * 4000, ["line 1", "'a'"]),
    ("@misc{a,title=" + '"x" # ' * 9000 + '"y"}', ["line 1", "quotes"]),
])  # fmt: skip
def test_broken_text_is_one_message_with_its_place(text, words):
    with pytest.raises(InputError) as caught:
        parse_bibliography(text, "list.bib")
    message = str(caught.value)
    assert message.startswith("list.bib")
    assert "\n" not in message
    assert len(message) < 400
    for word in words:
        assert word in message


def test_macros_that_multiply_are_stopped_early():
    lines = ['@string{a0 = "' + "x" * 1000 + '"}']
    lines += [f"@string{{a{i + 1} = {' # '.join([f'a{i}'] * 10)}}}" for i in range(12)]
    start = time.process_time()
    with pytest.raises(InputError, match="macros expand beyond"):
        parse_bibliography("\n".join([*lines, "@misc{z, title = a12}"]))
    assert time.process_time() - start < 2


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_bibliography(tmp_path / "none.bib")
    with pytest.raises(InputError, match="not a regular file"):
        load_bibliography(tmp_path)
    latin = tmp_path / "latin.bib"
    latin.write_bytes(b"@misc{a,\n title = {M\xfcnzel}}")
    with pytest.raises(InputError, match="line 2: byte 0xfc is not UTF-8"):
        load_bibliography(latin)
    huge = tmp_path / "huge.bib"
    with huge.open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(InputError, match="larger than"):
        load_bibliography(huge)


def test_well_formed_oddities_are_read():
    data = parse_bibliography(
        "write to me@example.org\n% @ and } in a comment line\n"
        '@comment{old @article{x}}\n@string{j = "Journal"}\n'
        '@article(a, title = "b{c}" # " d", journal = j, note = {()})\r\n@misc{e,}\n'
    )
    assert list(data.entries) == ["a", "e"]
    assert data.entries["a"].fields["title"] == "b{c} d"
    assert parse_bibliography("").entries == {}


# --- hostile text --------------------------------------------------------------------------------


class _Tags(HTMLParser):
    """Collects the tags and addresses that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]


def tags(markup: str) -> _Tags:
    parser = _Tags()
    parser.feed(markup)
    return parser


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    r"\input{/etc/passwd} \write18{rm}",
    r"\href{javascript:alert(1)}{click}",
    "a\x00b\x1b[31m\u202e<b>",
    "x" * 10_000,
    "&lt;script&gt; &#60;b>",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_fields_are_text(value):
    data = bib(value, journal=value, note=value, url="javascript:alert(1)", pages=value)
    shown = format_entry_html("k", data)
    assert tags(shown).tags == []
    text = format_entry("k", data)
    assert not any(ord(c) < 32 or c == "\u202e" for c in text)
    assert html.unescape(shown) == text


def test_only_web_addresses_become_links():
    assert safe_link("https://example.org/a?b=c&d=1#e").startswith("https://example.org/a")
    for address in (
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org",
        "https://",
        "https://exa mple.org",
        "http://[broken",
        "https://x\n.org",
    ):
        assert safe_link(address) == "", address
    assert doi_link("https://doi.org/10.1000/a(1)") == "https://doi.org/10.1000/a(1)"
    assert doi_link('10.1000/"><script>') == "https://doi.org/10.1000/%22%3E%3Cscript%3E"
    assert doi_link("javascript:alert(1)") == doi_link("10.1000/a b") == ""
    shown = tags(format_entry_html("k", bib("t", doi='10.1000/x" onclick="alert(1)')))
    assert shown.tags == []


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=120), st.text(max_size=60), st.text(max_size=60))
def test_any_text_in_any_field_is_only_text(title, doi, url):
    shown = tags(format_entry_html("k", bib(title, doi=doi, url=url)))
    assert set(shown.tags) <= {"a"}
    assert all(link.startswith(("http://", "https://")) for link in shown.links)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet='@{}()",=#%\\ab1 \n', max_size=200))
def test_any_bib_text_is_read_or_refused(text):
    """Nothing but InputError comes out of broken BibTeX."""
    try:
        data = parse_bibliography(text)
    except InputError:
        return
    for key in data.entries:
        assert tags(format_entry_html(key, data)).tags == []
