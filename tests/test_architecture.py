"""The engine knows nothing of the essay, imports run downwards, and one name means one thing."""

import re

from conftest import ROOT
from counts import circles, doubled_names, modules, upward_imports

SAME_THING = {
    "add_arguments": "adds the arguments of a command",
    "get": "asks a register about a work",
    "main": "starts a program",
    "read": "reads a list of references",
    "run": "does what a command asks for",
    "work_of_answer": "returns the work in what a register answered",
}
"""Public names that several modules of the engine may have, with what all of them mean."""


def test_imports_run_downwards():
    """Nor does the engine import anything of the essay's package, which stands above it."""
    assert upward_imports() == []


def test_no_module_imports_itself_by_way_of_others():
    assert circles() == []


def test_a_public_name_means_one_thing():
    assert {n: places for n, places in doubled_names().items() if n not in SAME_THING} == {}


def test_the_engine_holds_no_word_of_this_subject():
    words = "rls restless legs? nitric nitrite sinus(es)? paranasal nasal nostril ostium ostia"
    words += " dopamine ekbom mouthwash us_prevalence over_60 brain"
    pattern = re.compile(rf"(?i)(?<![a-z])({words.replace(' ', '|')})(?![a-z])")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for module, path in modules().items()
        if module.startswith("claimbook")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []
