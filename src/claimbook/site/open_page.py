"""How to run the notebooks oneself, with other numbers if one likes."""

from claimbook.site.record import Record
from claimbook.wording import figure_text, markdown_text


def open_page(record: Record) -> str:
    """Return the source of the page."""
    figures = record.book.figures
    name, figure = figures.index[0], figures.iloc[0]
    other = f"{0.8 * figure['value']:g}" if figure["value"] == figure["value"] else "1"
    example = f"{name}={other}"
    first = next(iter(record.results.notebooks))
    rows = [
        f"| `{parameter}` | {markdown_text(figure_text(record.book.claim(row.claim)))} | "
        f"{markdown_text(row.unit)} |"
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

## The numbers that can be changed

| name | the figure | unit |
|---|---|---|
{chr(10).join(rows)}

A number is in the unit of its figure unless it carries one, such as
`--set {name}="{other} {figure["unit"]}"`.
"""
