"""Answers for many sets of figures at once are those of one book at a time."""

from numbers import Real

import numpy as np
import pandas as pd
import pytest
from conftest import write_coffee, write_implications, write_scenario
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook import InputError, load
from claimbook.book.implications import implied
from claimbook.claims.argument import argument_graph, check_routes
from claimbook.claims.claim_checks import evidence_matrix
from claimbook.claims.comparison import compare
from claimbook.claims.recompute import Recomputer, answers_of, range_ends
from claimbook.claims.verdict import VERDICTS

pytestmark = pytest.mark.filterwarnings("ignore:.*percent are percent")
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PERCENT = st.floats(0, 100)
POSITIVE = st.floats(1e-6, 1e6)
COFFEE = st.fixed_dictionaries(
    {"brewing_time": st.floats(0.1, 30) | POSITIVE, "cups_a_day": POSITIVE},
    optional={"extraction_min": st.floats(0, 20), "extraction_max": st.floats(20, 100)},
)
ENDS = st.tuples(st.floats(0.1, 9), st.floats(0, 9)).map(lambda pair: (pair[0], sum(pair)))
FIGURES = st.fixed_dictionaries(
    {
        "us_prevalence": st.floats(0, 20) | PERCENT,
        "over_60_prevalence": st.floats(0, 40) | PERCENT,
        "no_decline_with_age": PERCENT,
        "no_half_life": st.floats(1e-5, 5) | POSITIVE,
        "sinus_to_leg_transit": st.floats(0.1, 50) | POSITIVE,
        "brain_energy_share": PERCENT,
        "ostium_width": ENDS,
    }
).map(
    lambda given: {
        **{name: value for name, value in given.items() if name != "ostium_width"},
        "ostium_width_min": given["ostium_width"][0],
        "ostium_width_max": given["ostium_width"][1],
    }
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return load(write_implications(write_coffee(tmp_path_factory.mktemp("coffee") / "data")))


@pytest.fixture(scope="module")
def of_small(small):
    return Recomputer(small)


@pytest.fixture(scope="module")
def recomputer(book):
    return Recomputer(book)


@pytest.fixture(scope="module")
def spare(book):
    """Another one, whose verdicts of the claims that are no figure a test may replace."""
    return Recomputer(book)


@pytest.fixture(scope="module")
def fixed(book):
    """Verdicts of the claims that are no figure, and the argument: both hang on no figure."""
    verdicts = evidence_matrix(book).set_index("claim")["verdict"].astype(object)
    return verdicts, argument_graph(book.table("argument"))


def one_by_one(book, fixed=None):
    """The answers of one book by the functions that the notebooks use."""
    records = {name: compare(book, name).record for name in book.questions}
    found = {}
    for name, record in records.items():
        found[f"{name}.verdict"] = record["verdict"]
        share = record["agreeing_share"]
        found[f"{name}.agreeing"] = np.nan if share is None else 100 * share
    held = [record["verdict"] in ("holds", "holds in part") for record in records.values()]
    found["figures_holding"] = sum(held)
    figures = book.figures[["value", "unit"]].apply(tuple, axis=1).to_dict()
    for name, one in book.implications.items():
        found[name] = float(implied(one, book.tables, figures))
    if fixed:
        verdicts, graph = fixed
        verdicts = verdicts.copy()
        for record in records.values():
            verdicts[record["claim"]] = record["verdict"]
        roles = book.claims.set_index("claim")["role"].astype(str)
        for claim in roles.index[roles == "conclusion"]:
            if claim in graph and len(ways := check_routes(graph, claim, verdicts)):
                found[f"{claim}.stands"] = ways["stands"].any()
    return found


def assert_same(row, expected):
    assert list(row.index) == list(expected)
    for name, value in expected.items():
        if isinstance(value, str):
            assert row[name] == value, name
        else:  # a recorded share has six digits
            assert float(row[name]) == pytest.approx(float(value), abs=1e-4, nan_ok=True), name


@given(st.lists(COFFEE, min_size=1, max_size=4))
@QUICK
def test_rows_are_answered_as_the_books_with_their_figures(small, of_small, sets):
    found = of_small.answers(pd.DataFrame([small.figures["value"].to_dict() | s for s in sets]))
    for (_, row), figures in zip(found.iterrows(), sets, strict=True):
        assert_same(row, one_by_one(small.update(**figures)))


@given(FIGURES)
@settings(QUICK, max_examples=5)
def test_rows_of_the_collection_are_answered_as_its_book(book, recomputer, fixed, figures):
    found = recomputer.answers(pd.DataFrame([figures]))
    assert_same(found.iloc[0], one_by_one(book.update(**figures), fixed))


def test_figures_as_printed_are_answered_as_on_record(book, recomputer, fixed):
    found = recomputer.answers()
    assert len(found) == 1
    assert_same(found.iloc[0], one_by_one(book, fixed))
    matrix = evidence_matrix(book).set_index("claim")["verdict"]
    for name, asked in book.questions.items():
        assert found.iloc[0][f"{name}.verdict"] == matrix[asked["claim"]]


@given(st.lists(FIGURES, min_size=2, max_size=12), st.randoms(), st.integers(1, 5))
@settings(QUICK, max_examples=10)
def test_order_and_cut_of_the_rows_change_nothing(recomputer, sets, random, size):
    table = pd.DataFrame(sets, index=[f"row {n}" for n in range(len(sets))])
    whole = recomputer.answers(table)
    assert list(whole.index) == list(table.index)
    order = list(table.index)
    random.shuffle(order)
    parts = [order[n : n + size] for n in range(0, len(order), size)]
    found = pd.concat([recomputer.answers(table.loc[part]) for part in parts])
    pd.testing.assert_frame_equal(found.loc[whole.index], whole, check_exact=True)


def test_columns_are_those_that_outputs_describes(book, recomputer):
    outputs, found = recomputer.outputs, recomputer.answers()
    assert list(outputs.index) == list(found.columns)
    for name, output in outputs.iterrows():
        value = found.iloc[0][name]
        kinds = {"verdict": str, "number": Real, "truth": (bool, np.bool_)}
        assert isinstance(value, kinds[output["kind"]]), name
        if output["kind"] == "verdict":
            assert value in VERDICTS
    assert set(outputs["claim"].dropna()) <= set(book.claims["claim"])


def test_figure_that_is_left_out_keeps_the_books(small, of_small):
    other = Recomputer(small.update(cups_a_day=5))
    figures = pd.DataFrame({"brewing_time": [4.0, 9.0]})
    with_all = figures.assign(cups_a_day=5, extraction_min=18, extraction_max=22)
    pd.testing.assert_frame_equal(other.answers(figures), of_small.answers(with_all))


def test_no_row_of_figures_gives_no_row_of_answers(of_small, recomputer):
    for one in (of_small, recomputer):
        found = one.answers(pd.DataFrame({one.figures.index[0]: []}))
        assert found.shape == (0, len(one.outputs))


def test_parts_are_those_of_the_answers(recomputer):
    figures = pd.DataFrame({"us_prevalence": [0, 5.0, 10.5], "over_60_prevalence": [20, 30, 100.0]})
    whole = recomputer.answers(figures)
    judged = recomputer.judged("us_prevalence", figures)
    pd.testing.assert_frame_equal(judged, whole[judged.columns])
    share = recomputer.implied("over_60_share_of_cases", figures)
    assert share.tolist()[1:] == whole["over_60_share_of_cases"].tolist()[1:]
    assert np.isnan(share[0]), "nothing follows from a division by zero"


BAD = [
    ({"brewing_tme": [4.0]}, "unknown parameter 'brewing_tme'; did you mean 'brewing_time'?"),
    ({"brewing_time": [4.0, 0.0, 5.0]}, "row 1: brewing_time: 0 minute is not above 0"),
    ({"brewing_time": [-4.0]}, "brewing_time: -4 minute is not above 0"),
    ({"brewing_time": [4.0, np.nan]}, "row 1: brewing_time: nan is not a finite number"),
    ({"brewing_time": [4.0, 5.0, np.inf]}, "row 2: brewing_time: inf is not a finite number"),
    ({"brewing_time": [-np.inf, 4.0]}, "row 0: brewing_time: -inf is not a finite number"),
    ({"extraction_max": [30.0, 101.0]}, "row 1: extraction_max: 101 percent is outside 0 to 100"),
    ({"extraction_min": [-1.0, 10.0]}, "row 0: extraction_min: -1 percent is outside 0 to 100"),
    ({"extraction_min": [10.0, 22.5]}, "row 1: extraction_min is 22.5 and extraction_max is 22:"),
]


@pytest.mark.parametrize("figures, words", BAD, ids=[words for _, words in BAD])
def test_figures_that_no_book_would_take_are_refused(of_small, figures, words):
    with pytest.raises(InputError) as refused:
        of_small.answers(pd.DataFrame(figures))
    assert words in str(refused.value)
    with pytest.raises(InputError):
        for row in pd.DataFrame(figures).to_dict("records"):
            of_small.book.update(**row)


def test_evidence_that_does_not_fit_is_refused_when_it_is_made(coffee):
    path = coffee / "brews.csv"
    path.write_text(path.read_text().replace("dora,espresso,25,,,second", "dora,espresso,25,,,kg"))
    with pytest.raises(InputError, match="brews, b5"):
        Recomputer(load(coffee))


def test_range_ends_are_found_by_column_and_not_by_name(coffee):
    path = coffee / "claims.csv"
    more = (
        "pause_min,3,Breaks,taste,figure,5,,,minute,about,,stated,cup1999\n"
        "strength,3,Strong,taste,figure,,1,2,gram,range,,stated,cup1999\n"
    )
    path.write_text(path.read_text() + more)
    book = load(coffee)
    assert range_ends(book.figures) == [
        ("extraction_min", "extraction_max"),
        ("strength_min", "strength_max"),
    ]


# --- scenarios ------------------------------------------------------------------------------------


def test_scenarios_are_answered_together_as_they_are_one_by_one(coffee):
    write_implications(coffee)
    write_scenario(coffee, "a", "figures: {brewing_time: 9 minute}")
    write_scenario(coffee, "b", "figures: {cups_a_day: 9 count, extraction_max: 19 percent}")
    rows = "evidence: [{table: brews, where: {row_id: b2}, set: {value: 9000}}]"
    write_scenario(coffee, "c", rows)
    write_scenario(coffee, "d", f"figures: {{brewing_time: 9 minute}}\n{rows}")
    plain = load(coffee)
    books = {name: plain.in_scenario(name) for name in ("d", "b", "a", "c")} | {"record": plain}
    found = answers_of(books)
    assert list(found.index) == list(books)
    for name, book in books.items():
        assert_same(found.loc[name], one_by_one(book))
    assert found.loc["d", "brewing_time.verdict"] != found.loc["c", "brewing_time.verdict"]


@given(st.randoms(use_true_random=False))
@QUICK
def test_conclusions_stand_as_the_routes_of_the_argument_do(book, spare, fixed, random):
    """Whatever the verdicts, also where the text is right; on record nothing leads anywhere."""
    verdicts, graph = fixed
    recomputer = spare
    recomputer._walked.clear()
    supposed = verdicts.map(lambda _: random.choice(["holds", "holds", "holds in part", *VERDICTS]))
    recomputer.__dict__["_fixed_verdicts"] = supposed
    case = tuple(random.choice(["holds", "contradicted", "not testable"]) for _ in book.questions)
    (found,) = recomputer.standing_cases([case])
    supposed = supposed.copy()
    for asked, verdict in zip(book.questions.values(), case, strict=True):
        supposed[asked["claim"]] = verdict
    assert recomputer.conclusions
    for claim, stands in zip(recomputer.conclusions, found, strict=True):
        assert stands == check_routes(graph, claim, supposed)["stands"].any()


def test_a_conclusion_can_stand_and_fall_with_a_figure(book, spare, fixed):
    """The two cases do occur, so that the test above compares more than one answer."""
    recomputer = spare
    recomputer._walked.clear()
    recomputer.__dict__["_fixed_verdicts"] = fixed[0].map(lambda _: "not testable")
    count = len(book.questions)
    cases = [("holds",) * count, ("contradicted",) * count]
    right, wrong = recomputer.standing_cases(cases)
    assert any(right) and right != wrong
