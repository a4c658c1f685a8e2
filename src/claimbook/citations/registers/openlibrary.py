"""Open Library: books by ISBN. GET /api/books?bibkeys=ISBN:...; an unknown one answers ``{}``."""

import json

from claimbook.citations.registers.settings import NotRegistered
from claimbook.citations.registers.values import (
    dict_or_empty,
    list_or_empty,
    name,
    raw_text,
    text,
    texts,
    year,
)
from claimbook.citations.registers.web import Client
from claimbook.citations.work import Work

BASE_URL = "https://openlibrary.org"


def get(question: str, client: Client) -> dict:
    key = f"ISBN:{question.removeprefix('isbn:')}"
    parameters = {"bibkeys": key, "jscmd": "data", "format": "json"}
    found = json.loads(client.get("api/books", parameters))
    if found == {}:
        raise NotRegistered
    return {"isbn": question.removeprefix("isbn:"), "book": found[key]}


def work_of_answer(payload: dict) -> Work:
    book = dict_or_empty(payload["book"])
    identifiers = dict_or_empty(book.get("identifiers"))
    isbn = texts(identifiers.get("isbn_13")) + texts(identifiers.get("isbn_10"))
    title = text(book.get("title"))
    if not title:
        raise ValueError("book without a title")
    names = [
        text(dict_or_empty(author).get("name")) for author in list_or_empty(book.get("authors"))
    ]
    publishers = [text(dict_or_empty(p).get("name")) for p in list_or_empty(book.get("publishers"))]
    return Work(
        isbn=isbn or (payload["isbn"],),
        title=title,
        subtitle=text(book.get("subtitle")),
        authors=tuple(name(whole) for whole in names if whole),
        years=tuple(filter(None, (year(book.get("publish_date")),))),
        container_titles=tuple(filter(None, publishers)),
        kind="book",
        address=raw_text(book.get("url")),
    )
