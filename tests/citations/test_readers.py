"""Reading what people have: every entry that can be read, and the reason for each other."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.citations.readers import Listing, read
from claimbook.citations.readers.documents import read as read_document
from claimbook.citations.work import Name
from claimbook.errors import InputError

GOOD = "@article{roe, author = {Roe, B.}, title = {Iron in the south}, "
GOOD += "journal = {J Iron}, year = 2002}"


@pytest.fixture
def lists(tmp_path):
    """A function that reads texts as files: by name, in order."""

    def made(**texts: str | bytes) -> Listing:
        paths = []
        for name, text in texts.items():
            path = tmp_path / name.replace("_", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        return read(paths)

    return made


def remarks(listing: Listing) -> str:
    return "; ".join(r for entry in listing.entries for r in entry.remarks)


# --- BibTeX that others refuse -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("@article{a, title={T}, year={1959}\n volume={2}}", "a", "a comma is missing after year"),
        ("@article{a\n title={T}, year=1959}", "a", "a comma is missing after the key"),
        ("@article{a b, title={T}}", "a b", "the key holds a blank"),
        ("@article{a(1), title={T}}", "a(1)", "the key holds a bracket"),
        ("@article{title={T}, year=1959}", "line-1", "the entry has no key"),
        ("@article{, title={T}}", "line-1", "the entry has no key"),
        ("@article{a, title={T}}, year={1959}\n}", "a", "a closing brace too many"),
        ("@article{a, title={T}, year={1959}\n", "a", "the closing brace of the entry is missing"),
        ("@article{a, title={T}, journal = rivers}", "a", "the string rivers of journal is not"),
        ("@article{a, title={T}, pages = 12--15}", "a", ""),
        ("@article{a, title={T}, doi={x}, doi={y}}", "a", "doi is given twice; the first is used"),
        ("@article{a, title={T}, keywords={x}, keywords={y}}", "a", ""),
        ("@article{a, title={T}, title = { T }}", "a", ""),
        ('@article{a, title="The "big" river", year=1959}', "a", ""),
        ("@article(a, title={T (and more)}, year=1959)", "a", ""),
        ("@ARTICLE {a , TITLE = {T} , }", "a", ""),
        ("@article{a, title={T}, author={Doe J, Roe B, Poe E}}", "a", "separated by commas"),
        ("@article{a, title={T}, author={Doe, J.; Roe, B.}}", "a", "separated by semicolons"),
        ("@article{a, title={T}, author={Doe, J. \\& Roe, B.}}", "a", "separated by '&'"),
        ("@article{a, title={T}, crossref={gone}}", "a", "leads to gone, which is not listed"),
        ("@article{a, title={T}, url={https://doi.org/10.1000/x}}", "a", "DOI is taken from url"),
        ("@article{a, title={T}, doi={n/a}}", "a", "the field doi holds no DOI"),
        ("@online{a, title={T}, date={2001-05}, urldate={2020-01-01}}", "a", ""),
    ],
)
def test_an_entry_that_others_refuse_is_read_and_so_is_the_next(lists, text, key, said):
    listing = lists(a_bib=f"{text}\n{GOOD}\n")
    assert [e.key for e in listing.entries] == [key, "roe"]
    assert listing.unreadable == ()
    assert said in remarks(listing)
    assert bool(said) == bool(remarks(listing))
    assert listing.entries[0].work.title in ("T", 'The "big" river', "T (and more)")
    assert listing.entries[1].line == text.count("\n") + 2
    assert listing.entries[1].work.years == ("2002",)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("@article{a,\n title={Open", 2, "the brace that opens title is never closed"),
        ('@article{a, title="Open\n}', 1, "the quotation mark that opens title is never closed"),
        ("@article{a}", 1, "the entry has no field"),
        ("@article{a, year=2001}", 1, "neither title, author nor DOI"),
    ],
)
def test_an_entry_that_cannot_be_read_is_a_row_and_the_next_is_read(lists, text, line, reason):
    listing = lists(a_bib=f"{text}\n\n{GOOD}")
    (row,) = listing.unreadable
    assert (row.line, row.reason, row.key) == (line, reason, "a")
    assert [e.key for e in listing.entries] == ["roe"]


def test_repeated_keys_are_read_with_a_remark(lists):
    listing = lists(a_bib=f"{GOOD}\n{GOOD}", b_bib=GOOD)
    assert [e.key for e in listing.entries] == ["roe"] * 3
    assert "already used on line 1; BibTeX keeps the first" in listing.entries[1].remarks[0]
    assert "a.bib" in listing.entries[2].remarks[0]


def test_commented_entries_are_named_and_not_read(lists):
    text = "@comment{@article{x, title={X}}}\n% @article{y, title={Y}}\n@comment{jabref-meta: a}\n"
    listing = lists(a_bib=text + GOOD)
    assert [e.key for e in listing.entries] == ["roe"]
    assert [r.split(", ", 1)[1] for r in listing.remarks] == [
        "line 1: an entry within @comment is not read",
        "line 2: an entry behind % is not read",
    ]


def test_strings_and_parents_of_one_file_serve_the_next(lists):
    strings = "@string{rest = {Journal of Rest}}\n@string{full = rest # { and Sleep}}"
    refs = (
        "@article{a, title={T}, journal=full, month=jan}\n@inproceedings{b, title={U}, crossref=P}"
    )
    parents = "@proceedings{p, title={Proc of P}, year=1999, doi={10.1000/p}, pages={1--900}}"
    listing = lists(s_bib=strings, r_bib=refs, p_bib=parents)
    one, two, _ = listing.entries
    assert one.work.container_titles == ("Journal of Rest and Sleep",)
    assert two.work.container_titles == ("Proc of P",)
    assert two.work.years == ("1999",)
    assert (two.work.doi, two.work.pages, two.work.title) == ("", "", "U")


def test_an_undefined_string_is_shown_and_never_compared(lists):
    (entry,) = lists(a_bib="@article{a, title={T}, journal=jrest}").entries
    assert entry.fields["journal"] == "jrest"
    assert entry.work.container_titles == ()


def test_biblatex(lists):
    text = """@article{a, title={Sleep}, subtitle={a study}, journaltitle={Rest},
      date={2010-03/2011}, eprint={2101.00001v2}, eprinttype={arxiv}, ids={old, older},
      author={family=Doersen, given=Anna, prefix=van, useprefix=true and {Rest Group}
        and others}}
    @xdata{x, year={1999}, publisher={P}, title={never}}
    @report{r, title={Rep}, xdata={x}, author={{World Rest Office}}, number={7}}"""
    one, two = lists(a_bib=text).entries
    assert one.work.authors == (Name("van Doersen", "Anna"), Name("Rest Group", collective=True))
    assert not one.work.authors_complete
    assert one.work.years == ("2010", "2011")
    assert (one.work.title, one.work.subtitle, one.work.arxiv) == ("Sleep", "a study", "2101.00001")
    assert (two.work.years, two.work.title, two.kind) == (("1999",), "Rep", "report")


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ann Lee Doe and Bo Roe", [("Doe", "Ann Lee"), ("Roe", "Bo")]),
        ("Doe, Jr., Ann", [("Doe", "Ann")]),
        ("Ludwig van Beethoven", [("van Beethoven", "Ludwig")]),
        ("{\\'E}lodie D{\\'e}camps", [("Décamps", "Élodie")]),
        ("Doe JA and Roe RB", [("Doe", "JA"), ("Roe", "RB")]),
        ("Doe, J., Roe, B., Poe, E.", [("Doe", "J."), ("Roe", "B."), ("Poe", "E.")]),
        ("Doe, J. et al.", [("Doe", "J.")]),
        ("Anna~Doe", [("Doe", "Anna")]),
        ("{Barnes and Noble, Inc.}", [("Barnes and Noble, Inc.", "")]),
        ("Martin Luther King, Jr.", [("King", "Martin Luther")]),
    ],
)
def test_names(lists, value, names):
    (entry,) = lists(a_bib=f"@misc{{a, title={{T}}, author={{{value}}}}}").entries
    assert [(n.family, n.given) for n in entry.work.authors] == names


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", ""), ("utf-8-sig", ""), ("latin-1", "Windows-1252"), ("utf-16", "UTF-16")],
)
def test_encodings_are_said_and_read(lists, encoding, said):
    text = "@article{a, title={Häufigkeit}, author={Müller, J.}}"
    listing = lists(a_bib=text.encode(encoding))
    assert listing.entries[0].work.authors[0].family == "Müller"
    assert said in "; ".join(listing.remarks)
    assert bool(said) == bool(listing.remarks)


def test_declared_encoding_and_a_single_bad_byte(lists):
    text = "% Encoding: cp1250\n@article{a, title={Čeština}}"
    assert lists(a_bib=text.encode("cp1250")).entries[0].work.title == "Čeština"
    mixed = "@misc{a, title={Übung}}\n".encode() + "@misc{b, title={Übung}}\n".encode("cp1252")
    listing = lists(a_bib=mixed)
    assert [e.work.title for e in listing.entries] == ["Übung", "Übung"]
    assert "line 2: not UTF-8" in listing.remarks[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a_bib", "", "an empty file"),
        ("a_bib", "<!DOCTYPE html><html></html>", "a web page"),
        ("a_bib", "TY  - JOUR\nER  - \n", "this looks like RIS; name it .ris"),
        ("a_bib", "PMID- 1\nTI  - T\n", "this looks like NBIB"),
        ("a_bib", '[{"id": "a"}]', "this looks like JSON; name it .json"),
        ("a_bib", "%0 Journal Article\n%T T\n", "EndNote's tagged format"),
        ("a_bib", "@string{a = {b}}", "no BibTeX entry found, only @string"),
        ("a_bib", b"PK\x03\x04zip", "a zip archive"),
        ("a_ris", GOOD, "this looks like BibTeX; name it .bib"),
        ("a_json", GOOD, "this looks like BibTeX"),
        ("a_json", '[{"name": "x"}]', "JSON of another kind"),
        ("a_nbib", "", "an empty file"),
        ("a_txt", "just words", "something else altogether"),
        ("a_md", "No list is named.", "names no list of references"),
    ],
)
def test_what_is_no_list_is_refused_by_name(lists, name, content, said):
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        lists(**{name: content})


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_broken_the_other_entries_are_read(tmp_path_factory, data):
    """A character taken out of, or put into, the middle entry leaves its neighbours alone."""
    middle = '@article{m,\n author = {Doe, J. and {Group}},\n title = "On {NO}",\n year = 2001,\n}'
    at = data.draw(st.integers(1, len(middle) - 1))
    change = data.draw(
        st.sampled_from(["", "{", "}", '"', ",", "=", "#", "%", "@", "\\", "(", " "])
    )
    broken = middle[:at] + change + middle[at + (change == "") :]
    path = tmp_path_factory.mktemp("broken") / "a.bib"
    path.write_text(f"{GOOD}\n\n{broken}\n\n{GOOD.replace('roe,', 'last,')}\n", encoding="utf-8")
    listing = read([path])
    keys = [e.key for e in listing.entries]
    assert keys[0] == "roe"
    assert keys[-1] == "last"
    assert listing.entries[-1].work.title == "Iron in the south"


def test_a_hostile_file_costs_little(lists):
    begun = time.process_time()
    lists(a_bib="@article{a, title={" + "{" * 100_000 + "x" + "}" * 100_000 + "}}" + GOOD)
    lists(a_bib=GOOD + "@" * 100_000 + "@article{" * 2_000)
    lists(a_bib="@string{a={xxxxxxxxxx}}" + "@string{a=a#a}" * 60 + GOOD)
    lists(a_bib=GOOD + "@article{z, title=" + '"a' * 20_000)
    assert time.process_time() - begun < 20


# --- other formats -------------------------------------------------------------------------------

RIS = """TY  - JOUR
AU  - Doe, Ann M.
AU  - Group of Rivers
TI  - Slow rivers
  of the north
