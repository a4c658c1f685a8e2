"""The first page, put together from what the book says and what the notebooks show."""

import html
from dataclasses import dataclass

from claimbook.errors import InputError
from claimbook.show.output_keys import METADATA_KEY
from claimbook.site.fragments import linked_svg, picture_files, raw, scroll_box
from claimbook.site.links import FIGURES, notebook_page, to_page
from claimbook.site.notebook_pages import notebook_title
from claimbook.site.results import Results

PAGE = "index"
ABOUT = "first_page.yaml"
PDF = "collection.pdf"


@dataclass(frozen=True)
class FirstPage:
    """The first page in two parts, after which the picture and the list of pages belong.

    picture: name of the figure of the argument, if there is one. boxes: claim -> address and
    spoken name, to which the box of the claim in that figure leads.
    """

    top: str
    middle: str
    picture: str | None
    boxes: dict[str, tuple[str, str]]


def completed(
    page: FirstPage, results: Results, further: list[tuple[str, str]], pdf: bool = False
) -> str:
    """Return the source of the first page with the picture of the argument and the list of pages.

    further: name and page of what a reader may go on to, beside the notebooks. pdf: whether the
    whole is there as a PDF too.
    """
    parts = [page.top]
    if page.picture:
        picture = _argument(page, results)
        parts += ["## The whole argument in one picture", raw(picture)]
    parts += [page.middle, "## Read on", raw(_read_on(results, further, pdf))]
    return "\n\n".join(part for part in parts if part) + "\n"


def _argument(page: FirstPage, results: Results) -> str:
    """Return the picture of the argument, each box a link to its card."""
    path = results.figures / f"{page.picture}.svg"
    if not path.is_file():
        raise InputError(f"{ABOUT}: picture: no figure '{page.picture}' in {results.figures}")
    alt = _alt_of(results, page.picture)
    svg = linked_svg(path.read_text(encoding="utf-8"), alt, page.boxes)
    words = f'<span aria-hidden="true">{html.escape(alt)} Each box leads to its card.</span>'
    files = picture_files(f"{FIGURES}/{html.escape(page.picture, quote=True)}")
    return (
        f'<figure class="picture argument">{scroll_box(svg, "Picture", "picture-box")}'
        f"<figcaption>{words} {files}</figcaption></figure>"
    )


def _alt_of(results: Results, name: str) -> str:
    """Return the alternative text that a notebook gave to a figure."""
    stem, _, figure = name.partition("--")
    cells = results.notebooks[stem].cells if stem in results.notebooks else []
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        about = output.get("metadata", {}).get(METADATA_KEY, {})
        if about.get("figure") == figure:
            return about["alt"]
    raise InputError(f"{ABOUT}: picture: no notebook '{stem}' shows a figure '{figure}'")


def _read_on(results: Results, further: list[tuple[str, str]], pdf: bool) -> str:
    named = [
        (f"{stem.partition('-')[0]} {notebook_title(notebook)}", notebook_page(stem))
        for stem, notebook in results.notebooks.items()
    ]
    items = "".join(
        f'<li><a href="{to_page(page, PAGE)}">{html.escape(name)}</a></li>'
        for name, page in [*named, *further]
    )
    items += f'<li><a href="{PDF}">All of it as one PDF</a></li>' if pdf else ""
    return f'<ul class="read-on">{items}</ul>'
