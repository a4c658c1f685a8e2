"""Tipping points, further studies and tornadoes, each against another way to the same number."""

import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, write_coffee, write_implications
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claimbook import load
from claimbook.book.format import recorded
from claimbook.book.implications import implied
from claimbook.claims import sensitivity
from claimbook.claims.comparison import compare, evidence_rows
from claimbook.claims.recompute import Recomputer

QUICK = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HAIR = 1e-6
"""Relative distance from a tipping point at which a verdict must have turned."""
VALUE = ["about", "equal", "up_to", "at_least"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return load(write_implications(write_coffee(tmp_path_factory.mktemp("coffee") / "data")))


@pytest.fixture(scope="module")
def recomputer(book):
    return Recomputer(book)


@pytest.fixture(scope="module")
def takes(recomputer):
    return sensitivity.what_it_takes(recomputer).set_index("parameter", drop=False)


# --- books with made-up rows ----------------------------------------------------------------------


def made_up(small, rows, relation, ends, unit="minute"):
    """A book with one question: its figure `ends` (low and high, alike where it is one number).

    rows: (part, study, low, high), in the unit of the figure.
    """
    low, high = ends
    brews = pd.DataFrame(
        {
            "row_id": [f"r{n}" for n in range(len(rows))],
            "study_key": [study for _, study, _, _ in rows],
            "method": [{"direct": "filter", "indirect": "espresso"}[part] for part, *_ in rows],
            "value": np.nan,
            "low": [float(one) for _, _, one, _ in rows],
            "high": [float(other) for _, _, _, other in rows],
            "unit": unit,
            "evidence_url": None,
            "verification": "read",
        }
    )
    claims = small.claims.copy()
    own = claims["claim"] == "brewing_time"
    claims.loc[own, ["value", "low", "high"]] = (
        [np.nan, low, high] if relation == "range" else [low, np.nan, np.nan]
    )
    for column, word in (("relation", relation), ("unit", unit)):
        claims[column] = claims[column].astype(object)
        claims.loc[own, column] = word
    asked = {"table": "brews", "value": "value", "low": "low", "high": "high"}
    question = {
        "asks": "How long?",
        "claim": "brewing_time",
        "measured": "the time",
        "direct": [asked | {"where": {"method": "filter"}}],
        "indirect": [asked | {"where": {"method": "espresso"}}],
    }
    frames = {**small.tables.frames, "brews": brews, "claims": claims}
    tables = replace(small.tables, frames=frames)
    return replace(small, tables=tables, questions={"q": question}, implications={})


QUARTERS = st.integers(1, 60).map(lambda n: n / 4)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["direct", "direct", "indirect"]),
        st.sampled_from("abcd"),
        QUARTERS,
        st.integers(0, 20).map(lambda n: n / 4),
    ).map(lambda row: (row[0], row[1], row[2], row[2] + row[3])),
    max_size=9,
)
FIGURE = st.tuples(st.sampled_from([*VALUE, "range"]), QUARTERS, st.integers(0, 20)).map(
    lambda given: (given[0], (given[1], given[1] + given[2] / 4))
)
ROUND = [("direct", "a", 9, 9), ("direct", "b", 11, 11)]
"""A figure of about 10 agrees with both, and no other value does."""


def exact(number):
    return Fraction(str(number))


def agrees(row, relation, low, high):
    """Whether a row meets a figure from low to high, in exact fractions."""
    if relation != "range":
        tenth = Fraction(1, 10)
        high = None if relation == "at_least" else low * (1 + tenth)
        low = low * (1 - tenth)
    return exact(row[3]) >= low and (high is None or exact(row[2]) <= high)


def verdict_of(rows, relation, low, high):
    """The verdict of the printed rule, in exact fractions."""
    votes: dict[str, list[bool]] = {}
    for row in rows:
        if row[0] == "direct":
            votes.setdefault(row[1], []).append(agrees(row, relation, low, high))
    if not votes:
        return "not testable"
    share = sum(Fraction(sum(v), len(v)) for v in votes.values()) / len(votes)
    if share >= Fraction(2, 3):
        return "holds"
    if share > 0:
        return "holds in part"
    near = any(agrees(row, relation, low, high) for row in rows if row[0] == "indirect")
    return "not supported" if near else "contradicted"


