"""A book: found from anywhere, updated without changing the old one, stamped with a digest."""

import os
import re
import warnings

import pandas as pd
import pytest
from conftest import write_coffee
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook import load
from claimbook.book.book import UnusualNumber, find_data
from claimbook.book.evidence import NOT_EVIDENCE
from claimbook.claims.cited_support import cited_support
from claimbook.claims.comparison import answers
from claimbook.errors import InputError

FIGURES = {
    "us_prevalence": (10, "percent"),
    "over_60_prevalence": (20, "percent"),
    "no_decline_with_age": (75, "percent"),
    "no_half_life": (2, "second"),
    "sinus_to_leg_transit": (1, "second"),
    "brain_energy_share": (20, "percent"),
    "ostium_width_min": (1, "millimetre"),
    "ostium_width_max": (3, "millimetre"),
}
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
parameters = st.sampled_from(list(FIGURES))


def fingerprint(book):
    """The content of every table, to see that nothing changed it."""
    return {
        name: pd.util.hash_pandas_object(frame).sum() for name, frame in book.tables.frames.items()
    }


def same_tables(one, other):
    return all(
        one.tables.frames[name].equals(other.tables.frames[name]) for name in one.tables.frames
    )


# --- the figures ---------------------------------------------------------------------------------


def test_figures_are_those_of_the_text(book):
    figures = book.figures
    assert {n: (f.value, f.unit) for n, f in figures.iterrows()} == FIGURES
    assert figures.loc["ostium_width_max"].to_dict() == {
        "claim": "ostium_width",
        "column": "high",
        "value": 3,
        "unit": "millimetre",
    }


@given(parameters)
@QUICK
def test_updating_with_the_same_number_changes_only_the_note_of_it(book, name):
    value = FIGURES[name][0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusualNumber)
        same = book.update(**{name: value})
    assert same_tables(book, same)
    assert same.updates == {name: value}
    assert same.digest != book.digest


@given(parameters, st.floats(1.5, 99))
@QUICK
def test_update_changes_one_cell_and_leaves_the_old_book(book, name, value):
    before = fingerprint(book)
    other = "ostium_width_max" if name == "ostium_width_min" else None
    updated = book.update(**{name: value}, **({other: 100} if other else {}))
    row = book.figures.loc[name]
    changed = updated.claims.compare(book.claims)
    expected = {(row.column, "self")} | ({("high", "self")} if other else set())
    told = {column for column in changed.columns if column[1] == "self"}
    assert told <= expected and len(changed) <= 1
    assert updated.figures.loc[name, "value"] == value
    assert fingerprint(book) == before
    assert book.updates == {}
    for table in book.tables.frames:
        if table != "claims":
            assert updated.table(table).equals(book.table(table))


def test_none_leaves_a_figure_and_no_update_is_the_same_book(book):
    same = book.update(**dict.fromkeys(FIGURES))
    assert same_tables(book, same)
    assert same.updates == {} and same.digest == book.digest


def test_updates_add_up_whatever_their_order(book):
    one = book.update(us_prevalence=12).update(no_half_life=3)
    other = book.update(no_half_life=3, us_prevalence=12)
    assert same_tables(one, other)
    assert one.digest == other.digest != book.digest
    assert one.update(us_prevalence=13).updates == {"us_prevalence": 13, "no_half_life": 3}


def test_unit_is_converted_and_one_that_does_not_fit_is_refused(book):
    assert book.update(no_half_life="2 ms").claim("no_half_life")["value"] == pytest.approx(0.002)
    assert book.update(ostium_width_min="0.2 cm").updates["ostium_width_min"] == pytest.approx(2)
    assert book.update(us_prevalence="12.5%").updates == {"us_prevalence": 12.5}
    with pytest.raises(InputError, match=r"^no_half_life: '2 kg' does not fit"):
        book.update(no_half_life="2 kg")


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    "value",
    ["ten", "", " ", "nan", float("nan"), "inf", float("inf"), -float("inf"), -1, "-1", True,
     [1], {}, "1,5", "1_0", "1 + 1", "__import__('os')", 10**400, "1e999", "1 nonsense"],
    ids=repr,
)  # fmt: skip
def test_number_that_is_none_is_refused_naming_the_figure(book, name, value):
    with pytest.raises(InputError, match=rf"^{name}: "):
        book.update(**{name: value})


@pytest.mark.parametrize("name", [n for n, (_, unit) in FIGURES.items() if unit == "percent"])
def test_percentage_lies_from_0_to_100(book, name):
    for value in (0, 100, "100%"):
        book.update(**{name: value})
    for value in (100.01, 1000, -0.01):
        with pytest.raises(InputError, match="outside 0 to 100 percent"):
            book.update(**{name: value})


@pytest.mark.parametrize("name", [n for n, (_, unit) in FIGURES.items() if unit != "percent"])
def test_time_and_width_lie_above_0(book, name):
    with pytest.raises(InputError, match="is not above 0"):
        book.update(**{name: 0})


def test_percentage_that_looks_like_a_fraction_warns_without_a_path(book, tmp_path, capsys):
    with pytest.warns(UnusualNumber, match="us_prevalence: percent are percent: 0.1 means") as told:
        assert book.update(us_prevalence=0.1).updates == {"us_prevalence": 0.1}
    assert "/" not in told[0].filename  # it would stand in executed notebooks
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        book.update(us_prevalence=1.5)


def test_swapped_ends_of_a_range_are_refused(book):
    for numbers in ({"ostium_width_min": 4}, {"ostium_width_max": 0.5},
                    {"ostium_width_min": 6, "ostium_width_max": 5}):  # fmt: skip
        with pytest.raises(InputError, match="minimum to be no greater than the maximum"):
            book.update(**numbers)
    book.update(ostium_width_min=6, ostium_width_max=7)
    book.update(ostium_width_min=3)  # one point is a range too


