"""The Crossref client against a local server that answers in Crossref's documented form."""

import argparse
import datetime
import json
import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest

from claimbook.citations import audit_arguments, audit_command
from claimbook.citations.crossref import (
    Answer,
    Settings,
    answers_table,
    ask,
    cached,
    fetch,
    fields_of_message,
    keep,
    works_of,
)
from claimbook.citations.known_works import RECORD_COLUMNS, known_works
from claimbook.errors import InputError


def message(doi: str, **changes) -> dict:
    """The `message` of a single work, with the members that the audit reads."""
    return {
        "DOI": doi,
        "type": "journal-article",
        "title": ["Slow rivers"],
        "subtitle": [],
        "author": [
            {"given": "Ana María", "family": "Núñez", "sequence": "first"},
            {"given": "J.-P.", "family": "van Dam", "suffix": "Jr"},
            {"name": "River Group", "sequence": "additional"},
        ],
        "container-title": ["Journal of Rivers"],
        "volume": "12",
        "issue": "3",
        "page": "45-67",
        "issued": {"date-parts": [[2011, 5]]},
        "published-print": {"date-parts": [[2012]]},
        **changes,
    }


class Handler(BaseHTTPRequestHandler):
    """Plays, per DOI, the next of the planned answers; the last one is repeated."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        doi = unquote(urlsplit(self.path).path.removeprefix("/works/"))
        server = self.server
        server.seen.append((doi, self.headers["User-Agent"]))
        plan = server.plans.get(doi, [("json", 404, {}, "Resource not found.")])
        kind, status, headers, body = plan.pop(0) if len(plan) > 1 else plan[0]
        if kind == "hang":
            server.release.wait(5)
            self.close_connection = True
            return
        if kind == "ok":
            body = {
                "status": "ok",
                "message-type": "work",
                "message-version": "1.0.0",
                "message": body,
            }
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.plans, httpd.seen, httpd.release = {}, [], threading.Event()
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield httpd
    httpd.release.set()
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def slept():
    return []


@pytest.fixture
def polite(server, tmp_path, slept):
    return Settings(
        mailto="reader@example.org",
        cache=tmp_path / "cache",
        base_url=f"http://127.0.0.1:{server.server_port}",
        timeout=0.3,
        attempts=3,
        sleep=slept.append,
    )


def ok(doi: str, **changes) -> tuple:
    return ("ok", 200, {}, message(doi, **changes))


DOI = "10.1000/s(1)<a>#b?c%d"  # every character that an address would take for its own


def test_found(server, polite):
    server.plans[DOI] = [ok(DOI)]
    answer = ask(DOI, polite)
    assert answer.status == "found"
    assert answer.fields == {
        "authors": "Núñez AM; van Dam JP Jr; River Group",
        "year": "2012",
        "title": "Slow rivers",
        "journal": "Journal of Rivers",
        "volume": "12",
        "issue": "3",
        "pages": "45-67",
        "doi": DOI,
    }
    asked, agent = server.seen[0]
    assert asked == DOI
    assert "mailto:reader@example.org" in agent
    assert "claimbook" in agent


def test_a_doi_cannot_lead_to_another_part_of_the_interface(server, polite):
    ask("10.1000/../../funders?x=1", polite)
    assert [doi for doi, _ in server.seen] == ["10.1000/../../funders?x=1"]


def test_404_is_an_answer_and_not_asked_again(server, polite, slept):
    assert [a.status for a in fetch(["10.1000/gone"], polite)] == ["not_registered"]
    assert [a.status for a in fetch(["10.1000/GONE"], polite)] == ["not_registered"]
    assert len(server.seen) == 1
    assert slept == []


def test_429_waits_as_long_as_asked(server, polite, slept):
    server.plans["10.1000/a"] = [("raw", 429, {"Retry-After": "7"}, b"{}"), ok("10.1000/a")]
    assert ask("10.1000/a", polite).status == "found"
    assert slept == [7.0]


def test_429_with_a_date(server, polite, slept):
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=40)
    header = {"Retry-After": format_datetime(until, usegmt=True)}
    server.plans["10.1000/a"] = [("raw", 429, header, b"{}"), ok("10.1000/a")]
    assert ask("10.1000/a", polite).status == "found"
    assert 30 < slept[0] <= 40


def test_a_very_long_pause_ends_the_run_and_the_next_run_resumes(server, polite):
    server.plans["10.1000/a"] = [ok("10.1000/a")]
    server.plans["10.1000/b"] = [("raw", 429, {"Retry-After": "9999"}, b"{}"), ok("10.1000/b")]
    server.plans["10.1000/c"] = [ok("10.1000/c")]
    dois = ["10.1000/a", "10.1000/b", "10.1000/c"]
    first = fetch(dois, polite)
    assert [a.status for a in first] == ["found", "not_asked", "not_asked"]
    assert "9999 s" in first[1].message
    assert [a.status for a in fetch(dois, polite)] == ["found"] * 3
    assert [doi for doi, _ in server.seen] == ["10.1000/a", "10.1000/b", "10.1000/b", "10.1000/c"]


def test_500_then_ok_backs_off(server, polite, slept):
    broken = ("raw", 500, {}, b"oops")
    server.plans["10.1000/a"] = [broken, broken, ok("10.1000/a")]
    assert ask("10.1000/a", polite).status == "found"
    assert slept == [1.0, 2.0]


def test_time_out(server, polite, slept):
    server.plans["10.1000/a"] = [("hang", 0, {}, b""), ok("10.1000/a")]
    assert ask("10.1000/a", polite).status == "found"
    assert slept == [1.0]


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b'{"status": "ok", "mess'),
        (200, {}, b"[]"),
        (200, {}, b'{"message": []}'),
        (200, {}, b'{"message": {"title": 5}}'),
        (200, {}, b"\xff\xfe"),
        (200, {"Content-Type": "text/html"}, b"<html>maintenance</html>"),
        (503, {}, b""),
    ],
)
def test_answers_that_are_none_fail_after_all_attempts(server, polite, status, headers, body):
    server.plans["10.1000/a"] = [("raw", status, headers, body)]
    answer = ask("10.1000/a", polite)
    assert answer.status == "failed"
    assert answer.message.endswith("3 times")
    assert len(server.seen) == 3


def test_refusals_are_not_repeated(server, polite):
    server.plans["10.1000/a"] = [("raw", 403, {}, b"{}")]
    assert ask("10.1000/a", polite) == Answer("10.1000/a", "failed", message="status 403")
    assert len(server.seen) == 1


def test_failures_are_not_kept_and_end_the_run(server, polite):
    dois = [f"10.1000/{n}" for n in range(6)]
    for doi in dois:
        server.plans[doi] = [("raw", 500, {}, b"")]
    answers = fetch(dois, polite)
    assert [a.status for a in answers] == ["failed"] * 3 + ["not_asked"] * 3
    assert len(server.seen) == 9
    assert cached(dois[0], polite) is None


def test_nobody_listening(tmp_path, slept):
    nobody = Settings(
        "a@b.org", tmp_path, "http://127.0.0.1:9", 0.3, attempts=2, sleep=slept.append
    )
    assert ask("10.1000/a", nobody).status == "failed"


def test_cache_survives_damage_and_belongs_to_one_server(server, polite, tmp_path):
    server.plans["10.1000/a"] = [ok("10.1000/a")]
    fetch(["10.1000/a", "https://doi.org/10.1000/A", ""], polite)
    assert len(server.seen) == 1
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert cached("10.1000/a", polite) is None
    assert fetch(["10.1000/a"], polite)[0].status == "found"
    assert len(server.seen) == 2
    elsewhere = Settings("a@b.org", polite.cache, "http://127.0.0.1:9", 1.0)
    assert cached("10.1000/a", elsewhere) is None


def test_only_dois_are_asked_for(server, polite):
    assert fetch(["../members", "10.1000/a b"], polite)[0].status == "failed"
    assert server.seen == []


@pytest.mark.parametrize("mailto", ["", "me", "a@b", "a@b.org\r\nX: y", "a@b.org, c@d.org"])
def test_an_address_is_required(tmp_path, mailto):
    with pytest.raises(InputError, match="e-mail address"):
        Settings(mailto, tmp_path)


def test_hostile_message_fields_become_text():
    fields = fields_of_message(
        message(
            "10.1000/a",
            title=["<i>NO</i> &amp; O<sub>2</sub>\x00 <script>x</script>"],
            author=[{"family": "A; B"}, "text", {"given": "x"}, None],
            volume={"a": 1},
            **{"published-print": {"date-parts": [[None]]}, "container-title": "text"},
        )
    )
    assert fields["title"] == "NO & O2\ufffd x"
    assert fields["authors"] == "A, B"
    assert (fields["volume"], fields["journal"], fields["year"]) == ("", "", "2011")


# --- the audit online ----------------------------------------------------------------------------

BIB = """
@article{good, author = {N{\\'u}{\\~n}ez, A. M. and van Dam, Jr., J.-P.}, year = 2012,
  title = {Slow Rivers}, journal = {J. Rivers}, volume = 12, number = 3, pages = {45--67},
  doi = {10.1000/good}}
@article{lost, author = {Doe, J.}, year = 2001, title = {A title that is about something else},
  journal = {Journal of Rivers}, doi = {10.1000/other}}
@article{gone, author = {Doe, J.}, year = 2001, title = {One more quite different title},
  doi = {10.1000/gone}}
"""


def test_audit_online_end_to_end(server, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data" / "evidence"
    data.mkdir(parents=True)
    (tmp_path / "data" / "datapackage.yaml").touch()  # makes it the data folder
    curated = data / "references.csv"
    curated.write_text(",".join(RECORD_COLUMNS) + "\n", encoding="utf-8")
    (tmp_path / "list.bib").write_text(BIB, encoding="utf-8")
    for doi in ("10.1000/good", "10.1000/other"):
        server.plans[doi] = [ok(doi)]
    parser = argparse.ArgumentParser()
    audit_arguments.add_arguments(parser)
    options = ["list.bib", "--online", "--mailto", "a@b.org", "--output", "out"]
    options += ["--base-url", f"http://127.0.0.1:{server.server_port}"]
    assert audit_command.run(parser.parse_args(options)) == 0
    shown = capsys.readouterr().out
    assert "good: accurate" in shown
    assert "lost: doi_of_another_work" in shown
    assert "gone: record_unknown" in shown
    assert "not registered with Crossref" in shown
    assert curated.read_text(encoding="utf-8") == ",".join(RECORD_COLUMNS) + "\n"
    records = (tmp_path / "out" / "records.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in records[1:]] == [
        ["10.1000/good", "found"],
        ["10.1000/other", "found"],
        ["10.1000/gone", "not_registered"],
    ]
    asked = len(server.seen)
    assert audit_command.run(parser.parse_args([*options, "--strict"])) == 1
    assert len(server.seen) == asked

    with pytest.raises(InputError, match="curated"):
        audit_command.run(parser.parse_args([*options[:-4], "--output", "data/evidence"]))
    with pytest.raises(InputError, match="e-mail"):
        audit_command.run(parser.parse_args(["list.bib", "--online"]))


def test_found_online_never_replaces_a_record(polite):
    """A DOI that the records know keeps the curated work, whatever the server says."""
    row = dict.fromkeys(RECORD_COLUMNS, "")
    row |= {"key": "a", "registered_doi": "10.1000/a", "registered_title": "Curated title"}
    fields = fields_of_message(message("10.1000/a"))
    works = known_works(pd.DataFrame([row]), works_of([Answer("10.1000/A", "found", fields)]))
    assert works.by_doi["10.1000/a"].title == "Curated title"


def test_answers_table_keeps_what_was_answered():
    fields = fields_of_message(message("10.1000/new"))
    table = answers_table([Answer("10.1000/old", "found", fields)])
    assert table.loc[0, ["doi", "answered_doi", "year"]].to_list() == [
        "10.1000/old",
        "10.1000/new",
        "2012",
    ]


def test_keep_leaves_no_partial_file(polite, tmp_path):
    keep(Answer("10.1000/a", "not_registered"), polite)
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".json"]
