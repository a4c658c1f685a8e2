"""Which work it is: one normal form on both sides, and no accusation on one field."""

import html
import unicodedata

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.citations.audit import audit, find_duplicates
from claimbook.citations.known_works import RECORD_COLUMNS, record_of
from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    has_doi,
    letters,
    normal_arxiv,
    normal_doi,
    normal_dois,
    normal_isbn,
    normal_number,
    normal_pages,
    update_in_title,
)
from claimbook.citations.readers import Entry, Listing
from claimbook.citations.readers.bibtex import work_of_fields
from claimbook.citations.weighing import weigh
from claimbook.citations.work import Name, Relation, Update, Work

NO_RECORDS = pd.DataFrame(columns=list(RECORD_COLUMNS), dtype=str)
RECORD = Work(
    doi="10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E",
    title="Effects of NO<sub>x</sub> and β-blockers on <i>Drosophila</i> – a Müller–Doe &amp; co "
    "study",
    subtitle="The cohort of 1998",
    authors=(
        Name("Müller", "Jörg"),
        Name("O’Brien", "Mary Ann"),
        Name("van der Berg", "J.-P.", "Jr"),
        Name("García López", "Ana María"),
        Name("River Group", collective=True),
    ),
    years=("1998", "1997"),
    container_titles=("Journal of the American Heart Association", "Book of Series"),
    issn=("1234-5678",),
    volume="17",
    issue="suppl_1",
    pages="857-872",
    article_number="e000123",
    register="Crossref",
    kind="journal-article",
)
PRINTED = {
    "author": "M{\\\"u}ller, J. and O'Brien, M. A. and van der Berg, Jr, J.-P. and "
    "Garc{\\'\\i}a L{\\'o}pez, A. M.",
    "title": "Effects of {NO$_x$} and $\\beta$-blockers on \\emph{Drosophila} -- a "
    'M{\\"u}ller--Doe {\\&} co study',
    "journal": "J. Am. Heart Assoc.",
    "year": "1998",
    "volume": "17",
    "number": "Suppl. 1",
    "pages": "857--72",
    "doi": "10.1002/(SICI)1097-0258(19980430)17:8{\\textless}857::AID-SIM777{\\textgreater}"
    "3.0.CO;2-E",
}


def entry_of(fields: dict, key: str = "a", command: str = "article") -> Entry:
    work, text, remarks = work_of_fields(fields, command)
    return Entry(key, work, text, command, remarks=tuple(remarks))


def row_of(fields: dict, *records: Work, command: str = "article") -> dict:
    listing = Listing((entry_of(fields, command=command),))
    table = audit(listing, NO_RECORDS, match_keys=False, found=map(record_of, records))
    return table.iloc[0].to_dict()


def test_the_same_work_written_otherwise_is_accurate():
    row = row_of(PRINTED, RECORD)
    assert (row["verdict"], row["disagreeing_fields"]) == ("accurate", "")
    assert (row["sureness"], row["speaks_against"]) == ("sure", "")


# --- any way of writing --------------------------------------------------------------------------

RESOLVERS = ["", "https://doi.org/", "http://dx.doi.org/", "www.doi.org/", "doi: ", "DOI ", "DOI:"]
REMARKS = ["", ".", " [doi]", " (accessed 2020)", ";", " 10.9999/second"]
ACCENTS = {"\u0301": "'", "\u0308": '"', "\u0303": "~"}