def at(value, parameter, ends):
    """The ends of a figure, one of which is moved to a value."""
    low, high = map(exact, ends)
    return (low, value) if parameter.endswith("_max") else (value, high)


def thresholds(rows, relation, parameter):
    """The values at which some row changes its mind, worked out from the rule."""
    found = set()
    for _, _, low, high in rows:
        low, high = exact(low), exact(high)
        if relation == "range":
            found.add(low if parameter.endswith("_max") else high)
        else:
            found |= {low / Fraction(11, 10), high / Fraction(9, 10)}
    return sorted(found)


def expected_stretches(rows, relation, ends, parameter, low, high):
    """(verdict, low, high) from low to high, single values left out."""
    places = [p for p in thresholds(rows, relation, parameter) if low < p < high]
    places = [low, *places, high]
    merged = []
    for one, other in zip(places, places[1:], strict=False):
        verdict = verdict_of(rows, relation, *at((one + other) / 2, parameter, ends))
        if merged and merged[-1][0] == verdict:
            merged[-1][2] = other
        else:
            merged.append([verdict, one, other])
    return merged


@given(ROWS, FIGURE)
@example(ROUND, ("about", (10, 10)))
@example(ROUND, ("about", (9.75, 10)))
@example([], ("about", (4, 4)))
@example([("direct", "a", 4, 4)], ("range", (4, 4)))
@QUICK
def test_stretches_and_tipping_points_are_those_of_the_rule(small, rows, figure):
    relation, ends = figure
    book = made_up(small, rows, relation, ends)
    recomputer = Recomputer(book)
    found = sensitivity.tipping_points(recomputer, "q")
    assert set(found["parameter"]) == set(
        book.figures.index[book.figures["claim"] == "brewing_time"]
    )
    for parameter, table in found.groupby("parameter"):
        own = recomputer.printed[parameter]
        assert table["printed"].sum() == 1
        mine = table[table["printed"]].iloc[0]
        assert mine["low"] <= own * (1 + HAIR) and mine["high"] >= own * (1 - HAIR)
        assert mine["verdict"] == compare(book, "q").record["verdict"]
        assert (table["low"].to_numpy()[1:] == table["high"].to_numpy()[:-1]).all()
        wide = table[table["high"] > table["low"] * (1 + 1e-7)]
        single = table.drop(index=wide.index)
        assert len(single) <= 1 and single["printed"].all()
        for row in wide.itertuples():
            low, high = exact(row.low), exact(row.high)
            hair = low * Fraction(1, 10**6)
            for value in (low + hair, (low + high) / 2, high - hair):
                verdict = verdict_of(rows, relation, *at(value, parameter, ends))
                assert verdict == row.verdict, (parameter, float(value))
        expected = expected_stretches(
            rows,
            relation,
            ends,
            parameter,
            exact(table["low"].iloc[0]),
            exact(table["high"].iloc[-1]),
        )
        merged = wide[(wide["verdict"] != wide["verdict"].shift()) | ~single["printed"].any()]
        assert [row.verdict for row in merged.itertuples()] == [one[0] for one in expected]
        for row, (_, low, _) in zip(merged.itertuples(), expected, strict=True):
            assert row.low == pytest.approx(float(low), rel=HAIR)


@given(ROWS, FIGURE)
@settings(QUICK, max_examples=20)
def test_beyond_the_search_nothing_turns(small, rows, figure):
    """The first and the last verdict are those of any smaller and any larger figure."""
    relation, ends = figure
    book = made_up(small, rows, relation, ends)
    for parameter, table in sensitivity.tipping_points(Recomputer(book), "q").groupby("parameter"):
        if not parameter.endswith("_max"):
            below = exact(table["low"].iloc[0]) / 1000
            assert table["verdict"].iloc[0] == verdict_of(
                rows, relation, *at(below, parameter, ends)
            )
        if not parameter.endswith("_min"):
            above = exact(table["high"].iloc[-1]) * 1000
            assert table["verdict"].iloc[-1] == verdict_of(
                rows, relation, *at(above, parameter, ends)
            )


