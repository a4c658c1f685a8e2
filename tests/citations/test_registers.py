"""The registers against a server on this machine, in their documented form and in none."""

import datetime
import json
import time
from dataclasses import replace
from email.utils import format_datetime

import pytest
import registers_server as forms

from claimbook.citations.registers import REGISTERS, Asking, Settings, look_up, merged
from claimbook.citations.registers.asking import questions
from claimbook.citations.registers.web import LARGEST
from claimbook.citations.work import Name, Relation, Update, Work
from claimbook.errors import InputError

DOI, ISBN = forms.DOI, forms.ISBN
ASKED = {
    "crossref": Work(doi=DOI),
    "datacite": Work(doi=DOI),
    "openalex": Work(doi=DOI),
    "pubmed": Work(doi=DOI),
    "openlibrary": Work(isbn=(ISBN,)),
}
FORMS = {
    "crossref": forms.crossref,
    "datacite": forms.datacite,
    "openalex": forms.openalex,
    "pubmed": forms.pubmed,
    "openlibrary": forms.openlibrary,
}
UNKNOWN = {
    "crossref": (404, {"Content-Type": "text/plain"}, b"Resource not found."),
    "datacite": (404, {}, b'{"errors": [{"status": "404", "title": "does not exist"}]}'),
    "openalex": (404, {"Content-Type": "text/html"}, b"<!doctype html><title>404</title>"),
    "pubmed": (200, {}, forms.esearch()),
    "openlibrary": (200, {}, b"{}"),
}
EVERY = pytest.mark.parametrize("name", list(REGISTERS))


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    tried = forms.only_this_machine(monkeypatch)
    yield
    assert tried == []


@pytest.fixture
def server():
    with forms.serving() as httpd:
        yield httpd


@pytest.fixture
def slept():
    return []


@pytest.fixture
def polite(server, tmp_path, slept):
    return Settings(
        mailto="reader@example.org",
        cache=tmp_path / "cache",
        base_url=server.url,
        timeout=5,
        attempts=3,
        pause=0,
        sleep=slept.append,
    )


def ok(body: bytes) -> tuple:
    return (200, {}, body)


def question(name: str) -> str:
    """What the server sees first of a register's question about the work in `ASKED`."""
    first = {"openlibrary": f"isbn:{ISBN}", "pubmed": f"esearch:{DOI}"}
    return first.get(name, f"doi:{DOI}")


def plan(server, name: str, *answers) -> None:
    """Plan answers to the first request of a register, and the record behind it."""
    if name == "pubmed":
        server.plans["pmid:123"] = [ok(forms.pubmed(DOI))]
        answers = [ok(forms.esearch("123")) if a == "record" else a for a in answers]
    record = ISBN if name == "openlibrary" else DOI
    server.plans[question(name)] = [
        ok(FORMS[name](record)) if a == "record" else a for a in answers
    ]


def asked(name: str, settings: Settings):
    """Ask one register about its work; return its one answer."""
    (lookup,) = look_up([ASKED[name]], replace(settings, registers=(name,)))
    (answer,) = lookup.answers
    return answer


# --- what they say -------------------------------------------------------------------------------