def escaped(text: str, draw) -> str:
    """Text with each sign that has a LaTeX or HTML form written in one of its forms."""
    written = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        forms = [letter, parts]
        if len(parts) == 2 and parts[1] in ACCENTS:
            base = {"i": "\\i"}.get(parts[0], parts[0])
            accent = ACCENTS[parts[1]]
            forms += [f"{{\\{accent}{parts[0]}}}", f"\\{accent}{{{parts[0]}}}"]
            forms += [f"{{\\{accent}{{{base}}}}}", f"&#{ord(letter)};"]
        forms += {
            "–": ["-", "--", "—", "{\\textendash}", "&ndash;", "\u2011"],
            "&": ["\\&", "&amp;", "and", "{\\&}"],
            "’": ["'", "{\\textquoteright}", "&rsquo;", "`"],
            "β": ["$\\beta$", "{\\textbeta}", "beta", "\\ensuremath{\\beta}", "&beta;"],
            " ": ["  ", "~", "\n  ", "\\ "],
        }.get(letter, [])
        written.append(draw(st.sampled_from(forms)))
    return "".join(written)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_way_of_writing_gives_the_same_verdict(data):
    draw = data.draw
    pick = lambda *forms: draw(st.sampled_from(forms))  # noqa: E731
    subscript = pick(
        "NOx", "NO$_x$", "NO<sub>x</sub>", "{NO\\textsubscript{x}}", "$\\mathrm{NO}_x$"
    )
    species = pick("Drosophila", "\\emph{Drosophila}", "{\\it Drosophila}", "<i>Drosophila</i>")
    species = pick(species, html.escape(species)) if "<" in species else species
    rest = escaped("Effects of XX and β-blockers on YY – a Müller–Doe & co study", draw)
    title = rest.replace("XX", subscript).replace("YY", species)
    title += pick("", ".", ": The cohort of 1998", " [in English]")
    title = pick("{}", "{{{}}}", "RETRACTED: {}").format(title)
    names = [
        pick("{}, J.", "{}, Jörg", "J. {}", "{}, J").format(escaped("Müller", draw)),
        pick("{}, M. A.", "{}, Mary Ann", "{}, M").format(escaped("O’Brien", draw)),
        pick("van der Berg, Jr, J.-P.", "J.-P. van der Berg", "Berg, J. P. van der"),
        pick("{}, A. M.", "{}, Ana María").format(escaped("García López", draw)),
        *pick([], ["{River Group}"]),
    ]
    doi = RECORD.doi
    doi = pick(doi, doi.upper(), doi.lower(), doi.replace("<", "%3C").replace(">", "%3E"))
    doi = pick(doi, doi.replace("<", "&lt;").replace(">", "&gt;"), doi.replace("(", "%28"))
    doi = pick(doi, doi.replace("<", "{\\textless}"), doi.replace("<", "$<$"))
    printed = {
        "title": title,
        "author": pick(" and ", "\n and ").join(names[: pick(2, len(names))]),
        "journal": escaped(
            pick("Journal of the American Heart Association", "J Am Heart Assoc", "Book of Series"),
            draw,
        ),
        "year": pick("1998", "1997", "{1998}", "c1998"),
        "volume": pick("17", "Vol. 17", "017", "XVII"),
        "number": pick("Suppl. 1", "suppl_1", "Supplement 1", "S1"),
        "pages": pick(
            "857--872", "857-72", "pp. 857–872", "857 - 872", "e000123", "Article e000123"
        ),
        "doi": pick(*RESOLVERS) + doi + pick(*REMARKS),
    }
    if len(names) > printed["author"].count(" and ") + 1 < 4:
        printed["author"] += pick(" and others", " and et al.")
    row = row_of(printed, RECORD)
    assert (row["verdict"], row["disagreeing_fields"]) == ("accurate", ""), printed


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_normal_forms_are_their_own_normal_form(text):
    assert not any(unicodedata.category(c) == "Cc" for c in unmarked(text))
    assert letters(letters(text)) == letters(text)
    assert normal_doi(normal_doi(text)) == normal_doi(text)
    assert normal_number(normal_number(text)) == normal_number(text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("\\'{\\i} \\'\\i {\\v c} \\c{C} \\o \\L{}", "í íč Ç øŁ"),
        ("\\href{http://a.b/c}{text} \\noopsort{1973}2001", "text 2001"),
        ("{\\textless}i{\\textgreater}E. coli{\\textless}/i{\\textgreater}", "E. coli"),
        ("<mml:math><mml:mi>x</mml:mi><annotation>x^2</annotation></mml:math>2", "x2"),
        ("costs $5, p &lt; 0.05, a<b", "costs $5, p < 0.05, a<b"),
        ("50\\% of 20% \\unknown{x}", "50% of 20% \\unknown x"),
        ("{" * 90 + "deep" + "}" * 90, "deep"),
        ("\\apj", "Astrophysical Journal"),
    ],
)
def test_markup(written, read):
    assert unmarked(written) == read


