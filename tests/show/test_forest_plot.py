"""Forest plots: what is drawn stands where the data say, and the words agree."""

import numpy as np
import pandas as pd
import pytest
from made_up_studies import synthetic_studies

from claimbook.book.format import quantity_text
from claimbook.show.forest_plot import forest, forest_rows, pooled_ends
from claimbook.stats.pooling import pool, pool_effects


@pytest.fixture(scope="module")
def drawn():
    frame = synthetic_studies(9, seed=5)
    frame["place"] = [f"place {i}" for i in range(9)]
    one = pool(frame)
    return one, forest_rows(one, frame, place="place")


def with_id(picture, name):
    return [a for ax in picture.figure.axes for a in ax.get_children() if a.get_gid() == name]


def texts(picture):
    return [t.get_text() for ax in picture.figure.axes for t in ax.texts]


def test_marks_intervals_diamond_and_line_stand_where_the_data_say(drawn):
    one, rows = drawn
    picture = forest(
        rows,
        ["row", "place", "people"],
        summaries={"all": one},
        line=10,
        line_label="ten",
    )
    (marks,) = with_id(picture, "estimates")
    np.testing.assert_allclose(marks.get_offsets()[:, 0], rows["estimate"])
    np.testing.assert_allclose(marks.get_offsets()[:, 1], range(len(rows)))
    (intervals,) = with_id(picture, "intervals")
    ends = [(s[0][0], s[1][0]) for s in intervals.get_segments()]
    np.testing.assert_allclose(ends, rows[["low", "high"]])
    (diamond,) = with_id(picture, "pooled")
    corners = diamond.get_xy()[:, 0]
    assert (corners.min(), corners.max()) == (one.ci_low, one.ci_high)
    (prediction,) = with_id(picture, "prediction")
    assert [p[0] for p in prediction.get_segments()[0]] == [one.pi_low, one.pi_high]
    (line,) = with_id(picture, "figure")
    assert list(line.get_xdata()) == [10, 10]


def test_every_interval_is_inside_the_axis(drawn):
    one, rows = drawn
    picture = forest(rows, ["row"], summaries={"all": one}, line=90)
    low, high = picture.figure.axes[1].get_xlim()
    assert low < min(rows["low"].min(), one.pi_low) and high > max(rows["high"].max(), 90)


def test_words_and_numbers_stand_in_their_line(drawn):
    one, rows = drawn
    said = texts(forest(rows, ["row", "place", "people"], summaries={"all": one}))
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
    picture = forest(rows, ["name"], log=False)
    (intervals,) = with_id(picture, "intervals")
    assert len(intervals.get_segments()) == 1
    assert len(with_id(picture, "estimates")[0].get_offsets()) == 2
    assert quantity_text(3.0, "percent") in texts(picture)


def test_a_single_study_has_no_prediction_bar():
    frame = synthetic_studies(1)
    one = pool(frame)
    picture = forest(forest_rows(one, frame), ["row"], summaries={"one": one})
    assert not with_id(picture, "prediction")


def test_a_long_word_is_cut_and_levels_are_words():
    frame = synthetic_studies(2).assign(kind=pd.Categorical(["some_level", "b"]))
    frame["long"], frame["key"] = "x" * 80, "kept_as_it_is"
    rows = forest_rows(pool(frame), frame, kind="kind", long="long", key="key")
    assert set(rows["kind"]) == {"some level", "b"} and set(rows["key"]) == {"kept_as_it_is"}
    said = texts(forest(rows, ["long", "key"]))
    assert max(map(len, said)) < 60 and any(s.endswith("…") for s in said)


def test_the_words_of_a_forest(drawn):
    one, rows = drawn
    line = float(rows["estimate"].median())
    figure = {"line": line, "line_label": "the text"}
    picture = forest(rows, ["row"], what="Mildew", summaries={"all": one}, **figure)
    said = picture.alt
    assert said.startswith("Mildew: 9 rows from")
    assert quantity_text(one.estimate, "percent") in said and "prediction interval" in said
    assert f"{(rows['estimate'] >= line).sum()} of 9 rows reach it" in said
    assert picture.data["kind"].tolist() == ["row"] * 9 + ["pooled", "line"]
    each = forest(rows, ["row"], what="Mildew", named=["row", "place"]).alt
    assert all(f"{row.row}, {row.place}: " in each for row in rows.itertuples())


def test_a_ratio_is_drawn_as_a_ratio():
    effect = pool_effects([0.2, 0.4, 0.6], [0.01, 0.02, 0.03])
    assert pooled_ends(effect)["estimate"] == pytest.approx(np.exp(effect.estimate))