JO  - J Rivers
T2  - Journal of Rivers
PY  - 2012/05/01/
VL  - 12
IS  - 3
SP  - 45
EP  - 67
SN  - 1234-5678
DO  - 10.1000/a
TY  - CHAP
A1  - Roe, B.
T1  - A chapter
BT  - The book
Y1  - 2001
SP  - 1-5
EP  - 5
UR  - https://doi.org/10.1000/b
ER  -
TY  - JOUR
VL  - 1
ER  -
"""


def test_ris(lists):
    listing = lists(a_ris=RIS)
    one, two = listing.entries
    assert one.remarks == ("ER, which closes a record, is missing",)
    assert (one.work.title, one.work.pages) == ("Slow rivers of the north", "45-67")
    assert one.work.authors == (Name("Doe", "Ann M."), Name("Group of Rivers", collective=True))
    assert (one.work.years, one.work.doi, one.work.issn) == (("2012",), "10.1000/a", ("12345678",))
    assert set(one.work.container_titles) == {"J Rivers", "Journal of Rivers"}
    assert (two.work.doi, two.work.pages, two.kind) == (
        "https://doi.org/10.1000/b",
        "1-5",
        "book-chapter",
    )
    assert [(u.line, "neither" in u.reason) for u in listing.unreadable] == [(24, True)]


NBIB = """
PMID- 123
DP  - 2012 May
DEP - 20111201
TI  - Slow rivers of
      the north.
