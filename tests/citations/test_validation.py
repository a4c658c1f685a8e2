"""The script that measures how often the audit is wrong, on the works that it makes up."""

import json
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / "validation" / "audit"


@pytest.fixture(scope="module")
def accuracy():
    sys.path.insert(0, str(AUDIT))
    try:
        import accuracy

        yield accuracy
    finally:
        sys.path.remove(str(AUDIT))


def test_nothing_right_is_accused(accuracy):
    works = accuracy.made_up(40)
    for exporter in accuracy.EXPORTERS:
        counted = accuracy.accused(works, exporter, show=True)
        assert sum(n for verdict, n in counted.items() if verdict not in accuracy.FINE) == 0
        assert counted["accurate"] >= 38


def test_planted_faults_are_found(accuracy):
    planted, missing = accuracy.missed(accuracy.made_up(60), 40, show=True)
    assert (planted, missing.total()) == (40, 0)


def test_files_are_counted(accuracy, tmp_path, capsys):
    (tmp_path / "a.bib").write_text("@misc{a, title={T}}\n@misc{b}\n", encoding="utf-8")
    (tmp_path / "b.bib").write_text("<html></html>", encoding="utf-8")
    works = tmp_path / "works.json"
    works.write_text(json.dumps(accuracy.made_up(2)), encoding="utf-8")
    assert len(accuracy.works_in([works])) == 2
    works.unlink()
    accuracy.public_files(tmp_path, show=True)
    said = capsys.readouterr().out
    assert "2 files, 1 entries, 1 unreadable; 1 files refused by name, 0 entries lost" in said