@pytest.mark.parametrize(
    ("written", "doi"),
    [
        ("https://onlinelibrary.wiley.com/doi/10.1002/abc.1/full", "10.1002/abc.1"),
        ("https://doi.org/10.1000/X?utm=a", "10.1000/x"),
        ("10.1000/a#b?c", "10.1000/a#b?c"),
        ("(10.1000/a(1)b)", "10.1000/a(1)b"),
        ("10.1000/ a", "10.1000/a"),
        ("10.1007/978-3-540-1{\\_}12", "10.1007/978-3-540-1_12"),
        ("10.1101/2020.01.01.123456v2", "10.1101/2020.01.01.123456"),
        ("https://doi.org/10/gf5b", "10/gf5b"),
        ("10.1000/a, 10.1000/b", "10.1000/a"),
    ],
)
def test_dois(written, doi):
    assert normal_doi(written) == doi
    assert has_doi(written)
    assert not has_doi("see the publisher, 10.5 pages")


def test_other_identifiers_and_numbers():
    assert normal_dois("10.1/x 10.1000/a;10.1000/b") == ("10.1000/a", "10.1000/b")
    assert normal_isbn("0-306-40615-2") == normal_isbn("978-0-306-40615-7") == "9780306406157"
    assert normal_arxiv("arXiv:hep-th/9901001v2 [hep-th]") == "hep-th/9901001"
    assert normal_pages("45:1--45:20") == "1-20"
    assert normal_number("Vol. XII") == normal_number("012") == "12"


# --- which work ----------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["author", "title", "journal", "year", "volume", "pages"])
def test_one_field_that_differs_is_named_and_is_no_other_work(field):
    values = {"author": "Doe, Z. and Roe, Y.", "title": "Quite other words altogether"}
    row = row_of(PRINTED | {field: values.get(field, "1803")}, RECORD)
    assert row["verdict"] == "author_or_detail_errors"
    assert row["disagreeing_fields"] == {"author": "authors"}.get(field, field)
    assert row["speaks_against"]
    assert row["sureness"] == "sure"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Slow rivers of the far north", "author": "Doe, Z."},
        {"title": "Slow rivers of the far north", "pages": "1--9", "year": "2011", "volume": "3"},
        {"title": "Slow rivers of the far north", "pages": "1--9", "volume": "3", "number": "2"},
    ],
)
def test_the_doi_of_another_work_says_why(change):
    row = row_of(PRINTED | change, RECORD)
    assert row["verdict"] == "doi_of_another_work"
    assert row["speaks_against"].startswith("the title is")
    assert row["speaks_for"]


def test_short_titles_say_little():
    """Two editorials: the same word for a title, and nothing else alike."""
    record = Work(
        doi="10.1000/e", title="Editorial", authors=(Name("Doe", "A"),), years=("2001",),
        container_titles=("Rest",), volume="1", pages="1-2",
    )  # fmt: skip
    other = {"title": "Editorial", "author": "Roe, B.", "year": "2009", "journal": "Sleep"}
    row = row_of(other | {"volume": "7", "pages": "3--4", "doi": "10.1000/e"}, record)
    assert row["verdict"] == "doi_of_another_work"


def test_parts_of_a_series_are_two_works():
    printed = PRINTED | {"title": "Notes on rivers: part 2", "volume": "18", "pages": "1--20"}
    record = Work(**vars(RECORD) | {"title": "Notes on rivers: part 1", "subtitle": ""})
    assert row_of(printed, record)["verdict"] == "doi_of_another_work"


