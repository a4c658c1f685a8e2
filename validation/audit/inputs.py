"""Lists of references to measure audits with: real register answers as exporters write them.

`written_back` prints each work as one of four exporters does, nothing in it wrong; `planted` does
the same with one fault in each entry.
"""

import html
import json
import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

HABITS = ("zotero", "mendeley", "endnote", "biblatex")
FAULTS = ("swapped DOI", "wrong year", "lost author", "DOI of another work of the author")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TYPES = {
    "journal-article": "article",
    "book-chapter": "incollection",
    "proceedings-article": "inproceedings",
    "book": "book",
    "monograph": "book",
    "dissertation": "phdthesis",
    "report": "techreport",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u030c": "v",
    "\u0327": "c",
    "\u030a": "r",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u030b": "H",
    "\u0328": "k",
}
_COMMANDS = {
    "ß": r"{\ss}",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "æ": r"{\ae}",
    "ł": r"{\l}",
    "ı": r"{\i}",
    "–": "--",
    "—": "---",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    "μ": r"$\mu$",
    "×": r"$\times$",
    "°": r"$^{\circ}$",
    "\u00a0": "~",
}


@dataclass(frozen=True)
class Entry:
    """One entry to audit: its key, its text, the fault in it or ``""``, how it is written."""

    key: str
    text: str
    fault: str
    habit: str


def usable(works: dict[str, dict]) -> list[dict]:
    """Return the works that anybody would cite: with a title, authors and a year."""
    found = {}
    for work in works.values():
        if work.get("title") and work.get("title")[0].strip() and _authors(work) and _year(work):
            found.setdefault(work["DOI"].lower(), work)
    return list(found.values())


def load_works(path: Path) -> dict[str, dict]:
    """Return DOI -> message of Crossref from a JSON file."""
    works = json.loads(path.read_text(encoding="utf-8"))
    works = works if isinstance(works, list) else list(works.values())
    return {work["DOI"].lower(): work for work in works if work.get("DOI")}


def written_back(works: list[dict]) -> list[Entry]:
    """Return an entry per work, in each of the four habits in turn, with nothing wrong in it."""
    return [
        _entry(f"k{place}", work, HABITS[place % len(HABITS)]) for place, work in enumerate(works)
    ]


