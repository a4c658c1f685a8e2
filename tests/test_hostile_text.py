"""Markup planted in every free text of the data is shown as text by every notebook."""

import csv
import re
import shutil
import warnings

import matplotlib.pyplot as plt
import nbformat
import pytest
import yaml
from conftest import ROOT

from claimbook import load
from claimbook.comparison import answers
from claimbook.notebook import display
from claimbook.notebook.documents import answers_table

PLANTED = " <script>alert(1)</script> <img src=x onerror=alert(1)> $x$ | ` **b** [l](javascript:x)"
KEYS = re.compile(r".*(_id|_key|_time|_time_end|_unit|_url)|key|claim|unit|doi|pmid|country")
SERIES = ("geography", "measure", "source")
"""Columns of the table of populations by which the code looks a row up: names, not texts."""
STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def is_free_text(field, key_fields):
    constrained = {"enum", "pattern"} & set(field.get("constraints", {}))
    plain = (
        field["type"] == "string" and not constrained and not {"separator", "items"} & set(field)
    )
    return plain and field["name"] not in key_fields and not KEYS.fullmatch(field["name"])


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A copy of the data with markup in every free text of every table and question."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    shutil.copytree(ROOT / "data", folder)
    description = yaml.safe_load((folder / "datapackage.yaml").read_text(encoding="utf-8"))
    selected = (folder / "questions.yaml").read_text(encoding="utf-8")
    planted = 0
    for resource in description["resources"]:
        path = folder / resource["path"]
        keys = {f for k in resource["schema"].get("foreignKeys", []) for f in k["fields"]}
        names = [
            field["name"]
            for field in resource["schema"]["fields"]
            if is_free_text(field, keys) and f"{field['name']}:" not in selected
        ]
        if resource["name"] == "population":
            names = [name for name in names if name not in SERIES]
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for name in names:
                if row[name]:
                    row[name] += PLANTED
                    planted += 1
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    assert planted > 1000
    questions = yaml.safe_load(selected)
    for question in questions.values():
        question["asks"] += PLANTED
        question["measured"] += PLANTED
    (folder / "questions.yaml").write_text(yaml.safe_dump(questions), encoding="utf-8")
    return folder


def raw_markup(form, content):
    """What a page would obey in an output, or None."""
    if form == "text/markdown":
        if found := raw_markup("text/html", content):
            return found
        lines = [line for line in content.splitlines() if not line.lstrip().startswith("<")]
        content = re.sub(r"`[^`\n]*`", "", "\n".join(lines).replace("\\`", ""))
        found = re.search(r"(?<!\\)\]\(\s*javascript:|(?<!\\)\$x", content, re.I)
    elif form in ("text/html", "image/svg+xml"):
        obeyed = r"<\s*(script|img)|<[^>]*\son\w+\s*=|=\s*[\"']?\s*javascript:"
        found = re.search(obeyed, content, re.I)
    else:
        return None
    return found and content[max(0, found.start() - 80) : found.end() + 40]


@pytest.mark.parametrize("stem", STEMS)
def test_notebook_shows_planted_markup_as_text(hostile, monkeypatch, stem):
    monkeypatch.setenv("CLAIMBOOK_DATA", str(hostile))
    monkeypatch.chdir(ROOT / "notebooks")
    shown = []
    monkeypatch.setattr(display, "display", lambda bundle, raw, metadata=None: shown.append(bundle))
    names = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for cell in nbformat.read(f"{stem}.ipynb", as_version=4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, f"{stem}, cell '{cell.id}'", "exec"), names)
    plt.close("all")
    assert shown
    obeyed = [
        (form, raw_markup(form, content))
        for bundle in shown
        for form, content in bundle.items()
        if isinstance(content, str) and raw_markup(form, content)
    ]
    assert obeyed == []


def test_table_of_the_readme_shows_planted_markup_as_text(hostile):
    records = answers(load(hostile)).to_dict("records")
    lines = answers_table(records).splitlines()
    assert len(lines) == 2 + len(records)
    assert any("script" in line for line in lines)
    for line in lines:
        assert raw_markup("text/markdown", line) is None
        assert line.replace("\\|", "").count("|") == 6
