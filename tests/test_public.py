"""The public face: what ``import claimbook as cb`` offers, as somebody with own studies uses it."""

import doctest
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import claimbook as cb
from claimbook import public
from claimbook.show.pictures import Picture
from claimbook.stats.inputs import fixed, from_counts


@pytest.fixture
def studies():
    """Three studies, as somebody might type them."""
    return pd.DataFrame({"study": list("ABC"), "cases": [12, 30, 9], "n": [200, 310, 150]})


def test_every_example_of_a_docstring_gives_what_it_says(monkeypatch, book):
    monkeypatch.setenv("CLAIMBOOK_DATA", str(book.folder))
    result = doctest.testmod(public, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted >= 15
    assert result.failed == 0


def test_three_own_studies_are_pooled_and_drawn_in_five_lines(studies):
    pooled = cb.pool(studies, id="study")
    assert repr(pooled) == (
        "7.53 % (95 % CI 3.58 to 15.2; next study 2.35 to 21.6), 3 studies, REML, Hartung-Knapp"
    )
    picture = pooled.picture(line=10, line_label="the figure")
    assert picture.data["kind"].tolist() == ["row"] * 3 + ["pooled", "line"]
    assert picture.png().startswith(b"\x89PNG")
    assert pooled.to_frame()["estimate"].iloc[0] == pooled.estimate


def test_each_result_has_a_table_and_a_picture(book, studies):
    hours = np.arange(0, 24, 3)
    rows = studies.assign(year=[2001, 2005, 2013])
    more = pd.concat(
        [rows, pd.DataFrame({"study": ["D"], "cases": [40], "n": [300], "year": [2020]})]
    )
    speed = lambda way, time: (way / time).to("m/s")  # noqa: E731
    results = [
        cb.compare(book, "ostium_width"),
        cb.pool(studies, id="study"),
        cb.meta_regression(more, "year", id="study"),
        cb.cosinor(hours, 10 + 2 * np.cos(2 * np.pi * (hours - 8) / 24) + 0.1 * (hours % 2)),
        cb.simulate(speed, [fixed("way", 1.2, "m"), fixed("time", 4, "s")], draws=100),
    ]
    for result in results:
        assert isinstance(result.to_frame(), pd.DataFrame) and len(result.to_frame())
        picture = result.picture()
        assert isinstance(picture, Picture) and picture.alt.endswith(".") and len(picture.data)
        assert len(repr(result)) < 400 and "\n" not in repr(result)


def test_a_simulated_share_has_the_spread_of_its_counts():
    share = cb.simulate(lambda share: share, [from_counts("share", 20, 100)], draws=20_000, seed=3)
    assert share.median == pytest.approx(20, abs=0.5)
    assert share.low == pytest.approx(13.3, abs=0.7) and share.high == pytest.approx(28.9, abs=0.9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda rows: cb.pool(rows), "id='study'"),
        (lambda rows: cb.pool(rows.drop(columns="n"), id="study"), "n"),
        (lambda rows: cb.forest(rows, ["study"]), "estimate"),
        (lambda rows: cb.meta_regression(rows, "yaer", id="study"), "yaer"),
    ],
)
def test_a_wrong_column_is_one_sentence(studies, call, words):
    with pytest.raises(cb.InputError) as error:
        call(studies)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert error.value.__cause__ is None


def test_an_import_offers_the_public_names_and_changes_nothing():
    code = """
import sys, warnings, builtins
before = set(sys.modules), list(warnings.filters), set(vars(builtins))
import claimbook as cb
loaded = set(sys.modules) - before[0]
assert warnings.filters == before[1] and set(vars(builtins)) == before[2]
assert None not in [sys.modules[name] for name in loaded]
assert not loaded & {"pandas", "matplotlib", "seaborn", "scipy"}
print(" ".join(dir(cb)))
import matplotlib as mpl
mpl.rcParams["font.size"] = 17
style = dict(mpl.rcParams)
cb.forest, cb.show.say
assert dict(mpl.rcParams) == style
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(cb.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="pol"):
        cb.pol  # noqa: B018
