"""Claim cards: for each claim one section with everything that the collection knows of it.

A card is Markdown with HTML tables, for a notebook and for the site alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from claimbook.book.bibliography import format_entry_html
from claimbook.book.book import Book
from claimbook.book.evidence import NO_VOTE, NOT_EVIDENCE
from claimbook.book.format import (
    figure_text,
    interval_text,
    number_text,
    plain_words,
    quantity_text,
)
from claimbook.book.tables import split_cell
from claimbook.book.text import doi_link, markdown_text, safe_link
from claimbook.citations.fields import as_text
from claimbook.citations.known_dois import known_dois
from claimbook.claims.cited_support import cited_support, said_by_cited_works
from claimbook.claims.readings import reading_states
from claimbook.claims.summary import Summary
from claimbook.claims.verdict import Verdict
from claimbook.errors import InputError, nearest
from claimbook.show.card_links import FILE, anchor, linked, read_cards
from claimbook.show.html import pieces
from claimbook.show.reference_tables import citation_text, fields_text

UNCONFIRMED = "unconfirmed"
NONE = "none."


@dataclass(frozen=True)
class Columns:
    """Which columns of a table tell what one of its rows says.

    words: shown one after the other. numbers: value, low and high. bearing: what it means for the
    claim. Columns that the table lacks are passed over.
    """

    words: tuple[str, ...] = ()
    numbers: tuple[str, str, str] = ("value", "low", "high")
    bearing: str = ""


FINDINGS = Columns(
    ("source_reports", "quantity", "value_text", "population", "source_citation"), bearing="support"
)


def load_columns(book: Book) -> dict[str, Columns]:
    """Return table -> how its rows are worded, from `cards.yaml` beside the tables.

    The bearing is the column that the book's bearings name. Without the file no table is worded.
    Raises InputError for a table, key or column that is not known.
    """
    path, found = book.folder / FILE, {}
    worded = {name: asked for name, asked in read_cards(book.folder).items() if name != "notebook"}
    for table, asked in worded.items():
        try:
            known = book.table(table).columns
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        shape = {name: tuple(column or "" for column in asked[name]) for name in asked}
        for name in filter(None, [column for columns in shape.values() for column in columns]):
            if name not in known:
                raise InputError(
                    f"{path}: '{table}': no column '{name}'{nearest(str(name), known)}"
                )
        found[table] = Columns(**shape, bearing=book.bearings.get(table, {}).get("column", ""))
    return found


def claim_cards(
    book: Book,
    audited: pd.DataFrame,
    columns: Mapping[str, Columns],
    verdicts: Mapping[str, str] | None = None,
    used: Mapping[str, list[str]] | None = None,
) -> pd.Series:
    """Return the card of every claim as Markdown, indexed by claim, in the order of the text.

    The arguments are those of `card_sections`.
    """
    sections = card_sections(book, audited, columns, verdicts, used)
    statements = book.claims.set_index("claim")["statement"]
    cards = {}
    for name, parts in sections.items():
        heading = f'### <a id="{anchor(name)}"></a>{markdown_text(statements[name])}'
        bare = [f"**{title}:** {text}" for title, text in parts if text == NONE]
        told = [_titled(title, text) for title, text in parts if text != NONE]
        cards[name] = "\n\n".join(filter(None, [heading, *told, " ".join(bare)]))
    return pd.Series(cards, dtype=object)


def _titled(title: str, text: str) -> str:
    if not title:
        return text
    return f"**{title}**\n\n{text}" if text.startswith("<table") else f"**{title}:** {text}"


def card_sections(
    book: Book,
    audited: pd.DataFrame,
    columns: Mapping[str, Columns],
    verdicts: Mapping[str, str] | None = None,
    used: Mapping[str, list[str]] | None = None,
) -> dict[str, list[tuple[str, str]]]:
    """Return claim -> what stands on its card below the heading: titles and Markdown with tables.

    The first parts have no title: what kind of claim it is, and its verdict. A part whose text is
    `NONE` says that there is nothing of the kind.

    audited: table of `audit.audit`. columns: how to word the rows of each evidence table.
    verdicts: claim -> Markdown that says what became of it. used: claim -> Markdown links to the
    notebooks that name it.
    """
    shared = _Shared(book, audited)
    return {
        claim["claim"]: _sections(shared, claim, columns, verdicts or {}, used or {})
        for _, claim in book.claims.iterrows()
    }


class _Shared:
    """What all cards look up: made once, for a book has many claims."""

    def __init__(self, book: Book, audited: pd.DataFrame):
        self.book = book
        self.audited = audited.set_index("key")
        self.support = cited_support(book).set_index(["claim", "key"])["support"].to_dict()
        self.said = _said_for_claim(book)
        self.wider = rows_beside_all(book)
        self.dois = known_dois(book)
        self.readings = reading_states(book)


def _sections(shared: _Shared, claim: pd.Series, columns, verdicts, used) -> list[tuple[str, str]]:
    name = claim["claim"]
    notebooks = ", ".join(used.get(name, [])) or "no other notebook"
    parts = [
        ("", f"{_about(claim)} · named in: {notebooks}"),
        ("", verdicts.get(name, "")),
        ("Cited works", _works(shared, split_cell(claim["cites"], ";"), name)),
        ("What they report", _reported(shared, shared.said[shared.said["claim"] == name])),
        ("Wider evidence", _wider(shared, name, columns)),
    ]
    return [(title, text) for title, text in parts if text]


def _about(claim: pd.Series) -> str:
    facts = [f"`{re.sub(r'[^A-Za-z0-9_.-]', '-', claim['claim'])}`"]
    facts.append(f"paragraph {markdown_text(claim['paragraph'])}")
    facts += [
        f"{plain_words(name)}: {markdown_text(plain_words(claim[name]))}"
        for name in ("domain", "role", "hedge")
    ]
    if claim["role"] == "figure":
        facts.append(f"**figure: {markdown_text(figure_text(claim))}**")
    if not pd.isna(claim["population"]):
        facts.append(f"for: {markdown_text(claim['population'])}")
    return " · ".join(facts)


# --- the works cited -----------------------------------------------------------------------------


def _works(shared: _Shared, keys: list[str], claim: str) -> str:
    if not keys:
        return NONE
    rows = []
    for key in keys:
        entry = shared.audited.loc[key]
        rows.append(
            [
                _printed(shared, key, entry),
                citation_text(entry["verdict"]),
                fields_text(entry["disagreeing_fields"]),
                plain_words(shared.support[claim, key]),
            ]
        )
    heads = ["cited work, as printed", "the citation", "fields that differ", "does it say so?"]
    return _table(heads, rows)


def _printed(shared: _Shared, key: str, entry: pd.Series) -> Markup:
    """Return a work as printed, with a link to the work itself where that leads elsewhere."""
    if key in shared.book.bibliography.entries:
        printed = Markup(format_entry_html(key, shared.book.bibliography))
    else:
        printed = f"{entry['printed_authors']} {entry['printed_year']}: not in the list"
    link = doi_link(shared.dois.get(key, ""))
    return pieces().cited_work(printed, "" if escape(link) in printed else link)


def _reported(shared: _Shared, own: pd.DataFrame) -> str:
    if own.empty:
        return ""
    rows = []
    for _, row in own.iterrows():
        number = _number(shared.book, "findings", row, FINDINGS)
        through = "" if row.get("source_key") == row["key"] else _field(row, "source_citation")
        notes = [("Source", through), ("Note", as_text(row.get("note")))]
        people = row.get("n")
        people = "" if people is None or pd.isna(people) else f"n = {number_text(float(people))}"
        rows.append(
            [
                _row_name(row, shared.dois),
                pieces().with_notes(_field(row, "source_reports") or "–", notes),
                number or _field(row, "value_text"),
                "; ".join(filter(None, (_field(row, "population"), people))),
                plain_words(row.get("locator")),
                plain_words(row["support"]),
                _checked(shared, "findings", row),
            ]
        )
    heads = ["row", "reports", "figure", "population", "read in", "says so?", "how checked"]
    return _table(heads, rows)


# --- the wider evidence --------------------------------------------------------------------------


def rows_beside(book: Book, claim: str) -> dict[str, pd.DataFrame]:
    """Return table -> rows about a claim beside those of its own cited works, if it has any."""
    return rows_beside_all(book)[book.claim(claim)["claim"]]


def rows_beside_all(book: Book) -> dict[str, dict[str, pd.DataFrame]]:
    """Return claim -> what `rows_beside` returns for it."""
    own = set(_said_for_claim(book)["row_id"])
    found: dict[str, dict[str, pd.DataFrame]] = {claim: {} for claim in book.claims["claim"]}
    for name, frame in book.tables.frames.items():
        if name != "claims" and {"claim", "row_id"} <= set(frame.columns):
            for claim, rows in frame[~frame["row_id"].isin(own)].groupby("claim"):
                found[claim][name] = rows
    return found


def _said_for_claim(book: Book) -> pd.DataFrame:
    """Return what cited works say on a claim for which they are cited."""
    said = said_by_cited_works(book).dropna(subset=["claim"])
    cites = {c.claim: split_cell(c.cites, ";") for c in book.claims.itertuples()}
    asked = [key in cites[claim] for claim, key in zip(said["claim"], said["key"], strict=True)]
    return said[pd.Series(asked, index=said.index, dtype=bool)]


def _wider(shared: _Shared, claim: str, columns: Mapping[str, Columns]) -> str:
    found = shared.wider[claim]
    if not found:
        return NONE
    rows = []
    for name, frame in found.items():
        shape = FINDINGS if name == "findings" else columns.get(name, Columns())
        for _, row in frame.iterrows():
            rows.append(
                [
                    _row_name(row, shared.dois),
                    "; ".join(filter(None, (_field(row, column) for column in shape.words))),
                    _number(shared.book, name, row, shape),
                    plain_words(row.get(shape.bearing)) if shape.bearing else "",
                    _checked(shared, name, row),
                ]
            )
    counts = ", ".join(f"{len(frame)} in `{name}`" for name, frame in found.items())
    table = _table(["row", "about", "figure", "bearing", "how checked"], rows)
    all_rows = "the row" if len(rows) == 1 else f"all {len(rows)} rows"
    return f"{counts}.\n\n{pieces().folded(f'Show {all_rows}', table)}"


# --- cells ---------------------------------------------------------------------------------------


def _table(heads: list[str], rows: list[list[str]]) -> Markup:
    return pieces().table(heads, [(False, [cell or "–" for cell in row]) for row in rows])


def _row_name(row: pd.Series, dois: Mapping[str, str]) -> Markup:
    """Return a row's name, which leads to the page that was read, and the DOI of its source."""
    page = safe_link(as_text(row.get("evidence_url")).split(" | ")[0])
    source = next((row[c] for c in ("source_key", "study_key") if c in row.index), None)
    doi = doi_link(as_text(row.get("doi")) or dois.get(source, ""))
    return pieces().named_row(row["row_id"], page, doi)


