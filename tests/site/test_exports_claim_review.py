"""Each claim as a ClaimReview: valid schema.org, and no rating that a rule did not draw."""

import copy
import json
from dataclasses import replace

import pytest
import schema_org
from bs4 import BeautifulSoup
from conftest import ROOT
from exports_example import CITATION, REAL, address_of, with_claims
from exports_example import coffee as coffee_example
from hypothesis import given
from hypothesis import strategies as st

from claimbook import load
from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.book.text import doi_link
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.verdict import RATINGS, SOURCE_RULES, VERDICTS, Verdict
from claimbook.errors import InputError
from claimbook.site.exports.claim_review import claim_reviews, json_ld, rating
from claimbook.site.exports.collection import Author, read_collection
from claimbook.site.exports.works import works_of_rows
from claimbook.site.markup import macros


def reviews_of(book, site=REAL):
    return claim_reviews(book, evidence_matrix(book), site.collection, address_of)


def script(document):
    """A document as it stands in a page."""
    return macros().json_ld(json_ld(document))


@pytest.fixture(scope="module")
def matrix(book):
    return evidence_matrix(book).set_index("claim")


@pytest.fixture(scope="module")
def reviews(book):
    return reviews_of(book)


# --- valid ---------------------------------------------------------------------------------------


def test_every_claim_has_a_valid_review(book, reviews):
    assert list(reviews) == book.claims["claim"].tolist()
    graph = [{k: v for k, v in review.items() if k != "@context"} for review in reviews.values()]
    assert schema_org.problems({"@context": "https://schema.org", "@graph": graph}) == []


def test_what_search_engines_ask_for_is_there(book, reviews):
    for claim, review in reviews.items():
        assert review["@type"] == "ClaimReview"
        assert review["url"] == address_of(claim)
        assert review["claimReviewed"].startswith(book.claim(claim)["statement"])
        assert review["reviewRating"]["alternateName"] in VERDICTS
        assert review["datePublished"] == "2026-11-22"
        assert review["author"] == [{"@type": "Organization", "name": "The claimbook developers"}]


MISTAKES = [
    ("a property that schema.org lacks", lambda r: r.update(claimReveiwed="x"), "no property"),
    ("a class that it lacks", lambda r: r["itemReviewed"].update({"@type": "Clam"}), "no class"),
    ("a number for a rating", lambda r: r.update(reviewRating=3), "reviewRating"),
    ("a truth value for a number", lambda r: r["reviewRating"].update(bestRating=True), "best"),
    ("a text for a work", lambda r: r["itemReviewed"].update(appearance="essay"), "appearance"),
    ("a thing for a text", lambda r: r.update(claimReviewed={"@type": "Claim"}), "claimReviewed"),
    ("no date", lambda r: r.update(datePublished="22 November"), "datePublished"),
    ("no such month", lambda r: r.update(datePublished="2026-13-01"), "datePublished"),
    ("no address", lambda r: r.update(url="see below"), "url"),
    ("no type", lambda r: r["author"][0].pop("@type"), "no type"),
    ("a property of another class", lambda r: r["itemReviewed"].update(claimReviewed="x"), "else"),
    ("a work for an author", lambda r: r["author"][0].update({"@type": "Claim"}), "author"),
]