PEOPLE = (Name("Núñez", "Ana María"), Name("van Dam", "J.-P.", "Jr"))
GROUP = Name("River Group", collective=True)
FOUND = {
    "crossref": {
        "doi": DOI,
        "authors": (*PEOPLE, GROUP),
        "years": ("2012", "2011"),
        "container_titles": ("Journal of Rivers", "J Rivers"),
        "issue": "3",
        "pages": "45-67",
        "issn": ("1234-5679",),
        "kind": "journal-article",
    },
    "datacite": {
        "doi": DOI,
        "authors": (PEOPLE[0], Name("van Dam", "J.-P."), GROUP),
        "years": ("2012", "2011"),
        "other_titles": ("Langsame Flüsse",),
        "container_titles": ("Journal of Rivers", "Zenodo"),
        "relations": (Relation("version_of", "10.1000/all"),),
        "kind": "dataset",
    },
    "openalex": {
        "doi": DOI,
        "pmid": "123",
        "authors": (PEOPLE[0], Name("Dam", "J.-P. van")),
        "years": ("2012",),
        "pages": "45-67",
        "issn": ("1234-5679",),
    },
    "pubmed": {
        "doi": DOI,
        "pmid": "123",
        "authors": (PEOPLE[0], Name("van Dam", "J-P", "Jr"), GROUP),
        "years": ("2012", "2011"),
        "other_titles": ("Langsame Flüsse",),
        "container_titles": ("Journal of rivers", "J Rivers"),
        "pages": "45-67",
    },
    "openlibrary": {
        "isbn": (ISBN,),
        "title": "Rivers",
        "subtitle": "slow and fast",
        "authors": (PEOPLE[0],),
        "years": ("2012",),
        "container_titles": ("River Press",),
        "kind": "book",
        "volume": "",
    },
}


@EVERY
def test_found(server, polite, name):
    plan(server, name, "record")
    answer = asked(name, polite)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    expected = {"title": "Slow rivers", "volume": "12", **FOUND[name], "looked_up": today}
    seen = {field: getattr(answer.work, field) for field in expected}
    if name in ("datacite", "openalex"):
        assert seen["doi"].lower() == DOI
    assert (answer.status, seen) == ("found", expected)
    assert answer.work.register == REGISTERS[name].label
    assert server.seen[0] == question(name)
    assert "mailto:reader@example.org" in server.agents[0] and "claimbook" in server.agents[0]


def test_a_doi_cannot_lead_to_another_part_of_an_interface(server, polite):
    doi = "10.1000/../../funders?x=1"
    for name in ("crossref", "datacite", "openalex", "pubmed"):
        look_up([Work(doi=doi)], replace(polite, registers=(name,)))
    assert server.seen == [f"doi:{doi}"] * 3 + [f"esearch:{doi}"]


@pytest.mark.parametrize(
    ("work", "name", "expected"),
    [
        (Work(doi="https://doi.org/10.1000/A"), "crossref", ["doi:10.1000/a"]),
        (Work(doi="../members"), "crossref", []),
        (Work(doi="10.1000/a b"), "crossref", ["doi:10.1000/a"]),
        (Work(pmid="12"), "crossref", []),
        (Work(arxiv="1706.03762v5"), "datacite", ["doi:10.48550/arxiv.1706.03762"]),
        (Work(pmid="12", doi="10.1000/a"), "pubmed", ["pmid:12", "doi:10.1000/a"]),
        (Work(isbn=("0-306-40615-2",)), "openlibrary", ["isbn:0306406152"]),
        (Work(isbn=("12",)), "openlibrary", []),
    ],
)
def test_registers_are_asked_for_identifiers_only(work, name, expected):
    assert questions(REGISTERS[name], work) == expected


# --- all their ways to fail ----------------------------------------------------------------------


@EVERY
def test_not_registered_is_an_answer_and_not_asked_again(server, polite, slept, name):
    plan(server, name, UNKNOWN[name])
    for _ in range(2):
        answer = asked(name, polite)
        assert (answer.status, answer.work) == ("not_registered", None)
    assert server.seen == [question(name)]
    assert slept == []


@EVERY
def test_429_waits_as_long_as_asked(server, polite, slept, name):
    body = b'{"message": [{"message": "slow down"}]}'  # habanero makes of it an error of its own
    plan(server, name, (429, {"Retry-After": "7"}, body), "record")
    assert asked(name, polite).status == "found"
    assert slept == [7.0]


@EVERY
def test_429_with_a_date(server, polite, slept, name):
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=40)
    plan(server, name, (429, {"Retry-After": format_datetime(until, usegmt=True)}, b""), "record")
    assert asked(name, polite).status == "found"
    assert 30 < slept[0] <= 40