@pytest.mark.parametrize(
    ("printed", "record", "relation"),
    [
        ({"title": "Häufigkeit der Ruhe im Norden"}, {"title": "Frequency of rest"}, "translation"),
        ({"title": "On rest", "note": "In German"}, {"title": "Ruhelos"}, "translation"),
        ({}, {"doi": "10.48550/arXiv.1234.56789", "kind": "posted-content", "volume": "",
              "container_titles": (), "years": ("1996",)}, "preprint"),
        ({"journal": "arXiv:1234.56789", "volume": ""}, {}, "journal version"),
        ({}, {"title": f"Correction to: {RECORD.title}", "pages": "1"}, "correction"),
        ({"title": "Comment on {}"}, {}, "comment"),
        ({"booktitle": "The whole book", "journal": ""}, {"title": "The whole book",
          "kind": "book"}, "book"),
        ({"title": "Book of Series"}, {}, "chapter"),
        ({}, {"relations": (Relation("has_preprint", "10.1000/pre"),)}, ""),
    ],
)  # fmt: skip
def test_relations_are_named_and_are_no_other_work(printed, record, relation):
    work = Work(**vars(RECORD) | record)
    fields = PRINTED | printed | {"doi": work.doi}
    fields["title"] = fields["title"].replace("{}", PRINTED["title"])
    row = row_of(fields, work, command="misc" if relation == "chapter" else "article")
    assert row["verdict"] != "doi_of_another_work"
    assert row["relation"].partition(":")[0] == relation


def test_names_in_two_scripts_are_not_compared():
    record = Work(**vars(RECORD) | {"authors": (Name("王", "小明"), Name("李", "雷"))})
    assert weigh(entry_of(PRINTED).work, record).agree["authors"] is None


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("RETRACTED: Slow rivers", "retraction"),
        ("[Retracted] Slow rivers", "retraction"),
        ("Retracted article: Slow rivers", "retraction"),
        ("Slow rivers (Retracted article. See vol. 3)", "retraction"),
        ("WITHDRAWN: Slow rivers", "withdrawal"),
        ("Expression of Concern: Slow rivers", "expression_of_concern"),
        ("Retracted claws of cats", None),
        ("Retraction: Slow rivers", None),
        ("Slow rivers", None),
    ],
)
def test_titles_that_say_retracted(title, kind):
    update = update_in_title(title)
    assert (update.kind if update else None) == kind


def test_updates_of_register_and_title_are_in_the_row():
    record = Work(**vars(RECORD) | {"title": f"RETRACTED: {RECORD.title}"})
    assert row_of(PRINTED, record)["updates"] == "retracted (title)"
    assert row_of(PRINTED, record)["verdict"] == "accurate"
    said = (Update("retraction", "2001-02-03", "10.1000/n", "Retraction Watch"),)
    record = Work(**vars(record) | {"updates": said})
    assert (
        row_of(PRINTED, record)["updates"] == "retracted 2001-02-03 (10.1000/n; Retraction Watch)"
    )


# --- duplicates ----------------------------------------------------------------------------------

ONE = {"author": "Doe, A.", "title": "Slow rivers", "journal": "J. Rivers", "year": "2003"}
ONE |= {"volume": "1", "pages": "1--9", "doi": "10.1000/a"}


@pytest.mark.parametrize(
    ("change", "duplicate"),
    [
        ({}, True),
        ({"doi": "https://doi.org/10.1000%2Fa", "title": "SLOW RIVERS", "year": ""}, True),
        ({"doi": ""}, True),
        ({"doi": "", "journal": "Journal of Rivers", "pages": "1-9"}, True),
        ({"doi": "", "journal": "", "volume": "", "pages": ""}, True),
        ({"doi": "10.1000/b"}, False),
        ({"doi": "10.1000/b", "journal": "Lakes", "volume": "40", "pages": "700--731"}, False),
        ({"doi": "", "journal": "Lakes", "pages": "700--731"}, False),
        ({"doi": "", "volume": "2", "pages": "10--19"}, False),
        ({"doi": "", "author": "Roe, B."}, False),
        ({"doi": "", "year": "2009"}, False),
        ({"title": "Quick lakes of the south"}, False),
    ],
)
def test_duplicates(change, duplicate):
    entries = [entry_of(ONE), entry_of(ONE | change, "b")]
    assert find_duplicates(entries) == ({1: 0} if duplicate else {})


def test_a_thesis_and_its_paper_are_no_duplicates():
    thesis = {n: v for n, v in ONE.items() if n in ("author", "title", "year")}
    assert find_duplicates([entry_of(ONE), entry_of(thesis, "b", "phdthesis")]) == {}


def test_many_namesakes_cost_little():
    entries = [
        entry_of(ONE | {"doi": f"10.1000/{n}", "pages": str(n)}, f"k{n}") for n in range(3000)
    ]
    assert find_duplicates(entries) == {}
