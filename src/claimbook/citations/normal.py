"""The one normal form of each field; both sides of every comparison go through it.

What typesetting, exporters and databases change freely is evened out: markup, case, accents,
scripts, ligatures, kinds of dashes, Greek letters and their names, DOI resolvers and escapes,
abbreviated page ends. What is left is a difference that a reader of the two would see.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from text_unidecode import unidecode

from claimbook.citations.markup import GREEK_NAMES, from_latex, unmarked
from claimbook.citations.work import Name, Update

SMALL_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a al an and d da das de del della der des di dell die do du e el et for from fur in "
        "l la las le les los o of on per pour the to und van voor y zur",
    )
)
"""Words that abbreviated names of journals leave out."""

_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+|--+")
_SILENT = str.maketrans(dict.fromkeys("°∘º™®©′″¶†‡’‘ʼ`´'‐\u2011", None) | {"&": " and "})
_GREEK = str.maketrans(GREEK_NAMES)
_UMLAUT = re.compile(r"(a)[ae]+|([ou])e+")

# --- text ----------------------------------------------------------------------------------------


@lru_cache(maxsize=131072)
def folded(value: str) -> str:
    """Return text in ASCII, without markup, case, accents and kinds of dashes; Greek by name."""
    text = unmarked(value).casefold()
    if "--" in text:
        text = re.sub("--+", "-", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _DASHES.sub("-", text))
        text = text.translate(_GREEK) if any(c in GREEK_NAMES for c in text) else text
        text = unidecode("".join(c for c in text if not unicodedata.combining(c)))
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=131072)
def words(value: str) -> tuple[str, ...]:
    """Return text as folded words without punctuation; ``&`` is the word ``and``."""
    text = unmarked(value)
    if not text.isascii() or "&" in text or "'" in text or "`" in text:
        text = _DASHES.sub("-", text).translate(_SILENT)
    return tuple(re.findall(r"[a-z0-9]+", folded(text)))


def letters(value: str) -> str:
    """Return the folded words of a text as one: hyphens, blanks and umlauts do not count."""
    return _UMLAUT.sub(lambda m: m[1] or m[2], "".join(words(value)))


# --- title ---------------------------------------------------------------------------------------

_STATUS = re.compile(
    r"^\W*(?P<status>retracted(?: article| paper| chapter)?|retraction(?: of| note| notice)?"
    r"|withdrawn(?: article)?|withdrawal notice|expression of concern|editorial expression of "
    r"concern|removed|temporary removal)\b\s*(?:[:\]\)–—-]|article\b|$)\W*",
    re.IGNORECASE,
)
_RETRACTED_BEHIND = re.compile(r"\W*\(?\bretracted (?:article|paper)\b.*$", re.IGNORECASE)
_NOTICE = re.compile(
    r"^\W*(?:(?:publisher|author|editor)s?\W{0,2}\s*)?(?P<notice>correction|corrections|corrigendum|"
    r"corrigenda|erratum|errata|addendum|retraction(?: note| notice)?|reply|response|"
    r"(?:invited )?comment(?:ary)?|author'?s'? (?:reply|response)|reply from the authors|letter|"
    r"discussion|editorial|re|review)(?:\s*(?:to|for|on|of|by)\b|\s*[:–—-])\s*",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"\s*[\[(](?:article |text |paper |written )?in [a-z]+(?:[;,] [^\])]*)?[\])]\.?$", re.IGNORECASE
)


def bare_title(title: str) -> str:
    """Return a title without what was put before or behind it: RETRACTED, [in German]."""
    text = unmarked(title)
    shorter = _LANGUAGE.sub("", _RETRACTED_BEHIND.sub("", _STATUS.sub("", text)))
    return shorter.strip("[]. ") if shorter.strip("[]. ") else text


def update_in_title(title: str) -> Update | None:
    """Return what a title says about its own work: ``RETRACTED: ...``, ``WITHDRAWN: ...``."""
    text = unmarked(title)
    match = _STATUS.match(text)
    status = match["status"].casefold() if match else ""
    if not status and _RETRACTED_BEHIND.search(text):
        status = "retracted"
    if not status or status.startswith("retraction"):  # a notice is not itself retracted
        return None
    for word, kind in (
        ("retracted", "retraction"),
        ("concern", "expression_of_concern"),
        ("", "withdrawal"),
    ):
        if word in status:
            return Update(kind, source="title")
    return None


def notice_of(title: str) -> str:
    """Return what kind of note on another work a title announces (``correction``), or ``""``."""
    text = unmarked(title)
    match = _NOTICE.match(text)
    if match is None:
        return ""
    word = match["notice"].casefold()
    for kind in ("correct", "corrigend", "errat", "addend"):
        if word.startswith(kind):
            return "correction"
    return "retraction notice" if word.startswith("retraction") else "comment"


def without_notice(title: str) -> str:
    """Return a title without a leading ``Correction to:`` and the like."""
    return _NOTICE.sub("", unmarked(title))


@lru_cache(maxsize=65536)
def title_words(title: str) -> tuple[str, ...]:
    """Return a title as words, without remarks that are not part of it."""
    return words(bare_title(title))


@lru_cache(maxsize=65536)
def title_letters(title: str) -> str:
    """Return a title as one word; equal for every way of writing the same title."""
    return letters(bare_title(title))


# --- names ---------------------------------------------------------------------------------------

_QUOTES = re.compile("['’ʼ`´]")
_SUFFIX = re.compile(r"^(jr|sr|jnr|snr|ii|iii|iv|2nd|3rd|4th)\.?$", re.IGNORECASE)


def is_suffix(word: str) -> bool:
    """Whether a word of a name is ``Jr.``, ``III`` and the like."""
    return bool(_SUFFIX.match(word.strip(" ,{}")))


@lru_cache(maxsize=131072)
def family_words(family: str) -> tuple[str, ...]:
    """Return a family name as folded words; hyphens join, apostrophes and blanks part.

    ``ae``, ``oe`` and ``ue`` count as the vowel alone, so that ``Müller``, ``Mueller`` and
    ``Muller`` are one name.
    """
    text = unmarked(family)
    if not text.isalpha():
        text = _QUOTES.sub(" ", _DASHES.sub("-", text)).replace("-", "")
    found = [w for w in re.findall(r"[a-z0-9]+", folded(text)) if not _SUFFIX.match(w)]
    return tuple(_UMLAUT.sub(lambda m: m[1] or m[2], w) for w in found)


@lru_cache(maxsize=65536)
def initials(given: str) -> str:
    """Return initials in lower case: of ``J. O.``, ``JO``, ``Jon-Olof`` alike ``jo``."""
    found = []
    for part in re.findall(r"[^\W\d_]+", unmarked(given)):
        if _SUFFIX.match(part) and not part.isupper():
            continue
        taken = part if part.isupper() and len(part) <= 4 else part[0]
        found.append(re.sub("[^a-z]", "", folded(taken)) if not taken.isascii() else taken.lower())
    return "".join(found)


def name_text(name: Name) -> str:
    """Return ``Family IN Jr`` as records of works write names; an organisation by its name."""
    if not name.given:
        return name.family.replace(";", ",")
    short = "".join(
        part if part.isupper() and len(part) <= 4 else part[0].upper()
        for part in re.findall(r"[^\W\d_]+", name.given)
    )
    return " ".join(filter(None, (name.family, short, name.suffix))).replace(";", ",")


# --- journal -------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def journal_words(journal: str) -> tuple[str, ...]:
    """Return the words of a journal's name without articles and the like; ``U.S.A.`` is one."""
    text = re.sub(r"\b(?:[A-Za-z]\.){2,}", lambda m: m[0].replace(".", "") + " ", unmarked(journal))
    return tuple(w for w in words(text) if w not in SMALL_WORDS)


