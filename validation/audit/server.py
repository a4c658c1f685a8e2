"""One server on this machine that answers for the registers, over http and https.

It knows a set of works in Crossref's form, and gives them as Crossref (one by DOI, or a search by
title), as doi.org (CSL JSON, registry, handles) and as OpenAlex; every other register answers, in
its own form, that it knows nothing.
"""

import json
import re
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from rapidfuzz import fuzz, process

NOTHING = {
    "eutils.ncbi.nlm.nih.gov": {"esearchresult": {"count": "0", "idlist": []}},
    "www.ebi.ac.uk": {"hitCount": 0, "resultList": {"result": []}},
    "openlibrary.org": {"docs": [], "numFound": 0},
    "dblp.org": {"result": {"hits": {"@total": "0"}}},
    "api.semanticscholar.org": {"total": 0, "data": []},
    "inspirehep.net": {"hits": {"hits": [], "total": 0}},
    "api.datacite.org": {"data": [], "meta": {"total": 0}},
}
ATOM = b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"></feed>'


class Works:
    """Works by DOI, and by title as a search would rank them."""

    def __init__(self, works: dict[str, dict]):
        self.by_doi = {doi.lower(): work for doi, work in works.items()}
        self.titled = [w for w in works.values() if w.get("title")]
        self.titles = [re.sub("<[^>]+>", "", w["title"][0]).lower() for w in self.titled]

    def search(self, words: str, rows: int = 5) -> list[dict]:
        found = process.extract(
            words.lower(), self.titles, scorer=fuzz.token_set_ratio, limit=max(rows, 1)
        )
        return [{**self.titled[place], "score": score} for _, score, place in found if score > 55]


def as_openalex(work: dict) -> dict:
    date = (work.get("issued") or {}).get("date-parts", [[None]])[0]
    authors = [
        {
            "author": {"display_name": _whole(a)},
            "raw_author_name": _whole(a),
            "author_position": "middle",
        }
        for a in work.get("author", [])
    ]
    first, _, last = work.get("page", "").partition("-")
    container = (work.get("container-title") or [None])[0]
    return {
        "id": f"https://openalex.org/W{abs(hash(work['DOI'])) % 10**9}",
        "doi": f"https://doi.org/{work['DOI'].lower()}",
        "title": work["title"][0],
        "display_name": work["title"][0],
        "publication_year": date[0],
        "publication_date": "-".join(f"{part:02d}" for part in date if part),
        "type": "article",
        "authorships": authors,
        "primary_location": {"source": {"display_name": container, "issn": work.get("ISSN")}},
        "biblio": {
            "volume": work.get("volume"),
            "issue": work.get("issue"),
            "first_page": first or None,
            "last_page": last or None,
        },
        "ids": {"doi": f"https://doi.org/{work['DOI'].lower()}"},
        "is_retracted": False,
        "abstract_inverted_index": None,
    }


def _whole(author: dict) -> str:
    return author.get("name") or f"{author.get('given', '')} {author.get('family', '')}".strip()


