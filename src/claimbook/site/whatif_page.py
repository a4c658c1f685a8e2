"""The page on which figures can be moved: sliders over answers that were worked out ahead."""

import html
import json

import pandas as pd

from claimbook.book.text import markdown_text
from claimbook.claims.recompute import VERDICT, Recomputer
from claimbook.claims.verdict import FAVOURABLE
from claimbook.site.fragments import badge, raw, scroll_box, verdict_class, with_tables
from claimbook.site.links import claim_page, to_page
from claimbook.site.lookup import lookup_tables
from claimbook.site.record import Record

PAGE = "what-if"
DATA = "what-if-data.js"
TITLE = "What if"


def whatif_page(record: Record) -> tuple[str, dict[str, bytes]]:
    """Return the source of the page and the files that it loads, path in the site -> content.

    Raises InputError if an implication hangs on too many figures for a table.
    """
    labels = _labels(record)
    recomputer = Recomputer(record.book)
    tables = lookup_tables(recomputer, labels)
    for one in [*tables["figures"], *tables["questions"], *tables["implications"]]:
        one["card"] = to_page(claim_page(one["claim"]), PAGE)
    for one in tables["verdicts"]:
        one["class"] = verdict_class(one["name"])
    told = json.dumps(tables, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    source = f"""# What if the numbers were others?

Move a figure, and the answers follow. They were worked out ahead, by the analyses of the notebooks,
for {tables["positions"]} positions of each slider; between two positions nothing is guessed, and
beyond its ends nothing is said. A figure is what {markdown_text(record.about.text)} says; the
evidence it is held against stays as it is. To change that, run the notebooks.

{raw(_form(tables), _answers(tables), _scripts())}

## Scenarios

Sets of figures, or other choices of evidence, that are worth a name. The first line is the record.

{raw(_scenarios(record, recomputer, labels))}
"""
    return source, {DATA: f"window.claimbookWhatIf = {told};\n".encode()}


def _labels(record: Record) -> dict[str, str]:
    matrix = record.summary.matrix
    named = matrix["label"] if "label" in matrix else matrix["claim"]
    return {claim: str(label) for claim, label in named.items()}


def _form(tables: dict) -> str:
    """Return the sliders, hidden until a script brings them to life."""
    rows = []
    for figure in tables["figures"]:
        name = html.escape(figure["name"], quote=True)
        words = f"{figure['label']}, {figure['end']}" if figure["end"] else figure["label"]
        value, last = figure["values"][figure["own"]], len(figure["values"]) - 1
        unit, text = html.escape(figure["unit"]), html.escape(figure["texts"][figure["own"]])
        label = html.escape(words)
        rows.append(
            f'<div class="mover"><label for="slide-{name}">{label}</label>'
            f'<input type="range" id="slide-{name}" name="{name}" min="0" max="{last}" '
            f'value="{figure["own"]}" step="1" aria-valuetext="{text}">'
            f'<input type="number" id="type-{name}" value="{value:g}" step="any" '
            f'min="{figure["values"][0]:g}" max="{figure["values"][-1]:g}" '
            f'aria-label="{label}, in {unit}"> <span class="unit">{unit}</span></div>'
        )
    return (
        '<form class="what-if" hidden><fieldset><legend>The figures</legend>'
        + "".join(rows)
        + '<p><button type="reset">Back to the text’s own figures</button></p>'
        '<p class="note" role="status"></p></fieldset></form>'
        "<noscript><p>The sliders need scripts, which are off here. The scenarios below were "
        "worked out in the same way.</p></noscript>"
    )


def _answers(tables: dict) -> str:
    """Return the places where a script shows the answers."""
    verdicts = "".join(
        f'<tr data-question="{html.escape(one["name"], quote=True)}"><th>'
        f'<a href="{one["card"]}">{html.escape(one["label"])}</a></th>'
        '<td class="found"></td><td class="share"></td></tr>'
        for one in tables["questions"]
    )
    implied = "".join(
        f'<tr data-implication="{html.escape(one["name"], quote=True)}"><th>'
        f'<a href="{one["card"]}">{html.escape(one["asks"])}</a></th><td class="found"></td></tr>'
        for one in tables["implications"]
    )
    stands = "".join(
        f"<li>{html.escape(one['label'])}: <b></b></li>" for one in tables["conclusions"]
    )
    parts = [
        '<div class="what-if-answers" hidden>',
        with_tables(
            "<table><caption>Verdicts on these figures</caption><thead><tr><th>figure</th>"
            "<th>verdict</th><th>studies that agree</th></tr></thead>"
            f"<tbody>{verdicts}</tbody></table>"
        ),
        "<figure>",
        scroll_box('<svg class="agreement" role="img"></svg>', "Picture", "agreement-box"),
        "<figcaption>Share of the studies that agree with each figure. Dashed: from here on a "
        "figure holds.</figcaption></figure>",
    ]
    if implied:
        parts.append(
            with_tables(
                "<table><caption>What follows from these figures by arithmetic</caption><thead><tr>"
                "<th>question</th><th>by arithmetic</th></tr></thead>"
                f"<tbody>{implied}</tbody></table>"
            )
        )
    if stands:
        parts.append(
            "<p>Has a route of the argument that stands with these verdicts:</p>"
            f'<ul class="stands">{stands}</ul>'
        )
    parts.append(
        '<p><a class="permalink" href="#">Link to these figures</a>. To run every notebook with '
        'them:</p><pre><code class="command"></code></pre></div>'
    )
    return "".join(parts)


def _scripts() -> str:
    return (
        '<link rel="stylesheet" href="_static/what-if.css">'
        f'<script src="{DATA}" defer></script><script src="_static/what-if.js" defer></script>'
    )


def _scenarios(record: Record, recomputer: Recomputer, labels: dict[str, str]) -> str:
    """Return the verdicts of every scenario as a table, the record first, and their reasons."""
    book = record.book
    cases = {"as run" if book.parameters else "record": book}
    others = {} if book.scenario else {n: book.in_scenario(n) for n in book.scenario_names}
    cases |= others
    heads = "".join(
        f"<th>{html.escape(labels[asked['claim']])}</th>" for asked in book.questions.values()
    )
    rows = []
    for name, case in cases.items():
        # reading the evidence takes longest, and most scenarios leave it as it is
        one = Recomputer(case) if case.changed_files else recomputer
        figures = pd.DataFrame([case.figures["value"]])
        verdicts = [one.judged(q, figures)[f"{q}.{VERDICT}"].iloc[0] for q in book.questions]
        cells = "".join(f"<td>{badge(verdict)}</td>" for verdict in verdicts)
        holding = sum(verdict in FAVOURABLE for verdict in verdicts)
        rows.append(f"<tr><th>{html.escape(name)}</th>{cells}<td>{holding}</td></tr>")
    table = (
        "<table><caption>Verdicts by scenario</caption><thead><tr>"
        f"<th>scenario</th>{heads}<th>figures that hold</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    reasons = "".join(
        f"<dt>{html.escape(name)}: {html.escape(other.scenario.title)}</dt>"
        f"<dd>{html.escape(other.scenario.reason)}</dd>"
        for name, other in others.items()
    )
    return with_tables(table) + (f"<dl>{reasons}</dl>" if reasons else "")
