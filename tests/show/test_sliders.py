"""The sliders, moved without a front end; and nothing of them in a headless run."""

import html
import re

import ipywidgets as widgets
import pandas as pd
import pytest
from conftest import write_coffee, write_implications
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimbook import load
from claimbook.book.format import quantity_text
from claimbook.claims.recompute import Recomputer
from claimbook.claims.sensitivity import figure_ranges, slider_range
from claimbook.claims.verdict import Verdict
from claimbook.show import sliders as live

PNG = b"\x89PNG\r\n\x1a\n"
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)"> & "q"'


@pytest.fixture(scope="module")
def recomputer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("coffee") / "data"
    return Recomputer(load(write_implications(write_coffee(folder))))


def labels_of(recomputer):
    return {claim: f"label of {claim}" for claim in recomputer.book.claims["claim"]}


@pytest.fixture
def panel(recomputer):
    return live.panel(recomputer, labels_of(recomputer))


def parts(panel):
    box, answers, picture = panel.children
    return list(box.children[:-1]), box.children[-1], answers, picture


def told(answers) -> dict[str, str]:
    """What the table of answers says: heading -> answer."""
    cells = re.findall(r"<th[^>]*>(.*?)</th><td[^>]*>(.*?)</td>", answers.value)
    return {html.unescape(one): html.unescape(other) for one, other in cells}


def expected(recomputer, figures):
    """The answers that a panel must tell, from the answers of one row of figures."""
    found = recomputer.answers(pd.DataFrame([figures])).iloc[0]
    rows = {}
    for name, asked in recomputer.book.questions.items():
        share = quantity_text(found[f"{name}.agreeing"], "percent")
        verdict = Verdict(found[f"{name}.verdict"]).text
        rows[f"label of {asked['claim']}"] = f"{verdict} ({share} of studies agree)"
    for name, one in recomputer.book.implications.items():
        rows[one["asks"]] = quantity_text(found[name], one["unit"])
    return rows


def test_panel_has_a_slider_for_each_figure_and_tells_the_books_answers(recomputer, panel):
    sliders, button, answers, picture = parts(panel)
    assert [slider.value for slider in sliders] == pytest.approx(recomputer.printed.tolist())
    assert [slider.description for slider in sliders] == [
        "label of brewing_time (min)",
        "label of extraction, lower end (%)",
        "label of extraction, upper end (%)",
        "label of cups_a_day",
    ]
    ranges = figure_ranges(recomputer)
    for slider, (name, row) in zip(sliders, ranges.iterrows(), strict=True):
        low, high, logarithmic = slider_range(row)
        ends = slider.min, slider.max
        if logarithmic:
            assert isinstance(slider, widgets.FloatLogSlider), name
            ends = tuple(slider.base**end for end in ends)
        assert ends == pytest.approx((low, high)), name
    assert told(answers) == expected(recomputer, {})
    assert bytes(picture.value).startswith(PNG)
    assert isinstance(button, widgets.Button)


@given(st.tuples(*[st.floats(0, 1)] * 4))
@settings(
    deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_moved_sliders_tell_what_the_recomputer_answers(recomputer, places):
    panel = live.panel(recomputer, labels_of(recomputer))
    sliders, _, answers, _ = parts(panel)
    for slider, place in zip(sliders, places, strict=True):
        low, high = slider.min, slider.max
        value = low + place * (high - low)
        slider.value = slider.base**value if isinstance(slider, widgets.FloatLogSlider) else value
    figures = dict(zip(recomputer.figures.index, [slider.value for slider in sliders], strict=True))
    if figures["extraction_min"] > figures["extraction_max"]:
        assert "expected the minimum to be no greater than the maximum" in answers.value
    else:
        assert told(answers) == expected(recomputer, figures)


def test_picture_follows_and_the_button_leads_back(recomputer, panel):
    sliders, button, answers, picture = parts(panel)
    first = answers.value, bytes(picture.value)
    sliders[0].value = 9
    assert told(answers) == expected(recomputer, {"brewing_time": 9})
    assert answers.value != first[0] and bytes(picture.value) != first[1]
    assert bytes(picture.value).startswith(PNG)
    button.click()
    assert (answers.value, bytes(picture.value)) == first
    assert sliders[0].value == 4


def test_impossible_pair_is_told_as_text_until_it_is_possible_again(recomputer, panel):
    sliders, button, answers, picture = parts(panel)
    before = bytes(picture.value)
    sliders[1].value, sliders[2].value = 30, 20
    assert answers.value.startswith("<p>extraction_min is 30 and extraction_max is 20")
    assert "table" not in answers.value and bytes(picture.value) == before
    sliders[2].value = 35
    assert told(answers) == expected(recomputer, {"extraction_min": 30, "extraction_max": 35})
    sliders[1].value, sliders[2].value = 30, 20
    button.click()
    assert told(answers) == expected(recomputer, {})


def test_labels_and_questions_of_the_data_are_text(coffee):
    write_implications(coffee)
    path = coffee / "implications.yaml"
    path.write_text(path.read_text().replace("How many brews fit in an hour?", f"'{HOSTILE}'"))
    recomputer = Recomputer(load(coffee))
    panel = live.panel(recomputer, dict.fromkeys(recomputer.book.claims["claim"], HOSTILE))
    sliders, _, answers, picture = parts(panel)
    assert "<script" not in answers.value and "<img" not in answers.value
    assert HOSTILE in told(answers)
    assert bytes(picture.value).startswith(PNG)
    for slider in sliders:
        # the front end sets a description as text unless this is set
        assert HOSTILE in slider.description and not slider.description_allow_html


def test_figure_of_nothing_has_a_slider_from_nothing(coffee):
    book = load(coffee).update(extraction_min=0)
    sliders, _, answers, _ = parts(live.panel(Recomputer(book), labels_of(Recomputer(book))))
    assert (sliders[1].value, sliders[1].min) == (0, 0)
    assert "label of extraction" in told(answers)


def test_sliders_of_the_collection_start_where_the_text_stands(book):
    recomputer = Recomputer(book)
    labels = book.claims.set_index("claim")["label"].to_dict()
    sliders, _, answers, _ = parts(live.panel(recomputer, labels))
    assert [slider.value for slider in sliders] == pytest.approx(recomputer.printed.tolist())
    rows = told(answers)
    found = recomputer.answers().iloc[0]
    for name, asked in book.questions.items():
        assert found[f"{name}.verdict"] in rows[labels[asked["claim"]]]
    assert len(rows) == len(book.questions) + len(book.implications)


@pytest.mark.parametrize("session", [None, "notebook.ipynb"])
def test_panel_is_shown_only_to_somebody_who_sits_there(recomputer, monkeypatch, session):
    shown = []
    monkeypatch.setattr(live, "show", shown.append)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    if session:
        monkeypatch.setenv("JPY_SESSION_NAME", session)
    assert live.is_live() == bool(session)
    assert live.show_sliders(recomputer, labels_of(recomputer)) == bool(session)
    assert [type(one) for one in shown] == ([widgets.VBox] if session else [])
