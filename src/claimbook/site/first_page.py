"""The first page: question, answer, figures, the whole argument, the scale, and the way on."""

from markupsafe import Markup, escape

from claimbook.book.format import interval_text, quantity_text
from claimbook.claims import summary as sentences
from claimbook.claims.verdict import COUNT_RULES
from claimbook.site.context import Site
from claimbook.site.links import FIGURES, INDEX, PDF, claim_page, notebook_page, to_page
from claimbook.site.markup import macros, render
from claimbook.site.svg import linked_svg


def first_page(site: Site, further: dict[str, str]) -> str:
    """Return the source of the first page.

    further: page -> title of what a reader may go on to, beside the notebooks.

    Raises InputError if the picture of the argument is not there.
    """
    notebooks = {notebook_page(stem): title for stem, title in site.titles.items()}
    text = site.about.text
    return render(
        "first-page.md.jinja",
        about=site.about,
        updates=_updates(site),
        in_short=_in_short(site),
        heads=[
            f"{text[:1].upper()}{text[1:]} says",
            "Samples: median (range)",
            "Verdict",
            "Certainty",
        ],  # fmt: skip
        figures=_figures(site),
        argument=_argument(site),
        rules=COUNT_RULES["rule"].to_dict(),
        limits=[limit.partition(". ") for limit in site.about.limits],
        changed=site.changed,
        all_cards=site.cards and to_page(site.cards, INDEX),
        contents={"Notebooks": notebooks, "More": further},
        pdf=PDF if site.pdf else None,
    )


def _card(claim: str) -> str:
    return to_page(claim_page(claim), INDEX)


def _updates(site: Site) -> str:
    """Return which numbers are not the text's own, if this is an experiment."""
    units = site.book.figures["unit"]
    updates = site.book.updates.items()
    return ", ".join(f"{name} = {quantity_text(value, units[name])}" for name, value in updates)


def _in_short(site: Site) -> Markup:
    """Return the answer in a few sentences."""
    summary, about = site.summary, site.about
    parts = [escape(sentences.figures_sentence(summary))]
    if about.conclusion:
        named = macros().link(_card(about.conclusion), site.labels[about.conclusion])
        parts.append(Markup(sentences.argument_sentence(summary, named, escape(about.text))))
    parts.append(escape(sentences.certainty_sentence(summary)))
    return Markup(" ").join(parts)


def _figures(site: Site) -> list[dict]:
    """Return what became of each figure, as texts."""
    rows = []
    for answer, certainty in zip(site.summary.records, site.summary.certainty, strict=True):
        found = quantity_text(answer["estimate"], answer["unit"])
        if answer["studies"] and answer["low"] != answer["high"]:
            span = interval_text(answer["low"], answer["high"], answer["unit"])
            found = f"{found} ({span})"
        row = {name: answer[name] for name in ("asks", "figure", "verdict")}
        rows.append(row | {"card": _card(answer["claim"]), "found": found, "certainty": certainty})
    return rows


def _argument(site: Site) -> dict | None:
    """Return the picture of the argument, in which each box leads to its card."""
    if not site.about.picture:
        return None
    svg, alt = site.picture(site.about.picture)
    boxes = {
        row.claim: (_card(row.claim), f"{site.labels[row.claim]}: {row.verdict}")
        for row in site.summary.matrix.itertuples()
    }
    file = f"{FIGURES}/{site.about.picture}"
    return {"svg": linked_svg(svg, alt, boxes), "alt": alt, "file": file}
