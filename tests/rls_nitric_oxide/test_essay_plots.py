"""Pictures that serve this essay alone: what is drawn stands where the data say."""

import numpy as np
import pandas as pd
import pytest

from claimbook.stats.cosinor import fit_cosinor
from rls_nitric_oxide.age_curve import fit_age_curve, predict_curve
from rls_nitric_oxide.age_plot import age_plot
from rls_nitric_oxide.clock import ENDS
from rls_nitric_oxide.clock_plot import dial_plot, series_plot
from rls_nitric_oxide.decay_plane import decay_plane
from rls_nitric_oxide.group_change_plot import change_plot
from rls_nitric_oxide.width_plot import width_plot


def test_change_plot_draws_every_row_and_its_words_count_them():
    rows = [
        ("one", "a", "human", -80.0, np.nan, np.nan),
        ("one", "b", "animal", -20.0, -30.0, -10.0),
        ("two", "c", "human, as reported only", 50.0, np.nan, np.nan),
    ]
    columns = ["group", "label", "kind", "change", "ci_low", "ci_high"]
    rows = pd.DataFrame(rows, columns=columns)
    picture = change_plot(rows.assign(row_id=rows["label"]), (-82.5, -67.5), "change")
    names = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert names == ["one", "a", "b", "two", "c"]
    alt = picture.alt
    assert picture.data["row_id"].tolist() == ["a", "b", "c"]
    assert "3 rows" in alt and "1 of them lie" in alt and "1 have an interval" in alt


def test_decay_plane_names_the_best_case_of_each_medium():
    media, ways = [("water", 240.0, 445.0), ("blood", 0.0001, 0.002)], [("way", 4.1, 7.0)]
    stated = (1.0, 2.0, "the text")
    alt = decay_plane(media, ways, stated).alt
    assert "the text: 70.7 %" in alt and "blood, 10^-617.1" in alt


def test_dial_tells_peaks_in_clock_order():
    rows = [
        (1, "a", "21:20", "08:00", np.nan, np.nan),
        (2, "a", "02:00", np.nan, "14:00", np.nan),
        (3, "b", np.nan, np.nan, "03:00", np.nan),
    ]
    rows = pd.DataFrame(rows, columns=["number", "group", *ENDS])
    windows = {"peak": ("06:00", "12:00"), "low": ("18:00", "00:00")}
    alt = dial_plot(rows, windows).alt
    assert "a, peaks at 02:00, 21:20" in alt and "b, peaks at no known time" in alt


def test_series_that_cannot_be_fitted_are_drawn_without_a_curve():
    series = pd.DataFrame(
        {
            "series": ["x"] * 3, "title": ["x"] * 3, "hours": [4.0, 16.0, 22.0],
            "value": [1.0, 2.0, 3.0], "spread": [np.nan] * 3, "unit": ["ppb"] * 3,
        }
    )  # fmt: skip
    fits = {"x": fit_cosinor(series["hours"], series["value"])}
    picture = series_plot(series.assign(row_id="r"), fits)
    axes = picture.figure.axes[0]
    assert len([line for line in axes.lines if len(line.get_xdata()) > 10]) == 0
    assert "fitted to 0: none" in picture.alt


def test_results_over_a_width_are_told_at_both_stated_ends():
    x = np.array([1.0, 10.0])
    measured = pd.DataFrame({"low": [2.0], "high": [3.0]})
    picture = width_plot({"out": (x, x)}, (1, 10), measured, {"out": (4, 5)}, "width", "mm")
    assert "out: 1 at 1\u00a0mm, 10 at 10\u00a0mm" in picture.alt
    kinds = ["computed", "computed", "measured width", "measured result", "text"]
    assert picture.data["kind"].tolist() == kinds


@pytest.fixture(scope="module")
def curve():
    rng = np.random.default_rng(2)
    rows = [
        (f"{study}{age}", study, study, float(age), -4 + 0.03 * age + rng.normal(0, 0.1), 0.02)
        for study in "abc"
        for age in (25, 45, 65)
    ]
    rows.append(("lone", "d", "d", 75.0, -1.5, 0.05))
    strata = pd.DataFrame(rows, columns=["id", "study", "series", "age", "yi", "vi"])
    strata["prevalence"] = 100 / (1 + np.exp(-strata["yi"]))
    return fit_age_curve(strata.assign(n=np.nan, variance_from="counts"))


def test_age_lines_join_the_strata_of_a_series(curve):
    picture = age_plot(curve, {"a": "first"}, "percent", "Mildew by age")
    assert "10 age groups of 4 studies, 3 of which compare ages" in picture.alt
    axes = picture.figure.axes[0]

    def with_id(name):
        return [artist for artist in axes.get_children() if artist.get_gid() == name]

    for series in "abc":
        (line,) = with_id(series)
        own = curve.strata[curve.strata["series"] == series]
        np.testing.assert_allclose(line.get_xdata(), own["age"])
        np.testing.assert_allclose(line.get_ydata(), own["prevalence"])
    (lone,) = with_id("single ages")
    assert len(lone.get_offsets()) == 1 and not with_id("d")
    assert {"first", "b", "c", "pooled curve"} <= {text.get_text() for text in axes.texts}
    (pooled,) = with_id("curve")
    expected = predict_curve(curve, pooled.get_xdata())["prevalence"]
    np.testing.assert_allclose(pooled.get_ydata(), expected)