def _unconfirmed(row: pd.Series) -> set[str]:
    return {name.strip() for name in as_text(row.get("unconfirmed_fields")).split(";")}


def _field(row: pd.Series, column: str) -> str:
    """Return a cell as words, marked where the source itself does not confirm it."""
    value = row.get(column)
    if value is None or pd.isna(value) or not str(value).strip():
        return ""
    number = isinstance(value, float)
    text = f"{plain_words(column)} {number_text(value)}" if number else as_text(value)
    text = plain_words(text) if re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", text) else text
    return f"{text} ({UNCONFIRMED})" if column in _unconfirmed(row) else text


def _number(book: Book, table: str, row: pd.Series, shape: Columns) -> str:
    """Return the number of a row with its unit and interval, or ``""``."""
    numbers = [row.get(column) for column in shape.numbers]
    value, low, high = (None if v is None or pd.isna(v) else float(v) for v in numbers)
    if value is None and low is None and high is None:
        return ""
    column = next(c for c in shape.numbers if c in row.index)
    unit = book.tables.unit_of(table, column)
    unit = as_text(row.get("unit")) if unit in (None, "see unit") else unit
    if low is None or high is None:
        bound = low if value is None else value
        text = quantity_text(high if bound is None else bound, unit)
        if value is None:
            text = f"{'up to' if bound is None else 'at least'} {text}"
    else:
        text = interval_text(low, high, unit)
        kind = _field(row, "spread_type")
        text = f"{text} ({kind})" if kind else text
        text = text if value is None else f"{quantity_text(value, unit)}; {text}"
    doubtful = _unconfirmed(row) & {*shape.numbers, "unit"}
    return f"{text} ({UNCONFIRMED})" if doubtful else text


