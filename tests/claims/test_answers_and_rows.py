"""Answers as records, numbers by the name of their row, shares in words, and the dial."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from claimbook.claims.answer import answer, as_table, drawn
from claimbook.errors import InputError
from claimbook.run.documents import answers_markdown
from claimbook.show.range_plots import effect_alt, tornado_alt, width_alt
from claimbook.stats.cosinor import fit_cosinor
from claimbook.stats.inputs import RowReader, fixed
from claimbook.stats.simulation import tornado
from rls_nitric_oxide.clock_plot import dial_alt, dial_plot, series_alt, series_plot
from rls_nitric_oxide.decay_plane import decay_alt, decay_plane
from rls_nitric_oxide.group_change_plot import change_alt, change_plot
from rls_nitric_oxide.kinetics import share_left, share_words


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


FULL = {"claim": "no_half_life", "asks": "How long?", "reason": "Because."}


def test_an_answer_is_plain_and_rounded(book):
    record = answer(book, "q", **FULL, estimate=np.float64(1 / 3), unit="second", k=np.int64(2))
    assert record["estimate"] == 0.3333 and record["k"] == 2 and record["low"] is None
    assert record["figure"] == "up to 2\u00a0s"
    assert type(record["estimate"]) is float and type(record["k"]) is int


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"claim": "no_halflife"}, "did you mean"),
        ({"estimate": 1.0}, "needs a unit"),
        ({"low": 1.0, "high": 2.0, "unit": "second"}, "kind of interval"),
        ({"low": 2.0, "high": 1.0, "unit": "second", "interval": "range"}, "above high"),
        ({"estimate": float("inf"), "unit": "second"}, "finite"),
        ({"verdict": "hold"}, "did you mean 'holds'"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(book, wrong, why):
    with pytest.raises(InputError, match=why):
        answer(book, "q", **FULL | wrong)


def test_two_answers_of_one_name_are_refused(book):
    one = answer(book, "q", **FULL)
    with pytest.raises(InputError, match="two answers"):
        as_table([one, one])


def test_answers_without_a_cited_source_stay_out_of_the_readme(book):
    assert len(answers_markdown([answer(book, "q", **FULL)]).splitlines()) == 2  # the header alone


ROWS = pd.DataFrame(
    {
        "row_id": ["a", "b", "c", "d"],
        "value": [2.0, 4.0, np.nan, 9.0],
        "low": [np.nan, np.nan, 1.0, np.nan],
        "high": [np.nan, np.nan, 8.0, np.nan],
        "spread_type": [None, None, "range", None],
        "unit": ["minute", "minute", "minute", "minute"],
        "n": [np.nan] * 4,
        "verification": ["abstract_or_page"] * 3 + ["unverified"],
    }
)


def test_numbers_come_by_the_name_of_their_row_and_are_remembered():
    read = RowReader(ROWS)
    assert read.quantity("a", "second").magnitude == 120
    assert read.ends("c", "second") == (60.0, 480.0)
    assert read.ends("b") == (4.0, 4.0)
    assert read.used["row_id"].tolist() == ["a", "c", "b"]
    with pytest.raises(InputError, match="no row 'aa'"):
        read.row("aa")
    with pytest.raises(InputError, match="unverified"):
        read.quantity("d")


def test_a_span_over_rows_runs_from_the_least_to_the_greatest_end():
    one = RowReader(ROWS).input_over(["a", "b", "c"], "time", "minute")
    assert (one.quantile(0), one.quantile(1)) == pytest.approx((1.0, 8.0))
    assert one.row_id == "a, b, c" and one.unit == "minute"
    with pytest.raises(InputError, match="two rows"):
        RowReader(ROWS).input_over(["a"], "time", "minute")


def test_share_left_of_points_is_the_law_itself():
    exact = share_left(fixed("half_life", 2, "second"), fixed("time", 1, "second"), 10, 1)
    assert share_words(exact) == "70.7 %"
    gone = share_left(fixed("half_life", "2 ms", "second"), fixed("time", 1, "second"), 10, 1)
    assert share_words(gone) == "10^-150.5 (effectively nothing)"
    assert drawn(exact)["interval"] == "central 95 percent of the draws"


def test_share_words_keep_a_range_whose_upper_end_is_something():
    result = pd.Series({"low": -40.0, "median": -11.1, "high": -2.4})
    assert share_words(result) == "10^-11.1 (10^-40.0 to 0.398 %)"


# --- pictures ------------------------------------------------------------------------------------


def test_change_plot_draws_every_row_and_its_words_count_them():
    rows = pd.DataFrame(
        {
            "group": ["one", "one", "two"],
            "label": ["a", "b", "c"],
            "kind": ["human", "animal", "human, as reported only"],
            "change": [-80.0, -20.0, 50.0],
            "ci_low": [np.nan, -30.0, np.nan],
            "ci_high": [np.nan, -10.0, np.nan],
        }
    )
    fig = change_plot(rows, (-82.5, -67.5), "change")
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["one", "a", "b", "two", "c"]
    alt = change_alt(rows, (-82.5, -67.5))
    assert "3 rows" in alt and "1 of them lie" in alt and "1 have an interval" in alt


def test_decay_plane_names_the_best_case_of_each_medium():
    media, ways = [("water", 240.0, 445.0), ("blood", 0.0001, 0.002)], [("way", 4.1, 7.0)]
    stated = (1.0, 2.0, "the text")
    assert decay_plane(media, ways, stated).axes
    alt = decay_alt(media, ways, stated)
    assert "the text: 70.7 %" in alt and "blood, 10^-617.1" in alt


def test_dial_tells_peaks_in_clock_order():
    rows = pd.DataFrame(
        {
            "number": [1, 2, 3],
            "group": ["a", "a", "b"],
            "peak_time": ["21:20", "02:00", np.nan],
            "peak_time_end": ["08:00", np.nan, np.nan],
            "trough_time": [np.nan, "14:00", "03:00"],
            "trough_time_end": [np.nan] * 3,
        }
    )
    windows = {"peak": ("06:00", "12:00"), "low": ("18:00", "00:00")}
    assert dial_plot(rows, windows).axes
    alt = dial_alt(rows, windows)
    assert "a, peaks at 02:00, 21:20" in alt and "b, peaks at no known time" in alt


def test_series_that_cannot_be_fitted_are_drawn_without_a_curve():
    series = pd.DataFrame(
        {
            "series": ["x"] * 3, "title": ["x"] * 3, "hours": [4.0, 16.0, 22.0],
            "value": [1.0, 2.0, 3.0], "spread": [np.nan] * 3, "unit": ["ppb"] * 3,
        }
    )  # fmt: skip
    fits = {"x": fit_cosinor(series["hours"], series["value"])}
    axes = series_plot(series, fits).axes[0]
    assert len([line for line in axes.lines if len(line.get_xdata()) > 10]) == 0
    assert "fitted to 0: none" in series_alt(series, fits)


def test_words_for_ranges_name_what_moves_most_and_what_was_not_tested():
    inputs = [fixed("a", 1, "second")]
    table = tornado(lambda a: a, inputs)
    assert "moved most by :" not in tornado_alt({"t": table})
    effects = pd.DataFrame(
        {"label": ["p", "q"], "group": "g", "value": [2.0, np.nan], "low": [1.0, np.nan],
         "high": [3.0, np.nan], "note": ["", "no trial known"]}
    )  # fmt: skip
    assert "p: 2 (1 to 3); q: no trial known" in effect_alt({"odds ratio": effects})
    x = np.array([1.0, 10.0])
    assert "out: 1 at 1\u00a0mm, 10 at 10\u00a0mm" in width_alt({"out": (x, x)}, (1, 10), "mm")
