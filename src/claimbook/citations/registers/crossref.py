"""Crossref: journal articles, chapters, books, reports. https://api.crossref.org/works/DOI

habanero is the client. It lets the errors of its HTTP library through, loses the headers of an
error that has a message, and follows no redirect; since 2025 Crossref redirects a DOI that was
replaced to the one in its place.
"""

import datetime
import re
from urllib.parse import quote, unquote, urlsplit

from habanero import Crossref

from claimbook.book.text import doi_link
from claimbook.citations.registers.settings import Failed, NotRegistered
from claimbook.citations.registers.values import (
    dict_or_empty,
    list_or_empty,
    raw_text,
    text,
    texts,
    year,
)
from claimbook.citations.registers.web import Client, refusal
from claimbook.citations.work import Name, Relation, Update, Work

BASE_URL = "https://api.crossref.org"
DATES = ("published-print", "issued", "published", "published-online")
UPDATE_KINDS = {
    "retraction": "retraction",
    "removal": "withdrawal",
    "withdrawal": "withdrawal",
    "expression_of_concern": "expression_of_concern",
    "partial_retraction": "correction",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
    "addendum": "correction",
    "clarification": "correction",
}
"""Crossref's kinds of updates; new editions and versions are none of ours."""
RELATION_KINDS = {
    "is-preprint-of": "preprint_of",
    "has-preprint": "has_preprint",
    "is-translation-of": "translation_of",
    "has-translation": "has_translation",
    "is-version-of": "version_of",
    "has-version": "has_version",
    "is-part-of": "part_of",
    "has-part": "has_part",
    "is-review-of": "review_of",
}


def get(question: str, client: Client) -> dict:
    """Return what Crossref says about ``doi:...``: its message, without the list of references."""
    asked = question.removeprefix("doi:")
    for _ in range(3):
        client.wait()
        try:
            message = _client(client).works(ids=[quote(asked, safe="")])["message"]
        except (KeyError, TypeError, ValueError) as error:
            what = type(error).__name__
            raise Failed(f"an answer that is not as documented ({what})") from error
        except Exception as error:  # habanero lets the errors of two HTTP libraries through
            asked = _replaced_by(error, client)
            continue
        if not isinstance(message, dict):
            raise Failed("an answer that is not as documented (no message)")
        small = {k: v for k, v in message.items() if k not in ("reference", "abstract")}
        return {"message": small, "moved": asked if asked != question[4:] else ""}
    raise Failed("redirected three times", again=False)


def _client(client: Client) -> Crossref:
    return Crossref(
        base_url=client.address,
        mailto=client.settings.mailto,
        ua_string="claimbook",
        timeout=client.settings.timeout,
    )


def _replaced_by(error: Exception, client: Client) -> str:
    """Return the DOI to which Crossref redirects; raise what else an error of habanero means."""
    response, status, cause = None, 0, error
    while cause is not None and response is None:
        response = getattr(cause, "response", None)
        status = status or getattr(cause, "status_code", 0)
        cause = cause.__cause__ or cause.__context__
    status = getattr(response, "status_code", status)
    headers = getattr(response, "headers", {})
    if status in (404, 410):
        raise NotRegistered from error
    if status in (301, 302, 303, 307, 308):
        target = urlsplit(headers.get("Location", ""))
        if target.netloc and target.netloc != urlsplit(client.address).netloc:
            raise Failed(f"redirected to another server, {target.netloc}", again=False) from error
        path = target.path.rpartition("/works/")[2]
        if not path:
            raise Failed("redirected to nowhere", again=False) from error
        return unquote(path)
    if 200 <= status < 300:
        raise Failed("an answer that is not JSON") from error
    if status:
        raise refusal(status, headers) from error
    raise Failed(f"no answer ({type(error).__name__})") from error


def search(work: Work, client: Client) -> list[dict]:
    """Return what Crossref finds for a title, the most likely first, each as `get` does."""
    author = work.authors[0].family if work.authors else ""
    words = " ".join(filter(None, (work.title, author, *work.years[:1])))[:300]
    try:
        client.wait()
        items = _client(client).works(query_bibliographic=words, limit=5)["message"]["items"]
    except (KeyError, TypeError, ValueError) as error:
        raise Failed("an answer that is not as documented") from error
    except Exception as error:
        _replaced_by(error, client)
        raise Failed("redirected", again=False) from error
    return [{"message": item, "moved": ""} for item in items if isinstance(item, dict)]


