"""What is taken out of executed notebooks, and what is tidied away."""

import base64
import json
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.errors import InputError
from claimbook.run.outputs import (
    INJECTED_TAG,
    as_source,
    collect_answers,
    pictures_of,
    read_notebook,
    tidied,
    write_json,
    write_notebook,
)
from claimbook.show.output_keys import ANSWERS_TYPE


def notebook(*cells):
    made = nbformat.v4.new_notebook()
    made.cells = list(cells)
    return made


def code(source, *outputs, id="one", count=None, **metadata):
    return nbformat.v4.new_code_cell(
        source, id=id, outputs=list(outputs), execution_count=count, metadata=metadata
    )


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def shown(data, **metadata):
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def picture(name):
    data = {
        "image/png": base64.b64encode(b"png").decode(),
        "image/svg+xml": "<svg/>",
        "text/csv": "x\n1\n",
    }
    return shown(data, claimbook={"figure": name, "alt": "a"})


def answering(digest, *questions):
    records = [{"question": q} for q in questions]
    return notebook(code("x", shown({ANSWERS_TYPE: {"digest": digest, "answers": records}})))


INJECTED = code("a = 1", id="random", tags=[INJECTED_TAG], papermill={"start_time": "now"})


def test_source_is_the_notebook_as_written():
    executed = notebook(
        nbformat.v4.new_markdown_cell("# T", id="t"),
        INJECTED,
        code("x", stream("out"), count=7, papermill={"duration": 1}, tags=["keep"]),
    )
    executed.metadata["papermill"] = {"start_time": "now"}
    source = as_source(executed)
    assert [c.source for c in source.cells] == ["# T", "x"]
    assert source.cells[1].outputs == [] and source.cells[1].execution_count is None
    assert source.cells[1].metadata == {"tags": ["keep"]}
    assert set(source.metadata) == {"kernelspec", "language_info"}
    assert as_source(source) == source
    assert executed.cells[2].outputs, "the original is not changed"


def test_tidied_notebook_keeps_outputs_and_loses_times_and_names():
    source = notebook(code("p", id="p"), code("x", id="x"))
    result = nbformat.v4.new_output("execute_result", data={"text/plain": "2"}, execution_count=9)
    executed = notebook(
        code("p", id="p", count=4),
        INJECTED,
        code("x", stream("a"), stream("b"), stream("e", "stderr"), stream("c"), result, id="x"),
    )
    tidy = tidied(executed, source)
    assert [c.id for c in tidy.cells] == ["p", INJECTED_TAG, "x"]
    assert [c.execution_count for c in tidy.cells] == [1, 2, 3]
    assert tidy.cells[1].metadata == {"tags": [INJECTED_TAG]}
    last = tidy.cells[2].outputs
    assert [o.get("text") for o in last] == ["ab", "e", "c", None]
    assert last[-1].execution_count == 3
    assert "now" not in nbformat.writes(tidy)


def test_notebook_is_written_alike_whatever_the_order_of_its_keys(tmp_path):
    one = notebook(code("é", stream("x"), b=1, a=2))
    other = notebook(code("é", stream("x"), a=2, b=1))
    write_notebook(one, tmp_path / "one.ipynb")
    write_notebook(other, tmp_path / "other.ipynb")
    raw = (tmp_path / "one.ipynb").read_bytes()
    assert raw == (tmp_path / "other.ipynb").read_bytes()
    assert "é".encode() in raw and raw.endswith(b"}\n") and b"\r" not in raw
    assert read_notebook(tmp_path / "one.ipynb").cells[0].source == "é"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null", '{"nbformat": 4}', "text"])
def test_file_that_is_no_notebook_is_named(tmp_path, content):
    path = tmp_path / "x.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=r"^x.ipynb: not a notebook"):
        read_notebook(path)


def test_figures_are_named_after_notebook_and_subject():
    files = pictures_of(notebook(code("x", picture("a-b")), code("y", stream("z"), id="y")), "10-n")
    assert files == {
        "10-n--a-b.png": b"png",
        "10-n--a-b.svg": b"<svg/>",
        "10-n--a-b.csv": b"x\n1\n",
    }


def test_a_figure_without_its_data_is_refused():
    bare = picture("a")
    del bare.data["text/csv"]
    with pytest.raises(InputError, match="10-n.ipynb shows the figure 'a' without its data"):
        pictures_of(notebook(code("x", bare)), "10-n")


def test_two_figures_of_one_name_are_refused():
    with pytest.raises(InputError, match="10-n.ipynb shows two figures named 'a'"):
        pictures_of(notebook(code("x", picture("a"), picture("a"))), "10-n")


@pytest.mark.parametrize("name", ["", "../a", "a/b", "A", "a_b", "a b", "é", "a--b", "-a", "a\n"])
def test_figure_names_are_fit_for_files(name):
    with pytest.raises(InputError, match="expected a name of small letters"):
        pictures_of(notebook(code("x", picture(name))), "10-n")


def test_answers_are_gathered_in_the_order_of_the_notebooks():
    document = collect_answers(
        {"20-b": answering("d", "y"), "10-a": answering("d", "x", "z"), "30-c": notebook()},
        SimpleNamespace(digest="d", updates={"n": 1}, scenario=SimpleNamespace(name="s")),
    )
    assert document == {
        "digest": "d",
        "scenario": "s",
        "updates": {"n": 1},
        "answers": [
            {"question": "x", "notebook": "10-a"},
            {"question": "z", "notebook": "10-a"},
            {"question": "y", "notebook": "20-b"},
        ],
    }


def test_answers_of_another_book_are_refused_by_name():
    with pytest.raises(InputError, match="^20-b.ipynb: answers computed from other data"):
        collect_answers(
            {"10-a": answering("d", "x"), "20-b": answering("e", "y")},
            SimpleNamespace(digest="d", updates={}, scenario=None),
        )


@given(st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False) | st.text()))
def test_json_is_strict_and_reads_back(tmp_path_factory, document):
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_json(document, path)
    assert json.loads(path.read_text(encoding="utf-8")) == document


def test_json_refuses_numbers_that_are_none(tmp_path):
    with pytest.raises(ValueError):
        write_json({"a": float("nan")}, tmp_path / "a.json")
