"""The references, followed: what the tables, the notebook, the errata and the command line say."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import claimbook
from pybtex.database import BibliographyData

from claimbook import load
from claimbook.book.bibliography import load_bibliography
from claimbook.citations.audit import VERDICTS, audit
from claimbook.claims.answer import answer
from claimbook.claims.cited_support import LEVELS, findings_of_cited_works
from claimbook.claims.source_check import source_check
from claimbook.run.documents import documents
from claimbook.show import card_links
from claimbook.show import reference_tables as tables
from claimbook.show.citation_plot import citation_bars

ROOT = Path(__file__).resolve().parents[2]
STEM = "20-the-references"


def follow(book):
    audited = audit(book.bibliography, book.table("references"), book.claims)
    return audited, source_check(book.claims, findings_of_cited_works(book), audited)


@pytest.fixture(scope="module")
def audited(book):
    return follow(book)[0]


@pytest.fixture(scope="module")
def pairs(book, audited):
    return tables.pairs_with_citations(book, audited)


@pytest.fixture(scope="module")
def answered(book):
    audited, check = follow(book)
    return tables.counted(book, audited, check)


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(ROOT / "notebooks" / f"{STEM}.ipynb", as_version=4)


def outputs(notebook, cell: str, form: str) -> list[str]:
    found = next(c for c in notebook.cells if c.id == cell)
    return [o.data[form] for o in found.outputs if form in o.data]


# --- the tables ----------------------------------------------------------------------------------


def test_every_work_stands_once(book, audited):
    every = tables.overview(book, audited)
    assert sorted(every["key"]) == sorted(book.table("references")["key"])
    assert len(every) == 34
    assert every[["printed", "found", "verdict", "fields", "record"]].ne("").all().all()
    assert every["address"].map(lambda a: a == "" or a.startswith(("https://", "http://"))).all()
    without = every.loc[every["address"] == "", "key"].tolist()
    assert without == ["lin2000"]  # no page of it is known
    row = every.set_index("key")
    assert row.loc["elanwar2020", "verdict"] == "= duplicate of abdelrazek2020"
    assert row.loc["bramble2004", "verdict"] == "● accurate; never cited"
    assert row.loc["lundberg1995", "fields"] == "(authors)"  # the record itself is unconfirmed
    assert row.loc["doctor2011", "fields"] == "issue, DOI"
    assert row.loc["lin2000", "found"] == "No work was found; nothing is disproved."
    assert row.loc["garciaborreguero2016", "found"].startswith("Perhaps meant: ")
    assert row.loc["tarantini2021", "found"].startswith("The DOI leads to “Nitric Oxide Pathways")
    assert "Perhaps meant: Tarantini" in row.loc["tarantini2021", "found"]
    assert row.loc["ghosh2014", "printed"] == "cited as Ghosh et al. (2014); not in the list"


def test_worst_are_held_against_a_record_and_never_a_guess(audited):
    keys = tables.worst(audited, 5)
    rows = audited.set_index("key").loc[keys]
    assert keys[0] == "garcia2021"
    assert set(keys) == {"garcia2021", "abdelrazek2020", "elanwar2020", "munzel2013", "schaad2009"}
    assert (rows["compared_with"] == "registered").all()
    assert tables.worst(audited.iloc[:0], 5) == []


def test_side_by_side_says_in_words_what_differs(audited):
    for entry in audited.itertuples():
        table = tables.side_by_side(audited, entry.key)
        assert table["field"].tolist()[-1] == "DOI" and len(table) == 8
        differing = table["reading"].str.startswith("≠ differs").sum()
        assert differing == len([f for f in entry.disagreeing_fields.split(";") if f])
        unsure = table["reading"].str.endswith("unconfirmed").sum()
        assert unsure == len([f for f in entry.unconfirmed_disagreements.split(";") if f])
    munzel = tables.side_by_side(audited, "munzel2013").set_index("field")
    assert munzel.loc["year"].tolist() == ["2013", "2014", "≠ differs"]
    assert munzel.loc["volume", "reading"] == "≠ differs, record unconfirmed"
    assert munzel.loc["journal", "reading"] == "agrees"


def test_corrections_are_the_errata(book, audited):
    fixes = tables.corrections(book, audited)
    text = documents(ROOT, book)[ROOT / "results" / "errata.md"]
    headings = re.findall(r"^(\d+)\. \*\*(.+?)\*\*", text, re.M)
    assert [int(n) for n, _ in headings] == fixes["number"].tolist() == list(range(1, 24))
    assert [name.replace("&amp;", "&") for _, name in headings] == fixes["entry"].tolist()
    proposals = fixes["suggestion"].str.startswith("perhaps: ")
    assert fixes.loc[proposals, "how_sure"].str.contains("proposal|not confirmed").all()


def test_pairs_add_up(pairs, book):
    assert pairs["citation"].notna().all()
    table = tables.by_domain_and_citation(pairs)
    body, last = table.iloc[:-1], table.iloc[-1]
    assert last["total"] == len(pairs) == 49
    assert body["total"].sum() == len(pairs) and (body["total"] > 0).all()
    levels = [level.replace("_", " ") for level in LEVELS]
    assert (body[levels].sum(axis=1) == body["total"]).all()
    assert (body[levels].sum() == last[levels]).all()
    physiology = body[(body["domain"] == "physiology") & body["citation"].str.contains("DOI of")]
    by_hand = pairs[(pairs["domain"] == "physiology") & (pairs["citation"] == VERDICTS[2])]
    assert physiology["total"].tolist() == [len(by_hand)]


def test_backing_counts_each_work_once(pairs, audited):
    counts = tables.backing_by_citation(pairs, audited)
    assert counts.to_numpy().sum() == len(audited)
    assert counts[tables.BACKING[3]].sum() == 2
    assert counts.sum(axis=1)["accurate"] == 12
    alt = citation_bars(counts).alt
    assert alt.startswith("34 works by verdict on their citation: accurate, 12 (")
    assert "never cited: 2" in alt


def test_answers_count_what_they_name(answered, book):
    expected = {
        "citations_accurate": (12, 32),
        "citations_not_found": (9, 32),
        "citations_doi_of_another_work": (4, 32),
        "cited_not_listed": (2, 32),
        "listed_not_cited": (2, 32),
        "pairs_backed": (23, 49),
        "claims_not_backed": (8, 46),
        "claims_one_work_twice": (1, 46),
        "claims_on_works_not_found": (11, 46),
    }
    assert {name: (r["k"], r["n"]) for name, r in answered.items()} == expected
    for name, found in answered.items():
        record = answer(book, name, found).as_record()
        assert len(record["rows"]) == record["k"] == record["estimate"]
        assert record["reason"].startswith(f"{record['k']} of {record['n']} ")
        assert record["verdict"] is None and record["claim"] is None
    assert answered["claims_one_work_twice"]["rows"] == ["sinus_no_main_role"]
    assert sorted(answered["cited_not_listed"]["rows"]) == ["ghosh2014", "tidball2005"]
    assert sorted(answered["listed_not_cited"]["rows"]) == ["bramble2004", "earley2014"]


def test_a_mended_entry_changes_every_count(book):
    """Print an entry as it really is: it turns accurate, and its correction goes."""
    mended = load_bibliography(ROOT / "data" / "references_corrected.bib").entries["patton2023"]
    entries = {**book.bibliography.entries, "patton2023": mended}
    better = replace(book, bibliography=BibliographyData(entries))
    before, after = follow(book), follow(better)
    counts = [tables.counted(b, *f) for b, f in ((book, before), (better, after))]
    assert [found["citations_accurate"]["k"] for found in counts] == [12, 13]
    assert len(tables.corrections(better, after[0])) == len(tables.corrections(book, before[0])) - 1
    claims = book.claims.copy()
    claims.loc[claims["claim"] == "rls_deep_ache", "cites"] = "bramble2004"
    frames = {**book.tables.frames, "claims": claims}
    citing = replace(book, tables=replace(book.tables, frames=frames))
    records = tables.counted(citing, *follow(citing))
    assert records["listed_not_cited"]["rows"] == ["earley2014"]
    assert records["pairs_backed"]["n"] == 50


# --- the notebook --------------------------------------------------------------------------------


def test_notebook_shows_every_work_with_its_link(notebook, book, audited):
    page = outputs(notebook, "all", "text/html")[0]
    every = tables.overview(book, audited)
    for row in every.itertuples():
        assert page.count(f">{row.key}</a></td>") == (1 if row.address else 0), "stale: ./run book"
        assert row.verdict in page
    assert page.count("<tr") == 1 + len(every)


def test_notebook_lists_what_claims_rest_on(notebook, answered):
    pages = outputs(notebook, "footing", "text/html")
    names = ["claims_not_backed", "claims_one_work_twice", "claims_on_works_not_found"]
    for page, name in zip(pages, names, strict=True):
        linked = re.findall(r'href="25-claim-cards\.ipynb#claim-([^"]+)"', page)
        assert sorted(linked) == sorted(answered[name]["rows"]), "stale: ./run book"
        assert card_links.address(linked[0]) in page


def test_notebook_shows_both_directions_of_mismatch(notebook):
    page = outputs(notebook, "mismatch", "text/html")[0]
    assert all(key in page for key in ("tidball2005", "ghosh2014", "bramble2004", "earley2014"))


def test_record_holds_the_answers(answered):
    kept = json.loads((ROOT / "results" / "answers.json").read_text(encoding="utf-8"))["answers"]
    kept = {r["question"]: r for r in kept if r["notebook"] == STEM}
    assert {name: (r["k"], r["rows"]) for name, r in kept.items()} == {
        name: (r["k"], r["rows"]) for name, r in answered.items()
    }, "stale: ./run book"


def test_answer_opens_with_the_counts(notebook, answered):
    said = outputs(notebook, "answer", "text/markdown")[0]
    lines = said.split("\n")
    assert len(lines) == 3 and lines[2].startswith("3. **How sure:**")
    assert "Of 32 entries 12 agree" in lines[0] and "8 claims rest only on works" in lines[1]


# --- the errata and the corrected list -----------------------------------------------------------


@pytest.mark.parametrize("name", ["results/errata.md", "data/references_corrected.bib"])
def test_generated_documents_are_current(book, name):
    wanted = documents(ROOT, book)[ROOT / name]
    assert (ROOT / name).read_text(encoding="utf-8") == wanted, "stale: ./run book"


def test_errata_are_complete_and_courteous(audited):
    text = (ROOT / "results" / "errata.md").read_text(encoding="utf-8")
    corrections, unchecked = text.split("## What could not be checked")
    for entry in audited.to_dict("records"):
        if entry["verdict"] == "accurate" and entry["cited_in_text"]:
            continue
        named = f"`{entry['key']}`" in corrections
        short = tables.short_citation(entry).replace("&", "&amp;")
        told = short in unchecked or short.replace("&amp;", "&") in text
        assert named or told, entry["key"]
        if entry["doi_registered_to"] == "unknown":
            assert f"what the DOI {entry['printed_doi']} is registered to" in unchecked
    assert corrections.count("How sure: ") == len(re.findall(r"^\d+\. ", corrections, re.M)) == 23
    words = re.sub(r"<http[^>]*>", "", text)
    assert not re.search(r"\b(wrong|false|fake|fabricated|invented|careless)", words, re.I)


def test_a_book_without_such_records_has_no_errata(coffee, tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "answers.json").write_text('{"answers": []}')
    assert documents(tmp_path, load(coffee)) == {}


# --- the command line ----------------------------------------------------------------------------


def test_audit_of_the_printed_list(tmp_path):
    done = claimbook("audit", ROOT / "data" / "references.bib", "--output", tmp_path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("32 entries: 12 accurate, ")
    table = pd.read_csv(tmp_path / "audit.csv", keep_default_na=False)
    assert len(table) == 32 and set(table["verdict"]) <= set(VERDICTS)
    assert f"munzel2013: {table.set_index('key').loc['munzel2013', 'verdict']} (" in done.stdout


def test_strict_audit_fails_where_an_entry_differs(tmp_path):
    where = {"cwd": ROOT / "notebooks"}  # any folder of the checkout will do
    printed, corrected = (ROOT / "data" / f"references{n}.bib" for n in ("", "_corrected"))
    done = claimbook("audit", printed, "--strict", "--output", tmp_path, **where)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    done = claimbook("audit", corrected, "--strict", "--output", tmp_path, **where)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "an empty file"),
        ("<html><body>Log in</body></html>", "a web page"),
        ("TY  - JOUR\nTI  - Rivers\nER  -\n", "RIS; name it .ris"),
        ("@string{a = {b}}", "no BibTeX entry found, only @string"),
        (b"%PDF-1.7", "a PDF"),
        (None, "no such file"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(tmp_path, content, said):
    if content is not None:
        raw = content if isinstance(content, bytes) else content.encode()
        (tmp_path / "list.bib").write_bytes(raw)
    done = claimbook("audit", tmp_path / "list.bib", "--output", tmp_path / "out", cwd=ROOT)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("claimbook: ") and said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_hostile_list_shows_as_text(tmp_path):
    hostile = "\\input{/etc/passwd} <script>x</script> \x1b[31m\u202e $(touch y)"
    text = f"@misc{{evil, title = {{{hostile}}}, author = {{{{{'A' * 10_000}}}}}, year = 1}}\n"
    (tmp_path / "list.bib").write_text(text, encoding="utf-8")
    done = claimbook("audit", "list.bib", "--data", ROOT / "data", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "evil: record_unknown" in done.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", done.stdout)
    assert {p.name for p in tmp_path.iterdir()} == {"list.bib", "build"}


def test_audit_never_writes_into_the_data(tmp_path):
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    for output in (data, data / "evidence", data / "new"):
        done = claimbook("audit", "data/references.bib", "--output", output, cwd=tmp_path)
        assert done.returncode == 2 and "holds curated data" in done.stderr
    done = claimbook("audit", "data/references.bib", "--online", cwd=tmp_path)
    assert done.returncode == 2 and "--mailto" in done.stderr or "e-mail" in done.stderr
    assert {p: p.read_bytes() for p in data.rglob("*") if p.is_file()} == before
