"""Grids: every combination once, in a stated order, and every fault named."""

import math
from itertools import product

import numpy as np
import pytest
from conftest import write_coffee, write_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import InputError, load
from claimbook.run.grid import Grid, read_grid


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = write_coffee(tmp_path_factory.mktemp("coffee") / "data")
    write_scenario(folder, "one", "figures: {brewing_time: 9 minute}")
    write_scenario(folder, "high", "figures: {extraction_min: 21 percent}")
    write_scenario(folder, "bad", "figures: {brewing_tme: 9 minute}")
    rows = "evidence: [{table: brews, where: {row_id: b6}, set: {unit: kg}}]"
    write_scenario(folder, "kilos", rows)
    return load(folder)


@pytest.fixture
def grid_of(small, tmp_path):
    def read(text, title="title: t\n"):
        path = tmp_path / "grid.yaml"
        path.write_text(title + text)
        return read_grid(path, small)

    return read


def rows_of(table):
    return [(n, *row) for n, row in zip(table.index, table.itertuples(index=False), strict=True)]


def test_grid_is_read_with_units_ranges_and_scenarios(grid_of):
    grid = grid_of(
        """
scenarios: [one, record]
figures:
  cups_a_day: {from: 1 count, to: 64 count, steps: 7, spacing: log}
  brewing_time: [30 seconds, 4, "0.1 hour"]
  extraction_max: {from: 22 percent, to: 30, steps: 5}
notebooks: [10, 20-two]
"""
    )
    assert grid.scenarios == ("one", "record") and grid.notebooks == ("10", "20-two")
    assert list(grid.figures) == ["cups_a_day", "brewing_time", "extraction_max"]
    assert grid.figures["cups_a_day"] == pytest.approx((1, 2, 4, 8, 16, 32, 64))
    assert grid.figures["brewing_time"] == pytest.approx((0.5, 4, 6))
    assert grid.figures["extraction_max"] == pytest.approx((22, 24, 26, 28, 30))
    assert (grid.figures["cups_a_day"][-1], grid.figures["extraction_max"][-1]) == (64, 30)
    assert len(grid) == 2 * 7 * 3 * 5 and grid.shape == (2, 7, 3, 5)
    table = grid.combinations(0, len(grid))
    expected = product(grid.scenarios, *grid.figures.values())
    assert rows_of(table) == [(n, *row) for n, row in enumerate(expected)]


GRIDS = st.builds(
    lambda scenarios, figures: Grid("t", tuple(scenarios), dict(figures)),
    st.lists(st.sampled_from("abc"), min_size=1, unique=True),
    st.dictionaries(
        st.sampled_from("xyz"),
        st.lists(st.floats(-9, 9), min_size=1, max_size=6, unique=True).map(tuple),
    ),
)


