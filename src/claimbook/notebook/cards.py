"""Claim cards: for each claim one section with everything that the collection knows of it.

A card is Markdown with HTML tables. It opens with an anchor that never changes while the claim
keeps its name, so that every other notebook can link to it (`address`). All text of the data is
escaped: it shows as text and is never obeyed.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from claimbook.book import NOT_EVIDENCE, Book
from claimbook.citations.audit_fields import as_text
from claimbook.citations.bibliography import format_entry_html, safe_link, show
from claimbook.citations.reference_tables import citation_text, fields_text
from claimbook.notebook.display import verdict_text
from claimbook.support import cited_support, said_by_cited_works
from claimbook.tables import split_cell
from claimbook.wording import (
    figure_text,
    interval_text,
    markdown_text,
    number_text,
    plain_words,
    quantity_text,
)

NOTEBOOK = "25-claim-cards.ipynb"
UNCONFIRMED = "unconfirmed"
NO_WORKS, NO_ROWS = "**Cited works:** none.", "**Wider evidence:** none gathered."


def anchor(claim: str) -> str:
    """Return the name of a claim's anchor, such as ``claim-no_decline_with_age``."""
    return "claim-" + re.sub(r"[^A-Za-z0-9_.-]", "-", str(claim))


def address(claim: str) -> str:
    """Return where a claim's card stands, seen from another notebook."""
    return f"{NOTEBOOK}#{anchor(claim)}"


def addresses(claims: Iterable[str]) -> list[str]:
    """Return the addresses of cards, as `display.table(links=...)` takes them; NA gives none."""
    return ["" if pd.isna(claim) else address(claim) for claim in claims]


def linked(claim: str, text: str | None = None) -> str:
    """Return a Markdown link to a claim's card, for use in a sentence."""
    return f"[{markdown_text(text or claim)}]({address(claim)})"


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


def claim_cards(
    book: Book,
    audited: pd.DataFrame,
    columns: Mapping[str, Columns],
    verdicts: Mapping[str, str] | None = None,
    used: Mapping[str, list[str]] | None = None,
) -> pd.Series:
    """Return the card of every claim as Markdown, indexed by claim, in the order of the text.

    audited: table of `audit.audit`. columns: how to word the rows of each evidence table.
    verdicts: claim -> Markdown that says what became of its figure. used: claim -> Markdown links
    to the notebooks that name it.
    """
    return pd.Series(
        {
            claim["claim"]: _card(book, claim, audited, columns, verdicts or {}, used or {})
            for _, claim in book.claims.iterrows()
        },
        dtype=object,
    )


def _card(book: Book, claim: pd.Series, audited, columns, verdicts, used) -> str:
    name = claim["claim"]
    keys = split_cell(claim["cites"], ";")
    own = said_by_cited_works(book)
    own = own[(own["claim"] == name) & own["key"].isin(keys)]
    notebooks = ", ".join(used.get(name, [])) or "no other notebook"
    parts = [
        f'### <a id="{anchor(name)}"></a>{markdown_text(claim["statement"])}',
        f"{_about(claim)} · named in: {notebooks}",
        verdicts.get(name, ""),
        _works(book, keys, name, audited),
        _reported(book, own),
        _wider(book, name, columns),
    ]
    if parts[-3:] == [NO_WORKS, "", NO_ROWS]:
        parts[-3:] = [f"{NO_WORKS} {NO_ROWS}"]
    return "\n\n".join(part for part in parts if part)


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


def _works(book: Book, keys: list[str], claim: str, audited: pd.DataFrame) -> str:
    if not keys:
        return NO_WORKS
    support = cited_support(book)
    support = support[support["claim"] == claim].set_index("key")["support"]
    entries = audited.set_index("key")
    rows = []
    for key in keys:
        entry = entries.loc[key]
        differing = fields_text(entry["disagreeing_fields"])
        printed = (
            format_entry_html(key, book.bibliography)
            if key in book.bibliography.entries
            else _text(f"{entry['printed_authors']} {entry['printed_year']}: not in the list")
        )
        rows.append(
            [
                printed,
                _text(citation_text(entry["verdict"])),
                _text(differing),
                _text(plain_words(support[key])),
            ]
        )
    heads = ["cited work, as printed", "the citation", "fields that differ", "does it say so?"]
    return "**Cited works**\n\n" + _table(heads, rows)


