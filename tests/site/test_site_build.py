"""How a site is built: whole or not at all, alike each time, and only what changed anew."""

import base64
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from subprocess import CompletedProcess

import nbformat
import pandas as pd
import pytest
import yaml
from conftest import ROOT, claimbook, write_coffee
from hostile import PLANTED, write_hostile_data
from notebook_cells import code_cells
from site_reader import Page, pages_of

from claimbook import load
from claimbook.citations.known_works import RECORD_COLUMNS
from claimbook.claims.comparison import answers
from claimbook.cli import main
from claimbook.run.outputs import pictures_of, write_json, write_notebook
from claimbook.show import outputs
from claimbook.show.pictures import csv_text
from claimbook.site.context import last_change
from claimbook.site.publish import write_changed

ABOUT = {
    "title": "Does coffee keep?",
    "question": "A text about coffee gives three figures.",
    "text": "the leaflet",
    "not": ["No advice. Drink what you like."],
}


def shown(bundle):
    """One output as a notebook stores it."""
    data = {
        form: base64.b64encode(content).decode() if isinstance(content, bytes) else content
        for form, content in bundle[0].items()
    }
    return nbformat.v4.new_output("display_data", data=data, metadata=bundle[1] or {})


def notebook(path, title, *cells):
    """Write an executed notebook: each cell is Markdown, or code with its outputs."""
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell(f"# {title}\n\n**Question.** Why?", id="title")]
    for number, cell in enumerate(cells):
        name = f"cell-{number}"
        if isinstance(cell, str):
            made.cells.append(nbformat.v4.new_markdown_cell(cell, id=name))
        else:
            source, outputs = cell
            count = number + 1
            made.cells.append(
                nbformat.v4.new_code_cell(source, id=name, outputs=outputs, execution_count=count)
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_notebook(made, path)
    return made


def record_answers(root, data, notebook_stem, updates=None, folder=None):
    """Write answers.json for a folder of results, as a run would have."""
    book = load(data).update(**(updates or {}))
    records = json.loads(answers(book).to_json(orient="records"))
    for record in records:
        record["notebook"] = notebook_stem
    path = (folder or root) / "results" / "answers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json({"digest": book.digest, "updates": updates or {}, "answers": records}, path)


def write_whole_coffee(folder):
    """Write the book about coffee with the columns that cards and works need."""
    write_coffee(folder)
    description = yaml.safe_load((folder / "datapackage.yaml").read_text())
    added = {"claims": ["label"], "references": [*RECORD_COLUMNS[1:-2], "unconfirmed_fields"]}
    added["references"].append("verdict")
    added["findings"] = ["source_key"]
    for resource in description["resources"]:
        names = added.get(resource["name"], [])
        resource["schema"]["fields"] += [{"name": name, "type": "string"} for name in names]
        if names:
            frame = pd.read_csv(folder / resource["path"], dtype=str)
            values = {"label": frame.iloc[:, 0], "verdict": "accurate"}
            values["source_key"] = frame.get("key")
            frame = frame.assign(**{name: values.get(name, "") for name in names})
            frame.to_csv(folder / resource["path"], index=False)
    (folder / "datapackage.yaml").write_text(json.dumps(description))
    (folder / "first_page.yaml").write_text(yaml.safe_dump(ABOUT))
    return folder


@pytest.fixture
def coffee_site(tmp_path):
    """A checkout about coffee with executed notebooks, ready for a site."""
    root = tmp_path / "checkout"
    data = write_whole_coffee(root / "data")
    said = nbformat.v4.new_output(
        "display_data",
        data={"text/markdown": "**● holds** by [it](25-claim-cards.ipynb#claim-aroma)"},
    )
    notebook(root / "notebooks" / "10-one.ipynb", "One", ("x = 1", []), ("say(x)", [said]),
             "A formula: $x^2$ and a link to [two](20-two.ipynb#cell-0).")  # fmt: skip
    notebook(root / "notebooks" / "20-two.ipynb", "Two", "## Part", ("y", []))
    notebook(root / "notebooks" / "25-claim-cards.ipynb", "Cards", "Every claim.")
    record_answers(root, data, "10-one")
    (root / "figures").mkdir()
    return root


def build(root, *args):
    """Run the command in this process, where everything is loaded already."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(root), redirect_stdout(out), redirect_stderr(err):
        code = main(["site", *map(str, args)])
    return CompletedProcess(args, code, out.getvalue(), err.getvalue())


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file()}  # fmt: skip


def test_site_of_another_book(coffee_site):
    done = build(coffee_site)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    site = coffee_site / "build" / "site"
    assert str(site / "index.html") in done.stdout
    pages = pages_of(site)
    assert set(pages) == {
        "index.html", "search.html", "open.html", "works.html", "what-if.html",
        "notebooks/10-one.html", "notebooks/20-two.html", "notebooks/25-claim-cards.html",
        "claims/brewing_time.html", "claims/extraction.html", "claims/cups_a_day.html",
        "claims/aroma.html",
    }  # fmt: skip
    first = pages["index.html"].said
    assert "Does coffee keep?" in first and "The leaflet says" in first
    assert "How long does filter coffee take?" in first and "about 4 min" in first
    assert "No advice. Drink what you like." in first and "last changed" not in first
    for page in pages.values():
        inside = [a for _, a in page.addresses if not re.match(r"\w+:|#", a)]
        assert all((page.path.parent / a.split("#")[0]).is_file() for a in inside), page.path
    one = pages["notebooks/10-one.html"]
    assert [a for a in one.addresses if a[1] == "../claims/aroma.html"]
    assert [a for a in one.addresses if a[1] == "20-two.html#cell-0"]
    assert "cell-0" in pages["notebooks/20-two.html"].ids
    assert one.all("math") and "$" not in one.said
    assert '<span class="verdict verdict-holds">● holds</span>' in one.text
    assert "x = 1" in one.said and len(one.all("details")) == 1, (
        "cells that show nothing are joined"
    )
    assert "Beans" in pages["works.html"].said
    assert {p.name for p in coffee_site.iterdir()} == {
        "data", "notebooks", "results", "figures", "build"
    }  # fmt: skip
    assert {p.name for p in (coffee_site / "build").iterdir()} == {"site", ".site-work"}


def test_equal_results_give_equal_bytes_whatever_was_built_before(coffee_site, tmp_path):
    """Built over another state or afresh, under other settings: the same site."""
    first, fresh = tmp_path / "first" / "site", tmp_path / "fresh" / "site"
    path = coffee_site / "notebooks" / "20-two.ipynb"
    assert build(coffee_site, "--output", first).returncode == 0
    once = files(first)
    notebook(path, "Other", "## Part", "## Added", ("z", []))
    assert build(coffee_site, "--output", first).returncode == 0
    changed = files(first)
    assert {name for name in once if once[name] != changed[name]} >= {"notebooks/20-two.html"}
    odd = {"PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}
    done = claimbook("site", "--output", fresh, cwd=coffee_site, env=odd)
    assert done.returncode == 0, done.stderr
    assert files(fresh) == changed
    path.unlink()
    notebook(coffee_site / "notebooks" / "10-one.ipynb", "One")
    assert build(coffee_site, "--output", first).returncode == 0
    assert not (first / "notebooks" / "20-two.html").exists()
    assert "20-two" not in (first / "searchindex.js").read_text()


def test_a_failed_build_leaves_the_old_site_and_names_the_page(coffee_site):
    assert build(coffee_site).returncode == 0
    before = files(coffee_site / "build" / "site")
    path = coffee_site / "notebooks" / "10-one.ipynb"
    whole = path.read_bytes()
    for cell, told in {
        "```{nosuch} x\n```": r"notebooks/10-one\.ipynb.*nosuch",
        "# One\n\n#### Too deep": r"10-one\.ipynb.*header",
    }.items():
        notebook(path, "One", cell)
        done = build(coffee_site)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert done.stderr.startswith("claimbook: the site: ") and re.search(told, done.stderr)
        assert str(coffee_site) not in done.stderr
        assert files(coffee_site / "build" / "site") == before
    path.write_bytes(whole)
    assert build(coffee_site).returncode == 0, "and the next build is whole again"
    assert files(coffee_site / "build" / "site") == before


def test_an_experiment_has_a_site_of_its_own_that_says_so(coffee_site, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(coffee_site / "notebooks", results / "notebooks")
    (results / "figures").mkdir()
    record_answers(coffee_site, coffee_site / "data", "10-one", {"brewing_time": 9.0}, results)
    done = build(coffee_site, "--from", results, "--output", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    first = Page(tmp_path / "site" / "index.html").said
    assert "An experiment with other numbers: brewing_time = 9 min." in first
    assert "about 9 min" in first
    assert not (coffee_site / "build").exists()


def first_page(root, changes):
    """Write the first page's texts with other ones (None: without), and a record of that book."""
    about = {key: text for key, text in {**ABOUT, **changes}.items() if text is not None}
    (root / "data" / "first_page.yaml").write_text(yaml.safe_dump(about))
    record_answers(root, root / "data", "10-one")


def few_columns(root):
    shutil.rmtree(root / "data")
    write_coffee(root / "data")
    record_answers(root, root / "data", "10-one")


def no_first_page(root):
    (root / "data" / "first_page.yaml").unlink()
    record_answers(root, root / "data", "10-one")


ROW = "b9,elsa,filter,200,,,second,,https://example.org/9,read\n"
MISTAKES = [
    (lambda root: (root / "results" / "answers.json").unlink(),
     "answers.json: no such file; run the notebooks first: ./run book"),
    (lambda root: (root / "data" / "brews.csv").open("a").write(ROW),
     "was computed from other data or numbers than those in"),
    (lambda root: (root / "results" / "answers.json").write_text("[]"), "not what a run writes"),
    (no_first_page, "first_page.yaml: no such file; expected title and question"),
    (lambda root: (root / "out").write_text("years of work"), "choose another --output"),
    (lambda root: (root / "notebooks" / "25-claim-cards.ipynb").unlink(),
     "25-claim-cards.ipynb: no such notebook; it is the index of the cards"),
    (few_columns, "table claims: a site needs the columns label too"),
    ({"title": None}, "first_page.yaml: 'title' is missing"),
    ({"titel": "x"}, "key 'titel' is not known; did you mean 'title'"),
    ({"question": 3}, "question: expected text, not 3"),
    ({"not": "no advice"}, "not: expected a list of texts"),
    ({"conclusion": "aromas"}, "conclusion: no claim 'aromas'; did you mean 'aroma'"),
    ({"picture": "10-one--map"}, "picture: no figure '10-one--map'"),
]  # fmt: skip


def refused(root, words):
    """Build where it must be refused, in one sentence and without a site."""
    done = build(root, "--output", root / "out")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("claimbook: ") and words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(("mistake", "words"), MISTAKES, ids=[words for _, words in MISTAKES])
def test_mistakes_are_reported_in_a_sentence(coffee_site, mistake, words):
    mistake(coffee_site) if callable(mistake) else first_page(coffee_site, mistake)
    refused(coffee_site, words)


def test_a_folder_that_holds_something_else_is_left_alone(coffee_site):
    (coffee_site / "out").mkdir()
    (coffee_site / "out" / "thesis.txt").write_text("years of work")
    refused(coffee_site, "not empty and not a site; choose another --output")
    assert files(coffee_site / "out") == {"thesis.txt": b"years of work"}


def test_a_pdf_without_a_browser_is_refused_and_nothing_is_made(coffee_site, monkeypatch):
    monkeypatch.setenv("PATH", str(coffee_site))
    done = build(coffee_site, "--pdf")
    assert done.returncode == 2 and "apt install chromium" in done.stderr
    assert not (coffee_site / "build" / "site").exists()


def test_a_second_build_beside_the_first_is_refused(coffee_site):
    fcntl = pytest.importorskip("fcntl")
    work = coffee_site / "build" / ".site-work"
    work.mkdir(parents=True)
    with (work / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = build(coffee_site)
    assert done.returncode == 2 and "another build of this site is at work" in done.stderr


def test_only_changed_sources_are_written(tmp_path):
    write_changed(tmp_path, {"a/b.md": "one", "c.md": "two"})
    os.utime(tmp_path / "c.md", (1, 1))
    write_changed(tmp_path, {"c.md": "two", "d.md": "three"})
    assert {p: (tmp_path / p).read_text() for p in ("c.md", "d.md")} == {
        "c.md": "two",
        "d.md": "three",
    }
    assert (tmp_path / "c.md").stat().st_mtime == 1
    assert not (tmp_path / "a" / "b.md").exists()


# --- when the evidence was changed ---------------------------------------------------------------


def git(folder, *words, day="2001-02-03"):
    who = {"GIT_AUTHOR_NAME": "A", "GIT_COMMITTER_NAME": "A", "GIT_CONFIG_GLOBAL": os.devnull}
    who |= {"GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_EMAIL": "a@example.org"}
    dates = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z"}
    subprocess.run(["git", *words], cwd=folder, env={**os.environ, **who, **dates}, check=True,
                   capture_output=True)  # fmt: skip


def test_date_of_the_evidence_is_that_of_its_last_commit(coffee):
    shutil.which("git") or pytest.skip("there is no git")
    assert last_change(coffee) is None, "without history"
    git(coffee.parent, "init", "-q")
    git(coffee.parent, "add", ".")
    git(coffee.parent, "commit", "-qm", "one")
    (coffee / "questions.yaml").write_text("# no evidence\n")
    git(coffee.parent, "commit", "-qam", "two", day="2010-01-01")
    assert last_change(coffee) == "2001-02-03"
    (coffee / "brews.csv").write_text("other\n")
    git(coffee.parent, "commit", "-qam", "three", day="2011-11-11")
    assert last_change(coffee) == "2011-11-11"


# --- hostile text --------------------------------------------------------------------------------

ROOT_NOTEBOOKS = ("00-overview", "10-the-figures")


def executed_with(data, stem, monkeypatch):
    """A notebook of the collection, run in this process over other data, with its outputs."""
    monkeypatch.setenv("CLAIMBOOK_DATA", str(data))
    bundles, cells, names = [], [], {"__name__": "__main__"}
    monkeypatch.setattr(
        outputs, "publish", lambda bundle, raw, metadata=None: bundles.append((bundle, metadata))
    )
    for name, source in code_cells(stem):
        bundles.clear()
        exec(compile(source, f"{stem}, cell '{name}'", "exec"), names)
        cells.append((source, [shown(bundle) for bundle in bundles]))
    return cells


def test_planted_markup_is_shown_as_text_on_every_page(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    data = write_hostile_data(root / "data")
    about = yaml.safe_load((data / "first_page.yaml").read_text(encoding="utf-8"))
    about = {k: f"{v}{PLANTED}" if k in ("title", "question", "text", "name") else v
             for k, v in about.items()}  # fmt: skip
    about["not"] = [f"{one}{PLANTED}" for one in about["not"]]
    (data / "first_page.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    bib = (data / "references.bib").read_text(encoding="utf-8")
    bib = re.sub(r"  url = \{.*?\},\n", "", bib)
    bib = bib.replace(
        "  title = {", "  url = {javascript:alert(3)},\n  title = {<marquee>B</marquee> "
    )
    (data / "references.bib").write_text(bib, encoding="utf-8")
    monkeypatch.chdir(ROOT / "notebooks")
    (root / "figures").mkdir()
    for stem in ROOT_NOTEBOOKS:
        cells = executed_with(data, stem, monkeypatch)
        made = notebook(root / "notebooks" / f"{stem}.ipynb", "Title", *cells)
        for name, content in pictures_of(made, stem).items():
            (root / "figures" / name).write_bytes(content)
    notebook(root / "notebooks" / "25-claim-cards.ipynb", "Cards")
    record_answers(root, data, "10-the-figures")
    done = build(root)
    assert done.returncode == 0, done.stderr
    pages = pages_of(root / "build" / "site")
    assert len(pages) > 80
    plain = Page(next((root / "build" / "site" / "claims").glob("*.html")))
    usual = {tag for page in pages.values() for tag, _ in page.tags} - {"script"}
    assert not usual & {"iframe", "object", "embed", "base", "marquee"}, (
        "markup of the data was obeyed"
    )
    told = 0
    for path, page in pages.items():
        for tag, attrs in page.tags:
            assert not any(name.startswith("on") for name in attrs), (path, tag, attrs)
            if tag == "img":
                assert attrs["src"].startswith("../figures/"), (path, attrs)
        assert not [a for a in page.addresses if "javascript:" in a[1].lower()], path
        assert not any("alert(" in script for script in page.scripts), path
        told += page.said.count("<script>alert(1)</script>")
        if path.startswith("claims/"):
            assert "<script>alert(1)</script>" in page.said, path
            assert len(page.all("script")) == len(plain.all("script")), path
    assert told > 1000


def test_a_frame_keeps_its_texts_in_the_csv_of_a_figure(tmp_path):
    frame = pd.DataFrame({"text": [PLANTED, 'two\n"lines"']})
    (tmp_path / "a.csv").write_text(csv_text(frame), encoding="utf-8")
    assert pd.read_csv(tmp_path / "a.csv")["text"].tolist() == frame["text"].tolist()