def _checked(shared: "_Shared", table: str, row: pd.Series) -> str:
    """Return how a row is backed, what was read twice, and which rows have no vote or no use."""
    level, role = row.get("verification"), as_text(row.get("sample_role"))
    if str(level) in NOT_EVIDENCE:
        return f"{plain_words(level)}: not used"
    vote = f"{role}, no vote of its own" if role in NO_VOTE else ""
    reading = shared.readings.get((table, row["row_id"]), "")
    return "; ".join(filter(None, (plain_words(level), vote, reading)))


def verdict_sentence(record: Mapping) -> str:
    """Return Markdown with the verdict of an answer, its figure as a link to the card, and why."""
    figure = linked(record["claim"], record["figure"])
    return f"**{Verdict(record['verdict']).text}** ({figure}): {markdown_text(record['reason'])}"


def verdict_lines(summary: Summary, notebooks: Mapping[str, str]) -> dict[str, str]:
    """Return claim -> Markdown with its verdict, rule and reason, and for a figure its certainty.

    notebooks: claim -> the notebook with the rows and the picture for its figure.
    """
    sure = {}
    for record, words in zip(summary.records, summary.certainty, strict=True):
        where = notebooks.get(record["claim"])
        shown = f" [All rows and the picture]({where})" if where else ""
        sure[record["claim"]] = f" Certainty: {words}.{shown}"
    return {
        row.claim: f"**Verdict: {Verdict(row.verdict).text}.** {markdown_text(row.reason)} "
        f"*Rule:* {markdown_text(row.rule)}.{sure.get(row.claim, '')}"
        for row in summary.matrix.itertuples()
    }