def _reported(book: Book, own: pd.DataFrame) -> str:
    if own.empty:
        return ""
    rows = []
    for _, row in own.iterrows():
        number = _number(book, "findings", row, FINDINGS)
        if number == "–":
            number = _field(row, "value_text") or number
        through = "" if row.get("source_key") == row["key"] else _field(row, "source_citation")
        note = as_text(row.get("note"))
        rows.append(
            [
                _row_link(row),
                _text(_field(row, "source_reports"))
                + (f"<br><small>{_text(f'Source: {through}')}</small>" if through else "")
                + (f"<br><small>{_text(f'Note: {note}')}</small>" if note else ""),
                _text(number),
                _text("; ".join(filter(None, (_field(row, "population"), _people(row))))),
                _text(plain_words(row.get("locator"))),
                _text(plain_words(row["support"])),
                _text(_checked(row)),
            ]
        )
    heads = ["row", "reports", "figure", "population", "read in", "says so?", "how checked"]
    return "**What they report**\n\n" + _table(heads, rows)


def _people(row: pd.Series) -> str:
    number = row.get("n")
    return "" if number is None or pd.isna(number) else f"n = {number_text(float(number))}"


# --- the wider evidence --------------------------------------------------------------------------


def wider_rows(book: Book, claim: str) -> dict[str, pd.DataFrame]:
    """Return table -> rows about a claim beside those of its own cited works, if it has any."""
    keys = split_cell(book.claim(claim)["cites"], ";")
    own = said_by_cited_works(book)
    own = set(own.loc[(own["claim"] == claim) & own["key"].isin(keys), "row_id"])
    found = {}
    for name, frame in book.tables.frames.items():
        if name != "claims" and {"claim", "row_id"} <= set(frame.columns):
            rows = frame[(frame["claim"] == claim) & ~frame["row_id"].isin(own)]
            if len(rows):
                found[name] = rows
    return found


def _wider(book: Book, claim: str, columns: Mapping[str, Columns]) -> str:
    found = wider_rows(book, claim)
    if not found:
        return NO_ROWS
    counts = [f"{len(rows)} in `{name}`" for name, rows in found.items()]
    total = sum(map(len, found.values()))
    rows = []
    for name, frame in found.items():
        shape = FINDINGS if name == "findings" else columns.get(name, Columns())
        for _, row in frame.iterrows():
            words = (_field(row, column) for column in shape.words)
            rows.append(
                [
                    _row_link(row),
                    _text("; ".join(filter(None, words))),
                    _text(_number(book, name, row, shape)),
                    _text(plain_words(row.get(shape.bearing)) if shape.bearing else "–"),
                    _text(_checked(row)),
                ]
            )
    table = _table(["row", "about", "figure", "bearing", "how checked"], rows)
    return (
        f"**Wider evidence:** {', '.join(counts)}.\n\n<details><summary>Show "
        f"{'the row' if total == 1 else f'all {total} rows'}</summary>{table}</details>"
    )


# --- cells ---------------------------------------------------------------------------------------


def _text(value) -> str:
    """Return text for an HTML cell inside Markdown: no markup, no formula, no line of its own."""
    escaped = html.escape(re.sub(" +", " ", show(str(value))).strip())
    return escaped.replace("$", "&#36;") or "–"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    """Return an HTML table on one line; its cells are escaped already."""
    head = "".join(f'<th style="text-align: left">{_text(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align: left">{c}</td>' for c in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row_link(row: pd.Series) -> str:
    name = _text(row["row_id"])
    link = safe_link(as_text(row.get("evidence_url")).split(" | ")[0])
    return f'<a href="{html.escape(link)}">{name}</a>' if link else name


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


def _checked(row: pd.Series) -> str:
    """Return how a row is backed; one that enters no estimate says so."""
    level = row.get("verification")
    words = plain_words(level)
    return f"{words}: not used" if str(level) in NOT_EVIDENCE else words


def figure_verdicts(records: pd.DataFrame, notebook: str) -> dict[str, str]:
    """Return claim -> Markdown on what became of its figure, from a table of answers.

    notebook: where the evidence for it stands.
    """
    return {
        record["claim"]: f"**Held against the evidence:** {verdict_text(record['verdict'])}. "
        f"{markdown_text(record['reason'])} [All rows and the picture]({notebook})"
        for record in records.to_dict("records")
    }
