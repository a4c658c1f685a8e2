"""One page for each claim card: from any number to its sources in a second click."""

from collections import defaultdict

from claimbook.book.format import interval_text, quantity_text
from claimbook.citations.audit import audit
from claimbook.claims.argument import argument_graph
from claimbook.errors import InputError
from claimbook.show.cards import NONE, card_sections, load_columns, verdict_lines
from claimbook.show.notebook_map import notebook_link
from claimbook.site.context import Site
from claimbook.site.links import CARDS, claim_page, follower, notebook_page, to_page
from claimbook.site.markup import finished, markdown_html, render

RELATIONS = {
    "supports": ("It rests on", "It is a reason for"),
    "agrees": ("What fits it", "It fits"),
    "rival": ("Other explanations", "It explains otherwise"),
}
"""How an arrow of the argument reads from its end, and from its start."""


def card_pages(site: Site, reviews: dict[str, str]) -> dict[str, str]:
    """Return page -> source of each claim's card, in the order of the text.

    reviews: claim -> its ClaimReview as JSON-LD; some may be missing.

    Raises InputError if two claims would share a page.
    """
    book, matrix = site.book, site.summary.matrix
    neighbours, sections = _neighbours(site), _sections(site)
    pages: dict[str, str] = {}
    for claim in book.claims.itertuples():
        page = claim_page(claim.claim)
        if page in pages:
            raise InputError(f"the claim '{claim.claim}' would share its page with another")
        pages[page] = render(
            "card.md.jinja",
            statement=claim.statement,
            verdict=str(matrix.loc[claim.claim, "verdict"]),
            all_cards=to_page(CARDS, page),
            sections=[_section(*part, page) for part in sections[claim.claim]],
            answers=[_answer(one, page) for one in site.answers if one["claim"] == claim.claim],
            neighbours=[
                (words, [_neighbour(matrix, other, page) for other in others])
                for words, others in neighbours.get(claim.claim, {}).items()
                if others
            ],
            review=reviews.get(claim.claim),
        )
    return pages


def _sections(site: Site) -> dict[str, list[tuple[str, str]]]:
    book = site.book
    audited = audit(book.bibliography, book.table("references"), book.claims)
    named = site.mentions(book.claims["claim"])
    used = {claim: [notebook_link(stem) for stem in stems] for claim, stems in named.items()}
    # where a question on a figure is answered, its rows are shown
    rows_in = {a["claim"]: f"{a['notebook']}.ipynb" for a in site.answers
               if a["question"] in book.questions}  # fmt: skip
    verdicts = verdict_lines(site.summary, rows_in)
    return card_sections(book, audited, load_columns(book), verdicts, used)


def _section(title: str, text: str, page: str) -> tuple[str, str]:
    """Return title and HTML of a part of a card; the verdict above has its badge already."""
    markup = markdown_html("None." if text == NONE else text)
    return title, finished(markup, follower(page, {}), badges=bool(title))


def _answer(answer: dict, page: str) -> dict:
    address = to_page(notebook_page(answer["notebook"]), page)
    return answer | {"number": _number(answer), "address": address}


def _number(answer: dict) -> str:
    """Return an answer's number with its interval and what kind of interval that is."""
    value, low, high, unit = (answer.get(key) for key in ("estimate", "low", "high", "unit"))
    if value is None and low is None:
        return "–"
    number = "" if value is None else quantity_text(value, unit)
    if low is None or low == high:
        return number
    span = f"{interval_text(low, high, unit)}, {answer.get('interval') or 'range'}"
    return f"{number} ({span})" if number else span


def _neighbours(site: Site) -> dict[str, dict[str, list[str]]]:
    """Return claim -> words for a relation -> claims at the other end, for the whole argument."""
    if "argument" not in site.book.tables.frames:
        return {}
    found = defaultdict(lambda: {words: [] for pair in RELATIONS.values() for words in pair})
    graph = argument_graph(site.book.table("argument"))
    for premise, claim, relation in sorted(graph.edges(data="relation")):
        into, out = RELATIONS[relation]
        found[claim][into].append(premise)
        found[premise][out].append(claim)
    return found


def _neighbour(matrix, claim: str, page: str) -> dict:
    row = matrix.loc[claim]
    address = to_page(claim_page(claim), page)
    return {"address": address, "words": row["statement"], "verdict": str(row["verdict"])}
