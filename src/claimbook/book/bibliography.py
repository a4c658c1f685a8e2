"""Read a .bib file with pybtex, and show its entries as text that nothing can turn into markup.

pybtex does the parsing. Before it sees a file, the file is cut into entries by counting braces, so
that every complaint can name the line and the entry, and so that a file made to exhaust the machine
(deep braces, macros that multiply, unclosed strings) is refused by size before it costs anything.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

import latexcodec  # noqa: F401  registers the "ulatex" codec; a dependency of pybtex
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.input.bibtex import Parser
from pybtex.exceptions import PybtexError
from pybtex.scanner import PybtexSyntaxError
from pybtex.utils import CaseInsensitiveDict

from claimbook.book.text import doi_link, html_text, safe_link, visible
from claimbook.errors import InputError

MAX_FILE_BYTES = 20_000_000
"""A .bib of 20 MB holds some 30,000 entries; a larger file is refused unread."""
MAX_ENTRY_CHARS = 200_000
"""One entry; long abstracts and author lists of large consortia stay well below it."""
MAX_ENTRY_MARKS = 5_000
"""Opening braces and quotes in one entry; pybtex looks ahead at each, so they are bounded."""
MAX_BRACE_DEPTH = 50
MAX_MACRO_CHARS = 5_000_000
"""Characters that all uses of @string macros in one file may add together."""
MAX_CROSSREF_DEPTH = 5

GAP = "..."
"""How a printed author list marks the names it leaves out before the last one."""

_COMMAND = re.compile(r"@\s*([^\W\d][\w-]*)\s*([{(])")
_KEY = re.compile(r"\s*([^\s,{}()=]+)\s*(?=[,})])")


# --- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """One ``@command{...}`` of a file: its text, and the line (from 1) on which it starts."""

    command: str
    key: str
    line: int
    text: str


class _Macros(CaseInsensitiveDict):
    """@string values that count what they hand out, and stop when it grows out of proportion."""

    used = 0

    def __getitem__(self, name):
        value = super().__getitem__(name)
        self.used += len(value)
        if self.used > MAX_MACRO_CHARS:
            raise _TooLarge
        return value


class _TooLarge(Exception):
    """The @string macros of a file expand beyond `MAX_MACRO_CHARS`."""


class _StrictParser(Parser):
    """pybtex's parser, raising on every complaint whatever the host set as pybtex's mode."""

    def __init__(self):
        super().__init__()
        self.macros = _Macros(self.macros)

    def handle_error(self, error):
        raise error


def load_bibliography(path: Path | str) -> BibliographyData:
    """Return the entries of the .bib file at `path`, in file order.

    Raises InputError, naming file, line and entry and saying what was expected, when the file is
    missing, not UTF-8, larger than `MAX_FILE_BYTES`, not well-formed, or repeats a key or a field.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: no such file; a BibTeX file (.bib) was expected")
    if not path.is_file():
        raise InputError(f"{path}: not a regular file; a BibTeX file (.bib) was expected")
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if len(raw) > MAX_FILE_BYTES:
        raise InputError(f"{path}: larger than {MAX_FILE_BYTES:,} bytes; split the file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte {raw[error.start]:#04x} is not UTF-8; "
            "save the file in UTF-8 encoding"
        ) from None
    return parse_bibliography(text, str(path))


