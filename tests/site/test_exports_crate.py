"""The results as an RO-Crate: valid, whole, the same on every run, and never half written."""

import importlib.metadata
import json
import re
import shutil

import pytest
from conftest import ROOT
from exports_example import REAL, with_book, write_crate
from exports_example import coffee as coffee_example
from pybtex import errors as pybtex_errors
from pybtex.database import parse_file
from ro_crate import issues

KNOWN_GAPS = {
    "The Action SHOULD have an agent that is a Person or Organization",  # who ran it, and
    "The Action SHOULD have an endTime in ISO 8601 format",  # when, is not on record
    "The organization SHOULD have a URL.",  # CITATION.cff names none, nor a page of the program
    "The Application SHOULD have a url",
    "The SoftwareApplication id SHOULD be an absolute URI",
}
"""What the standard recommends and is not known."""


@pytest.fixture(scope="module")
def example(book):
    return with_book(REAL, book)


@pytest.fixture(scope="module")
def target(example, tmp_path_factory):
    target = tmp_path_factory.mktemp("site") / "crate"
    write_crate(example, target)
    return target


def entities_of(target):
    document = json.loads((target / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    return {entity["@id"]: entity for entity in document["@graph"]}


def ids(value):
    return [one["@id"] for one in (value if isinstance(value, list) else [value])]


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- valid ---------------------------------------------------------------------------------------


def test_the_collection_is_a_valid_crate(target):
    assert {message for _, message in issues(target, "RECOMMENDED")} <= KNOWN_GAPS


@pytest.fixture
def coffee_crate(tmp_path):
    example = coffee_example(tmp_path, brewing_time=5)
    write_crate(example, tmp_path / "crate")
    return tmp_path / "crate"


def test_a_book_about_something_else_with_all_that_is_recommended(coffee_crate):
    gaps = {message for _, message in issues(coffee_crate, "RECOMMENDED")}
    assert gaps <= KNOWN_GAPS | {
        "The author SHOULD have an organizational affiliation.",
        "The author SHOULD have a Contextual Entity which specifies the organizational "
        "`affiliation`.",
    }
    root = entities_of(coffee_crate)["./"]
    assert root["name"] == "coffee"
    assert root["url"] == "https://example.org/coffee/"
    assert ids(root["license"]) == ["https://spdx.org/licenses/MIT"]


# --- whole ---------------------------------------------------------------------------------------


def test_everything_of_the_run_is_in_it(target, example):
    files = content(target)
    entities = entities_of(target)
    parts = set(ids(entities["./"]["hasPart"]))
    assert parts == set(files) - {"ro-crate-metadata.json"}
    expected = {f"data/{r['path']}" for r in example.book.tables.description["resources"]}
    expected |= {f"data/{name}" for name in ("datapackage.yaml", "questions.yaml", "text.yaml")}
    expected |= {f"data/{name}.bib" for name in ("references", "references_corrected")}
    for folder in ("notebooks", "figures", "results"):
        kinds = ("*.ipynb", "*.png", "*.svg", "*.json")
        expected |= {f"{folder}/{p.name}" for k in kinds for p in (ROOT / folder).glob(k)}
    assert expected <= parts
    for name in expected:
        assert files[name] == (ROOT / name).read_bytes()
        assert entities[name]["contentSize"] == str(len(files[name]))
    assert {"claim-reviews.jsonld", "social-card.png", "tables/claims.csv"} <= parts


def test_the_root_tells_what_it_is_who_made_it_and_on_what_terms(target, example):
    entities = entities_of(target)
    root = entities["./"]
    assert root["name"] == example.book.tables.description["title"]
    assert root["description"] == example.collection.abstract
    assert root["datePublished"] == example.collection.released.isoformat()
    assert entities[root["author"]["@id"]]["name"] == "The claimbook developers"
    assert ids(root["license"]) == ["https://creativecommons.org/licenses/by/4.0/"]
    notebook = entities["notebooks/10-the-figures.ipynb"]
    assert ids(notebook["license"])[0] == "https://spdx.org/licenses/MIT"
    assert notebook["name"] == "The figures, one by one"


def test_the_run_names_its_tools_its_data_its_numbers_and_its_results(target, example):
    entities = entities_of(target)
    run = entities["#run"]
    tools = {entities[name]["name"]: entities[name] for name in ids(run["instrument"])}
    assert set(tools) == {"claimbook", "papermill"}
    for name, tool in tools.items():
        assert tool["softwareVersion"] == importlib.metadata.version(name)
    given = {entities[name]["name"]: entities[name]["value"] for name in ids(run["object"])
             if name.startswith("#parameter-")}  # fmt: skip
    assert given == example.book.figures["value"].to_dict()
    data = {name for name in ids(run["object"]) if name.startswith("data/")}
    assert data == {name for name in entities if name.startswith("data/")}
    results = {n for n in entities if n.startswith(("notebooks/", "figures/", "results/"))}
    assert set(ids(run["result"])) == results
    assert example.book.digest in run["description"]
    assert set(ids(entities["./"]["mentions"])) == {"#run", "#export"}


def test_a_figure_has_its_words_and_its_notebook(target):
    for name, entity in entities_of(target).items():
        if name.startswith("figures/"):
            assert len(entity["description"]) > 40
            stem = name.removeprefix("figures/").split("--")[0]
            assert entity["isBasedOn"] == {"@id": f"notebooks/{stem}.ipynb"}


def test_updated_numbers_are_said_to_be_updated(coffee_crate):
    told = entities_of(coffee_crate)
    assert told["#parameter-brewing_time"]["value"] == 5
    assert told["#parameter-brewing_time"]["description"] == "put in for this run"
    assert told["#parameter-cups_a_day"]["description"] == "as the text gives it"
    assert told["figures/10-time--brewing.svg"]["description"] == "Time of <filter>"


def test_both_bibliographies_parse_by_the_rules_of_bibtex(target, example):
    with pybtex_errors.capture() as complaints:
        printed = parse_file(target / "data" / "references.bib", "bibtex")
        corrected = parse_file(target / "data" / "references_corrected.bib", "bibtex")
    assert complaints == []
    assert list(printed.entries) == list(example.book.bibliography.entries)
    assert len(corrected.entries) > 20
    assert all(entry.fields.get("title") for entry in corrected.entries.values())


# --- the same on every run -----------------------------------------------------------------------


def test_two_exports_have_the_same_bytes(target, example):
    again = target.with_name("again")
    written = write_crate(example, again)
    assert content(again) == content(target)
    assert written == sorted(path for path in again.rglob("*") if path.is_file())


def test_nothing_depends_on_a_clock_or_on_chance(target, example):
    text = (target / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-", text)
    assert set(re.findall(r"\b20\d\d-\d\d-\d\d\b", text)) == {
        example.collection.released.isoformat()
    }
    assert not re.search(r"\d\d:\d\d:\d\d", text)


# --- what belongs to it ---------------------------------------------------------------------------


def test_hidden_and_unknown_files_stay_out(tmp_path):
    example = coffee_example(tmp_path)
    (example.book.folder / ".secret.csv").write_text("a\n1\n")
    (example.book.folder / "draft.docx").write_bytes(b"PK")
    shutil.copytree(tmp_path / "notebooks", tmp_path / "notebooks" / ".ipynb_checkpoints")
    target = tmp_path / "crate"
    written = [path.relative_to(target).as_posix() for path in write_crate(example, target)]
    assert not [n for n in written if "secret" in n or "draft" in n or "checkpoints" in n]
    assert "data/brews.csv" in written