@EVERY
def test_500_then_ok_backs_off(server, polite, slept, name):
    plan(server, name, (500, {}, b"oops"), (503, {}, b""), "record")
    assert asked(name, polite).status == "found"
    assert slept == [1.0, 2.0]


@EVERY
@pytest.mark.parametrize("fault", ["hang", "half"])
def test_a_time_out_and_half_an_answer_are_tried_again(server, polite, slept, name, fault):
    plan(server, name, fault, "record")
    assert asked(name, replace(polite, timeout=1)).status == "found"
    assert slept == [1.0]


@EVERY
@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{",
        b'{"message": []}',
        b'{"message": {"title": 5}}',
        b"\xff\xfe",
        b"null",
        b"[" * 9999,
    ]
    + [b'{"data": {"attributes": []}}', b'{"esearchresult": {"ERROR": "busy"}}', b""],
)
def test_answers_that_are_none_fail_after_all_attempts(server, polite, name, body):
    plan(server, name, ok(body))
    answer = asked(name, polite)
    assert answer.status == "failed" and answer.message.endswith("3 times"), answer
    assert server.seen == [question(name)] * 3


@EVERY
def test_a_page_in_place_of_an_answer(server, polite, name):
    plan(server, name, (200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"))
    assert asked(name, polite).status == "failed"


@EVERY
def test_refusals_are_not_repeated(server, polite, name):
    plan(server, name, (403, {}, b"{}"))
    assert asked(name, polite).message == "status 403"
    assert len(server.seen) == 1


@EVERY
def test_another_server_is_never_followed(server, polite, name):
    plan(server, name, (302, {"Location": "http://example.org/works/10.1000/x"}, b""))
    assert asked(name, polite).message == "redirected to another server, example.org"
    assert len(server.seen) == 1


@pytest.mark.parametrize("name", ["datacite", "openalex", "openlibrary"])
def test_a_redirect_within_the_server_is_followed(server, polite, name):
    plan(server, name, (301, {"Location": "/elsewhere"}, b""))
    record = ISBN if name == "openlibrary" else DOI
    server.plans["/elsewhere"] = [ok(FORMS[name](record))]
    assert asked(name, polite).status == "found"
    server.plans["/elsewhere"] = [(301, {"Location": "/elsewhere"}, b"")]
    assert asked(name, replace(polite, refresh=True)).message == "redirected 3 times"


def test_crossref_redirects_a_doi_that_was_replaced(server, polite):
    """As since February 2025: https://community.crossref.org/t/13138."""
    plan(server, "crossref", (301, {"Location": "/works/10.1000%2Fnew"}, b""))
    server.plans["doi:10.1000/new"] = [ok(forms.crossref("10.1000/new"))]
    for _ in range(2):  # the second time from the cache
        answer = asked("crossref", polite)
        assert (answer.work.doi, answer.message) == (DOI, "now registered as 10.1000/new")
        assert answer.work.relations == (Relation("version_of", "10.1000/new"),)
    assert server.seen == [f"doi:{DOI}", "doi:10.1000/new"]


@pytest.mark.parametrize("name", ["crossref", "datacite", "openalex", "pubmed"])
def test_the_record_of_another_work_is_no_answer(server, polite, name):
    plan(server, name, "record")
    other = "pmid:123" if name == "pubmed" else question(name)
    server.plans[other] = [ok(FORMS[name]("10.1000/other"))]
    answer = asked(name, polite)
    assert (answer.status, answer.work) == ("failed", None)
    assert "10.1000/other" in answer.message


def test_pubmed_found_without_what_was_asked_for(server, polite):
    result = {"idlist": ["123"], "errorlist": {"phrasesnotfound": [f"{DOI}[doi]"]}}
    plan(server, "pubmed", ok(json.dumps({"esearchresult": result}).encode()))
    assert asked("pubmed", polite).status == "not_registered"
    plan(server, "pubmed", ok(forms.esearch("123", "124")))
    assert asked("pubmed", replace(polite, refresh=True)).status == "not_registered"


def test_pubmed_with_entities_of_its_own(server, polite):
    plan(server, "pubmed", "record")
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><PubmedArticleSet>&b;'
    server.plans["pmid:123"] = [ok(bomb)]
    assert asked("pubmed", polite).status == "failed"


def test_an_answer_that_is_far_too_long(server, polite):
    plan(server, "datacite", ok(b" " * (LARGEST + 1)))
    assert asked("datacite", replace(polite, timeout=5)).message.endswith("far too long")


def test_nobody_listening(tmp_path, slept):
    nobody = Settings(
        "a@b.org", tmp_path, base_url="http://127.0.0.1:9", attempts=2, sleep=slept.append
    )
    for name in REGISTERS:
        assert asked(name, nobody).status == "failed"


def test_hostile_values_become_text(server, polite):
    changes = {
        "title": ["<i>NO</i> &amp; O<sub>2</sub>\x00 <script>x</script>"],
        "author": [{"family": "A; B"}, "text", {"given": "x"}, None],
        "volume": {"a": 1},
        "published-print": {"date-parts": [[None]]},
        "container-title": "text",
        "updated-by": [None, {"type": []}, {"type": "retraction", "updated": {"date-parts": "x"}}],
        "relation": {"is-preprint-of": [None, {"id": 5}], "x": 1},
    }
    server.plans[f"doi:{DOI}"] = [ok(forms.crossref(DOI, **changes))]
    work = asked("crossref", polite).work
    assert work.title == "NO & O2\ufffd x"
    assert work.authors == (Name("A; B"),)
    assert (work.volume, work.container_titles, work.years) == ("", ("J Rivers",), ("2011",))
    assert work.updates == (Update("retraction", source="publisher"),)


# --- cache, pauses, runs -------------------------------------------------------------------------


def test_a_very_long_pause_ends_the_questions_and_the_next_run_resumes(server, polite):
    works = [Work(doi=f"10.1000/{n}") for n in "abc"]
    for work in works:
        server.plans[f"doi:{work.doi}"] = [ok(forms.crossref(work.doi))]
    server.plans["doi:10.1000/b"].insert(0, (429, {"Retry-After": "9999"}, b"{}"))
    first = look_up(works, polite)
    assert [lookup.status for lookup in first] == ["found", "not_asked", "not_asked"]
    assert "9999 s" in first[1].answers[0].message
    assert [lookup.status for lookup in look_up(works, polite)] == ["found"] * 3
    assert server.seen == [f"doi:10.1000/{n}" for n in "abbc"]


def test_failures_are_not_kept_and_end_the_questions_to_that_register(server, polite):
    works = [Work(doi=f"10.1000/{n}") for n in range(5)]
    for work in works:
        server.plans[f"doi:{work.doi}"] = [(500, {}, b"")]
    found = look_up(works, polite)
    assert [lookup.status for lookup in found] == ["failed"] * 3 + ["not_asked"] * 2
    assert len(server.seen) == 9
    assert not polite.cache.exists()


def test_cache_survives_damage_grows_old_and_belongs_to_one_server(server, polite, tmp_path):
    plan(server, "crossref", "record")
    look_up([Work(doi=DOI), Work(doi=f"https://doi.org/{DOI.upper()}"), Work()], polite)
    assert len(server.seen) == 1
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.suffix == ".json"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:40])
    assert asked("crossref", polite).status == "found"
    assert len(server.seen) == 2
    assert kept.read_bytes() == whole
    old = json.loads(whole) | {"asked_on": "2020-02-03"}
    kept.write_text(json.dumps(old), encoding="utf-8")
    ancient = asked("crossref", replace(polite, days=float("inf")))
    assert ancient.work.looked_up == "2020-02-03"
    assert asked("crossref", polite).work.looked_up != "2020-02-03"
    assert len(server.seen) == 3
    nobody = replace(polite, base_url="http://127.0.0.1:9", attempts=1)
    assert asked("crossref", nobody).status == "failed"