PG  - 45-67
LID - 10.1000/a [doi]
AID - S1(12)3 [pii]
AU  - Doe AM
AU  - Roe B
CN  - River Group
CN  - Lake Group
TA  - J Rivers
JT  - Journal of rivers
IS  - 1234-5678 (Print)
IS  - 8765-4321 (Electronic)
RIN - J Rivers. 2013;1:2. doi: 10.1000/n
PT  - Retracted Publication

PMID- 124
VI  - 1
"""


def test_nbib(lists):
    listing = lists(a_nbib=NBIB)
    (one,) = listing.entries
    assert one.key == "123"
    assert [n.family for n in one.work.authors] == ["Doe", "Roe", "River Group", "Lake Group"]
    assert (one.work.title, one.work.doi) == ("Slow rivers of the north", "10.1000/a")
    assert (one.work.years, len(one.work.issn)) == (("2012", "2011"), 2)
    assert [(u.kind, u.notice_doi) for u in one.work.updates] == [("retraction", "10.1000/n")]
    assert [u.key for u in listing.unreadable] == ["124"]


def test_csl_json(lists):
    item = {
        "id": "a",
        "type": "article-journal",
        "title": "NO<sub>x</sub> &amp; rivers",
        "author": [
            {"family": "Dam", "given": "J.-P.", "non-dropping-particle": "van", "suffix": "Jr"},
            {"literal": "River Group"},
        ],
        "container-title": ["Journal of Rivers", "J Rivers"],
        "issued": {"date-parts": [["2012", 5]]},
        "page": "45-67",
        "volume": 12,
        "DOI": "10.1000/a",
    }
    text = json.dumps([item, 5, {"id": "b", "note": "x"}], indent=1)
    listing = lists(a_json=text)
    (one,) = listing.entries
    assert one.work.authors == (
        Name("van Dam", "J.-P.", "Jr"),
        Name("River Group", collective=True),
    )
    assert (one.work.title, one.work.volume, one.work.years) == ("NOx & rivers", "12", ("2012",))
    assert [u.key for u in listing.unreadable] == ["", "b"]
    assert len(lists(a_json=json.dumps({"items": [item]})).entries) == 1
    broken = lists(a_json=text.replace('"id": "b"', '"id": b')[:-1])
    assert (len(broken.entries), broken.unreadable[-1].reason) == (1, "no valid JSON; passed over")
    zotero = {"itemType": "journalArticle", "title": "T", "creators": [{"lastName": "Doe"}]}
    (one,) = lists(a_json=json.dumps([zotero])).entries
    assert one.work.authors[0].family == "Doe"


# --- what documents cite -------------------------------------------------------------------------


def test_cited_keys_of_markdown(tmp_path):
    text = """---
