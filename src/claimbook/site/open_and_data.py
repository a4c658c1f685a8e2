"""The pages on running the notebooks oneself and on getting the data."""

from claimbook.book.format import figure_text
from claimbook.site.context import Site
from claimbook.site.exports.crate import METADATA, PICTURE, REVIEWS, TABLES
from claimbook.site.exports.tables import DESCRIPTION
from claimbook.site.links import MACHINE, OPEN, WHATIF, to_page
from claimbook.site.markup import render


def open_page(site: Site) -> str:
    """Return the source of the page that says how to run the notebooks, with other numbers too."""
    figures = site.book.figures
    first = figures.iloc[0]
    return render(
        "open.md.jinja",
        text=site.about.text,
        notebook=next(iter(site.notebooks)),
        name=figures.index[0],
        other=f"{0.8 * first['value']:g}" if first["value"] == first["value"] else "1",
        unit=first["unit"],
        figures=[
            (name, figure_text(site.book.claim(row.claim)), row.unit)
            for name, row in figures.iterrows()
        ],
        scenarios=site.book.scenario_names,
        whatif=to_page(WHATIF, OPEN),
    )


def data_page(site: Site, files: dict[str, bytes]) -> str:
    """Return the source of the page that leads to the data. files: what is made for machines."""
    description = site.book.tables.description
    tables = {one["name"]: one.get("title") or one["name"] for one in description["resources"]}
    tables["answers"] = "Every answer that the notebooks put on record"
    return render(
        "data.md.jinja",
        tables={name: title for name, title in tables.items() if f"{TABLES}/{name}.csv" in files},
        licences=[one.get("title") or one["name"] for one in description.get("licenses", [])],
        folder=f"{MACHINE}/{TABLES}",
        machine=MACHINE,
        description=DESCRIPTION,
        reviews=REVIEWS,
        crate=METADATA,
        picture=PICTURE,
    )