def work_of_answer(payload: dict) -> Work:
    """Return the work that a message of Crossref describes. Raises ValueError if it has no DOI."""
    message = payload["message"]
    doi = raw_text(message.get("DOI"))
    if not doi:
        raise ValueError("message names no DOI")
    titles, containers = texts(message.get("title")), texts(message.get("container-title"))
    short = texts(message.get("short-container-title"))
    years = (_year(message.get(kind)) for kind in DATES)
    kind = text(message.get("type"))
    return Work(
        doi=doi,
        isbn=texts(message.get("ISBN")),
        issn=texts(message.get("ISSN")),
        title=titles[0] if titles else "",
        subtitle=next(iter(texts(message.get("subtitle"))), ""),
        other_titles=(*titles[1:], *texts(message.get("original-title"))),
        authors=tuple(filter(None, map(_name, list_or_empty(message.get("author"))))),
        years=tuple(dict.fromkeys(filter(None, years))),
        container_titles=tuple(dict.fromkeys((*containers, *short))),
        volume=text(message.get("volume")),
        issue=text(message.get("issue")),
        pages=text(message.get("page")),
        article_number=text(message.get("article-number")),
        kind=kind,
        updates=tuple(
            filter(None, (_update(u, doi) for u in list_or_empty(message.get("updated-by"))))
        ),
        relations=_relations(message),
        address=doi_link(doi),
    )


def _name(author) -> Name | None:
    family, given = (
        text(dict_or_empty(author).get("family")),
        text(dict_or_empty(author).get("given")),
    )
    if family:
        return Name(family, given, text(author.get("suffix")))
    whole = text(dict_or_empty(author).get("name"))
    return Name(whole, collective=True) if whole else None


def _year(dates) -> str:
    parts = list_or_empty(dict_or_empty(dates).get("date-parts"))
    return year(list_or_empty(parts[0])[0]) if parts and list_or_empty(parts[0]) else ""


def _update(update, doi: str) -> Update | None:
    update = dict_or_empty(update)
    kind = UPDATE_KINDS.get(text(update.get("type")).replace("-", "_"))
    notice = raw_text(update.get("DOI"))
    if kind is None:
        return None
    source = text(update.get("source")) or "publisher"
    source = {"retraction-watch": "Retraction Watch"}.get(source, source)
    if text(update.get("type")) not in (kind, ""):
        source += f" ({text(update.get('label')) or text(update.get('type'))})"
    notice = "" if notice.casefold() == doi.casefold() else notice
    return Update(kind, _date(dict_or_empty(update.get("updated"))), notice, source)


def _date(dates: dict) -> str:
    """Return ``2012-03-01``, or as much of it as is given."""
    parts = list_or_empty(dates.get("date-parts"))
    numbers = [n for n in list_or_empty(parts[0]) if isinstance(n, int)] if parts else []
    if numbers:
        return "-".join(f"{n:0{4 if i == 0 else 2}d}" for i, n in enumerate(numbers))
    when = text(dates.get("date-time"))[:10]
    try:
        return datetime.date.fromisoformat(when).isoformat()
    except ValueError:
        return ""


def _relations(message: dict) -> tuple[Relation, ...]:
    found = [
        Relation(RELATION_KINDS[kind], raw_text(dict_or_empty(other).get("id")))
        for kind, others in dict_or_empty(message.get("relation")).items()
        for other in list_or_empty(others)
        if kind in RELATION_KINDS and dict_or_empty(other).get("id-type") == "doi"
    ]
    for update in map(dict_or_empty, list_or_empty(message.get("update-to"))):
        notice = re.sub("_", "-", text(update.get("type")))
        if notice.replace("-", "_") in UPDATE_KINDS:
            found.append(Relation("correction_of", raw_text(update.get("DOI"))))
    return tuple(dict.fromkeys(found))