def test_unknown_name_is_refused_with_the_nearest(book):
    with pytest.raises(InputError, match="'us_prevalance'; did you mean 'us_prevalence'"):
        book.update(us_prevalance=10)
    with pytest.raises(InputError, match="no claim 'no_half_lif'; did you mean 'no_half_life'"):
        book.claim("no_half_lif")
    with pytest.raises(InputError, match="no table 'physiolgy'; did you mean 'physiology'"):
        book.table("physiolgy")


def test_update_from_a_namespace_takes_the_figures_alone(book):
    namespace = {"us_prevalence": 12, "no_half_life": None, "book": book, "x": "ten"}
    assert book.update_from(namespace).updates == {"us_prevalence": 12}


# --- what is in a book ---------------------------------------------------------------------------


def test_unverified_rows_are_shown_and_are_no_evidence(book):
    left_out = 0
    for name, frame in book.tables.frames.items():
        if "verification" in frame:
            kept = book.evidence(name)
            assert not set(kept["verification"]) & set(NOT_EVIDENCE)
            assert len(kept) == (~frame["verification"].astype(str).isin(NOT_EVIDENCE)).sum()
            left_out += len(frame) - len(kept)
    assert left_out > 0


def test_what_is_done_to_a_table_of_a_book_does_not_change_the_book(book):
    before = fingerprint(book), book.digest
    for frame in (book.claims, book.table("claims"), book.tables.frames["claims"],
                  book.evidence("physiology"), book.update(us_prevalence=12).claims):  # fmt: skip
        frame.loc[frame.index[0], frame.columns[0]] = "other"
        frame["new"] = 1
    assert (fingerprint(book), book.digest) == before


def test_a_book_shows_itself_in_a_few_words(coffee):
    book = load(coffee, brewing_time=5)
    assert repr(book) == (
        f"Book in {coffee}\nrows: claims 4, references 2, findings 2, brews 6\n"
        "updated: brewing_time 5"
    )
    assert len(repr(book.tables)) < 100


def test_works_cited_and_listed_are_set_against_each_other(book):
    assert book.cited_but_not_listed == ["ghosh2014", "tidball2005"]
    assert book.listed_but_not_cited == ["bramble2004", "earley2014"]


def test_no_analysis_changes_the_book(book):
    before = fingerprint(book), book.digest
    answers(book)
    cited_support(book)
    assert (fingerprint(book), book.digest) == before


# --- the digest ----------------------------------------------------------------------------------


def test_digest_follows_every_file_and_every_update(coffee):
    digest = load(coffee).digest
    assert re.fullmatch("[0-9a-f]{16}", digest)
    assert load(coffee).digest == digest
    names = ["claims.csv", "references.csv", "findings.csv", "brews.csv", "datapackage.yaml",
             "questions.yaml", "references.bib"]  # fmt: skip
    for name in names:
        path = coffee / name
        raw = path.read_bytes()
        book = load(coffee)
        path.write_bytes(raw + b" ")
        assert book.digest != digest, name
        path.write_bytes(raw.replace(b"\n", b"\r\n"))
        assert book.digest == digest, name
        path.write_bytes(raw)
    (coffee / "notes.txt").write_text("not part of the book")
    assert load(coffee).digest == digest


# --- finding and loading -------------------------------------------------------------------------


def test_data_are_found_from_below_and_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAIMBOOK_DATA", raising=False)
    data = write_coffee(tmp_path / "checkout" / "data")
    deep = tmp_path / "checkout" / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert find_data() == data
    assert load().folder == data
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r'run inside the checkout, .* with load\("DIR"\)'):
        load()
    assert load(tmp_path / "checkout").folder == data
    with pytest.raises(InputError, match="claims.csv: a file; expected the folder that holds"):
        load(data / "claims.csv")
    assert load(data, brewing_time="5 minutes").updates == {"brewing_time": 5}
    with pytest.raises(InputError, match="unknown parameter 'brewing_tme'; did you mean"):
        load(data, brewing_tme=5)
    monkeypatch.setenv("CLAIMBOOK_DATA", os.fspath(data))
    assert load().folder == data
    monkeypatch.setenv("CLAIMBOOK_DATA", os.fspath(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere: no such folder"):
        load()


BIBLIOGRAPHIES = {
    "not closed": ("@misc{bean2001, title = {Beans}", "references.bib, line 1, entry 'bean2001'"),
    "doubled": (
        "@misc{bean2001, title = {A}}\n@misc{bean2001, title = {B}}",
        "line 2, entry 'bean2001': the key was already used on line 1",
    ),
    "unknown": (
        "@misc{been2001, title = {A}}",
        "entry 'been2001' has no row in the references table; did you mean 'bean2001'?",
    ),
    "not UTF-8": (b"@misc{bean2001, title = {\xe9}}", "is not UTF-8"),
}


@pytest.mark.parametrize("case", BIBLIOGRAPHIES)
def test_bad_bibliography_is_refused(coffee, case):
    content, words = BIBLIOGRAPHIES[case]
    raw = content if isinstance(content, bytes) else content.encode()
    (coffee / "references.bib").write_bytes(raw)
    with pytest.raises(InputError, match=re.escape(words)):
        load(coffee)


@pytest.mark.parametrize("name", ["datapackage.yaml", "references.bib", "questions.yaml"])
def test_missing_file_is_named(coffee, name):
    (coffee / name).unlink()
    with pytest.raises(InputError, match=name):
        load(coffee)
