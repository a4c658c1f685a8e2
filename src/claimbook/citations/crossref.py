"""Ask Crossref what a DOI is registered to: politely, resumably, and never over curated data.

habanero is the client. Around it: an address for the polite pool, a pause between requests, retries
with back-off that obey Retry-After, and one cache file per DOI, so that a run that is interrupted
goes on where it stopped. Crossref's answer format: https://api.crossref.org (works, one by DOI).
"""

import datetime
import hashlib
import html
import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from habanero import Crossref
from tqdm import tqdm

from claimbook.book.storage import write_whole
from claimbook.book.text import visible
from claimbook.citations.fields import FIELDS, normal_doi
from claimbook.citations.known_works import Work
from claimbook.errors import InputError

BASE_URL = "https://api.crossref.org"
RETRIED = frozenset({429, 500, 502, 503, 504})
RECORD_COLUMNS = ("doi", "status", *(n for n in FIELDS if n != "doi"), "answered_doi", "message")
"""status: ``found``, ``not_registered`` (not with Crossref), ``failed`` or ``not_asked``."""

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_MAILTO = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """How to ask. Times are in seconds.

    mailto: address by which Crossref can reach who asks; required. cache: folder for answers.
    timeout: of one request. attempts: per DOI. first_wait: doubled after each failed attempt.
    longest_wait: if Crossref asks for more, the run stops asking instead of asking too early.
    pause: between requests, well inside Crossref's limits for the polite pool.
    failures: DOIs failing in a row after which the rest is left unasked. refresh: ask again what
    is cached. sleep: stands in for `time.sleep` in tests.
    """

    mailto: str
    cache: Path
    base_url: str = BASE_URL
    timeout: float = 20.0
    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    pause: float = 0.1
    failures: int = 3
    refresh: bool = False
    progress: bool = False
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self):
        if not _MAILTO.fullmatch(self.mailto or ""):
            raise InputError(
                f"mailto: '{visible(self.mailto or '')}' is not an e-mail address; Crossref asks "
                "for one (name@example.org) so that it can reach whoever sends many requests"
            )
        if not re.match(r"https?://[^\s/]+", self.base_url):
            raise InputError(f"base URL: '{visible(self.base_url)}' is not an http(s) address")
        if not 0 < self.timeout < float("inf") or self.attempts < 1:
            raise InputError("timeout: expected a positive number of seconds, and one attempt")


@dataclass(frozen=True)
class Answer:
    """What came of one DOI: status as in `RECORD_COLUMNS`, its fields, and a remark."""

    doi: str
    status: str
    fields: dict[str, str] = field(default_factory=dict)
    message: str = ""


class _Stop(Exception):
    """Crossref asked for a longer pause than `longest_wait`."""


# --- one DOI -------------------------------------------------------------------------------------


def ask(doi: str, settings: Settings) -> Answer:
    """Return what Crossref says about one DOI, after up to `attempts` requests.

    Time-outs, lost connections, broken JSON and the statuses of `RETRIED` are tried again; 404 is
    an answer. Raises `_Stop` if Retry-After asks for more than `longest_wait`.
    """
    client = Crossref(
        base_url=settings.base_url.rstrip("/"),
        mailto=settings.mailto,
        ua_string="claimbook",
        timeout=settings.timeout,
    )
    problem = ""
    for attempt in range(settings.attempts):
        wait = settings.first_wait * 2**attempt
        try:
            message = client.works(ids=[quote(doi, safe="")])["message"]
            return Answer(doi, "found", fields_of_message(message))
        except (KeyError, TypeError, ValueError) as error:
            problem = f"an answer that is not as documented ({type(error).__name__})"
        except Exception as error:  # habanero lets the errors of two HTTP libraries through
            response = getattr(error, "response", None)
            status = getattr(response, "status_code", None) or getattr(error, "status_code", None)
            if status == 404:
                return Answer(doi, "not_registered", message="Crossref does not know this DOI")
            problem = f"status {status}" if status else f"no answer ({type(error).__name__})"
            if status and status not in RETRIED and not 200 <= status < 300:
                return Answer(doi, "failed", message=problem)
            asked = _retry_after(getattr(response, "headers", {}).get("Retry-After", ""))
            if asked > settings.longest_wait:
                raise _Stop(f"Crossref asks to wait {asked:.0f} s; run again later") from None
            wait = max(wait, asked)
        if attempt + 1 < settings.attempts:
            settings.sleep(min(wait, settings.longest_wait))
    return Answer(doi, "failed", message=f"{problem}, {settings.attempts} times")


