"""Claim cards: for each claim one section with everything that the collection knows of it.

A card is Markdown with HTML tables, for a notebook and for the site alike. In the notebook it opens
with an anchor that never changes while the claim keeps its name, so that every other notebook can
link to it (`address`). All text of the data is escaped: it shows as text and is never obeyed.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

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
from claimbook.book.schema import check_form
from claimbook.book.tables import split_cell
from claimbook.book.text import doi_link, markdown_text, safe_link, visible
from claimbook.book.yaml_file import read_yaml
from claimbook.citations.fields import as_text
from claimbook.citations.known_dois import known_dois
from claimbook.claims.cited_support import cited_support, said_by_cited_works
from claimbook.claims.readings import reading_states
from claimbook.claims.summary import Summary
from claimbook.claims.verdict import Verdict
from claimbook.errors import InputError, nearest
from claimbook.show.card_links import anchor, linked
from claimbook.show.reference_tables import citation_text, fields_text

COLUMNS = "cards.yaml"
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


_DEFAULTS = {"words": (), "numbers": ("value", "low", "high")}
FINDINGS = Columns(
    ("source_reports", "quantity", "value_text", "population", "source_citation"), bearing="support"
)


def load_columns(book: Book) -> dict[str, Columns]:
    """Return table -> how its rows are worded, from `cards.yaml` beside the tables.

    The bearing is the column that the book's bearings name. Without the file no table is worded.
    Raises InputError for a table, key or column that is not known.
    """
    path = book.folder / COLUMNS
    if not path.exists():
        return {}
    found = {}
    for table, asked in read_yaml(path).items():
        where = f"{path}: '{table}'"
        check_form(asked, "card", where)
        try:
            known = book.table(table).columns
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        words, numbers = (asked.get(k, list(v)) for k, v in _DEFAULTS.items())
        for name in [*words, *filter(None, asked.get("numbers", []))]:
            if name not in known:
                raise InputError(f"{where}: no column '{name}'{nearest(str(name), known)}")
        bearing = book.bearings.get(table, {}).get("column", "")
        found[table] = Columns(tuple(words), tuple(n or "" for n in numbers), bearing)
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
        pairs = cited_support(book)
        self.support = dict(zip(zip(pairs["claim"], pairs["key"], strict=True),
                                pairs["support"], strict=True))  # fmt: skip
        self.said = _said_for_claim(book)
        self.wider = all_wider_rows(book)
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
    facts += [f"{plain_words(name)}: {_level(claim[name])}" for name in ("domain", "role", "hedge")]
    if claim["role"] == "figure":
        facts.append(f"**figure: {markdown_text(figure_text(claim))}**")
    if not pd.isna(claim["population"]):
        facts.append(f"for: {markdown_text(claim['population'])}")
    return " · ".join(facts)


def _level(level) -> str:
    return markdown_text(plain_words(level))


# --- the works cited -----------------------------------------------------------------------------


def _works(shared: "_Shared", keys: list[str], claim: str) -> str:
    if not keys:
        return NONE
    bibliography = shared.book.bibliography
    rows = []
    for key in keys:
        entry = shared.audited.loc[key]
        differing = fields_text(entry["disagreeing_fields"])
        printed = (
            format_entry_html(key, bibliography)
            if key in bibliography.entries
            else _text(f"{entry['printed_authors']} {entry['printed_year']}: not in the list")
        )
        rows.append(
            [
                printed + _meant(shared, key, printed),
                _text(citation_text(entry["verdict"])),
                _text(differing),
                _text(plain_words(shared.support[claim, key])),
            ]
        )
    heads = ["cited work, as printed", "the citation", "fields that differ", "does it say so?"]
    return _table(heads, rows)


def _meant(shared: "_Shared", key: str, printed: str) -> str:
    """Return a link to the work itself where what is printed does not lead to it."""
    link = doi_link(shared.dois.get(key, ""))
    if not link or html.escape(link) in printed:
        return ""
    return f'<br><small>the work itself: <a href="{html.escape(link)}">{_text(link)}</a></small>'


def _reported(shared: "_Shared", own: pd.DataFrame) -> str:
    if own.empty:
        return ""
    rows = []
    for _, row in own.iterrows():
        number = _number(shared.book, "findings", row, FINDINGS)
        if number == "–":
            number = _field(row, "value_text") or number
        through = "" if row.get("source_key") == row["key"] else _field(row, "source_citation")
        note = as_text(row.get("note"))
        rows.append(
            [
                _row_link(row, shared.dois),
                _text(_field(row, "source_reports"))
                + (f"<br><small>{_text(f'Source: {through}')}</small>" if through else "")
                + (f"<br><small>{_text(f'Note: {note}')}</small>" if note else ""),
                _text(number),
                _text("; ".join(filter(None, (_field(row, "population"), _people(row))))),
                _text(plain_words(row.get("locator"))),
                _text(plain_words(row["support"])),
                _text(_checked(shared, "findings", row)),
            ]
        )
    heads = ["row", "reports", "figure", "population", "read in", "says so?", "how checked"]
    return _table(heads, rows)


def _people(row: pd.Series) -> str:
    number = row.get("n")
    return "" if number is None or pd.isna(number) else f"n = {number_text(float(number))}"


# --- the wider evidence --------------------------------------------------------------------------


def wider_rows(book: Book, claim: str) -> dict[str, pd.DataFrame]:
    """Return table -> rows about a claim beside those of its own cited works, if it has any."""
    return all_wider_rows(book)[book.claim(claim)["claim"]]


def all_wider_rows(book: Book) -> dict[str, dict[str, pd.DataFrame]]:
    """Return claim -> what `wider_rows` returns for it."""
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


def _wider(shared: "_Shared", claim: str, columns: Mapping[str, Columns]) -> str:
    found = shared.wider[claim]
    if not found:
        return NONE
    counts = [f"{len(rows)} in `{name}`" for name, rows in found.items()]
    total = sum(map(len, found.values()))
    rows = []
    for name, frame in found.items():
        shape = FINDINGS if name == "findings" else columns.get(name, Columns())
        for _, row in frame.iterrows():
            words = (_field(row, column) for column in shape.words)
            rows.append(
                [
                    _row_link(row, shared.dois),
                    _text("; ".join(filter(None, words))),
                    _text(_number(shared.book, name, row, shape)),
                    _text(plain_words(row.get(shape.bearing)) if shape.bearing else "–"),
                    _text(_checked(shared, name, row)),
                ]
            )
    table = _table(["row", "about", "figure", "bearing", "how checked"], rows)
    return (
        f"{', '.join(counts)}.\n\n<details><summary>Show "
        f"{'the row' if total == 1 else f'all {total} rows'}</summary>{table}</details>"
    )


# --- cells ---------------------------------------------------------------------------------------


def _text(value) -> str:
    """Return text for an HTML cell inside Markdown: no markup, no formula, no line of its own."""
    escaped = html.escape(re.sub(" +", " ", visible(str(value))).strip())
    return escaped.replace("$", "&#36;") or "–"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    """Return an HTML table on one line; its cells are escaped already."""
    head = "".join(f'<th style="text-align: left">{_text(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align: left">{c}</td>' for c in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row_link(row: pd.Series, dois: Mapping[str, str]) -> str:
    """Return a row's name, which leads to the page that was read, and the DOI of its source."""
    name = _text(row["row_id"])
    link = safe_link(as_text(row.get("evidence_url")).split(" | ")[0])
    named = f'<a href="{html.escape(link)}">{name}</a>' if link else name
    source = next((row[c] for c in ("source_key", "study_key") if c in row.index), None)
    link = doi_link(as_text(row.get("doi")) or dois.get(source, ""))
    if not link:
        return named
    bare = link.removeprefix("https://doi.org/")
    return f'{named}<br><small>doi: <a href="{html.escape(link)}">{_text(bare)}</a></small>'


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
    """Return the number of a row with its unit and interval, or ``–``."""
    numbers = [row.get(column) for column in shape.numbers]
    value, low, high = (None if v is None or pd.isna(v) else float(v) for v in numbers)
    if value is None and low is None and high is None:
        return "–"
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
