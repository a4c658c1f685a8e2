"""OpenAlex: all of the above, gathered. GET /works/doi:DOI or /works/pmid:PMID; free of charge.

A search needs a key and costs; a work by its identifier does not.
"""

import json
import re
from urllib.parse import quote

from claimbook.citations.registers.values import (
    dict_or_empty,
    list_or_empty,
    name,
    pages,
    raw_text,
    text,
    texts,
    year,
)
from claimbook.citations.registers.web import Client
from claimbook.citations.work import Name, Update, Work

BASE_URL = "https://api.openalex.org"


def get(question: str, client: Client) -> dict:
    kind, _, value = question.partition(":")
    parameters = {"mailto": client.settings.mailto}
    if client.key:
        parameters["api_key"] = client.key
    found = json.loads(client.get(f"works/{kind}:{quote(value, safe='')}", parameters))
    return {k: v for k, v in found.items() if k not in LARGE}


LARGE = frozenset({"abstract_inverted_index", "referenced_works", "related_works", "concepts"})


def work_of_answer(payload: dict) -> Work:
    """Return the work. Raises ValueError if it has neither DOI nor PubMed number."""
    doi = re.sub(r"^https?://(dx\.)?doi\.org/", "", raw_text(payload.get("doi")))
    pmid = re.sub(r"\D", "", text(dict_or_empty(payload.get("ids")).get("pmid")))
    if not doi and not pmid:
        raise ValueError("record has no identifier")
    source = dict_or_empty(dict_or_empty(payload.get("primary_location")).get("source"))
    biblio = dict_or_empty(payload.get("biblio"))
    containers = (text(source.get("display_name")), *texts(source.get("alternate_titles")))
    retracted = (Update("retraction", source="OpenAlex"),) if payload.get("is_retracted") else ()
    return Work(
        doi=doi,
        pmid=pmid,
        issn=texts(source.get("issn")),
        title=text(payload.get("title")) or text(payload.get("display_name")),
        authors=tuple(filter(None, map(_name, list_or_empty(payload.get("authorships"))))),
        authors_complete=not payload.get("is_authors_truncated", False),
        years=tuple(
            dict.fromkeys(
                filter(
                    None,
                    (year(payload.get("publication_year")), year(payload.get("publication_date"))),
                )
            )
        ),
        container_titles=tuple(dict.fromkeys(filter(None, containers))),
        volume=text(biblio.get("volume")),
        issue=text(biblio.get("issue")),
        pages=pages(text(biblio.get("first_page")), text(biblio.get("last_page"))),
        kind=text(payload.get("type_crossref")) or text(payload.get("type")),
        updates=retracted,
        address=raw_text(payload.get("id")),
    )


def _name(authorship) -> Name | None:
    authorship = dict_or_empty(authorship)
    whole = text(authorship.get("raw_author_name"))
    whole = whole or text(dict_or_empty(authorship.get("author")).get("display_name"))
    return name(whole) if whole else None
