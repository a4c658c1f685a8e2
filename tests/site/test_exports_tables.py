"""Tables for machines: valid as a data package, the same as CSV and as JSON, nothing lost."""

import json
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from exports_example import REAL, address_of, with_book, with_claims
from exports_example import coffee as coffee_example
from frictionless import Package

from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.verdict import RATINGS, VERDICTS
from claimbook.site.exports.tables import downloads, files


def texts_of(example):
    matrix = evidence_matrix(example.book)
    return files(example.book, downloads(example.book, matrix, example.answers, address_of))


def written(texts, folder):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return folder


def faults(folder):
    """Return what frictionless finds, as table and kind of error."""
    report = Package(str(folder / "datapackage.json")).validate()
    return {(task.name, error.type) for task in report.tasks for error in task.errors}


@pytest.fixture(scope="module")
def example(book):
    return with_book(REAL, book)


@pytest.fixture(scope="module")
def texts(example):
    return texts_of(example)


@pytest.fixture(scope="module")
def folder(texts, tmp_path_factory):
    return written(texts, tmp_path_factory.mktemp("tables"))


def test_the_collection_is_a_valid_data_package(folder, example):
    assert faults(folder) == set()
    package = Package(str(folder / "datapackage.json"))
    assert package.title == example.book.tables.description["title"]
    assert package.licenses[0]["name"] == "CC-BY-4.0"
    assert package.sources == [{"title": f"{example.book.origin.title} (Brian Dentry)"}]
    tables = [name for name in package.resource_names if not name.endswith("-json")]
    assert tables == [*example.book.tables.frames, "answers"]
    assert {p.name for p in folder.iterdir()} == {r.path for r in package.resources} | {
        "datapackage.json"
    }


def rows_of(package, name):
    """Return the rows of a table as frictionless reads them, ready for comparison with JSON."""

    def plain(cell):
        if isinstance(cell, Decimal):
            return float(cell)
        return cell.isoformat() if isinstance(cell, date) else cell

    resource = package.get_resource(name)
    return [{k: plain(v) for k, v in row.to_dict().items()} for row in resource.read_rows()]


def test_every_table_says_the_same_as_csv_and_as_json(folder):
    package = Package(str(folder / "datapackage.json"))
    for name in (n for n in package.resource_names if not n.endswith("-json")):
        as_json = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        assert rows_of(package, name) == as_json, name
        assert as_json, name


def test_nothing_of_the_data_is_lost(texts, example):
    for name, frame in example.book.tables.frames.items():
        records = pd.DataFrame(json.loads(texts[f"{name}.json"]), dtype=object)[list(frame)]
        expected = frame.astype(object).where(frame.notna(), None)
        assert records.where(records.notna(), None).equals(expected.reset_index(drop=True)), name


def test_every_claim_stands_there_with_its_verdict_rule_reason_and_links(texts, example):
    matrix = evidence_matrix(example.book).set_index("claim")
    claims = json.loads(texts["claims.json"])
    assert [c["claim"] for c in claims] == example.book.claims["claim"].tolist()
    for claim in claims:
        row = matrix.loc[claim["claim"]]
        told = [claim[name] or "" for name in ("verdict", "rule", "reason", "rows")]
        assert told == [row[name] for name in ("verdict", "rule", "reason", "rows")]
        assert claim["rating"] == RATINGS.get(row["verdict"])
        assert claim["card"] == address_of(claim["claim"])
    assert {c["verdict"] for c in claims} == set(VERDICTS)


def test_every_answer_stands_there_with_its_numbers(texts, example):
    recorded = example.answers
    told = {(a["notebook"], a["question"]): a for a in json.loads(texts["answers.json"])}
    assert len(told) == len(recorded)
    for answer in recorded:
        row = told[answer["notebook"], answer["question"]]
        for name in ("estimate", "low", "high", "unit", "verdict", "reason"):
            assert row[name] == answer[name]
        assert (row["rows"] or "") == ";".join(answer["rows"])
        if "cited" in answer:
            assert row["cited_support"] == answer["cited"]["support"]
            assert row["cited_value"] == answer["cited"]["value"]
            assert row["cited_works"] == ";".join(answer["cited"]["works"])


@pytest.fixture(scope="module")
def coffee_texts(tmp_path_factory):
    return texts_of(coffee_example(tmp_path_factory.mktemp("coffee")))


@pytest.mark.parametrize(
    ("name", "before", "after", "fault"),
    [
        ("claims.csv", ",not testable,,", ",refuted,,", "constraint-error"),
        ("claims.csv", ",holds,4,", ",holds,7,", "constraint-error"),
        ("claims.csv", ",holds,4,", ",holds,four,", "type-error"),
        ("claims.csv", ",rating,", ",ratings,", "incorrect-label"),
        ("answers.csv", "extraction,10-time", "brewing_time,10-time", "primary-key"),
        ("answers.csv", ",240.0,", ",long,", "type-error"),
        ("brews.csv", "alba", "elba", "hash-count"),
        ("claims.json", "Filter", "Filters", "byte-count"),
        ("claims.json", "long", "lonk", "hash-count"),
    ],
)
def test_a_planted_mistake_is_found(coffee_texts, tmp_path, name, before, after, fault):
    texts = coffee_texts
    assert before in texts[name]
    damaged = {**texts, name: texts[name].replace(before, after, 1)}
    table = name.replace(".", "-").removesuffix("-csv")
    assert (table, fault) in faults(written(damaged, tmp_path / "tables"))


def test_a_row_about_no_claim_is_found(texts, tmp_path):
    damaged = {**texts, "findings.csv": texts["findings.csv"].replace(",humming,", ",human,", 1)}
    assert ("findings", "foreign-key") in faults(written(damaged, tmp_path / "tables"))


def test_the_same_book_gives_the_same_bytes(texts, example):
    assert texts_of(example) == texts


def test_a_book_about_something_else(tmp_path):
    example = coffee_example(tmp_path, brewing_time="5 min")
    texts = texts_of(example)
    assert faults(written(texts, tmp_path / "tables")) == set()
    time = json.loads(texts["claims.json"])[0]
    assert (time["claim"], time["value"], time["verdict"]) == ("brewing_time", 5, "holds")
    package = json.loads(texts["datapackage.json"])
    assert package["sources"] == [
        {"title": "On coffee (Barista Bo)", "path": "https://example.org/on-coffee"}
    ]


def test_quotes_commas_and_lines_in_a_text_survive(tmp_path):
    text = 'He said "four, or five;\nno more" <b>\\ ☕'
    example = with_claims(coffee_example(tmp_path), statement=text)
    folder = written(texts_of(example), tmp_path / "tables")
    assert faults(folder) == set()
    package = Package(str(folder / "datapackage.json"))
    assert rows_of(package, "claims")[0]["statement"] == text