def _retry_after(value: str) -> float:
    """Return the seconds that a Retry-After header (a number or an HTTP date) asks for, or 0."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def fields_of_message(message: dict) -> dict[str, str]:
    """Return `FIELDS` from the `message` of a Crossref answer; ``""`` where it says nothing.

    Raises TypeError if the message is no object, ValueError if it names no DOI.
    """
    if not isinstance(message, dict):
        raise TypeError("message is not an object")
    doi = message.get("DOI")
    doi = visible(doi) if isinstance(doi, str) else ""  # old DOIs hold what looks like tags
    if not doi:
        raise ValueError("message names no DOI")
    title, subtitle = _first(message.get("title")), _first(message.get("subtitle"))
    if subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    return {
        "authors": "; ".join(filter(None, map(_author, _list(message.get("author"))))),
        "year": _year(message),
        "title": title,
        "journal": _first(message.get("container-title")),
        "volume": _text(message.get("volume")),
        "issue": _text(message.get("issue")),
        "pages": _text(message.get("page")) or _text(message.get("article-number")),
        "doi": doi,
    }


def _list(value) -> list:
    return value if isinstance(value, list) else []


def _text(value) -> str:
    """Return text without tags (titles may hold <i> or <sub>), entities or control characters."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = html.unescape(re.sub(r"</?[A-Za-z][^<>]{0,200}>", "", str(value)))
    return visible(" ".join(plain.split()))


def _first(value) -> str:
    return next((t for t in map(_text, _list(value)) if t), "")


def _author(author) -> str:
    """Return ``Family IN`` as the records write names; an organisation by its name."""
    if not isinstance(author, dict):
        return ""
    family = _text(author.get("family"))
    if not family:
        return _text(author.get("name")).replace(";", ",")
    given = _text(author.get("given"))
    initials = "".join(part[0].upper() for part in re.findall(r"[^\W\d_]+", given))
    suffix = _text(author.get("suffix"))
    return " ".join(filter(None, (family, initials, suffix))).replace(";", ",")


def _year(message: dict) -> str:
    """Return the year of print where given, as reference lists do, else of first publication."""
    for name in ("published-print", "issued", "published", "published-online"):
        dates = message.get(name)
        parts = _list(dates.get("date-parts")) if isinstance(dates, dict) else []
        year = _text(_list(parts[0])[0]) if parts and _list(parts[0]) else ""
        if re.fullmatch(r"\d{4}", year):
            return year
    return ""


# --- cache ---------------------------------------------------------------------------------------


def _cache_file(doi: str, settings: Settings) -> Path:
    digest = hashlib.sha256(f"{settings.base_url.rstrip('/')} {doi}".encode()).hexdigest()
    return Path(settings.cache) / f"{digest[:32]}.json"


def cached(doi: str, settings: Settings) -> Answer | None:
    """Return the answer kept for a DOI, or None; a damaged file counts as none."""
    try:
        kept = json.loads(_cache_file(doi, settings).read_text(encoding="utf-8"))
        if kept["doi"] != doi or kept["status"] not in ("found", "not_registered"):
            return None
        fields = {name: str(kept["fields"][name]) for name in FIELDS} if kept["fields"] else {}
        return Answer(doi, kept["status"], fields, str(kept["message"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(answer: Answer, settings: Settings) -> None:
    """Keep an answer on disk, whole or not at all; failures are not kept."""
    if answer.status not in ("found", "not_registered"):
        return
    kept = {
        "doi": answer.doi,
        "status": answer.status,
        "fields": answer.fields,
        "message": answer.message,
        "asked_on": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "asked": settings.base_url,
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(_cache_file(answer.doi, settings), text + "\n")


# --- many DOIs -----------------------------------------------------------------------------------


def fetch(dois: Iterable[str], settings: Settings) -> list[Answer]:
    """Return one answer per distinct DOI, from the cache or from Crossref, in the given order.

    Each answer is kept as soon as it arrives, so a killed run resumes. After `failures` DOIs in a
    row without an answer, or when Crossref asks for a long pause, the rest is ``not_asked``.
    """
    wanted = list(dict.fromkeys(filter(None, map(normal_doi, dois))))
    answers, failed, stopped, asked = [], 0, "", False
    for doi in tqdm(wanted, desc="Crossref", unit="DOI", disable=not settings.progress):
        answer = None if settings.refresh else cached(doi, settings)
        if answer is None and not _DOI.fullmatch(doi):
            answer = Answer(doi, "failed", message="not a DOI; expected 10.NNNN/suffix")
        elif answer is None and stopped:
            answer = Answer(doi, "not_asked", message=stopped)
        elif answer is None:
            if asked:
                settings.sleep(settings.pause)
            asked = True
            try:
                answer = ask(doi, settings)
            except _Stop as stop:
                stopped = str(stop)
                answer = Answer(doi, "not_asked", message=stopped)
            keep(answer, settings)
            failed = failed + 1 if answer.status == "failed" else 0
            if failed >= settings.failures:
                stopped = f"{failed} DOIs in a row without an answer; run again later"
        answers.append(answer)
    return answers


def answers_table(answers: Iterable[Answer]) -> pd.DataFrame:
    """Return answers as a table (`RECORD_COLUMNS`), one row per DOI."""
    rows = [
        {"doi": a.doi, "status": a.status, "message": a.message}
        | {n: a.fields.get(n, "") for n in FIELDS if n != "doi"}
        | {"answered_doi": a.fields.get("doi", "")}
        for a in answers
    ]
    return pd.DataFrame(rows, columns=list(RECORD_COLUMNS))


def works_of(answers: Iterable[Answer]) -> list[Work]:
    """Return the works found, each under the DOI that was asked for."""
    return [
        Work(a.doi, "crossref", a.fields | {"doi": a.doi}, verification="abstract_or_page")
        for a in answers
        if a.status == "found"
    ]
