"""Where to get the data: every table as CSV and JSON, and the whole for machines."""

from claimbook.book.text import markdown_text
from claimbook.site.exports.crate import METADATA, PICTURE, REVIEWS, TABLES
from claimbook.site.exports.tables import DESCRIPTION
from claimbook.site.fragments import markdown_table
from claimbook.site.machines import FOLDER, Machines
from claimbook.site.record import Record

PAGE = "data"
TITLE = "The data"


def data_page(record: Record, machine: Machines) -> str:
    """Return the source of the page."""
    tables = f"{FOLDER}/{TABLES}"
    resources = record.book.tables.description["resources"]
    named = [(one["name"], one.get("title") or one["name"]) for one in resources]
    named.append(("answers", "Every answer that the notebooks put on record"))
    rows = [
        [markdown_text(title), f"[CSV]({tables}/{name}.csv)", f"[JSON]({tables}/{name}.json)"]
        for name, title in named
        if f"{TABLES}/{name}.csv" in machine.made
    ]
    licences = ", ".join(
        markdown_text(one.get("title") or one["name"])
        for one in record.book.tables.description.get("licenses", [])
    )
    return f"""# The data

Every number of these pages stands in one of the tables below, each row with the page that it was
read on and how that was checked. {f"Licence of the data: {licences}." if licences else ""}

{markdown_table(["table", "as CSV", "as JSON"], rows)}

## For machines

- [{DESCRIPTION}]({tables}/{DESCRIPTION}): what each column means, its type, unit and limits, as a
  Frictionless Data Package.
- [{REVIEWS}]({FOLDER}/{REVIEWS}): every claim as a ClaimReview of schema.org. Each card carries its
  own.
- [{METADATA}]({FOLDER}/{METADATA}): an RO-Crate of the run. It names every table, notebook, figure
  and answer in its folder, the numbers that went in, and the programs that made them.
- [{PICTURE}]({FOLDER}/{PICTURE}): the picture that a shared link shows.
"""