def normal_issn(issn: str) -> str:
    """Return an ISSN as ``1234567X``, or ``""``."""
    match = re.search(r"(\d{4})\W?(\d{3}[\dXx])", _DASHES.sub("-", str(issn)))
    return (match[1] + match[2]).upper() if match else ""


def normal_isbn(isbn: str) -> str:
    """Return an ISBN as its 13 digits, or ``""``."""
    digits = re.sub(r"[^0-9X]", "", str(isbn).upper())
    if len(digits) == 10:
        body = "978" + digits[:9]
        check = -sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body)) % 10
        return f"{body}{check}"
    return digits if len(digits) == 13 and digits.isdigit() else ""


# --- numbers -------------------------------------------------------------------------------------

_ROMAN = re.compile(r"^(?=[ivxlcdm])m{0,3}(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3})$")
_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


def roman(value: str) -> int | None:
    """Return the number that a lower-case Roman numeral stands for, or None."""
    if not _ROMAN.match(value):
        return None
    digits = [_VALUES[c] for c in value]
    return sum(-d if n + 1 < len(digits) and d < digits[n + 1] else d for n, d in enumerate(digits))


@lru_cache(maxsize=65536)
def normal_number(value: str) -> str:
    """Return a volume or issue: ``Vol. 12``, ``012`` and ``XII`` are 12, ``suppl_1`` is suppl 1."""
    text = folded(value)
    text = re.sub(
        r"^(volume|vol|issue|iss|number|num|nr|no|band|bd|tome)\b[.:]?\s*(?=\w)", "", text
    )
    text = re.sub(r"\b(suppl|supplement|supp)(?:l|lement)?s?(?=[\W_\d]|$)", "suppl ", text)
    text = re.sub(r"\bspecial issue\b", "si", text)
    text = re.sub(r"\b(and|und|et)\b|[&/,]", "-", text)
    text = re.sub(r"[\s._()]+", " ", text)
    text = re.sub(r"\s*-+\s*", "-", text).strip(" -")
    text = re.sub(r"\b0+(?=\d)", "", text)
    number = roman(text) if len(text) > 1 else None
    return str(number) if number is not None else text


