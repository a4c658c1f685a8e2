"""``claimbook audit``: from a file and registers on this machine to reports and an exit code."""

import argparse
import datetime
import functools
import json
from pathlib import Path

import pandas as pd
import pytest
import registers_server as forms

from claimbook.citations import audit_arguments, audit_command, notices
from claimbook.citations.fields import text_fields
from claimbook.citations.known_works import RECORD_COLUMNS, known_works
from claimbook.citations.registers import RegisterAnswer, Settings
from claimbook.citations.registers.statements import as_known, differences
from claimbook.citations.work import Name, Work
from claimbook.errors import InputError

BIB = """
@article{good, author = {N{\\'u}{\\~n}ez, A. M. and van Dam, Jr., J.-P. and {River Group}},
  year = 2012, title = {Slow Rivers}, journal = {J. Rivers}, volume = 12, number = 3,
  pages = {45--67}, doi = {10.1000/good}}
@article{lost, author = {Doe, J.}, year = 2001, title = {A title that is about something else},
  journal = {Journal of Rivers}, doi = {10.1000/other}}
@article{gone, author = {Doe, J.}, year = 2001, title = {One more quite different title},
  doi = {10.1000/gone}}
"""
GOOD = BIB[: BIB.index("@article{lost")]


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
def audited(server, tmp_path, monkeypatch, capsys):
    """A function that audits a text with registers on this machine; returns code, out, err."""
    monkeypatch.chdir(tmp_path)
    quick = functools.partial(Settings, sleep=lambda seconds: None)
    monkeypatch.setattr(audit_command, "Settings", quick)
    data = tmp_path / "data" / "evidence"
    data.mkdir(parents=True)
    (tmp_path / "data" / "datapackage.yaml").touch()  # makes it the data folder
    (data / "references.csv").write_text(",".join(RECORD_COLUMNS) + "\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    audit_arguments.add_arguments(parser)

    def run(text: str, *options: str, url: str = server.url):
        (tmp_path / "list.bib").write_text(text, encoding="utf-8")
        words = ["list.bib", "--online", "--mailto", "a@b.org", "--output", "out"]
        words += ["--base-url", url, *options]
        code = audit_command.run(parser.parse_args(words))
        return code, *capsys.readouterr()

    return run


def ok(body: bytes) -> tuple:
    return (200, {}, body)


def test_audit_online_end_to_end(server, audited, tmp_path):
    for doi in ("10.1000/good", "10.1000/other"):
        server.plans[f"doi:{doi}"] = [ok(forms.crossref(doi))]
    code, shown, _ = audited(BIB)
    assert code == 0
    assert "good: accurate" in shown
    assert "lost: doi_of_another_work" in shown
    assert "gone: record_unknown" in shown
    assert "not registered with Crossref" in shown
    curated = tmp_path / "data" / "evidence" / "references.csv"
    assert curated.read_text(encoding="utf-8") == ",".join(RECORD_COLUMNS) + "\n"
    records = pd.read_csv(tmp_path / "out" / "records.csv")
    identified = records[records["question"].str.startswith("doi:")]
    assert identified[["question", "status"]].to_numpy().tolist() == [
        ["doi:10.1000/good", "found"],
        ["doi:10.1000/other", "found"],
        ["doi:10.1000/gone", "not_registered"],
    ]
    assert {p.name for p in (tmp_path / "out").glob("audit.*")} == {
        "audit.csv",
        "audit.html",
        "audit.json",
        "audit.sarif",
    }
    asked = len(server.seen)
    assert audited(BIB, "--strict")[0] == 1
    assert len(server.seen) == asked


def test_curated_data_is_never_overwritten_and_an_address_is_needed(audited, tmp_path):
    with pytest.raises(InputError, match="curated"):
        audited(BIB, "--output", "data/evidence")
    with pytest.raises(InputError, match="e-mail"):
        audited(BIB, "--mailto", "")
    with pytest.raises(InputError, match="registers: 'x'"):
        audited(BIB, "--registers", "x")


def test_without_a_collection_nothing_is_known_beforehand(audited, tmp_path, server):
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good"))]
    (tmp_path / "data" / "datapackage.yaml").unlink()
    code, shown, _ = audited(GOOD, "--strict")
    assert (code, "good: accurate" in shown) == (0, True)


@pytest.mark.parametrize(
    ("name", "form"),
    [("datacite", forms.datacite), ("openalex", forms.openalex), ("pubmed", forms.pubmed)],
)
def test_each_register_is_asked_at_its_base_url(server, audited, name, form):
    server.plans["doi:10.1000/good"] = [ok(form("10.1000/good"))]
    server.plans["esearch:10.1000/good"] = [ok(forms.esearch("123"))]
    server.plans["pmid:123"] = [ok(form("10.1000/good"))]
    label = {"datacite": "DataCite", "openalex": "OpenAlex", "pubmed": "PubMed"}[name]
    _, shown, _ = audited(GOOD, "--registers", name, "--format", "json")
    (entry,) = json.loads(shown)["entries"]
    assert entry["verdict"] in ("accurate", "author_or_detail_errors")  # some lack an author
    assert entry["registers"].startswith(f"{label}: found (20")


def test_books_are_asked_for_by_isbn(server, audited):
    server.plans[f"isbn:{forms.ISBN}"] = [ok(forms.openlibrary(forms.ISBN))]
    book = """@book{b, author={N{\\'u}{\\~n}ez, Ana Mar{\\'i}a}, title={Rivers: slow and fast},
    year=2012, isbn={978-0-306-40615-7}, publisher={River Press}}"""
    _, shown, _ = audited(book, "--registers", "openlibrary")
    assert "b: accurate" in shown
    _, shown, _ = audited(book.replace("2012", "2010"), "--registers", "openlibrary")
    assert "year: printed “2010”, found “2012”" in shown


def test_what_registers_contradict_is_named(server, audited):
    with forms.serving() as other:
        server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good", volume="13"))]
        other.plans["doi:10.1000/good"] = [ok(forms.datacite("10.1000/good"))]
        two = ("--registers", "crossref,datacite", "--base-url", f"datacite={other.url}")
        _, shown, _ = audited(GOOD, *two, url=f"crossref={server.url}")
    assert "volume: Crossref “13”, DataCite “12”" in shown


def test_a_retracted_work_ends_a_strict_audit(server, audited, tmp_path):
    when = {"date-parts": [[2019, 5, 7]]}
    kinds = [{"type": "retraction", "source": "retraction-watch", "DOI": "10.1/n", "updated": when}]
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good"))]
    assert audited(GOOD, "--strict")[0] == 0
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good", **{"updated-by": kinds}))]
    code, shown, _ = audited(GOOD, "--strict", "--refresh")
    assert code == 1
    assert "good: accurate" in shown
    assert "    retracted 2019-05-07 (10.1/n; Retraction Watch)" in shown
    assert shown.endswith("1 accurate; 1 retracted or withdrawn\n")
    kinds[0]["type"] = "correction"
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good", **{"updated-by": kinds}))]
    code, shown, _ = audited(GOOD, "--strict", "--refresh")
    assert (code, "    corrected 2019-05-07 (10.1/n; Retraction Watch)" in shown) == (0, True)


def test_the_works_of_a_collection_are_looked_up_and_a_retracted_one_is_named(
    server, audited, tmp_path, capsys
):
    evidence = tmp_path / "data" / "evidence"
    (evidence / "other.csv").write_text("doi\n10.1000/GOOD\n10.1000/b\n10.1000/c\n\n")
    kinds = [{"type": "retraction", "source": "publisher", "DOI": "10.1/n"}]
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good", **{"updated-by": kinds}))]
    server.plans["doi:10.1000/b"] = [ok(forms.crossref("10.1000/b"))]
    given = ["data", "--cache", "cache", "--base-url", server.url]
    assert notices.main(given) == 0
    assert capsys.readouterr().out.endswith("3 works, 0 notices, 3 not looked up\n")
    assert notices.main([*given, "--mailto", "a@b.org"]) == 0
    assert capsys.readouterr().out.endswith("3 works, 1 notices, 1 not looked up\n")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    written = (evidence / "notices.csv").read_text(encoding="utf-8")
    assert written.splitlines()[1:] == [
        f"10.1000/b,none,,,{today},Crossref",
        "10.1000/c,not_looked_up,,,,",
        f"10.1000/good,retraction,,10.1/n,{today},publisher",
    ]
    assert notices.main(given) == 0
    assert (evidence / "notices.csv").read_text(encoding="utf-8") == written
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good"))]
    code, shown, _ = audited(GOOD, "--strict", "--refresh")
    assert (code, "    retracted (10.1/n; publisher)" in shown) == (1, True)


def test_every_work_of_the_evidence_has_a_row_of_notices():
    data = Path(__file__).parents[2] / "data"
    assert sorted(set(notices.load_notices(data)["doi"])) == notices.dois_of_evidence(data)


def test_a_swapped_doi_is_put_right_where_the_title_is_found(server, audited, tmp_path):
    another = {"title": ["Quick hills"], "author": [{"family": "Doe", "given": "Jo"}]}
    server.plans["doi:10.1000/good"] = [ok(forms.crossref("10.1000/good", **another))]
    message = {"total-results": 1, "items": [forms.crossref_message("10.1000/right")]}
    server.plans["search:Slow Rivers Núñez 2012"] = [ok(json.dumps({"message": message}).encode())]
    _, shown, _ = audited(GOOD)
    assert "good: doi_of_another_work" in shown
    assert "DOI: printed “10.1000/good”, found “10.1000/right” (sure)" in shown
    corrected = (tmp_path / "out" / "list_corrected.bib").read_text(encoding="utf-8")
    assert corrected == GOOD.replace("10.1000/good", "10.1000/right")
    assert (tmp_path / "list.bib").read_text(encoding="utf-8") == GOOD
    audited(GOOD, "--fix")
    assert (tmp_path / "list.bib").read_text(encoding="utf-8") == corrected


def test_questions_without_an_answer_are_counted(server, audited):
    server.plans["doi:10.1000/good"] = [(500, {}, b"")]
    code, shown, err = audited(GOOD)
    assert (code, "good: record_unknown" in shown) == (0, True)
    assert err.startswith("1 questions without an answer (first: Crossref: status 500, 5 times")


def test_found_online_never_replaces_a_record():
    """A DOI that the records know keeps the curated work, whatever the server says."""
    row = dict.fromkeys(RECORD_COLUMNS, "")
    row |= {"key": "a", "registered_doi": "10.1000/a", "registered_title": "Curated title"}
    found = as_known(Work(doi="10.1000/A", title="Another", register="Crossref"))
    works = known_works(pd.DataFrame([row]), [found])
    assert works.by_doi["10.1000/a"].title == "Curated title"


def test_works_in_the_fields_of_records():
    work = Work(
        title="Slow rivers",
        subtitle="a study",
        authors=(Name("Núñez", "Ana María"), Name("van Dam", "J.-P.", "Jr"), Name("A; B", "")),
        authors_complete=False,
        years=("2012", "2011"),
        article_number="e5",
        doi="10.1000/a",
    )
    assert text_fields(work) == {
        "authors": "Núñez AM; van Dam JP Jr; A, B; et al.",
        "year": "2012",
        "title": "Slow rivers: a study",
        "journal": "",
        "volume": "",
        "issue": "",
        "pages": "e5",
        "doi": "10.1000/a",
    }
    answers = [
        RegisterAnswer(
            name, "doi:10.1000/a", "found", Work(title="T", years=(year,), register=name)
        )
        for name, year in (("crossref", "2011"), ("pubmed", "2012"))
    ]
    assert differences(answers) == "year: Crossref “2011”, PubMed “2012”"
