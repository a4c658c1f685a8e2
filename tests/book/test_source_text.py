"""Where the text stands: read from data, refused if it is not well formed."""

from datetime import date

import pytest
from conftest import ROOT
from exports_example import ORIGIN

from claimbook import load
from claimbook.book.source_text import Origin, read_origin
from claimbook.errors import InputError


def test_the_collection_says_whose_claims_it_reviews(book):
    assert (book.origin.author, book.origin.publisher) == ("Brian Dentry", "News On Japan")
    assert book.origin.date == date(2025, 4, 27)
    assert (ROOT / "README.md").read_text().count(book.origin.author)


def test_a_book_may_be_silent_on_it_and_its_answers_do_not_depend_on_it(coffee):
    silent = load(coffee)
    assert silent.origin is None
    (coffee / "text.yaml").write_text(ORIGIN)
    told = load(coffee)
    assert told.origin == Origin(
        title="On coffee",
        author="Barista Bo",
        date=date(2001, 2, 3),
        publisher="The Daily Cup",
        address="https://example.org/on-coffee",
    )
    assert told.digest == silent.digest


@pytest.mark.parametrize(("before", "after", "words"), [
    ("author:", "autor:", "key 'autor' is not known; did you mean 'author'?"),
    ("title: On coffee", "", "'title' is missing"),
    ("2001-02-03", "in spring", "date: expected YYYY-MM-DD, not 'in spring'"),
    ("2001-02-03", "2001-02-03 10:00:00", "date: expected YYYY-MM-DD"),
    ("2001-02-03", "2001-2-3", "date: expected YYYY-MM-DD, not '2001-2-3'"),
    ("2001-02-03", "2001-02-33", "text.yaml: "),
    ("Barista Bo", "[Bo, Al]", "author: expected text, not ['Bo', 'Al']"),
    ("On coffee", "'  '", "title: expected text, not '  '"),
    ("https://example.org/on", "javascript:x", "address: expected an http or https address, not"),
])  # fmt: skip
def test_a_mistake_is_named_with_the_file(coffee, before, after, words):
    path = coffee / "text.yaml"
    path.write_text(ORIGIN.replace(before, after, 1))
    with pytest.raises(InputError) as error:
        load(coffee)
    assert words in str(error.value) and str(error.value).startswith(str(path))
    assert len(str(error.value).splitlines()) == 1


def test_only_what_is_given_is_known(tmp_path):
    path = tmp_path / "text.yaml"
    path.write_text("title: A\nauthor: B\ndate: 1999-12-31\n")
    assert read_origin(path) == Origin("A", "B", date(1999, 12, 31))
