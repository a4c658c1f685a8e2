"""DataCite: data, software, theses, preprints of arXiv and Zenodo. GET /dois/DOI, JSON:API."""

import json
from urllib.parse import quote

from claimbook.book.text import doi_link
from claimbook.citations.registers.values import (
    dict_or_empty,
    list_or_empty,
    name,
    pages,
    raw_text,
    text,
    year,
)
from claimbook.citations.registers.web import Client
from claimbook.citations.work import Name, Relation, Work

BASE_URL = "https://api.datacite.org"
RELATION_KINDS = {
    "IsPreviousVersionOf": "version_of",
    "IsNewVersionOf": "version_of",
    "IsVersionOf": "version_of",
    "HasVersion": "has_version",
    "IsVariantFormOf": "version_of",
    "IsTranslationOf": "translation_of",
    "HasTranslation": "has_translation",
    "IsPartOf": "part_of",
    "HasPart": "has_part",
    "IsPublishedIn": "part_of",
}


def get(question: str, client: Client) -> dict:
    body = client.get(f"dois/{quote(question.removeprefix('doi:'), safe='')}")
    return {"attributes": json.loads(body)["data"]["attributes"]}


def work_of_answer(payload: dict) -> Work:
    """Return the work of a record. Raises ValueError if it names no DOI."""
    attributes = dict_or_empty(payload["attributes"])
    doi = raw_text(attributes.get("doi"))
    if not doi:
        raise ValueError("record names no DOI")
    titles = [
        (text(dict_or_empty(t).get("title")), text(dict_or_empty(t).get("titleType")))
        for t in list_or_empty(attributes.get("titles"))
    ]
    main = [title for title, kind in titles if title and not kind]
    container = dict_or_empty(attributes.get("container"))
    dates = [text(attributes.get("publicationYear"))]
    dates += [
        text(d.get("date"))
        for d in map(dict_or_empty, list_or_empty(attributes.get("dates")))
        if d.get("dateType") in ("Issued", "Available", "Created", "Submitted")
    ]
    related = [
        Relation(RELATION_KINDS[kind], raw_text(r.get("relatedIdentifier")))
        for r in map(dict_or_empty, list_or_empty(attributes.get("relatedIdentifiers")))
        if (kind := r.get("relationType")) in RELATION_KINDS
        and r.get("relatedIdentifierType") == "DOI"
    ]
    publisher = attributes.get("publisher")
    publisher = text(publisher) or text(dict_or_empty(publisher).get("name"))
    arxiv = doi.casefold().partition("10.48550/arxiv.")[2]
    return Work(
        doi=doi,
        arxiv=arxiv,
        title=main[0] if main else "",
        subtitle=next((title for title, kind in titles if kind == "Subtitle"), ""),
        other_titles=tuple(
            title for title, kind in titles if kind in ("AlternativeTitle", "TranslatedTitle")
        )
        + tuple(main[1:]),
        authors=tuple(filter(None, map(_name, list_or_empty(attributes.get("creators"))))),
        years=tuple(dict.fromkeys(filter(None, map(year, dates)))),
        container_titles=tuple(filter(None, (text(container.get("title")), publisher))),
        volume=text(container.get("volume")),
        issue=text(container.get("issue")),
        pages=pages(text(container.get("firstPage")), text(container.get("lastPage"))),
        kind=text(dict_or_empty(attributes.get("types")).get("resourceTypeGeneral")).casefold(),
        relations=tuple(dict.fromkeys(related)),
        address=doi_link(doi),
    )


def _name(creator) -> Name | None:
    creator = dict_or_empty(creator)
    family, whole = text(creator.get("familyName")), text(creator.get("name"))
    if creator.get("nameType") == "Organizational" and whole:
        return Name(whole, collective=True)
    if family:
        return Name(family, text(creator.get("givenName")))
    if not whole:
        return None
    return name(whole) if "," in whole else Name(whole, collective=True)