@pytest.mark.parametrize(
    ("change", "words"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_the_validator_finds_a_planted_mistake(reviews, change, words):
    review = copy.deepcopy(reviews["us_prevalence"])
    assert schema_org.problems(review) == []
    damaged = copy.deepcopy(review)
    change(damaged)
    assert any(words in problem for problem in schema_org.problems(damaged))


# --- ratings -------------------------------------------------------------------------------------


def test_a_better_verdict_has_a_higher_number_on_a_scale_that_is_given():
    numbers = [rating(v, "why").get("ratingValue") for v in VERDICTS if v != Verdict.NOT_TESTABLE]
    assert numbers == [4, 3, 2, 1]  # in the order of the scale: holds first, contradicted last
    for verdict in RATINGS:
        told = rating(verdict, "why")
        assert (told["worstRating"], told["bestRating"]) == (1, 4)
        assert told["alternateName"] == verdict


def test_not_testable_has_its_word_and_no_number():
    told = rating("not testable", "why")
    assert told["alternateName"] == "not testable"
    assert not {"ratingValue", "worstRating", "bestRating"} & set(told)


def test_every_rating_is_the_verdict_that_a_rule_drew(matrix, reviews):
    for claim, review in reviews.items():
        row, told = matrix.loc[claim], review["reviewRating"]
        assert told["alternateName"] == row["verdict"]
        assert told.get("ratingValue") == RATINGS.get(row["verdict"])
        assert row["rule"] in told["ratingExplanation"]
        assert row["reason"] in told["ratingExplanation"]
    shown = {r["reviewRating"]["alternateName"] for r in reviews.values()}
    assert shown == set(VERDICTS), "the collection has claims of every verdict"
    assert set(SOURCE_RULES.to_numpy().ravel()) <= set(RATINGS) | {Verdict.NOT_TESTABLE}


def test_a_verdict_that_is_not_on_the_scale_is_refused():
    with pytest.raises(InputError, match="no verdict 'hold'; did you mean 'holds'"):
        rating("hold", "why")


# --- updated figures -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("updates", "claim", "verdict"),
    [
        ({"us_prevalence": 45}, "us_prevalence", "contradicted"),
        ({"sinus_to_leg_transit": 12}, "sinus_to_leg_transit", "holds in part"),
        ({"ostium_width_min": 1.5}, "ostium_width", "holds in part"),
    ],
)
def test_an_updated_figure_changes_its_own_review_and_no_other(
    book, reviews, updates, claim, verdict
):
    updated = reviews_of(book.update(**updates))
    assert {name for name in reviews if reviews[name] != updated[name]} == {claim}
    assert updated[claim]["reviewRating"]["alternateName"] == verdict
    assert f"{next(iter(updates.values())):g}" in updated[claim]["claimReviewed"]


def test_nobody_is_said_to_have_claimed_a_number_that_a_user_put_in(book, reviews):
    updated = reviews_of(book.update(us_prevalence=12))["us_prevalence"]
    assert set(updated["itemReviewed"]) == {"@type", "name"}
    assert "instead of the figure of the text" in updated["claimReviewed"]
    assert schema_org.problems(updated) == []
    printed = reviews["us_prevalence"]["itemReviewed"]
    assert printed["author"] == {"@type": "Person", "name": book.origin.author}
    assert printed["appearance"]["publisher"]["name"] == book.origin.publisher
    assert printed["appearance"]["datePublished"] == "2025-04-27"


# --- evidence ------------------------------------------------------------------------------------


def test_a_review_cites_the_works_that_decided_with_their_dois(book, matrix, reviews):
    ids = matrix.loc["us_prevalence", "rows"].split("; ")
    rows = book.table("rls_prevalence").set_index("row_id").loc[ids]
    cited = reviews["us_prevalence"]["citation"]
    assert {work["@id"] for work in cited} == {doi_link(doi) for doi in rows["doi"]}
    assert {work["name"] for work in cited} == set(rows["title"])
    assert {work["datePublished"] for work in cited} == {str(year) for year in rows["year"]}
    assert all(work["url"] == work["@id"] for work in cited)


def test_no_work_is_cited_for_a_row_that_was_never_verified(book):
    known = works_of_rows(book)
    for name in ("findings", "physiology", "rls_prevalence", "no_by_age"):
        frame = book.table(name)
        unverified = frame["verification"].isin(NOT_EVIDENCE)
        assert set(frame.loc[~unverified, "row_id"]) <= set(known)
        assert not set(frame.loc[unverified, "row_id"]) & set(known)


def test_a_doi_that_no_source_confirms_is_not_stated(book, reviews):
    stated = {w.get("@id") for review in reviews.values() for w in review.get("citation", [])}
    doubtful, confirmed = set(), set()
    for frame in book.tables.frames.values():
        for prefix in ("", "intended_"):
            if f"{prefix}doi" in frame and "unconfirmed_fields" in frame:
                marked = frame["unconfirmed_fields"].fillna("").str.split(";")
                doubt = [f"{prefix}doi" in fields for fields in marked]
                dois = frame[f"{prefix}doi"].fillna("").map(doi_link)
                doubtful |= set(dois[doubt])
                confirmed |= set(dois[[not d for d in doubt]])
    assert doubtful - confirmed - {""}
    assert stated <= confirmed | {None}


# --- text of the data ----------------------------------------------------------------------------


HOSTILE = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> & \u2028 \" ' \\"


@given(st.one_of(st.just(HOSTILE), st.text()))
def test_no_text_ends_the_element_and_none_is_changed(text):
    document = {"name": text}
    page = BeautifulSoup(f"<p>before</p>{script(document)}<p>after</p>", "html.parser")
    assert [element.name for element in page(True)] == ["p", "script", "p"]
    assert json.loads(page.script.string) == document


def test_hostile_text_of_the_data_stays_text(tmp_path):
    site = with_claims(coffee_example(tmp_path), statement=HOSTILE, population=HOSTILE)
    book = replace(site.book, origin=replace(site.book.origin, author=HOSTILE))
    found = reviews_of(book, site)
    for review in found.values():
        (element,) = BeautifulSoup(script(review), "html.parser")(True)
        assert json.loads(element.string) == review
        assert "<img" in review["claimReviewed"] and "\u2028" not in review["claimReviewed"]
        assert schema_org.problems(review) == []


# --- another book --------------------------------------------------------------------------------


def test_a_book_about_something_else(tmp_path):
    site = coffee_example(tmp_path)
    found = reviews_of(site.book, site)
    ratings = {claim: review["reviewRating"]["alternateName"] for claim, review in found.items()}
    assert ratings == {
        "brewing_time": "holds",
        "extraction": "holds",
        "cups_a_day": "not testable",
        "aroma": "not testable",
    }
    assert all(schema_org.problems(review) == [] for review in found.values())
    time = found["brewing_time"]
    assert time["claimReviewed"] == "Filter coffee takes long (about 4\u00a0min)"
    assert time["author"][0] == {
        "@type": "Person",
        "name": "Ada Bean",
        "url": "https://orcid.org/0000-0002-1825-0097",
    }
    assert time["itemReviewed"]["appearance"]["url"] == "https://example.org/on-coffee"
    assert [work["name"] for work in time["citation"]] == ["alba", "bosco"]
    assert "license" not in time, "the data say nothing of a licence"


def test_without_an_origin_nobody_is_named(coffee):
    found = reviews_of(load(coffee))
    assert all(set(review["itemReviewed"]) == {"@type", "name"} for review in found.values())
    assert schema_org.problems(found["brewing_time"]) == []


# --- the collection ------------------------------------------------------------------------------


def test_the_collection_is_read_from_its_citation_file(tmp_path):
    path = tmp_path / "CITATION.cff"
    path.write_text(CITATION)
    found = read_collection(path)
    assert found.authors == (
        Author("Ada Bean", True, "https://orcid.org/0000-0002-1825-0097"),
        Author("The Roasters", False, "https://example.org/roasters"),
    )
    assert found.address == "https://example.org/coffee/"
    assert (found.version, found.released.isoformat()) == ("1.2.3", "2024-02-29")
    assert read_collection(ROOT / "CITATION.cff").licence == "MIT"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("title: The coffee claims", "", "'title' is missing; expected text"),
        ("2024-02-29", "soon", "date-released: expected YYYY-MM-DD, not 'soon'"),
        (
            "url: https://example.org/coffee",
            "url: example",
            "url: expected an http or https address of a site, not 'example'",
        ),
        (
            "url: https://example.org/coffee",
            "url: https://a.org/?q=1",
            "url: expected an http or https address of a site",
        ),
        ("  - name: The Roasters\n    website", "  - website", "expected a name or family-names"),
        (
            "authors:",
            "writers:",
            "'authors' is missing; expected a list of persons or organisations",
        ),
    ],
)
def test_a_mistake_in_the_citation_file_is_named(tmp_path, before, after, words):
    path = tmp_path / "CITATION.cff"
    path.write_text(CITATION.replace(before, after, 1))
    with pytest.raises(InputError) as error:
        read_collection(path)
    assert words in str(error.value) and str(error.value).startswith(str(path))