def parse_bibliography(text: str, name: str = "bibliography") -> BibliographyData:
    """Return the entries of BibTeX `text`; `name` is what messages call it. Raises InputError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = [b for b in _blocks(text, name) if b.command != "comment"]
    _refuse_repeated_keys(blocks, name)
    parser = _StrictParser()
    for block in blocks:
        _parse_block(parser, block, name)
    _refuse_bad_crossrefs(parser.data, {b.key.lower(): b for b in blocks if b.key}, name)
    return parser.data


def _place(name: str, line: int, key: str) -> str:
    return f"{name}, line {line}" + (f", entry '{visible(key)}'" if key else "")


def _blocks(text: str, name: str):
    """Yield the `_Block`s of `text`, in one pass over it."""
    position, line = 0, 1
    while True:
        at, match = _next_command(text, position, name, line)
        outside = text[position:at]
        _refuse_leftovers(outside, name, line)
        if match is None:
            return
        line += outside.count("\n")
        key_match = _KEY.match(text, match.end())
        command = match[1].lower()
        keyed = command not in ("string", "preamble", "comment")
        key = key_match[1] if keyed and key_match else ""
        end = _end_of_block(text, match, name, line, key)
        if keyed and not key:
            raise InputError(
                f"{name}, line {line}: the @{visible(match[1])} entry has no key; expected "
                f"@{visible(match[1])}{{key, ...}}"
            )
        yield _Block(command, key, line, text[at:end])
        line += text.count("\n", at, end)
        position = end


def _next_command(text: str, position: int, name: str, line: int) -> tuple[int, re.Match | None]:
    """Return where the next ``@command{`` stands, and its match; the end and None if there is none.

    An ``@`` in running text is passed over; one that opens a line must start a command.
    """
    at = text.find("@", position)
    while at >= 0:
        match = _COMMAND.match(text, at)
        if match is not None:
            return at, match
        before = at
        while before > position and text[before - 1] in " \t":
            before -= 1
        if before == 0 or text[before - 1] == "\n":
            raise InputError(
                f"{name}, line {line + text.count(chr(10), position, at)}: '@' is not followed by "
                "an entry; expected something like @article{key, title = {...}}"
            )
        at = text.find("@", at + 1)
    return len(text), None


def _refuse_leftovers(outside: str, name: str, line: int) -> None:
    """Refuse a closing brace between entries: it means that fields before it fell out."""
    for offset, content in enumerate(outside.split("\n")):
        if "}" in content and not content.lstrip().startswith("%"):
            raise InputError(
                f"{name}, line {line + offset}: a closing brace that nothing opened; the entry "
                "before it ended too early"
            )


def _end_of_block(text: str, match: re.Match, name: str, line: int, key: str) -> int:
    """Return the position after the brace or bracket that closes the block opened by `match`."""
    round_bracket = match[2] == "("
    depth, marks, quoted = 0, 0, False
    start = match.end() - (0 if round_bracket else 1)
    for token in re.compile(r'[{}")]').finditer(text, start):
        if token.start() - start > MAX_ENTRY_CHARS:
            break
        mark = token[0]
        marks += mark == "{" or (mark == '"' and depth <= 1)
        if mark == "{":
            depth += 1
        if depth > MAX_BRACE_DEPTH or marks > MAX_ENTRY_MARKS:
            raise InputError(
                f"{_place(name, line, key)}: braces nested deeper than {MAX_BRACE_DEPTH}, or more "
                f"than {MAX_ENTRY_MARKS:,} braces and quotes; expected a bibliographic entry"
            )
        if mark == "}":
            depth -= 1
            if depth < 0:
                break
            if depth == 0 and not round_bracket:
                return token.end()
        elif mark == '"' and depth == 0:
            quoted = not quoted
        elif mark == ")" and round_bracket and depth == 0 and not quoted:
            return token.end()
    if len(text) - start > MAX_ENTRY_CHARS:
        raise InputError(
            f"{_place(name, line, key)}: not closed within {MAX_ENTRY_CHARS:,} characters; "
            "a brace is missing, or the entry is too long"
        )
    raise InputError(
        f"{_place(name, line, key)}: not closed; expected as many '}}' as '{{' before the end"
    )


def _refuse_repeated_keys(blocks: list[_Block], name: str) -> None:
    first: dict[str, _Block] = {}
    for block in blocks:
        if not block.key:
            continue
        other = first.setdefault(block.key.lower(), block)
        if other is not block:
            raise InputError(
                f"{_place(name, block.line, block.key)}: the key was already used on line "
                f"{other.line}; every entry needs a key of its own"
            )


def _parse_block(parser: _StrictParser, block: _Block, name: str) -> None:
    try:
        parser.parse_string(block.text)
    except _TooLarge:
        problem = f"@string macros expand beyond {MAX_MACRO_CHARS:,} characters"
        line = block.line
    except PybtexSyntaxError as error:
        problem = str(error)
        line = block.line + (error.lineno or 1) - 1
        problem = re.sub(r"^syntax error in line \d+: ", "", problem)
        problem = re.sub(r"^undefined string in line \d+: ", "undefined @string ", problem)
    except PybtexError as error:
        problem, line = str(error), block.line
    except RecursionError:
        problem, line = "nested too deeply", block.line
    else:
        return
    raise InputError(
        f"{_place(name, line, block.key)}: {visible(problem)}; expected BibTeX such as "
        "@article{key, title = {...}, year = {...}}"
    ) from None


def _refuse_bad_crossrefs(data: BibliographyData, blocks: dict[str, _Block], name: str) -> None:
    """Refuse chains of `crossref` that run in a circle or on and on; pybtex would follow them."""
    parents = {
        key.lower(): _own_field(entry, "crossref").lower() for key, entry in data.entries.items()
    }
    for key in parents:
        seen, current = [key], parents[key]
        while current in parents:
            seen.append(current)
            if len(seen) > MAX_CROSSREF_DEPTH:
                block = blocks[key]
                raise InputError(
                    f"{_place(name, block.line, block.key)}: its crossref leads through more than "
                    f"{MAX_CROSSREF_DEPTH} entries or in a circle; expected one parent entry"
                )
            current = parents[current]


def _own_field(entry: Entry, field: str) -> str:
    """Return a field of the entry itself, never one inherited through `crossref`."""
    return next((v for k, v in entry.fields.items() if k.lower() == field), "")


# --- text ----------------------------------------------------------------------------------------


def plain_text(value: str) -> str:
    """Return a BibTeX field as readable text: accents decoded, braces gone, commands left as text.

    ``M{\\"u}nzel`` becomes ``Münzel``; an unknown command such as ``\\input`` stays visible.
    A bare per cent sign, which LaTeX would take for a comment, is kept with what follows it.
    """
    text = str(value)
    if "\\" in text or "--" in text or "``" in text or "~" in text:
        try:
            text = codecs.decode(re.sub(r"(?<!\\)%", r"\\%", text), "ulatex")
        except (ValueError, RecursionError):
            text = str(value)
    return visible(" ".join(text.replace("{", "").replace("}", "").split()))


def person_text(person: Person) -> str:
    """Return one name as ``Family, I. N. Jr.``; a name in braces (an organisation) as it is."""
    family = plain_text(" ".join(person.prelast_names + person.last_names))
    given = plain_text(" ".join(person.first_names + person.middle_names))
    suffix = plain_text(" ".join(person.lineage_names))
    return " ".join(part for part in (f"{family}, {given}" if given else family, suffix) if part)


def printed_authors(entry: Entry) -> str:
    """Return the author list as printed: ``A, B., C, D., & E, F.``, ``et al.`` for `others`.

    A list whose gap stands before the last name (``..., & Last``) cannot be said in BibTeX names;
    the field `printedauthors` then holds it to the letter and is returned.
    """
    if "printedauthors" in entry.fields:
        return plain_text(entry.fields["printedauthors"])
    names = [person_text(p) for p in entry.persons.get("author", [])]
    if len(names) > 1 and names[-1] == "others":
        return ", ".join(names[:-1]) + ", et al."
    if len(names) > 1:
        return ", ".join(names[:-1]) + ", & " + names[-1]
    return "".join(names)


def entry_fields(entry: Entry) -> dict[str, str]:
    """Return authors, year, title, journal, volume, issue, pages, doi and url as plain text.

    ``""`` stands for a field that is not there. `journal` is the container in which the work
    appeared: the first of journal, booktitle, howpublished and publisher.
    """

    def first(*names: str) -> str:
        return next((plain_text(entry.fields[n]) for n in names if entry.fields.get(n)), "")

    year = first("year") or first("date")[:4]
    return {
        "authors": printed_authors(entry),
        "year": year,
        "title": first("title"),
        "journal": first("journal", "journaltitle", "booktitle", "howpublished", "publisher"),
        "volume": first("volume"),
        "issue": first("number", "issue"),
        "pages": first("pages", "eid"),
        "doi": first("doi"),
        "url": first("url"),
    }


def _lead(fields: dict[str, str], note: str) -> str:
    """Return everything of a reference but its address."""
    authors = fields["authors"]
    if authors and not authors.endswith("."):
        authors += "."
    dated = " ".join(p for p in (authors, f"({fields['year'] or 'n.d.'}).") if p)
    issue = f"({fields['issue']})" if fields["issue"] else ""
    place = ", ".join(
        p for p in (fields["journal"], f"{fields['volume']}{issue}", fields["pages"]) if p
    )
    title = fields["title"] or "[no title]"
    return " ".join(
        part if part[-1] in ".?!" else part + "." for part in (dated, title, place, note) if part
    )


def _found_entry(entry_key: str, bibliography: BibliographyData) -> Entry:
    if entry_key not in bibliography.entries:
        raise InputError(f"the bibliography has no entry '{visible(entry_key)}'")
    return bibliography.entries[entry_key]


def format_entry(entry_key: str, bibliography: BibliographyData) -> str:
    """Return an entry as one line of plain text, in the order of the APA style.

    Raises InputError for an unknown key.
    """
    entry = _found_entry(entry_key, bibliography)
    fields = entry_fields(entry)
    lead = _lead(fields, plain_text(entry.fields.get("note", "")))
    address = doi_link(fields["doi"]) or fields["doi"] or fields["url"]
    return f"{lead} {address}".strip()


def format_entry_html(entry_key: str, bibliography: BibliographyData) -> str:
    """Return an entry as HTML: everything escaped, the address a link if it is http, https or DOI.

    Raises InputError for an unknown key.
    """
    entry = _found_entry(entry_key, bibliography)
    fields = entry_fields(entry)
    lead = html_text(_lead(fields, plain_text(entry.fields.get("note", ""))))
    shown = fields["doi"] or fields["url"]
    link = doi_link(fields["doi"]) if fields["doi"] else safe_link(fields["url"])
    if link:
        return f'{lead} <a href="{html_text(link)}">{html_text(link)}</a>'
    return f"{lead} {html_text(shown)}".strip()