def test_requests_to_one_register_keep_their_distance(server, polite, slept):
    works = [Work(doi=f"10.1000/{n}") for n in range(3)]
    look_up(works, replace(polite, pause=50))
    assert [round(s) for s in slept] == [50, 50]


@pytest.mark.parametrize("mailto", ["", "me", "a@b", "a@b.org\r\nX: y", "a@b.org, c@d.org"])
def test_an_address_is_required(tmp_path, mailto):
    with pytest.raises(InputError, match="e-mail address"):
        Settings(mailto, tmp_path)


def test_a_register_that_there_is_not(tmp_path):
    with pytest.raises(InputError, match="crosref.*there are crossref, datacite"):
        Asking(Settings("a@b.org", tmp_path, registers=("crosref",)))


# --- several of them -----------------------------------------------------------------------------


@pytest.fixture
def several(server, polite):
    """Settings for two registers, each with a server's path of its own kind."""
    with forms.serving() as other:
        yield (
            other,
            replace(
                polite,
                registers=("crossref", "openalex"),
                base_url={"crossref": server.url, "openalex": other.url},
            ),
        )


def test_what_one_register_lacks_is_asked_of_the_next(server, several):
    other, settings = several
    other.plans[f"doi:{DOI}"] = [ok(forms.openalex(DOI))]
    (lookup,) = look_up([Work(doi=DOI)], settings)
    assert [(a.register, a.status) for a in lookup.answers] == [
        ("crossref", "not_registered"),
        ("openalex", "found"),
    ]
    assert lookup.work.register == "OpenAlex"


