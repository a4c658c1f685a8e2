"""Claims with their verdicts, evidence and answers as CSV and JSON, described as a data package.

The description of the evidence is the one that the data were checked by (`datapackage.yaml`); here
it gains what the run added: verdict, rule and reason of each claim, and the table of answers.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from claimbook.book.book import Book
from claimbook.claims.verdict import RATINGS, VERDICTS, Verdict

DESCRIPTION = "datapackage.json"
_SCALE = ", ".join(f"{number} {verdict}" for verdict, number in reversed(RATINGS.items()))
VERDICT_FIELDS = [
    {
        "name": "verdict",
        "type": "string",
        "description": "What became of the claim",
        "constraints": {"required": True, "enum": VERDICTS},
    },
    {
        "name": "rating",
        "type": "integer",
        "description": f"The verdict as a number: {_SCALE}; empty for {Verdict.NOT_TESTABLE}",
        "constraints": {"minimum": min(RATINGS.values()), "maximum": max(RATINGS.values())},
    },
    {"name": "rule", "type": "string", "description": "The rule that drew the verdict"},
    {"name": "reason", "type": "string", "description": "What the rule was applied to, in words"},
    {
        "name": "rows",
        "type": "string",
        "description": "Rows of the evidence that decided",
        "separator": "; ",
    },
    {"name": "card", "type": "string", "description": "Address of the card of the claim"},
]
ANSWER_FIELDS = {
    "question": ("string", "Short name of the question"),
    "notebook": ("string", "Notebook that answers it"),
    "claim": ("string", "The claim it bears on; empty where it bears on the whole text"),
    "asks": ("string", "The question"),
    "figure": ("string", "The figure of the text, in words"),
    "estimate": ("number", "The answer as a number"),
    "low": ("number", "Lower end of the interval"),
    "high": ("number", "Upper end of the interval"),
    "unit": ("string", "Unit of estimate, low and high"),
    "interval": ("string", "What kind of interval low and high are"),
    "method": ("string", "How the number was obtained"),
    "verdict": ("string", "Verdict, where a rule draws one"),
    "reason": ("string", "The answer in words"),
    "tipping": ("string", "Samples without which the verdict would be another"),
    "rows": ("string", "Rows that entered, separated by ;"),
    "uncounted": ("string", "Rows shown beside them without a vote, separated by ;"),
    "relation": ("string", "How the text relates its figure to the world"),
    "value": ("number", "The figure of the text"),
    "value_low": ("number", "Lower end of the figure of the text"),
    "value_high": ("number", "Upper end of the figure of the text"),
    "measured": ("string", "What was measured"),
    "studies": ("integer", "Samples that measured it (studies, where the tables name no samples)"),
    "studies_agreeing": ("integer", "Of these, those that agree at least in part"),
    "agreeing_share": ("number", "Share of them that agree, 0 to 1"),
    "indirect_studies": ("integer", "Samples that measured something near it"),
    "cited_works": ("string", "Works that the text cites for it, separated by ;"),
    "cited_row": ("string", "Row of the finding of a cited work"),
    "cited_support": ("string", "Do the cited works say so?"),
    "cited_text": ("string", "What the cited work reports"),
    "cited_value": ("number", "The number it reports"),
    "cited_low": ("number", "Its lower end"),
    "cited_high": ("number", "Its upper end"),
    "cited_unit": ("string", "Its unit"),
    "cited_verification": ("string", "How the finding is backed"),
}
"""Type and meaning of what an answer may hold; other numbers belong to its method."""


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
            about["schema"] = schema | {"fields": [*schema["fields"], *VERDICT_FIELDS]}
        tables.append(Download(frame, about))
    return [*tables, _answers(answers)]


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
    named = [name for name in ANSWER_FIELDS if name in frame]
    fields = [
        {"name": name, "type": ANSWER_FIELDS[name][0], "description": ANSWER_FIELDS[name][1]}
        for name in named
    ]
    other = sorted(set(frame) - set(named))
    fields += [
        {"name": name, "type": "number", "description": "A number that belongs to the method"}
        for name in other
    ]
    about = {
        "name": "answers",
        "title": "Every answer that the notebooks put on record",
        "schema": {"fields": fields, "primaryKey": ["notebook", "question"]},
    }
    return Download(frame[[*named, *other]], about)


def _flat(answer: dict) -> dict:
    """Return an answer as one row: lists joined, what is nested under its own prefix."""
    row = {}
    for name, value in answer.items():
        if isinstance(value, dict):
            row |= _flat({f"{name}_{inner}": part for inner, part in value.items()})
        else:
            row[name] = (";".join(map(str, value)) or None) if isinstance(value, list) else value
    return row


def files(book: Book, tables: list[Download]) -> dict[str, str]:
    """Return file name -> content: each table as CSV and as JSON, and the data package."""
    texts = {}
    for table in tables:
        texts[f"{table.about['name']}.csv"] = csv_text(table.frame)
        texts[f"{table.about['name']}.json"] = json_text(records(table.frame))
    return texts | {DESCRIPTION: json_text(_package(book, tables, texts))}


def csv_text(frame: pd.DataFrame) -> str:
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
