"""Read a .bib file strictly, and show its entries as text that nothing can turn into markup.

A file is refused for whatever `claimbook.book.bibtex` remarks on, with line and entry, and for a
size made to exhaust the machine. Names are pybtex's, whose form the entries are given.
"""

import codecs
import re
from itertools import accumulate
from pathlib import Path

import latexcodec  # noqa: F401  registers the "ulatex" codec; a dependency of pybtex
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.input.bibtex import split_name_list
from pybtex.errors import capture

from claimbook.book.bibtex import Block, Strings, blocks
from claimbook.book.text import doi_link, html_text, safe_link, visible
from claimbook.errors import InputError

MAX_FILE_BYTES = 20_000_000
"""A .bib of 20 MB holds some 30,000 entries; a larger file is refused unread."""
MAX_ENTRY_CHARS = 200_000
"""One entry; long abstracts and author lists of large consortia stay well below it."""
MAX_ENTRY_MARKS = 5_000
"""Opening braces and quotes in one entry."""
MAX_BRACE_DEPTH = 50
MAX_CROSSREF_DEPTH = 5
_MARK = re.compile('[{"]')

GAP = "..."
"""How a printed author list marks the names it leaves out before the last one."""


def load_bibliography(path: Path | str) -> BibliographyData:
    """Return the entries of the .bib file at `path`, in file order.

    Raises InputError that names file, line and entry, and says what was expected.
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
    found = blocks(text, Strings())
    _refuse_leftovers(text, found, name)
    data, first = BibliographyData(), {}
    for block in found:
        _refuse_faults(block, text, name)
        if block.command in ("string", "preamble", "comment"):
            continue
        other = first.setdefault(block.key.lower(), block)
        if other is not block:
            used = f"the key was already used on line {other.line}"
            raise _refusal(block, name, f"{used}; every entry needs a key of its own")
        data.add_entry(block.key, _entry(block, name))
    _refuse_bad_crossrefs(first, name)
    return data


def _refusal(block: Block, name: str, problem: str, line: int = 0) -> InputError:
    entry = f", entry '{visible(block.key)}'" if block.key else ""
    return InputError(f"{name}, line {line or block.line}{entry}: {visible(problem)}")


def _refuse_leftovers(text: str, found: list[Block], name: str) -> None:
    """Refuse what stands between entries and looks like a part of one.

    An ``@`` in running text is passed over; one that opens a line must start an entry.
    """
    between = list(text)
    for block in found:
        between[block.start : block.end] = re.sub(r"[^\r\n]", " ", text[block.start : block.end])
    for number, line in enumerate(re.split(r"\r\n|\n|\r", "".join(between)), 1):
        problem = ""
        if line.lstrip().startswith("@"):
            problem = "'@' is not followed by an entry; expected something like "
            problem += "@article{key, title = {...}}"
        elif "}" in line and not line.lstrip().startswith("%"):
            problem = "a closing brace that nothing opened; the entry before it ended too early"
        if problem:
            raise InputError(f"{name}, line {number}: {problem}")


def _refuse_faults(block: Block, text: str, name: str) -> None:
    """Refuse a block that is too large, or that the reading of BibTeX remarks on."""
    written = text[block.start : block.end]
    depths = accumulate({"{": 1, "}": -1}[mark] for mark in re.findall("[{}]", written))
    problem = ""
    if len(written) > MAX_ENTRY_CHARS:
        problem = f"not closed within {MAX_ENTRY_CHARS:,} characters; a brace is missing, or the "
        problem += "entry is too long"
    elif max(depths, default=0) > MAX_BRACE_DEPTH or len(_MARK.findall(written)) > MAX_ENTRY_MARKS:
        problem = f"braces nested deeper than {MAX_BRACE_DEPTH}, or more than {MAX_ENTRY_MARKS:,} "
        problem += "braces and quotes; expected a bibliographic entry"
    if problem:
        raise _refusal(block, name, problem)
    if block.command == "comment" and written[1:].lstrip().lower().startswith("comment"):
        return
    faults = {f"duplicate {field}": line for field, line in block.repeated.items()} | block.remarks
    if block.problem:
        faults[block.problem] = block.problem_line
    for problem, line in sorted(faults.items(), key=lambda fault: fault[1]):
        example = "@article{key, title = {...}, year = {...}}"
        raise _refusal(block, name, f"{problem}; expected BibTeX such as {example}", line)


def _entry(block: Block, name: str) -> Entry:
    entry = Entry(block.command)
    for field, value in block.fields.items():
        value = " ".join(value.split())
        if field not in Person.valid_roles:
            entry.fields[field] = value
            continue
        with capture() as problems:  # whatever the host set as pybtex's mode
            entry.persons[field] = [Person(person) for person in split_name_list(value)]
        if problems:
            raise _refusal(block, name, f"{field}: {problems[0]}")
    return entry


def _refuse_bad_crossrefs(blocks_by_key: dict[str, Block], name: str) -> None:
    """Refuse chains of `crossref` that run in a circle or on and on; pybtex would follow them."""
    parents = {
        key: block.fields.get("crossref", "").lower() for key, block in blocks_by_key.items()
    }
    for key, block in blocks_by_key.items():
        current = parents[key]
        for _ in range(MAX_CROSSREF_DEPTH - 1):
            current = parents.get(current, "")
        if current in parents:
            through = f"its crossref leads through more than {MAX_CROSSREF_DEPTH} entries or in"
            raise _refusal(block, name, f"{through} a circle; expected one parent entry")


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


def _reference(entry_key: str, bibliography: BibliographyData) -> tuple[str, dict[str, str]]:
    """Return everything of a reference but its address, and its fields."""
    if entry_key not in bibliography.entries:
        raise InputError(f"the bibliography has no entry '{visible(entry_key)}'")
    entry = bibliography.entries[entry_key]
    fields = entry_fields(entry)
    authors, note = fields["authors"], plain_text(entry.fields.get("note", ""))
    if authors and not authors.endswith("."):
        authors += "."
    dated = " ".join(p for p in (authors, f"({fields['year'] or 'n.d.'}).") if p)
    issue = f"({fields['issue']})" if fields["issue"] else ""
    place = ", ".join(
        p for p in (fields["journal"], f"{fields['volume']}{issue}", fields["pages"]) if p
    )
    parts = filter(None, (dated, fields["title"] or "[no title]", place, note))
    return " ".join(part if part[-1] in ".?!" else part + "." for part in parts), fields


def format_entry(entry_key: str, bibliography: BibliographyData) -> str:
    """Return an entry as one line of plain text, in the order of the APA style.

    Raises InputError for an unknown key.
    """
    lead, fields = _reference(entry_key, bibliography)
    address = doi_link(fields["doi"]) or fields["doi"] or fields["url"]
    return f"{lead} {address}".strip()


def format_entry_html(entry_key: str, bibliography: BibliographyData) -> str:
    """Return an entry as HTML: everything escaped, the address a link if it is http, https or DOI.

    Raises InputError for an unknown key.
    """
    lead, fields = _reference(entry_key, bibliography)
    link = doi_link(fields["doi"]) if fields["doi"] else safe_link(fields["url"])
    if link:
        return f'{html_text(lead)} <a href="{html_text(link)}">{html_text(link)}</a>'
    return f"{html_text(lead)} {html_text(fields['doi'] or fields['url'])}".strip()