def test_what_one_register_contradicts_is_asked_of_the_next(server, several):
    other, settings = several
    server.plans[f"doi:{DOI}"] = [ok(forms.crossref(DOI, author=[]))]
    other.plans[f"doi:{DOI}"] = [ok(forms.openalex(DOI, publication_year=2013))]
    (lookup,) = look_up([Work(doi=DOI)], settings)
    assert lookup.work.authors == FOUND["openalex"]["authors"]
    assert lookup.work.years == ("2012", "2011", "2013")
    assert lookup.work.register == "Crossref, OpenAlex"
    server.plans[f"doi:{DOI}"] = [ok(forms.crossref(DOI))]
    again = replace(settings, refresh=True)
    assert len(look_up([Work(doi=DOI)], again)[0].answers) == 1
    assert len(look_up([Work(doi=DOI)], again, agrees=lambda i, w: False)[0].answers) == 2
    assert len(look_up([Work(doi=DOI)], replace(again, every=True))[0].answers) == 2


def test_a_title_is_searched_for_where_no_doi_leads_to_it(server, polite):
    items = [forms.crossref_message(f"10.1000/{n}", title=[f"Rivers {n}"]) for n in range(3)]
    found = json.dumps({"message": {"total-results": 3, "items": items}}).encode()
    server.plans["search:Rivers 1 Doe 2011"] = [ok(found)]
    work = Work(title="Rivers 1", authors=(Name("Doe", "J"),), years=("2011",))
    same = lambda index, other: other.title == "Rivers 1"  # noqa: E731
    for _ in range(2):
        (lookup,) = look_up([work], polite, same=same)
        assert lookup.answers[0].work.doi == "10.1000/1"
        assert lookup.work is None
    (lookup,) = look_up([replace(work, title="Rivers 7")], polite, same=lambda i, w: False)
    assert [answer.status for answer in lookup.answers] == ["not_registered"]
    assert server.seen == ["search:Rivers 1 Doe 2011", "search:Rivers 7 Doe 2011"]


