"""Sliders for the figures that recompute the answers at once, where there is a live front end."""

import os
from math import log10

import ipywidgets as widgets
import pandas as pd
from IPython.display import display as show

from claimbook.book.format import SYMBOLS, quantity_text
from claimbook.claims.recompute import AGREEING, VERDICT, Recomputer
from claimbook.claims.sensitivity import figure_ranges, slider_range
from claimbook.claims.verdict import HOLDS_SHARE, Verdict
from claimbook.errors import InputError
from claimbook.show.evidence_plot import agreement_plot
from claimbook.show.html import pieces, text


def is_live() -> bool:
    """Say whether a person sits before the notebook: Jupyter's server names its sessions."""
    return "JPY_SESSION_NAME" in os.environ


def show_sliders(recomputer: Recomputer, labels: dict[str, str]) -> bool:
    """Show the panel where there is a live front end; return whether it was shown.

    labels: claim -> short name. Widgets carry random names, so a headless run, whose bytes are
    compared, shows none.
    """
    if is_live():
        show(panel(recomputer, labels))
    return is_live()


def panel(recomputer: Recomputer, labels: dict[str, str]) -> widgets.VBox:
    """Return sliders, one per figure, above the answers that they give.

    Its children are a box of sliders (in the order of the figures), the answers as HTML, and a
    picture of the agreement.
    """
    sliders = _sliders(recomputer, labels)
    answers, picture = widgets.HTML(), widgets.Image(format="png", width=760)
    reset = widgets.Button(
        description="The text's own figures", layout=widgets.Layout(width="auto")
    )

    def recompute(_=None) -> None:
        figures = pd.DataFrame([{name: slider.value for name, slider in sliders.items()}])
        try:
            found = recomputer.answers(figures).iloc[0]
        except InputError as error:
            answers.value = f"<p>{text(error)}</p>"
            return
        answers.value = _answers_html(recomputer, found, labels)
        picture.value = _picture(recomputer, found, labels)

    def restore(_=None) -> None:
        for name, slider in sliders.items():
            slider.value = recomputer.printed[name]

    for slider in sliders.values():
        slider.observe(recompute, names="value")
    reset.on_click(restore)
    recompute()
    return widgets.VBox([widgets.VBox([*sliders.values(), reset]), answers, picture])


def _sliders(recomputer: Recomputer, labels: dict[str, str]) -> dict[str, widgets.Widget]:
    sliders, ranges = {}, figure_ranges(recomputer)
    for name, figure in recomputer.figures.iterrows():
        end = {"low": ", lower end", "high": ", upper end"}.get(figure["column"], "")
        symbol = SYMBOLS.get(figure["unit"], figure["unit"])
        label = f"{labels[figure['claim']]}{end}{f' ({symbol})' if symbol else ''}"
        sliders[name] = _slider(float(figure["value"]), *slider_range(ranges.loc[name]), label)
    return sliders


def _slider(
    value: float, low: float, high: float, logarithmic: bool, description: str
) -> widgets.Widget:
    shared = {
        "value": value,
        "description": description,
        "readout_format": ".3g",
        "continuous_update": False,
        "style": {"description_width": "22em"},
        "layout": widgets.Layout(width="48em"),
    }
    if not logarithmic:
        return widgets.FloatSlider(min=low, max=high, step=(high - low) / 500, **shared)
    return widgets.FloatLogSlider(min=log10(low), max=log10(high), step=0.005, base=10, **shared)


def _answers_html(recomputer: Recomputer, found: pd.Series, labels: dict[str, str]) -> str:
    """Return the answers as HTML."""
    book = recomputer.book
    rows = []
    for name, asked in book.questions.items():
        verdict = Verdict(found[f"{name}.{VERDICT}"]).text
        agreeing = quantity_text(found[f"{name}.{AGREEING}"], "percent")
        rows.append((labels[asked["claim"]], f"{verdict} ({agreeing} of studies agree)"))
    for name, one in book.implications.items():
        rows.append((one["asks"], quantity_text(found[name], one["unit"])))
    return pieces().table([], [(True, row) for row in rows])


def _picture(recomputer: Recomputer, found: pd.Series, labels: dict[str, str]) -> bytes:
    names = {q: labels[asked["claim"]] for q, asked in recomputer.book.questions.items()}
    agreeing, verdicts = (
        pd.Series({label: found[f"{q}.{part}"] for q, label in names.items()})
        for part in (AGREEING, VERDICT)
    )
    return agreement_plot(agreeing.astype(float), verdicts, 100 * HOLDS_SHARE).png()
