"""A file is written whole or not at all, and a folder is worked in by one process at a time."""

import os
import stat

import pytest

from claimbook.book.storage import lock, write_whole
from claimbook.errors import InputError


def test_a_file_is_replaced_whole_and_its_folder_made(tmp_path):
    path = tmp_path / "a" / "b.txt"
    for content in ("é\r\n", b"\xff", ""):
        write_whole(path, content)
        assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, step):
    path = tmp_path / "kept"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(InputError, match=r"kept: cannot be written \(No space left on device\)"):
        write_whole(path, "new")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_a_lock_is_refused_while_it_is_taken_and_let_go_at_the_end(tmp_path):
    path = tmp_path / "deep" / "lock"
    with lock(path, "busy"), pytest.raises(InputError, match="^busy$"), lock(path, "busy"):
        raise AssertionError("taken twice")
    with lock(path, "busy"):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write to .*file"), lock(tmp_path / "file/x", ""):
        raise AssertionError("locked in a file")