@pytest.mark.parametrize("value", [0, 0.5, 50, 99, 100])
@pytest.mark.parametrize("relation", ["about", "at_least"])
def test_percentage_is_searched_from_nothing_to_all(small, relation, value):
    rows = [("direct", "a", 0, 0), ("direct", "b", 40, 45), ("indirect", "c", 95, 120),
            ("direct", "d", -5, 2)]  # fmt: skip
    book = made_up(small, rows, relation, (value, value), unit="percent")
    table = sensitivity.tipping_points(Recomputer(book), "q")
    assert table["printed"].sum() == 1
    assert table["low"].min() >= 0 and table["high"].max() <= 100
    assert (table["low"].min() == 0) or value > 0
    mine = table[table["printed"]].iloc[0]
    assert mine["verdict"] == compare(book, "q").record["verdict"]
    for row in table.itertuples():
        middle = exact((row.low + row.high) / 2)
        assert verdict_of(rows, relation, middle, middle) == row.verdict


def test_single_value_at_which_all_agree_is_told_if_it_is_the_figure(small):
    table = sensitivity.tipping_points(Recomputer(made_up(small, ROUND, "about", (10, 10))), "q")
    assert table["verdict"].tolist() == [
        "contradicted", "holds in part", "holds", "holds in part", "contradicted",
    ]  # fmt: skip
    assert table["printed"].tolist() == [False, False, True, False, False]
    assert table.loc[2, ["low", "high"]].tolist() == pytest.approx([10, 10])
    other = sensitivity.tipping_points(
        Recomputer(made_up(small, ROUND, "about", (10.1, 10.1))), "q"
    )
    assert other["verdict"].tolist() == ["contradicted", "holds in part", "contradicted"]


def test_tipping_points_of_the_collection_turn_the_verdict(recomputer, takes):
    assert sorted(takes.index) == sorted(recomputer.figures.index)
    tips = 0
    for parameter, row in takes.iterrows():
        for tip, beyond in (("stays_from", "below"), ("stays_to", "above")):
            if math.isnan(row[tip]):
                assert pd.isna(row[beyond])
                continue
            side = -1 if beyond == "below" else 1
            near = row[tip] * (1 + HAIR * np.array([-side, side]))
            judged = recomputer.judged(row["question"], pd.DataFrame({parameter: near}))
            assert judged.iloc[:, 0].tolist() == [row["verdict"], row[beyond]]
            tips += 1
    assert tips >= 8


def test_recorded_answers_are_those_that_are_found(takes):
    document = json.loads((ROOT / "results" / "answers.json").read_text(encoding="utf-8"))
    record = {answer["question"]: answer for answer in document["answers"]}
    for parameter, row in takes.iterrows():
        answer = record[f"tips_{parameter}"]
        assert (answer["low"], answer["high"]) == (
            recorded(row["stays_from"]), recorded(row["stays_to"]))  # fmt: skip
        assert answer["further_for_part"] == row["for_part"]
        assert answer["further_to_hold"] == row["for_holds"]
        assert answer["reason"] == sensitivity.takes_words(row)


# --- further studies ------------------------------------------------------------------------------


def brute_force(rows, relation, ends, verdict):
    """Add agreeing studies one by one until the figure has the verdict, or a better one."""
    wanted = {"holds": ["holds"], "holds in part": ["holds", "holds in part"]}[verdict]
    low, high = map(exact, ends)
    added = []
    while verdict_of(rows + added, relation, low, high) not in wanted:
        added.append(("direct", f"new {len(added)}", ends[0], ends[0]))
    return len(added)


@given(ROWS, FIGURE)
@example([("direct", s, v, v) for s, v in (("a", 4), ("b", 9), ("c", 9))], ("about", (4, 4)))
@example([("direct", "a", 4, 4), ("direct", "a", 9, 9), ("direct", "a", 9, 9)], ("about", (4, 4)))
@settings(QUICK, max_examples=25)
def test_further_studies_are_those_that_brute_force_needs(small, rows, figure):
    relation, ends = figure
    found = sensitivity.what_it_takes(Recomputer(made_up(small, rows, relation, ends)))
    for row in found[found["question"] == "q"].itertuples():
        assert row.for_part == brute_force(rows, relation, ends, "holds in part")
        assert row.for_holds == brute_force(rows, relation, ends, "holds")


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6))
def test_needed_studies_are_the_least_number_that_does(agreeing, against, parts):
    votes, studies = Fraction(agreeing) + Fraction(against, 7 * parts), agreeing + against
    for verdict, share in (("holds", Fraction(2, 3)), ("holds in part", Fraction(1, 10**6))):
        number = 0
        while not studies + number or (votes + number) / (studies + number) < share:
            number += 1
        assert sensitivity.needed_studies(float(votes), studies, verdict) == number