bibliography: [refs.bib, more.json]
---
As @roe shows [@doe1999, p. 3; -@{odd key}; see @poe.a:b]. Write to me@example.org, see @fig-one.
`@code` and
```
@fenced
```
<!-- @hidden --> \\@escaped [@last].
"""
    (tmp_path / "a.qmd").write_text(text.replace("odd key", "odd/key"), encoding="utf-8")
    document = read_document(tmp_path / "a.qmd")
    assert document.cited == ("roe", "doe1999", "odd/key", "poe.a:b", "last")
    assert document.lists == ("refs.bib", "more.json")


def test_cited_keys_of_latex(tmp_path):
    text = r"""\citep[see][p.~3]{a, b} \Textcite{c} \cites(x)(y)[1]{d}[2]{e} 50\% \autocite*{f}
    % \cite{gone}
    \citestyle{apa} \nocite{*} \bibliography{strings,refs} \addbibresource{more.bib}"""
    (tmp_path / "a.tex").write_text(text, encoding="utf-8")
    document = read_document(tmp_path / "a.tex")
    assert document.cited == ("a", "b", "c", "d", "e", "f")
    assert document.everything
    assert document.lists == ("strings.bib", "refs.bib", "more.bib")


def test_documents_lead_to_their_lists(tmp_path: Path):
    (tmp_path / "a.tex").write_text(r"\cite{old,gone} \bibliography{refs}", encoding="utf-8")
    (tmp_path / "refs.bib").write_text(GOOD.replace("year", "ids={old}, year"), encoding="utf-8")
    listing = read([tmp_path / "a.tex"])
    assert listing.cited == ("roe", "gone")
    assert read([tmp_path / "refs.bib"]).cited is None
    assert read([tmp_path / "refs.bib", tmp_path / "a.tex"]).cited == ("roe", "gone")
