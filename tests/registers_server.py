"""A server on this machine that answers as the registers document, or in all the ways to fail."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

DOI = "10.1000/s(1)<a>#b?c%d"  # every character that an address would take for its own
ISBN = "9780306406157"


def crossref_message(doi: str, **changes) -> dict:
    """The `message` of a single work, with the members that are read."""
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
        "short-container-title": ["J Rivers"],
        "ISSN": ["1234-5679"],
        "volume": "12",
        "issue": "3",
        "page": "45-67",
        "issued": {"date-parts": [[2011, 5]]},
        "published-print": {"date-parts": [[2012]]},
        **changes,
    }


def crossref(doi: str, **changes) -> bytes:
    message = crossref_message(doi, **changes)
    whole = {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": message}
    return json.dumps(whole).encode()


def datacite(doi: str, **changes) -> bytes:
    attributes = {
        "doi": doi.lower(),
        "creators": [
            {
                "name": "Núñez, Ana María",
                "nameType": "Personal",
                "givenName": "Ana María",
                "familyName": "Núñez",
            },
            {"name": "van Dam, J.-P.", "affiliation": []},
            {"name": "River Group", "nameType": "Organizational"},
        ],
        "titles": [
            {"title": "Slow rivers"},
            {"title": "Langsame Flüsse", "titleType": "TranslatedTitle", "lang": "de"},
        ],
        "publisher": "Zenodo",
        "container": {"type": "Journal", "title": "Journal of Rivers", "volume": "12"},
        "publicationYear": 2012,
        "dates": [{"date": "2011-05-02", "dateType": "Issued"}],
        "types": {"resourceTypeGeneral": "Dataset"},
        "relatedIdentifiers": [
            {
                "relationType": "IsVersionOf",
                "relatedIdentifier": "10.1000/all",
                "relatedIdentifierType": "DOI",
            }
        ],
        **changes,
    }
    return json.dumps({"data": {"id": doi, "type": "dois", "attributes": attributes}}).encode()


def openalex(doi: str, **changes) -> bytes:
    work = {
        "id": "https://openalex.org/W1",
        "doi": f"https://doi.org/{doi}",
        "ids": {"pmid": "https://pubmed.ncbi.nlm.nih.gov/123"},
        "title": "Slow rivers",
        "publication_year": 2012,
        "publication_date": "2012-01-05",
        "type": "article",
        "authorships": [
            {"author": {"display_name": "A. Núñez"}, "raw_author_name": "Ana María Núñez"},
            {"author": {"display_name": "J.-P. van Dam"}},
        ],
        "primary_location": {
            "source": {"display_name": "Journal of Rivers", "issn": ["1234-5679"]}
        },
        "biblio": {"volume": "12", "issue": "3", "first_page": "45", "last_page": "67"},
        "is_retracted": False,
        **changes,
    }
    return json.dumps(work).encode()


def pubmed(doi: str, notices: str = "", kinds: str = "") -> bytes:
    from xml.sax.saxutils import escape

    return f"""<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "pubmed.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM">
<PMID Version="1">123</PMID>
<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Print">1234-5679</ISSN>
<JournalIssue CitedMedium="Print"><Volume>12</Volume><Issue>3</Issue>
<PubDate><MedlineDate>2012 Jan-Feb</MedlineDate></PubDate></JournalIssue>
<Title>Journal of rivers</Title><ISOAbbreviation>J Rivers</ISOAbbreviation></Journal>
<ArticleTitle>Slow <i>rivers</i>.</ArticleTitle>
<Pagination><StartPage>45</StartPage><EndPage>67</EndPage><MedlinePgn>45-67</MedlinePgn></Pagination>
<AuthorList CompleteYN="Y">
<Author ValidYN="N"><LastName>Nunes</LastName><ForeName>Ana</ForeName></Author>
<Author ValidYN="Y"><LastName>Núñez</LastName><ForeName>Ana María</ForeName></Author>
<Author ValidYN="Y"><LastName>van Dam</LastName><ForeName>J-P</ForeName><Suffix>Jr</Suffix></Author>
<Author ValidYN="Y"><CollectiveName>River Group</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>{kinds}
</PublicationTypeList><VernacularTitle>Langsame Flüsse.</VernacularTitle>
<ArticleDate DateType="Electronic"><Year>2011</Year><Month>05</Month></ArticleDate></Article>
<CommentsCorrectionsList>{notices}</CommentsCorrectionsList></MedlineCitation>
<PubmedData><ArticleIdList><ArticleId IdType="pubmed">123</ArticleId>
<ArticleId IdType="doi">{escape(doi)}</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle></PubmedArticleSet>""".encode()


def esearch(*numbers: str) -> bytes:
    result = {"count": str(len(numbers)), "idlist": list(numbers)}
    return json.dumps({"header": {"type": "esearch"}, "esearchresult": result}).encode()


def openlibrary(isbn: str, **changes) -> bytes:
    book = {
        "url": "https://openlibrary.org/books/OL1M/Rivers",
        "title": "Rivers",
        "subtitle": "slow and fast",
        "authors": [{"name": "Ana María Núñez", "url": "https://openlibrary.org/authors/OL1A"}],
        "publishers": [{"name": "River Press"}],
        "identifiers": {"isbn_13": [isbn]},
        "publish_date": "May 2012",
        **changes,
    }
    return json.dumps({f"ISBN:{isbn}": book}).encode()


class Handler(BaseHTTPRequestHandler):
    """Plays, per question, the next of the planned answers; the last one is repeated.

    A question is ``doi:``, ``pmid:`` or ``isbn:`` and what was asked for; ``search:`` a title. An
    answer is (status, headers, body), or the word ``hang`` or ``half``.
    """

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server, question = self.server, self._question()
        server.seen.append(question)
        server.agents.append(self.headers["User-Agent"])
        plan = server.plans.get(question, [(404, {}, b"Resource not found.")])
        answer = plan.pop(0) if len(plan) > 1 else plan[0]
        if answer == "hang":
            server.release.wait(5)
            self.close_connection = True
            return
        status, headers, body = (200, {}, b'{"status": "ok", "m') if answer == "half" else answer
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (500 if answer == "half" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection |= answer == "half"

    def _question(self) -> str:
        address = urlsplit(self.path)
        path, query = unquote(address.path), parse_qs(address.query)
        for start in ("/works/doi:", "/works/pmid:"):  # OpenAlex
            if path.startswith(start):
                return path.removeprefix("/works/")
        for start in ("/works/", "/dois/"):
            if path.startswith(start):
                return f"doi:{path.removeprefix(start)}"
        if path == "/works":
            return f"search:{query.get('query.bibliographic', [''])[0]}"
        if path == "/esearch.fcgi":
            return "esearch:" + query["term"][0].removesuffix('"[doi]').removeprefix('"')
        if path == "/efetch.fcgi":
            return f"pmid:{query['id'][0]}"
        if path == "/api/books":
            return query["bibkeys"][0].replace("ISBN:", "isbn:")
        return path


@contextmanager
def serving():
    """Serve on this machine alone; `plans`, `seen` and `agents` are attributes of the server."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.plans, httpd.seen, httpd.agents, httpd.release = {}, [], [], threading.Event()
    httpd.url = f"http://127.0.0.1:{httpd.server_port}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield httpd
    finally:
        httpd.release.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def only_this_machine(monkeypatch) -> list:
    """Let no socket connect elsewhere; return the list of addresses that something tried."""
    tried, connect = [], socket.socket.connect

    def checked(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1"):
            tried.append(address)
            raise OSError(f"connection to {address} in a test")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", checked)
    return tried
