"""Claims with their verdicts, evidence and answers as CSV and JSON, described as a data package.

The description of the evidence is the one that the data were checked by (`datapackage.yaml`); here
it gains what the run added: verdict, rule and reason of each claim, and the table of answers.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from claimbook.book.book import Book
from claimbook.book.yaml_file import read_yaml
from claimbook.claims.verdict import RATINGS, VERDICTS, Verdict

DESCRIPTION = "datapackage.json"
FIELDS = Path(__file__).with_name("fields.yaml")


@dataclass(frozen=True)
class Download:
    """A table as it is handed out.

    about: its description as a Frictionless resource without path (name, title, schema ...).
    """

    frame: pd.DataFrame
    about: dict


def downloads(
    book: Book, matrix: pd.DataFrame, answers: list[dict], address_of: Callable[[str], str]
) -> list[Download]:
    """Return the tables of a book with what the run found: claims, evidence, answers.

    matrix: table of `claim_checks.evidence_matrix` of this book. answers: the records of
    results/answers.json. address_of: claim -> address of its card.
    """
    tables = []
    for resource in book.tables.description["resources"]:
        frame = book.table(resource["name"])
        about = {k: v for k, v in resource.items() if k not in ("path", "dialect")}
        if resource["name"] == "claims":
            frame = _with_verdicts(frame, matrix, address_of)
            schema = resource["schema"]
            about["schema"] = schema | {"fields": [*schema["fields"], *_verdict_fields()]}
        tables.append(Download(frame, about))
    return [*tables, _answers(answers)]


def _verdict_fields() -> list[dict]:
    verdict, rating, *others = read_yaml(FIELDS)["claims"]
    verdict["constraints"] = {"required": True, "enum": VERDICTS}
    scale = ", ".join(f"{number} {name}" for name, number in reversed(RATINGS.items()))
    rating["description"] += f": {scale}; empty for {Verdict.NOT_TESTABLE}"
    rating["constraints"] = {"minimum": min(RATINGS.values()), "maximum": max(RATINGS.values())}
    return [verdict, rating, *others]


def _with_verdicts(claims: pd.DataFrame, matrix: pd.DataFrame, address_of) -> pd.DataFrame:
    added = matrix.set_index("claim").loc[claims["claim"]].reset_index()
    return claims.assign(
        verdict=added["verdict"].astype(str),
        rating=added["verdict"].astype(object).map(RATINGS).astype("Int64"),
        rule=added["rule"],
        reason=added["reason"],
        rows=added["rows"].replace("", pd.NA),
        card=[address_of(claim) for claim in claims["claim"]],
    )


def _answers(answers: list[dict]) -> Download:
    frame = pd.DataFrame([_flat(answer) for answer in answers], dtype=object)
    known = {field["name"]: field for field in read_yaml(FIELDS)["answers"]}
    fields = [field for name, field in known.items() if name in frame]
    for name in sorted(set(frame) - set(known)):
        meaning = "A number that belongs to the method"
        fields.append({"name": name, "type": "number", "description": meaning})
    about = {
        "name": "answers",
        "title": "Every answer that the notebooks put on record",
        "schema": {"fields": fields, "primaryKey": ["notebook", "question"]},
    }
    return Download(frame[[field["name"] for field in fields]], about)


def _flat(answer: dict) -> dict:
    """Return an answer as one row: lists joined, what is nested under its own prefix."""
    row = {}
    for name, value in answer.items():
        if isinstance(value, dict):
            row |= _flat({f"{name}_{inner}": part for inner, part in value.items()})
        else:
            value = ";".join(map(str, value)) if isinstance(value, list) else value
            row[name] = None if value == "" else value
    return row


def files(book: Book, tables: list[Download]) -> dict[str, str]:
    """Return file name -> content: each table as CSV and as JSON, and the data package."""
    texts = {}
    for table in tables:
        texts[f"{table.about['name']}.csv"] = download_text(table.frame)
        texts[f"{table.about['name']}.json"] = json_text(records(table.frame))
    return texts | {DESCRIPTION: json_text(_package(book, tables, texts))}


def download_text(frame: pd.DataFrame) -> str:
    """Return a table as CSV: numbers in full, true and false in small letters, NA empty."""
    flags = [name for name in frame if pd.api.types.is_bool_dtype(frame[name])]
    shown = frame.assign(**{n: frame[n].map({True: "true", False: "false"}) for n in flags})
    return shown.to_csv(index=False, lineterminator="\n")


def records(frame: pd.DataFrame) -> list[dict]:
    """Return a table as one mapping per row; what is missing is None."""
    cells = frame.astype(object)
    return cells.where(cells.notna(), None).to_dict("records")


def json_text(document) -> str:
    """Return strict JSON (no NaN), with one line feed at the end."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _package(book: Book, tables: list[Download], texts: dict[str, str]) -> dict:
    given = book.tables.description
    package = {name: given[name] for name in ("name", "title", "licenses") if name in given}
    if book.origin:
        source = {"title": f"{book.origin.title} ({book.origin.author})"}
        package["sources"] = [source | ({"path": p} if (p := book.origin.address) else {})]
    resources = []
    for table in tables:
        name, title = table.about["name"], table.about.get("title", table.about["name"])
        resources.append(
            {**table.about, "type": "table", **_file(f"{name}.csv", texts, "text/csv")}
        )
        twin = {"name": f"{name}-json", "title": f"{title} (the same as JSON)", "type": "json"}
        resources.append(twin | _file(f"{name}.json", texts, "application/json"))
    return package | {"resources": resources}


def _file(path: str, texts: dict[str, str], mediatype: str) -> dict:
    content = texts[path].encode()
    return {
        "path": path,
        "format": path.rsplit(".")[-1],
        "mediatype": mediatype,
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