def as_csl(work: dict) -> dict:
    return work | {
        name: (work.get(name) or [""])[0] for name in ("title", "container-title") if work.get(name)
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self._answer(*self._found())

    def do_GET(self):
        self._answer(*self._found())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(404, {})

    def _answer(self, status: int, body) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def _found(self) -> tuple[int, object]:
        works: Works = self.server.works
        host = (self.headers.get("Host") or "").split(":")[0]
        address = urlsplit(self.path)
        path, query = unquote(address.path), parse_qs(address.query)
        self.server.seen[host] = self.server.seen.get(host, 0) + 1
        doi = _doi(path)
        if host == "api.openalex.org":
            return self._openalex(works, path, query)
        if host in ("doi.org", "dx.doi.org", "www.doi.org"):
            known = doi in works.by_doi
            if path.startswith("/api/handles/"):
                return (
                    (200, {"responseCode": 1, "handle": doi, "values": []})
                    if known
                    else (404, {"responseCode": 100, "handle": doi})
                )
            if path.lower().startswith("/doira/"):
                return 200, [
                    {"DOI": doi, "RA": "Crossref"} if known else {"DOI": doi, "status": "x"}
                ]
            return (200, as_csl(works.by_doi[doi])) if known else (404, b"DOI Not Found")
        if host in ("api.crossref.org", "127.0.0.1", "localhost"):
            return self._crossref(works, path, query, doi)
        if host == "export.arxiv.org":
            return 200, ATOM
        return (200, NOTHING[host]) if host in NOTHING and not doi else (404, {})

    def _crossref(self, works, path, query, doi) -> tuple[int, object]:
        if path.endswith("/agency") and doi.removesuffix("/agency") in works.by_doi:
            doi = doi.removesuffix("/agency")
            return 200, {"status": "ok", "message": {"DOI": doi, "agency": {"id": "crossref"}}}
        if path.rstrip("/").endswith("/works"):
            words = [v for k, v in query.items() if k.startswith("query")]
            names = re.findall(r"doi:([^,]+)", query.get("filter", [""])[0])
            rows = int(query.get("rows", ["5"])[0])
            items = [works.by_doi[n.lower()] for n in names if n.lower() in works.by_doi]
            title = query.get(
                "query.title", query.get("query.bibliographic", words[0] if words else [""])
            )
            items = items or (works.search(title[0], rows) if words else [])
            message = {"total-results": len(items), "items": items, "items-per-page": rows}
            return 200, {"status": "ok", "message-type": "work-list", "message": message}
        if doi in works.by_doi:
            message = works.by_doi[doi]
            return 200, {"status": "ok", "message-type": "work", "message": message}
        return 404, b"Resource not found."

    def _openalex(self, works, path, query) -> tuple[int, object]:
        doi = _doi(path)
        if doi:
            return (200, as_openalex(works.by_doi[doi])) if doi in works.by_doi else (404, {})
        asked = query.get("filter", [""])[0]
        names = re.findall(r"doi:(?:https://doi.org/)?([^,|]+)", asked)
        title = re.search(r"(?:title|display_name|default)\.search:([^|]+)", asked)
        words = query.get("search", [title[1] if title else ""])[0]
        items = [works.by_doi[n.lower()] for n in names if n.lower() in works.by_doi]
        items = items or (works.search(words) if words else [])
        return 200, {"meta": {"count": len(items)}, "results": [as_openalex(w) for w in items]}


def _doi(path: str) -> str:
    match = re.search(r"(10\.\d{4,9}/.+)$", path)
    return match[1].lower() if match else ""


@contextmanager
def serving(works: dict[str, dict], folder: Path):
    """Serve on this machine; give (address over http, port of https, certificate, counts)."""
    certificate, key = folder / "server.pem", folder / "server.key"
    names = [*NOTHING, "api.crossref.org", "api.openalex.org", "doi.org", "dx.doi.org", "127.0.0.1"]
    names += ["www.doi.org", "export.arxiv.org", "api.labs.crossref.org", "example.org"]
    names += [
        "arxiv.org",
        "doaj.org",
        "api.unpaywall.org",
        "api.archives-ouvertes.fr",
        "hal.science",
    ]
    names += [
        "zenodo.org",
        "api.adsabs.harvard.edu",
        "pubmed.ncbi.nlm.nih.gov",
        "api.opencitations.net",
    ]
    names += ["opencitations.net", "api2.openreview.net", "aclanthology.org", "www.googleapis.com"]
    names += ["github.com", "www.ncbi.nlm.nih.gov", "api.openreview.net", "query.wikidata.org"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
        + ["/CN=registers on this machine", "-keyout", key, "-out", certificate, "-addext"]
        + ["subjectAltName=" + ",".join(f"DNS:{name}" for name in names)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
    secure.socket = context.wrap_socket(
        secure.socket, server_side=True, do_handshake_on_connect=False
    )
    known, seen = Works(works), {}
    for httpd in (plain, secure):
        httpd.works, httpd.seen, httpd.daemon_threads = known, seen, True
        httpd.handle_error = lambda *_: None  # a program that hangs up early
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{plain.server_port}", secure.server_port, certificate, seen
    finally:
        for httpd in (plain, secure):
            httpd.shutdown()
            httpd.server_close()
