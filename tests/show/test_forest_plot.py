"""Forest plots and age curves: what is drawn stands where the data say, and the words agree."""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_up_studies import synthetic_studies

from claimbook.book.format import quantity_text
from claimbook.show.forest_plot import age_alt, age_plot, forest, forest_alt, study_rows, summary_of
from claimbook.stats.pooling import pool, pool_effects
from rls_nitric_oxide.age_curve import fit_age_curve, predict_curve


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def drawn():
    frame = synthetic_studies(9, seed=5)
    frame["place"] = [f"place {i}" for i in range(9)]
    one = pool(frame)
    return one, study_rows(one, frame, place="place")


def with_id(fig, name):
    return [a for ax in fig.axes for a in ax.get_children() if a.get_gid() == name]


def texts(fig):
    return [t.get_text() for ax in fig.axes for t in ax.texts]


def test_marks_intervals_diamond_and_line_stand_where_the_data_say(drawn):
    one, rows = drawn
    fig = forest(
        rows,
        ["row", "place", "people"],
        summaries=[summary_of("all", one)],
        line=10,
        line_label="ten",
    )
    (marks,) = with_id(fig, "estimates")
    np.testing.assert_allclose(marks.get_offsets()[:, 0], rows["estimate"])
    np.testing.assert_allclose(marks.get_offsets()[:, 1], range(len(rows)))
    (intervals,) = with_id(fig, "intervals")
    ends = [(s[0][0], s[1][0]) for s in intervals.get_segments()]
    np.testing.assert_allclose(ends, rows[["low", "high"]])
    (diamond,) = with_id(fig, "pooled")
    corners = diamond.get_xy()[:, 0]
    assert (corners.min(), corners.max()) == (one.ci_low, one.ci_high)
    (prediction,) = with_id(fig, "prediction")
    assert [p[0] for p in prediction.get_segments()[0]] == [one.pi_low, one.pi_high]
    (line,) = with_id(fig, "figure")
    assert list(line.get_xdata()) == [10, 10]


def test_every_interval_is_inside_the_axis(drawn):
    one, rows = drawn
    fig = forest(rows, ["row"], summaries=[summary_of("all", one)], line=90)
    low, high = fig.axes[1].get_xlim()
    assert low < min(rows["low"].min(), one.pi_low) and high > max(rows["high"].max(), 90)


def test_words_and_numbers_stand_in_their_line(drawn):
    one, rows = drawn
    said = texts(forest(rows, ["row", "place", "people"], summaries=[summary_of("all", one)]))
    for row in rows.itertuples():
        assert {row.row, row.place, row.people, f"{row.weight:.1f} %"} <= set(said)
        assert any(s.startswith(quantity_text(row.estimate, "percent")) for s in said)
    assert "all" in said
    assert rows["weight"].sum() == pytest.approx(100)
    assert rows["estimate"].is_monotonic_increasing


def test_larger_weight_larger_mark(drawn):
    _, rows = drawn
    (marks,) = with_id(forest(rows, ["row"]), "estimates")
    order = rows["weight"].to_numpy().argsort()
    assert (np.diff(marks.get_sizes()[order]) >= 0).all()


def test_a_row_without_interval_is_a_mark_alone():
    rows = pd.DataFrame(
        {"name": ["a", "b"], "estimate": [3.0, 4.0], "low": [None, 2.0], "high": [None, 9.0]}
    )
    fig = forest(rows, ["name"], log=False)
    (intervals,) = with_id(fig, "intervals")
    assert len(intervals.get_segments()) == 1
    assert len(with_id(fig, "estimates")[0].get_offsets()) == 2
    assert quantity_text(3.0, "percent") in texts(fig)


def test_a_single_study_has_no_prediction_bar():
    frame = synthetic_studies(1)
    one = pool(frame)
    fig = forest(study_rows(one, frame), ["row"], summaries=[summary_of("one", one)])
    assert not with_id(fig, "prediction")


def test_a_long_word_is_cut_and_levels_are_words():
    frame = synthetic_studies(2).assign(kind=pd.Categorical(["some_level", "b"]))
    frame["long"], frame["key"] = "x" * 80, "kept_as_it_is"
    rows = study_rows(pool(frame), frame, kind="kind", long="long", key="key")
    assert set(rows["kind"]) == {"some level", "b"} and set(rows["key"]) == {"kept_as_it_is"}
    said = texts(forest(rows, ["long", "key"]))
    assert max(map(len, said)) < 60 and any(s.endswith("…") for s in said)


def test_the_words_of_a_forest(drawn):
    one, rows = drawn
    line = float(rows["estimate"].median())
    said = forest_alt(
        "Mildew", rows, summaries=[summary_of("all", one)], line=line, line_label="the text"
    )
    assert said.startswith("Mildew: 9 rows from")
    assert quantity_text(one.estimate, "percent") in said and "prediction interval" in said
    assert f"{(rows['estimate'] >= line).sum()} of 9 rows reach it" in said
    each = forest_alt("Mildew", rows, named=["row", "place"])
    assert all(f"{row.row}, {row.place}: " in each for row in rows.itertuples())


def test_a_ratio_is_drawn_as_a_ratio():
    effect = pool_effects([0.2, 0.4, 0.6], [0.01, 0.02, 0.03])
    assert summary_of("r", effect)["estimate"] == pytest.approx(np.exp(effect.estimate))


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
    fig = age_plot(curve, {"a": "first"}, "percent")
    for series in "abc":
        (line,) = with_id(fig, series)
        own = curve.strata[curve.strata["series"] == series]
        np.testing.assert_allclose(line.get_xdata(), own["age"])
        np.testing.assert_allclose(line.get_ydata(), own["prevalence"])
    (lone,) = with_id(fig, "single ages")
    assert len(lone.get_offsets()) == 1 and not with_id(fig, "d")
    assert {"first", "b", "c", "pooled curve"} <= set(texts(fig))
    (pooled,) = with_id(fig, "curve")
    expected = predict_curve(curve, pooled.get_xdata())["prevalence"]
    np.testing.assert_allclose(pooled.get_ydata(), expected)


def test_the_words_of_an_age_plot(curve):
    said = age_alt(curve, "Mildew by age")
    assert "10 age groups of 4 studies, 3 of which compare ages" in said