@given(GRIDS, st.integers(1, 7), st.integers(0, 5))
@settings(deadline=None, max_examples=40)
def test_combinations_are_the_product_however_they_are_cut(grid, parts, more):
    size = -(-len(grid) // parts) + more
    expected = [(n, *row) for n, row in enumerate(product(grid.scenarios, *grid.figures.values()))]
    assert len(grid) == len(expected) == math.prod(grid.shape)
    found = []
    for start in range(0, len(grid), size):
        part = grid.combinations(start, start + size)
        assert (
            list(part.columns) == ["scenario", *grid.figures] and part.index.name == "combination"
        )
        assert list(part["scenario"].cat.categories) == list(grid.scenarios)
        found += rows_of(part)
    assert found == expected
    assert rows_of(grid.combinations(len(grid), len(grid) + 5)) == []


@given(GRIDS, GRIDS)
@settings(deadline=None)
def test_digest_tells_grids_apart_by_their_combinations(one, other):
    same = one.scenarios == other.scenarios and list(one.figures.items()) == list(
        other.figures.items()
    )
    assert (one.digest == other.digest) == same
    assert Grid("other words", one.scenarios, one.figures, ("10",)).digest == one.digest


def test_grid_of_hundreds_of_millions_takes_no_memory(grid_of):
    grid = grid_of(
        """
figures:
  brewing_time: {from: 1, to: 9, steps: 1000}
  cups_a_day: {from: 1, to: 9, steps: 1000}
  extraction_max: {from: 22, to: 90, steps: 900}
"""
    )
    assert len(grid) == 900_000_000
    last = grid.combinations(len(grid) - 2, len(grid) + 10)
    assert last.index.tolist() == [899_999_998, 899_999_999]
    assert last.iloc[-1].tolist() == ["record", 9, 9, 90]


FIGURE = "figures:\n  brewing_time: "
BAD = [
    ("figure: {}", "key 'figure' is not known; did you mean 'figures'?"),
    ("", "it combines nothing; expected figures or several scenarios"),
    ("figures: {}", "it combines nothing"),
    ("figures: [brewing_time]", "figures: expected 'name: values' lines"),
    ("figures: {brewing_tme: [1]}", "figures: 'brewing_tme' is not known; did you mean 'brewing_t"),
    (f"{FIGURE}[]", "figures: brewing_time: the list is empty"),
    (f"{FIGURE}5 minutes", "expected a list of values, or from, to and steps"),
    (f"{FIGURE}[1, 2, 60 seconds]", "figures: brewing_time: a value is there twice"),
    (f"{FIGURE}[1 kg]", "figures: brewing_time: '1 kg' does not fit"),
    (f"{FIGURE}[1 minit]", "figures: brewing_time: '1 minit': unknown unit 'minit'"),
    (f"{FIGURE}[true]", "figures: brewing_time: True is not a number"),
    (f"{FIGURE}[[1]]", "is not a number"),
    (f"{FIGURE}[null]", "figures: brewing_time: None is not a number"),
    (f"{FIGURE}[0]", "figures: brewing_time: 0 minute is not above 0"),
    (f"{FIGURE}[.nan]", "'.nan' is not a number"),
    (f"{FIGURE}[1e999]", "not a finite number"),
    (f"{FIGURE}{{from: 1, to: 2}}", "'steps' is missing; expected a whole number from 2"),
    (f"{FIGURE}{{to: 2, steps: 5}}", "'from' is missing"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 5, step: 1}}", "key 'step' is not known; did you mean"),
    (f"{FIGURE}{{from: 2, to: 2, steps: 5}}", "from 2 to 2 minute: expected a rising range"),
    (f"{FIGURE}{{from: 3, to: 2, steps: 5}}", "from 3 to 2 minute: expected a rising range"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 1}}", "steps: expected a whole number from 2 to"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 2.5}}", "steps: expected a whole number from 2 to"),
    (f"{FIGURE}{{from: 1, to: 2, steps: true}}", "steps: expected a whole number from 2 to"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 1000001}}", "from 2 to 100000"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 5, spacing: lin}}", "spacing 'lin' is not known"),
    (f"{FIGURE}{{from: 1, to: 2, steps: 5, spacing: [log]}}", "spacing '['log']' is not known"),
    ("figures:\n  extraction_min: {from: 0, to: 20, steps: 5, spacing: log}",
     "from 0: spacing log needs a number above 0"),
    ("figures: {extraction_max: [101]}", "extraction_max: 101 percent is outside 0 to 100 percent"),
    ("figures: {extraction_min: [10, 23]}",
     "extraction_min goes up to 23 and extraction_max down to 22 in some combination"),
    ("figures: {extraction_min: [10, 20], extraction_max: [19, 50]}", "min goes up to 20"),
    ("scenarios: [record, high]\nfigures: {extraction_max: [20, 50]}", "min goes up to 21"),
    ("scenarios: [record, bad]", "scenarios/bad.yaml: figures: brewing_tme: no such figure"),
    ("scenarios: [record, kilos]", "scenarios/kilos.yaml: with its changes: table brews, b6"),
    ("scenarios: [record, hihg]", "scenarios: 'hihg' is not known; did you mean 'high'?"),
    ("scenarios: [record, record]", "scenarios: 'record' is there twice"),
    ("scenarios: []", "scenarios: the list is empty"),
    ("scenarios: one", "scenarios: expected a list of names"),
    ("scenarios: [[one]]", "scenarios: expected a list of names"),
    ("notebooks: 10\nscenarios: [one, record]", "notebooks: expected a list of names"),
    ("notebooks: [10, '10']\nscenarios: [one, record]", "notebooks: '10' is there twice"),
    ("figures: {brewing_time: [1], brewing_time: [2]}", "the key 'brewing_time' appears twice"),
    ("figures: &a {brewing_time: [1]}", "line 2: anchors and aliases are not allowed"),
    ("figures: {brewing_time: !!python/name:os.system [1]}", "line 2: the tag"),
    ("figures: " + "[" * 3000, "nested too deeply"),
    ("figures:\n" + "\n".join(
        f"  {name}: {{from: {low}, to: {low + 9}, steps: 100000}}"
        for name, low in (("brewing_time", 1), ("cups_a_day", 1), ("extraction_min", 1),
                          ("extraction_max", 20))),
     "100,000,000,000,000,000,000 combinations; at most 1,000,000,000"),
]  # fmt: skip


@pytest.mark.parametrize("text, words", BAD, ids=[words[:40] for _, words in BAD])
def test_bad_grid_is_one_message_that_names_the_file(grid_of, text, words):
    with pytest.raises(InputError) as refused:
        grid_of(text)
    message = str(refused.value)
    assert words in message and len(message.splitlines()) == 1
    assert "grid.yaml" in message or ".yaml: " in words


@pytest.mark.parametrize("title", ["", "title:\n", "title: 5\n", "title: [a]\n"])
def test_grid_has_a_title(grid_of, title):
    with pytest.raises(InputError, match="grid.yaml: 'title' is missing; expected some words"):
        grid_of("figures: {brewing_time: [1]}", title)


def test_grid_that_is_missing_is_named(small, tmp_path):
    with pytest.raises(InputError, match="no.yaml: the file is missing"):
        read_grid(tmp_path / "no.yaml", small)


def test_ends_of_ranges_may_meet_and_scenarios_alone_make_a_grid(grid_of):
    assert len(grid_of("figures: {extraction_min: [10, 22]}")) == 2
    grid = grid_of("scenarios: [record, one]")
    assert rows_of(grid.combinations(0, 9)) == [(0, "record"), (1, "one")]


def test_steps_are_even_by_number_or_by_factor(grid_of):
    even = grid_of(f"{FIGURE}{{from: 0.5, to: 8, steps: 400}}").figures["brewing_time"]
    assert np.diff(even) == pytest.approx(7.5 / 399)
    log = grid_of(f"{FIGURE}{{from: 0.5, to: 8, steps: 400, spacing: log}}").figures["brewing_time"]
    assert np.diff(np.log(log)) == pytest.approx(math.log(16) / 399)
    assert (log[0], log[-1]) == (even[0], even[-1]) == (0.5, 8)
