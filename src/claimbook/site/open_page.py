"""How to run the notebooks oneself, with other numbers if one likes."""

from claimbook.book.format import figure_text
from claimbook.book.text import markdown_text
from claimbook.site import whatif_page
from claimbook.site.fragments import markdown_table
from claimbook.site.record import Record


def open_page(record: Record) -> str:
    """Return the source of the page."""
    figures = record.book.figures
    name, figure = figures.index[0], figures.iloc[0]
    other = f"{0.8 * figure['value']:g}" if figure["value"] == figure["value"] else "1"
    example = f"{name}={other}"
    first = next(iter(record.results.notebooks))
    rows = [
        [
            f"`{parameter}`",
            markdown_text(figure_text(record.book.claim(row.claim))),
            markdown_text(row.unit),
        ]
        for parameter, row in figures.iterrows()
    ]
    return f"""# Run it yourself

Every page here was made from Jupyter notebooks. They compute everything anew from the tables in
`data/`, with the numbers of {markdown_text(record.about.text)} or with yours.

## In JupyterLab

You need a copy of the collection, and Python 3.11, 3.12 or 3.13. In its folder:

```sh
./run lab
```

The first call sets everything up, which takes about a minute. On Windows write `py run lab`. Open
`{first}.ipynb`, change a number in the cell at the top, and choose *Run > Run All Cells*.

## On Binder

Binder runs the collection on a computer elsewhere, without installing anything. Open
[mybinder.org](https://mybinder.org), enter the address of the repository from which you have the
collection, and choose *launch*. The file `environment.yml` tells Binder what to install. Building
takes some minutes.

## From a terminal

```sh
./run book --set {example}
./run claimbook site --from build
```

The first command runs every notebook with the other number and puts the results into `build/`; the
record stays as it is. The second makes this site from them.

{_scenarios_part(record)}## The numbers that can be changed

{markdown_table(["name", "the figure", "unit"], rows)}

A number is in the unit of its figure unless it carries one, such as
`--set {name}="{other} {figure["unit"]}"`.
"""


def _scenarios_part(record: Record) -> str:
    names = record.book.scenario_names
    if not names:
        return ""
    said = ", ".join(f"`{name}`" for name in names)
    return f"""## A named set of numbers

A scenario is a file in `data/scenarios/` with other figures or another choice of evidence, a reason
and a source. These stand there: {said}. What each is about, and what it changes, is said on
[{whatif_page.TITLE}]({whatif_page.PAGE}.html).

```sh
./run claimbook run --scenario {names[0]}
./run claimbook compare record {names[0]}
```

The first command runs every notebook in the scenario, the second tells which answers it moved, by
how much, and why.

"""
