"""Markup planted in every free text of the data is shown as text by every notebook."""

import re
import warnings

import matplotlib.pyplot as plt
import nbformat
import pytest
from conftest import ROOT
from hostile import write_hostile_data

from claimbook import load
from claimbook.claims.comparison import answers
from claimbook.run.documents import answers_markdown
from claimbook.show import outputs
from claimbook.show.output_keys import SVG_TYPE

STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return write_hostile_data(tmp_path_factory.mktemp("hostile") / "data")


def raw_markup(form, content):
    """What a page would obey in an output, or None."""
    if form == "text/markdown":
        if found := raw_markup("text/html", content):
            return found
        lines = [line for line in content.splitlines() if not line.lstrip().startswith("<")]
        content = re.sub(r"`[^`\n]*`", "", "\n".join(lines).replace("\\`", ""))
        found = re.search(r"(?<!\\)\]\(\s*javascript:|(?<!\\)\$x", content, re.I)
    elif form in ("text/html", SVG_TYPE):
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
    monkeypatch.setattr(outputs, "publish", lambda bundle, raw, metadata=None: shown.append(bundle))
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
    lines = answers_markdown(records).splitlines()
    assert len(lines) == 2 + len(records)
    assert any("script" in line for line in lines)
    for line in lines:
        assert raw_markup("text/markdown", line) is None
        assert line.replace("\\|", "").count("|") == 6