@lru_cache(maxsize=65536)
def normal_pages(value: str) -> str:
    """Return pages as ``first-last`` in full: ``R345–53`` and ``pp. 345-353`` alike ``345-353``.

    The letter before a number is dropped from ranges only: in an article number it carries meaning.
    """
    text = re.sub(
        r"^(pp?|pages?|pgs?|s|seiten?|article(?: id| no| number)?|art|paper|no|id)\b[.:#]?\s*"
        r"(?:no\.?\s*)?(?=\w)",
        "",
        folded(value),
    )
    text = re.sub(r"(?<=\d)\s*(?:to|bis|/)\s*(?=\d)", "-", text)
    text = re.sub(r"\s", "", text).strip(".,;")
    text = re.sub(r"^[a-z]?\d+:(\w+)-+[a-z]?\d+:(\w+)$", r"\1-\2", text)  # 45:1--45:20
    parts = [_page_range(part) for part in re.split(r"[,;&]|and", text) if part]
    return ",".join(parts)


def _page_range(text: str) -> str:
    match = re.fullmatch(r"([a-z]{0,3})(\d+)-+([a-z]{0,3})(\d+)", text)
    if match is None:
        if re.fullmatch(r"\w+(-*\+|-+)", text):  # 345+, 345-+, 345-: the end is not given
            return text.rstrip("+-") + "+"
        text = re.sub("-+", "-", text)
        ends = text.split("-")
        return ends[0] if len(ends) == 2 and ends[0] == ends[1] else text
    first, last = match[2], match[4]
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    if int(first) == int(last):
        return match[1] + str(int(first)) if not match[1] else match[1] + first
    return f"{int(first)}-{int(last)}"


@lru_cache(maxsize=65536)
def normal_years(value: str) -> tuple[str, ...]:
    """Return the four-digit years in a text; none for ``n.d.``."""
    return tuple(re.findall(r"(?<!\d)(?:1[4-9]|20|21)\d\d(?!\d)", str(value)))


def normal_year(value: str) -> str:
    """Return the first year in a text, or ``""``."""
    return next(iter(normal_years(value)), "")


# --- identifiers ---------------------------------------------------------------------------------

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"“”]+", re.IGNORECASE)
_SHORT_DOI = re.compile(r"^(?:https?://)?(?:(?:dx\.|www\.)?doi\.org/)?(10/[a-z0-9]{3,12})$")
_NEXT_DOI = re.compile(r"(?:[,;|]|\s|https?://|doi:?)+(?:https?://[\w.]+/)?(?=10\.\d{4,9}/)")
_PAGE_OF_DOI = re.compile(
    r"(?:/(?:abstract|full|fulltext|pdf|epdf|pdfdirect|html|summary|meta|full/html|asset/.*|"
    r"references|issuetoc))+$"
)