def planted(works: list[dict], count: int = 300, seed: int = 18) -> tuple[list[Entry], list[dict]]:
    """Return entries with one fault each, and works that a register must know besides.

    The fourth fault needs two works of one author: the second one is a record made up of another
    work's title and details with the first one's authors.
    """
    draw = random.Random(seed)
    several = [w for w in works if len(_authors(w)) > 2]
    lost = draw.sample(several, count // 4)  # no work twice: a repeated entry is another fault
    taken = {w["DOI"] for w in lost}
    others = draw.sample([w for w in works if w["DOI"] not in taken], count - len(lost))
    entries, more = [], []
    for place in range(count):
        fault, habit = FAULTS[place % 4], HABITS[(place // 4) % 4]
        work = dict((lost if fault == "lost author" else others).pop())
        if fault == "swapped DOI":
            work["DOI"] = _unlike(work, works, draw)["DOI"]
        elif fault == "wrong year":
            work["planted year"] = str(int(_year(work)) + draw.choice((-4, -3, 3, 4)))
        elif fault == "lost author":
            authors = list(_authors(work))
            del authors[draw.randrange(1, len(authors))]
            work["author"] = authors
        else:
            other = dict(_unlike(work, works, draw))
            other |= {"DOI": f"10.5555/planted.{place}", "author": work["author"]}
            more.append(other)
            work["DOI"] = other["DOI"]
        entries.append(_entry(f"p{place}", work, habit, fault))
    return entries, more


def _unlike(work: dict, works: list[dict], draw: random.Random) -> dict:
    """Return another work whose title shares few words and whose authors are others."""
    words = set(re.findall(r"\w{4,}", work["title"][0].lower()))
    families = {a.get("family", a.get("name")) for a in _authors(work)}
    while True:
        other = works[draw.randrange(len(works))]
        shared = words & set(re.findall(r"\w{4,}", other["title"][0].lower()))
        others = {a.get("family", a.get("name")) for a in _authors(other)}
        if len(shared) < 2 and not families & others and other["DOI"] != work["DOI"]:
            return other


def _authors(work: dict) -> list[dict]:
    return [a for a in work.get("author") or [] if a.get("family") or a.get("name")]


def _date(work: dict) -> list[int]:
    for name in ("published-print", "issued", "published-online"):
        parts = (work.get(name) or {}).get("date-parts") or [[None]]
        if parts[0] and parts[0][0]:
            return parts[0]
    return []


def _year(work: dict) -> str:
    return str(_date(work)[0]) if _date(work) else ""


# --- four habits ---------------------------------------------------------------------------------


def _entry(key: str, work: dict, habit: str, fault: str = "") -> Entry:
    write = {"zotero": _zotero, "mendeley": _mendeley, "endnote": _endnote, "biblatex": _biblatex}
    fields = {name: value for name, value in write[habit](work).items() if value}
    kind = _TYPES.get(work.get("type", ""), "misc")
    if habit == "biblatex":
        kind = {"techreport": "report", "phdthesis": "thesis"}.get(kind, kind)
    lines = ",\n".join(f"\t{name} = {value}" for name, value in fields.items())
    return Entry(key, f"@{kind}{{{key},\n{lines}\n}}\n", fault, habit)


def _title(work: dict) -> str:
    title = " ".join(work["title"][0].split())
    subtitle = " ".join((work.get("subtitle") or [""])[0].split())
    return f"{title}: {subtitle}" if subtitle and subtitle not in title else title


def _container(work: dict, short: bool = False) -> str:
    names = (work.get("short-container-title") if short else None) or work.get("container-title")
    return html.unescape((names or [""])[0])


def _place(work: dict) -> str:
    kind = _TYPES.get(work.get("type", ""), "misc")
    return {"article": "journal", "incollection": "booktitle", "inproceedings": "booktitle"}.get(
        kind, "series"
    )


def _names(work: dict, encode, initials: bool = False) -> str:
    names = []
    for author in _authors(work):
        family, given = author.get("family", ""), author.get("given", "")
        if not family:
            names.append("{" + encode(author["name"]) + "}")
            continue
        if initials:
            given = " ".join(part[0] + "." for part in re.findall(r"[^\W\d_]+", given))
        suffix = author.get("suffix", "")
        parts = [family, suffix, given] if suffix else [family, given]
        names.append(encode(", ".join(p for p in parts if p)))
    return " and ".join(names)


def latex(text: str) -> str:
    """Return text with accents and special characters as LaTeX commands."""
    out = []
    for letter in html.unescape(text):
        base, *marks = unicodedata.normalize("NFD", letter)
        if letter in _COMMANDS:
            out.append(_COMMANDS[letter])
        elif marks and len(marks) == 1 and marks[0] in _ACCENTS and base.isascii():
            out.append("{\\" + _ACCENTS[marks[0]] + "{" + base + "}}")
        elif letter in "&%$#_":
            out.append("\\" + letter)
        else:
            out.append(letter)
    return "".join(out)


def _marked(text: str, encode) -> str:
    """Return a title with its tags as LaTeX commands; other tags are left out."""
    commands = {"i": "textit", "em": "emph", "b": "textbf", "sub": "textsubscript"}
    commands |= {"sup": "textsuperscript", "scp": "textsc"}
    out = []
    for part in re.split(r"(</?[A-Za-z][^<>]*>)", text):
        tag = re.fullmatch(r"<(/?)([\w:]+)[^<>]*>", part)
        if tag is None:
            out.append(encode(part))
        elif tag[2] in commands:
            out.append("}" if tag[1] else "\\" + commands[tag[2]] + "{")
    return "".join(out)


def _pages(work: dict, dash: str) -> str:
    return re.sub(r"(?<=\w)-(?=\w)", dash, work.get("page", "") or work.get("article-number", ""))


def _zotero(work: dict) -> dict[str, str]:
    """Zotero's BibTeX: capitals in braces, commands for accents, the month as a word."""
    title = re.sub(r"\b([A-Z]\w*[A-Z]\w*)\b", r"{\1}", _marked(_title(work), latex))
    date = _date(work)
    year = work.get("planted year") or str(date[0])
    return {
        "title": f"{{{title}}}",
        "volume": _braced(work.get("volume")),
        "issn": _braced((work.get("ISSN") or [""])[0]),
        "url": f"{{https://doi.org/{work['DOI']}}}",
        "doi": f"{{{work['DOI']}}}",
        "language": "{en}",
        "number": _braced(work.get("issue")),
        "urldate": "{2026-03-04}",
        _place(work): _braced(latex(_container(work))),
        "author": f"{{{_names(work, latex)}}}",
        "month": _MONTHS[date[1] - 1] if len(date) > 1 else "",
        "year": f"{{{year}}}",
        "pages": _braced(_pages(work, "--")),
    }


def _mendeley(work: dict) -> dict[str, str]:
    """Mendeley: the title in two pairs of braces, initials, DOI with escaped underscores."""
    return {
        "author": f"{{{_names(work, latex, initials=True)}}}",
        "doi": "{" + work["DOI"].replace("_", r"\_") + "}",
        "issn": _braced((work.get("ISSN") or [""])[0].replace("-", "")),
        _place(work): _braced(latex(_container(work))),
        "number": _braced(work.get("issue")),
        "pages": _braced(_pages(work, "--")),
        "title": "{{" + _marked(_title(work), latex) + "}}",
        "url": "{http://dx.doi.org/" + work["DOI"].replace("_", r"\_") + "}",
        "volume": _braced(work.get("volume")),
        "year": "{" + (work.get("planted year") or _year(work)) + "}",
    }


def _endnote(work: dict) -> dict[str, str]:
    """EndNote: letters as they are, short journal names, abbreviated pages, tags in titles."""
    pages = work.get("page", "")
    match = re.fullmatch(r"(\d+)-(\d+)", pages)
    if match and len(match[1]) == len(match[2]) and len(match[1]) > 1:
        kept = next((i for i, (a, b) in enumerate(zip(*match.groups(), strict=True)) if a != b), 0)
        pages = f"{match[1]}-{match[2][kept:]}"
    return {
        "author": f"{{{_names(work, html.unescape)}}}",
        "title": f"{{{_title(work)}}}",
        _place(work): _braced(_container(work, short=True)),
        "volume": _braced(work.get("volume")),
        "number": _braced(work.get("issue")),
        "pages": _braced(pages or work.get("article-number")),
        "ISSN": _braced((work.get("ISSN") or [""])[0]),
        "DOI": f"{{https://doi.org/{work['DOI']}}}",
        "year": "{" + (work.get("planted year") or _year(work)) + "}",
        "type": "{Journal Article}",
    }


def _biblatex(work: dict) -> dict[str, str]:
    """Better BibLaTeX: a full date, journaltitle, letters as they are, capitals in braces."""
    date = _date(work)
    year = work.get("planted year") or f"{date[0]:04d}"
    title = re.sub(r"\b([A-Z]\w*[A-Z]\w*)\b", r"{{\1}}", _marked(_title(work), _special))
    place = {"journal": "journaltitle"}.get(_place(work), _place(work))
    return {
        "title": f"{{{title}}}",
        "author": f"{{{_names(work, _special)}}}",
        "date": "{" + "-".join([year, *(f"{part:02d}" for part in date[1:])]) + "}",
        place: _braced(_special(_container(work))),
        "shortjournal": _braced(_special(_container(work, short=True))),
        "volume": _braced(work.get("volume")),
        "number": _braced(work.get("issue")),
        "pages": _braced(_pages(work, "--")),
        "issn": _braced((work.get("ISSN") or [""])[0]),
        "doi": f"{{{work['DOI']}}}",
        "urldate": "{2026-03-04}",
        "langid": "{english}",
    }


def _special(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", html.unescape(text))


def _braced(value) -> str:
    return f"{{{value}}}" if value else ""