def test_report_that_would_agree_does_and_no_other(small):
    rows = [("direct", "a", 30, 31)]
    for relation, ends, unit, wanted in [
        ("about", (4, 4), "minute", (3.6, 4.4)),
        ("at_least", (4, 4), "minute", (3.6, math.inf)),
        ("at_least", (40, 40), "percent", (36, 100)),
        ("up_to", (95, 95), "percent", (85.5, 100)),
        ("range", (4, 7), "minute", (4, 7)),
    ]:
        row = sensitivity.what_it_takes(
            Recomputer(made_up(small, rows, relation, ends, unit))
        ).iloc[0]
        assert (row["report_from"], row["report_to"]) == pytest.approx(wanted)


# --- in words -------------------------------------------------------------------------------------

WORDS = [
    (
        [("direct", s, v, v) for s, v in (("a", 4), ("b", 9), ("c", 9))], "about", (4, 4),
        "about 4\u00a0min: ◐ holds in part. The verdict tips: below 3.64\u00a0min it would be "
        "contradicted, and above 4.44\u00a0min it would be contradicted. It would hold at 8.18 to "
        "10\u00a0min. As the figure stands, the time would have to be measured at 3.6 to "
        "4.4\u00a0min: 3 further studies for it to hold, if none disagreed.",
    ),
    (
        [("direct", "a", 9, 9), ("indirect", "b", 4, 4)], "up_to", (4, 4),
        "up to 4\u00a0min: ○ not supported. The verdict tips: below 3.64\u00a0min it would be "
        "contradicted, and above 4.44\u00a0min it would be contradicted. It would hold at 8.18 to "
        "10\u00a0min. As the figure stands, the time would have to be measured at 3.6 to "
        "4.4\u00a0min: 1 further study for it to hold in part and 2 further studies for it to "
        "hold, if none disagreed.",
    ),
    (
        [("direct", "a", 1, 2)], "at_least", (4, 4),
        "at least 4\u00a0min: ✕ contradicted. The verdict tips: below 2.22\u00a0min it would "
        "hold. It would hold below 2.22\u00a0min. As the figure stands, the time would have to be "
        "measured at at least 3.6\u00a0min: 1 further study for it to hold in part and 2 further "
        "studies for it to hold, if none disagreed.",
    ),
    (
        [("direct", "a", 9, 10)], "range", (3, 4),
        "3 to 4\u00a0min (its upper end): ✕ contradicted. The verdict tips: above 9\u00a0min it "
        "would hold. It would hold above 9\u00a0min. As the figure stands, the time would have to "
        "be measured at 3 to 4\u00a0min: 1 further study for it to hold in part and 2 further "
        "studies for it to hold, if none disagreed.",
    ),
    (
        [("direct", "a", 4, 4)], "range", (3, 5),
        "3 to 5\u00a0min (its upper end): ● holds. The verdict tips: below 4\u00a0min it would be "
        "contradicted.",
    ),
    (
        [], "about", (4, 4),
        "about 4\u00a0min: – not testable. No other value would have another verdict. As the "
        "figure stands, the time would have to be measured at 3.6 to 4.4\u00a0min: 1 further "
        "study for it to hold in part and 1 further study for it to hold, if none disagreed.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("rows, relation, ends, words", WORDS)
def test_what_it_takes_is_told_with_the_right_numbers(small, rows, relation, ends, words):
    table = sensitivity.what_it_takes(Recomputer(made_up(small, rows, relation, ends)))
    assert sensitivity.takes_words(table.iloc[-1]) == words


def test_end_of_a_range_is_no_matter_of_names(coffee):
    """A figure whose name ends in _min may be no range at all."""
    for name in ("claims.csv", "questions.yaml"):
        text = (coffee / name).read_text().replace("cups_a_day", "cups_min")
        (coffee / name).write_text(text)
    takes = sensitivity.what_it_takes(Recomputer(load(coffee))).set_index("parameter")
    assert takes["end"].to_dict() == {
        "brewing_time": "", "extraction_min": "lower", "extraction_max": "upper", "cups_min": "",
    }  # fmt: skip


# --- one and two at a time ------------------------------------------------------------------------


def test_ranges_are_those_of_the_rows_that_measured_the_figure(book, recomputer):
    ranges = sensitivity.figure_ranges(recomputer)
    assert list(ranges.index) == list(book.figures.index)
    questions = {asked["claim"]: name for name, asked in book.questions.items()}
    for name, row in ranges.iterrows():
        rows = evidence_rows(book, questions[book.figures.loc[name, "claim"]])
        rows = rows[rows["part"] == "direct"]
        if rows.empty:
            assert row[["low", "high"]].isna().all() and row["rows"] == "", name
            continue
        assert (row["low"], row["high"]) == (rows["low"].min(), rows["high"].max())
        ends = set(rows.loc[rows["low"].eq(row["low"]) | rows["high"].eq(row["high"]), "row_id"])
        assert set(row["rows"].split("; ")) <= ends
        assert row["printed"] == book.figures.loc[name, "value"]


def test_figure_without_evidence_has_no_range_and_no_bar(small):
    recomputer = Recomputer(small)
    ranges = sensitivity.figure_ranges(recomputer)
    assert ranges.loc["cups_a_day", ["low", "high"]].isna().all()
    assert ranges.loc["cups_a_day", "rows"] == ""
    assert ranges.loc["brewing_time", "rows"] == "b3; b2"
    bars = sensitivity.one_at_a_time(recomputer, ranges, "brewing_a_day")
    assert sorted(bars["input"]) == ["brewing_time", "extraction_max", "extraction_min"]
    nothing = sensitivity.one_at_a_time(recomputer, ranges.iloc[:0], "brewing_a_day")
    assert nothing.empty and list(nothing.columns) == list(bars.columns)


def direct_swings(book, answer):
    """For each figure: its ends, the answers at them, and the swing, by a book of its own each."""
    ranges = sensitivity.figure_ranges(Recomputer(book)).dropna(subset=["low"])
    printed = book.figures["value"]
    found = {}
    for name in ranges.index:
        ends = [ranges.loc[name, "low"], ranges.loc[name, "high"]]
        if name.endswith("_min"):
            ends = [min(end, printed[name.replace("_min", "_max")]) for end in ends]
        if name.endswith("_max"):
            ends = [max(end, printed[name.replace("_max", "_min")]) for end in ends]
        answers = [answer(book.update(**{name: end})) for end in ends]
        found[name] = [*ends, *answers, np.ptp([*answers, answer(book)])]
    return found


def assert_swings(recomputer, output, answer):
    ranges = sensitivity.figure_ranges(recomputer)
    bars = sensitivity.one_at_a_time(recomputer, ranges, output)
    assert bars["swing"].is_monotonic_decreasing
    assert bars["baseline"].tolist() == pytest.approx([answer(recomputer.book)] * len(bars))
    bars = bars.set_index("input")
    expected = direct_swings(recomputer.book, answer)
    assert set(bars.index) == set(expected)
    for name, wanted in expected.items():
        columns = ["input_low", "input_high", "at_low", "at_high", "swing"]
        assert bars.loc[name, columns].astype(float).tolist() == pytest.approx(wanted), name
    return bars


@pytest.mark.parametrize(
    "output, movers",
    [
        ("share_left_essay", {"sinus_to_leg_transit", "no_half_life"}),
        ("over_60_share_of_cases", {"us_prevalence", "over_60_prevalence"}),
        ("ostium_area_ratio", {"ostium_width_min", "ostium_width_max"}),
    ],
)
def test_swings_of_the_collection_are_those_of_books_with_the_ends_put_in(
    recomputer, output, movers
):
    def answer(book):
        figures = book.figures[["value", "unit"]].apply(tuple, axis=1).to_dict()
        return float(implied(book.implications[output], book.tables, figures))

    bars = assert_swings(recomputer, output, answer)
    assert set(bars.index[bars["swing"] > 0]) == movers


@pytest.mark.parametrize("question", ["brewing_time", "extraction"])
def test_swings_of_agreement_are_those_of_books_with_the_ends_put_in(small, question):
    def answer(book):
        return 100 * compare(book, question).record["agreeing_share"]

    assert_swings(Recomputer(small), f"{question}.agreeing", answer)


def test_measurements_that_no_figure_can_have_give_way(small):
    """Negative and above a hundred percent; a time of nothing."""
    rows = [("direct", "a", -20, -10), ("direct", "b", 40, 140)]
    recomputer = Recomputer(made_up(small, rows, "about", (30, 30), "percent"))
    ranges = sensitivity.figure_ranges(recomputer)
    assert ranges.loc["brewing_time", ["low", "high"]].tolist() == [-20, 140]
    bar = sensitivity.one_at_a_time(recomputer, ranges, "q.agreeing").set_index("input")
    bar = bar.loc["brewing_time"]
    assert (bar["input_low"], bar["input_high"]) == (0, 100)
    recomputer = Recomputer(made_up(small, [("direct", "a", 0, 9)], "about", (4, 4)))
    ranges = sensitivity.figure_ranges(recomputer)
    bar = sensitivity.one_at_a_time(recomputer, ranges, "q.agreeing").set_index("input")
    assert bar.loc["brewing_time", ["input_low", "input_high"]].tolist() == [4, 9]


def test_swing_is_told_where_the_figure_as_read_gives_no_answer(book):
    recomputer = Recomputer(book.update(us_prevalence=0))
    ranges = sensitivity.figure_ranges(recomputer)
    bars = sensitivity.one_at_a_time(recomputer, ranges, "over_60_share_of_cases")
    bars = bars.set_index("input")
    assert math.isnan(bars.loc["us_prevalence", "baseline"])
    assert bars.loc["us_prevalence", "swing"] > 0
    assert bars.drop(index="us_prevalence")["swing"].isna().all()


HUNDRED = st.floats(0, 100).map(lambda value: round(value, 4))


@given(HUNDRED, HUNDRED, HUNDRED, st.sampled_from(["percent", "second"]))
@QUICK
def test_slider_reaches_whatever_was_measured_or_printed(printed, low, width, unit):
    if unit == "second":
        printed += 0.01
    high = min(low + width, 100)
    figure = pd.Series({"printed": printed, "low": low, "high": high, "unit": unit})
    left, right, logarithmic = sensitivity.slider_range(figure)
    assert left <= printed <= right and left < right
    for end in (low, high):
        assert left <= end <= right or end == 0
    assert right <= 100 or unit == "second"
    assert not (logarithmic and left <= 0)


def test_two_at_a_time_is_every_pair(recomputer):
    across, up = np.array([0.5, 1, 30]), np.array([0.01, 2])
    names = ("sinus_to_leg_transit", "no_half_life")
    table = sensitivity.two_at_a_time(recomputer, across, up, names)
    pairs = table[list(names)].to_numpy().tolist()
    assert pairs == [[x, y] for y in up for x in across]
    assert table["share_left_essay"].tolist() == pytest.approx(
        [100 * 0.5 ** (x / y) for x, y in pairs]
    )
    for verdict in ("sinus_to_leg_transit.verdict", "no_half_life.verdict"):
        assert set(table[verdict]) <= {"holds", "holds in part", "not supported", "contradicted"}


@pytest.mark.parametrize(
    "low, high, printed, unit, log, ends",
    [
        (4.1, 31.5, 1.0, "second", True, (1 / 1.6, 31.5 * 1.6)),
        (1.4, 10.6, 10.0, "percent", False, (1.4 / 1.1, 10.6 * 1.1)),
        (5.2, 24.2, 95.0, "percent", False, (5.2 / 1.1, 100)),
        (np.nan, np.nan, 2.0, "second", True, (2 / 1.6, 2 * 1.6)),
    ],
)
def test_axis_of_a_map_reaches_past_the_range_and_no_percentage_past_100(
    low, high, printed, unit, log, ends
):
    one = pd.Series({"low": low, "high": high, "printed": printed, "unit": unit})
    values = sensitivity.axis_values(one, log)
    assert (values[0], values[-1]) == pytest.approx(ends)
    steps = np.diff(np.log(values) if log else values)
    assert steps == pytest.approx(steps[0]) and steps[0] > 0