@lru_cache(maxsize=65536)
def normal_doi(value: str) -> str:
    """Return the first DOI in a text, in lower case and bare, or the text itself if it has none.

    Undone are resolvers, ``doi:``, percent escapes, LaTeX and HTML, remarks behind it, blanks and
    other kinds of dashes in it. Use `has_doi` to ask whether there is one.
    """
    text = _readable_doi(value)
    short = _SHORT_DOI.match(text)
    if short:
        return short[1]
    match = _DOI.search(text)
    if match is None:
        return text.strip().rstrip(".,; ")
    found = match[0]
    following = _NEXT_DOI.search(found)
    if following and following.start() > 0:
        found = found[: following.start()]
    if "http" in text[: match.start()]:  # what an address asks of a page is no part of the DOI
        found = re.sub(r"[?#][\w-]+=.*$|[?#]$", "", found)
    return _trimmed(found)


def normal_dois(value: str) -> tuple[str, ...]:
    """Return all DOIs in a text."""
    parts = _NEXT_DOI.sub("\n", " " + _readable_doi(value)).split("\n")
    return tuple(dict.fromkeys(_trimmed(m[0]) for p in parts if (m := _DOI.search(p))))


def has_doi(value: str) -> bool:
    """Whether a text holds something of the form of a DOI."""
    doi = normal_doi(value)
    return bool(_DOI.fullmatch(doi) or _SHORT_DOI.match(doi))


def _readable_doi(value: str) -> str:
    text = str(value)
    if re.search(r"[\\{}$~]", text):
        text = from_latex(re.sub(r"(?<!\\)([_^~])", r"\\\1", re.sub(r"\$([_<>])\$", r"\1", text)))
        text = text.replace("–", "--") if "--" in str(value) else text
    for _ in range(3):
        if not re.search(r"&(?:lt|gt|amp|#\d+|#x[0-9a-f]+);", text, re.IGNORECASE):
            break
        text = re.sub(r"&(lt|gt|amp|#60|#62|#38|#x3c|#x3e|#x26);", _entity, text, flags=re.I)
    for _ in range(3):
        if not re.search(r"%[0-9A-Fa-f]{2}", text):
            break
        text = unquote(text)
    text = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff\\x00-\\x08]", "", _DASHES.sub(_dashes, text))
    text = re.sub(r"(10\.\d{4,9})\s*/\s*", r"\1/", text.casefold())
    return " ".join(text.split())


def _entity(match: re.Match) -> str:
    name = match[1].casefold()
    return "<" if name in ("lt", "#60", "#x3c") else ">" if name in ("gt", "#62", "#x3e") else "&"


def _dashes(match: re.Match) -> str:
    return match[0] if match[0].isascii() else "-" * len(match[0])


def _trimmed(doi: str) -> str:
    """Return a DOI without page names, closing punctuation and brackets that it did not open."""
    doi = _PAGE_OF_DOI.sub("", doi)
    if doi.startswith(("10.1101/", "10.48550/arxiv.")):
        doi = re.sub(r"(?<=\d)v\d+$", "", doi)
    while doi:
        last = doi[-1]
        opening = {")": "(", "]": "[", "}": "{", ">": "<"}.get(last)
        unopened = opening and doi.count(opening) < doi.count(last)
        if last not in ".,;:/'’\"”*" and not unopened:
            return doi
        doi = doi[:-1]
    return doi


@lru_cache(maxsize=65536)
def normal_arxiv(value: str) -> str:
    """Return an arXiv identifier without version and class, or ``""``."""
    match = re.search(
        r"(?<![\d.])(\d{4}\.\d{4,5}|[a-z][a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\d)",
        str(value),
        re.IGNORECASE,
    )
    return match[1].casefold() if match else ""


def normal_pmid(value: str) -> str:
    """Return a PubMed number, or ``""``."""
    match = re.fullmatch(r"(?:PMID:?|pubmed:?)?\s*0*(\d{1,8})", str(value).strip(), re.IGNORECASE)
    return match[1] if match else ""
