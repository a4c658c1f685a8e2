"""Hand-written YAML: plain values, nothing doubled, hidden or executed."""

import pytest

from claimbook.book import yaml_file
from claimbook.book.yaml_file import read_yaml
from claimbook.errors import InputError


def read(tmp_path, content):
    path = tmp_path / "file.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_yaml(path)


def test_plain_values_are_read(tmp_path):
    assert read(tmp_path, "a: 1\nb: [x, 2.5, true]\nc: {d: é}\n") == {
        "a": 1,
        "b": ["x", 2.5, True],
        "c": {"d": "é"},
    }


@pytest.mark.parametrize(
    "written",
    ["2001-02-03", "2020-13-45", "12:30", "007", "0x1F", "0o17", "1_000", "yes", "no", "on", "off",
     ".nan", ".inf", "-.inf", "1.2.3", "=", "1e", "+", "."],
)  # fmt: skip
def test_what_is_no_plain_number_stays_text_as_it_was_written(tmp_path, written):
    assert read(tmp_path, f"a: {written}\nb: [{written}]") == {"a": written, "b": [written]}


@pytest.mark.parametrize(
    "written, value",
    [("0", 0), ("-3", -3), ("+4", 4), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0),
     ("-2.5E-3", -0.0025), ("true", True), ("False", False), ("null", None), ("~", None),
     ("", None), ("'5'", "5")],
)  # fmt: skip
def test_plain_numbers_truths_and_nothing_are_read_as_such(tmp_path, written, value):
    found = read(tmp_path, f"a: {written}")["a"]
    assert found == value and type(found) is type(value)


def test_byte_order_mark_makes_no_difference(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize("content, words", [
    ("a: 1\nb: 2\na: 3", "line 3: the key 'a' appears twice"),
    ("a:\n  b: 1\n  b: 2", "line 3: the key 'b' appears twice"),
    ("a: &x 1\nb: *x", "line 1: anchors and aliases are not allowed"),
    ("a: !!python/object/apply:os.system [x]", "line 1: the tag"),
    ("<<: {a: 1}", "line 1"),
    ("1: a", "line 1: the key 1 is not text"),
    ("? [a]\n: b", "is not text"),
    ("a: [1", "line 1"),
    ("a: 1\n\tb: 2", "line 2"),
    ("a: 1\n---\nb: 2", "line 2"),
    ("- a", "expected 'name: value' lines"),
    ("text", "expected 'name: value' lines"),
    ("", "expected 'name: value' lines"),
    ("a: " + "9" * 5000, "put it in quotes"),
    ("a: \x00", "not allowed"),
    (b"a: \xff", "not UTF-8 text (byte 3)"),
    ("[" * 9000, "nested too deeply"),
    ("{a: " * 9000, "nested too deeply"),
])  # fmt: skip
def test_anything_else_is_refused_in_one_line_that_names_the_file(tmp_path, content, words):
    with pytest.raises(InputError) as refused:
        read(tmp_path, content)
    message = str(refused.value)
    assert "file.yaml" in message and words in message
    assert len(message.splitlines()) == 1


def test_file_that_is_missing_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(InputError, match="the file is missing"):
            read_yaml(path)


def test_file_of_absurd_size_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(yaml_file, "MAX_BYTES", 10)
    assert read(tmp_path, "a: 1") == {"a": 1}
    with pytest.raises(InputError, match="larger than 10 bytes"):
        read(tmp_path, "a: 12345678")
