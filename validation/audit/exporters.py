"""Write a register's answer (a Crossref message) as four reference managers would export it.

Each function follows what its program is seen to write: which characters it escapes and how, which
names of journals it takes, how it writes pages, names and DOIs. Nothing is lost or changed in
meaning: whatever an audit holds against the result is a false accusation.
"""

import html
import re
import unicodedata

ACCENTS = {"\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"'}
ACCENTS |= {"\u030c": "v", "\u0327": "c", "\u030a": "r", "\u0304": "="}
LETTERS = {"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "ł": "l", "Ł": "L"}
GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "κ": "kappa",
    "μ": "mu",
    "ω": "omega",
}
TYPES = {
    "journal-article": "article",
    "book-chapter": "incollection",
    "proceedings-article": "inproceedings",
    "report": "techreport",
    "dissertation": "phdthesis",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
}


def zotero(work: dict, number: int) -> str:
    """Zotero: capitals within titles in braces, whole names, LaTeX for tags, an urldate."""
    fields = _fields(work)
    title = re.sub(r"</?(i|em)>", "\x01", fields["title"])
    title = re.sub(r"\x01(.*?)\x01", r"\\textit{\1}", title)
    title = re.sub(r"<sub>(.*?)</sub>", r"\\textsubscript{\1}", title)
    title = re.sub(r"<sup>(.*?)</sup>", r"\\textsuperscript{\1}", title)
    title = _escaped(_plain(title))
    title = re.sub(r"(?<=\s)(\w*[A-Z]\w*)", r"{\1}", title)
    return _entry(
        work,
        f"{_key(work)}_{number}",
        {
            "title": title,
            "volume": fields["volume"],
            _container(work): _escaped(_plain(fields["journal"])),
            "url": f"https://doi.org/{fields['doi']}",
            "doi": re.sub(r"([_%#&])", r"\\\1", fields["doi"]),
            "number": fields["issue"],
            "urldate": "2026-11-29",
            "author": _names(work, lambda n: _escaped(n)),
            "month": "jan",
            "year": fields["years"][0] if fields["years"] else "",
            "pages": fields["pages"].replace("-", "--"),
            "keywords": "Sleep, Iron",
            "note": "Number: 1 Publisher: Somebody",
        },
        indent="\t",
    )


def mendeley(work: dict, number: int) -> str:
    """Mendeley: double braces, every sign and accent as LaTeX in braces, tags as text."""
    fields = _fields(work)

    def latex(value: str) -> str:
        value = html.unescape(value)
        value = re.sub(r"([&%$#_])", r"{\\\1}", value)
        value = value.replace("<", "{\\textless}").replace(">", "{\\textgreater}")
        return _accents(value.replace("’", "{\\textquoteright}"), "{\\%s{%s}}")

    return _entry(
        work,
        f"{_key(work)}{fields['years'][0] if fields['years'] else ''}{chr(97 + number % 26)}",
        {
            "abstract": "Background. 50{\\%} of the text {\\textless} 1.",
            "annote": "one",
            "author": _names(work, latex),
            "doi": latex(fields["doi"]),
            "file": ":home/me/a.pdf:pdf",
            "issn": "".join(fields["issn"]).replace("-", ""),
            _container(work): latex(_plain(fields["journal"])),
            "keywords": "a,b",
            "month": "{mar}",
            "number": latex(fields["issue"]),
            "pages": fields["pages"].replace("-", "--"),
            "title": "{" + latex(fields["title"]) + "}",
            "url": f"http://doi.wiley.com/{latex(fields['doi'])}",
            "volume": latex(fields["volume"]),
            "year": fields["years"][-1] if fields["years"] else "",
        },
    )


def endnote(work: dict, number: int) -> str:
    """EndNote: initials, short journal names, ends of pages cut, plain Unicode, capital DOI."""
    fields = _fields(work)
    short = _plain(next(iter(work.get("short-container-title") or []), "")) or fields["journal"]
    return _entry(
        work,
        f"RN{number}",
        {
            "author": _names(work, _plain, initials=True),
            "title": _plain(re.sub(r"</?\w[^<>]*>", "", fields["title"])),
            _container(work): _plain(short).replace("&", "\\&"),
            "volume": fields["volume"],
            "number": fields["issue"],
            "pages": _cut(fields["pages"]),
            "keywords": "Sleep\nIron",
            "ISSN": " ".join(fields["issn"]),
            "DOI": fields["doi"],
            "url": f"https://doi.org/{fields['doi']}",
            "year": fields["years"][0] if fields["years"] else "",
            "type": "Journal Article",
        },
        indent="   ",
    )


def jabref(work: dict, number: int) -> str:
    """JabRef and PubMed converters: full stop behind titles, mathematics, ISO 4 names, [doi]."""
    fields = _fields(work)
    title = re.sub(r"<sub>(.*?)</sub>", r"$_{\1}$", fields["title"])
    title = re.sub(r"<sup>(.*?)</sup>", r"$^{\1}$", title)
    title = re.sub(r"<(?:i|em)>(.*?)</(?:i|em)>", r"{\\emph{\1}}", title)
    title = _escaped(_plain(title))
    for letter, name in GREEK.items():
        title = title.replace(letter, f"$\\{name}$")
    title = "".join("{" + c + "}" if c.isupper() and n else c for n, c in enumerate(title))
    title = re.sub(r"\\(\w*)\{([A-Z])\}", r"\\\1\2", title)
    short = _plain(next(iter(work.get("short-container-title") or []), "")) or fields["journal"]
    return _entry(
        work,
        f"{_key(work)}:{number}",
        {
            "Author": _names(work, _escaped),
            "Title": title.rstrip(".") + ".",
            _container(work).capitalize(): _escaped(_plain(short)),
            "Year": fields["years"][-1] if fields["years"] else "",
            "Volume": fields["volume"],
            "Number": fields["issue"],
            "Pages": _cut(fields["pages"]).replace("-", "--"),
            "Doi": f"{fields['doi']} [doi]" if number % 2 else _resolver(fields["doi"], number),
            "Owner": "me",
            "__markedentry": "[me:6]",
        },
        indent="  ",
    )


EXPORTERS = {"Zotero": zotero, "Mendeley": mendeley, "EndNote": endnote, "JabRef": jabref}


# --- parts ---------------------------------------------------------------------------------------


def _fields(work: dict) -> dict:
    years = []
    for name in ("published-print", "issued", "published-online"):
        parts = (work.get(name) or {}).get("date-parts") or [[None]]
        if parts[0] and parts[0][0]:
            years.append(str(parts[0][0]))
    containers = work.get("container-title") or [""]
    return {
        "title": " ".join((work.get("title") or [""])[0].split()),
        "journal": containers[-1],
        "volume": str(work.get("volume") or ""),
        "issue": str(work.get("issue") or ""),
        "pages": str(work.get("page") or work.get("article-number") or ""),
        "doi": work["DOI"],
        "issn": (work.get("ISSN") or [])[:1],
        "years": list(dict.fromkeys(years)),
    }


def _plain(value: str) -> str:
    return html.unescape(html.unescape(value))


def _escaped(value: str) -> str:
    return re.sub(r"(?<!\\)([&%#])", r"\\\1", value)


def _accents(value: str, form: str) -> str:
    written = []
    for letter in value:
        parts = unicodedata.normalize("NFD", letter)
        if len(parts) == 2 and parts[1] in ACCENTS and parts[0].isascii():
            base = "\\i" if parts[0] == "i" else parts[0]
            written.append(form % (ACCENTS[parts[1]], base))
        elif letter in LETTERS:
            written.append("{\\" + LETTERS[letter] + "}")
        else:
            written.append(letter)
    return "".join(written)


def _names(work: dict, text, initials: bool = False) -> str:
    names = []
    for author in work.get("author") or []:
        family, given = author.get("family", ""), author.get("given", "")
        if not family:
            names.append("{" + text(author.get("name") or given) + "}")
            continue
        if initials:
            given = " ".join(f"{p[0]}." for p in re.findall(r"[^\W\d_][\w.'’]*", given))
        parts = [family, author.get("suffix", ""), given]
        names.append(", ".join(text(_plain(p)) for p in parts if p))
    return " and ".join(names)


def _cut(pages: str) -> str:
    """Return pages with the end cut as PubMed does: 345-53."""
    match = re.fullmatch(r"(\d+)-(\d+)", pages)
    if not match or len(match[1]) != len(match[2]) or int(match[1]) >= int(match[2]):
        return pages
    same = 0
    while match[1][same] == match[2][same]:
        same += 1
    return f"{match[1]}-{match[2][same:]}"


def _resolver(doi: str, number: int) -> str:
    forms = ("https://doi.org/{}", "doi:{}", "http://dx.doi.org/{}", "https://www.doi.org/{}")
    return forms[number // 2 % 4].format(doi)


def _container(work: dict) -> str:
    kinds = {"article": "journal", "techreport": "institution", "phdthesis": "school"}
    return kinds.get(TYPES.get(work.get("type", ""), "misc"), "booktitle")


def _key(work: dict) -> str:
    authors = work.get("author") or [{}]
    return re.sub(r"\W", "", authors[0].get("family", "") or "anon").lower() or "anon"


def _entry(work: dict, key: str, fields: dict, indent: str = "") -> str:
    lines = [f"{indent}{name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{TYPES.get(work.get('type', ''), 'misc')}{{{key},\n" + ",\n".join(lines) + "\n}\n"