def test_merged_keeps_every_year_and_notice():
    one = Work(doi="a", title="T", years=("2011",), updates=(Update("correction"),), register="X")
    two = Work(doi="a", title="U", years=("2012",), volume="3", register="Y")
    both = merged([one, two])
    assert (both.title, both.other_titles, both.years) == ("T", ("U",), ("2011", "2012"))
    assert (both.volume, both.updates, both.register) == ("3", one.updates, "X, Y")
    assert merged([]) is None


# --- retracted, corrected, concerned -------------------------------------------------------------


def test_crossref_says_what_became_of_a_work(server, polite):
    def update(kind, source, notice="10.1000/notice"):
        when = {"date-parts": [[2019, 5, 7]], "date-time": "2019-05-07T00:00:00Z"}
        return {"type": kind, "source": source, "DOI": notice, "label": kind, "updated": when}

    kinds = [update("retraction", "retraction-watch"), update("expression_of_concern", "publisher")]
    kinds += [update("erratum", "publisher"), update("new_version", "publisher", DOI)]
    changes = {"updated-by": kinds, "update-to": [{"DOI": "10.1000/old", "type": "correction"}]}
    server.plans[f"doi:{DOI}"] = [ok(forms.crossref(DOI, **changes))]
    work = asked("crossref", polite).work
    assert work.updates == (
        Update("retraction", "2019-05-07", "10.1000/notice", "Retraction Watch"),
        Update("expression_of_concern", "2019-05-07", "10.1000/notice", "publisher"),
        Update("correction", "2019-05-07", "10.1000/notice", "publisher (erratum)"),
    )
    assert work.relations == (Relation("correction_of", "10.1000/old"),)


@pytest.mark.parametrize(
    ("notices", "kinds", "expected"),
    [
        (
            '<CommentsCorrections RefType="RetractionIn"><RefSource>J Rivers. 2014;14(2):3. doi: '
            "10.1000/notice.</RefSource><PMID>9</PMID></CommentsCorrections>",
            '<PublicationType UI="D016441">Retracted Publication</PublicationType>',
            (Update("retraction", "2014", "10.1000/notice", "PubMed"),),
        ),
        (
            "",
            '<PublicationType UI="D016441">Retracted Publication</PublicationType>',
            (Update("retraction", source="PubMed"),),
        ),
        (
            '<CommentsCorrections RefType="ErratumIn"><RefSource>J Rivers. 2013 Mar;1(3):7'
            '</RefSource></CommentsCorrections><CommentsCorrections RefType="CommentIn"/>'
            '<CommentsCorrections RefType="ExpressionOfConcernIn"/>',
            "",
            (
                Update("correction", "2013", "", "PubMed"),
                Update("expression_of_concern", "", "", "PubMed"),
            ),
        ),
    ],
)
def test_pubmed_says_what_became_of_a_work(server, polite, notices, kinds, expected):
    plan(server, "pubmed", "record")
    server.plans["pmid:123"] = [ok(forms.pubmed(DOI, notices, kinds))]
    assert asked("pubmed", polite).work.updates == expected


def test_openalex_says_that_a_work_is_retracted(server, polite):
    server.plans[f"doi:{DOI}"] = [ok(forms.openalex(DOI, is_retracted=True))]
    assert asked("openalex", polite).work.updates == (Update("retraction", source="OpenAlex"),)


def test_looking_up_many_kept_answers_is_quick(server, polite):
    works = [Work(doi=f"10.1000/{n}") for n in range(300)]
    for work in works:
        server.plans[f"doi:{work.doi}"] = [ok(forms.datacite(work.doi))]
    datacite = replace(polite, registers=("datacite",))
    look_up(works, datacite)
    start = time.process_time()
    assert {lookup.status for lookup in look_up(works, datacite)} == {"found"}
    assert time.process_time() - start < 2
    assert len(server.seen) == 300
