"""Compare one printed field of a reference with the same field of a record.

Every comparison answers True (agree), False (disagree) or None (nothing to compare: one side is
empty). What typesetting and databases change freely is evened out first: case, accents, dashes,
braces, the punctuation of initials, DOI resolvers, abbreviated page ends. What is left is a
difference that a reader of the two would see.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
from rapidfuzz import fuzz

from claimbook.book.bibliography import GAP, plain_text

FIELDS = ("authors", "year", "title", "journal", "volume", "issue", "pages", "doi")

SAME_WORK_SCORE = 85.0
"""Titles of one work, when a DOI already links the two (token-set ratio, 0 to 100).

The ratio is blind to word order and to words that only one side has, so a dropped subtitle, a
turned-round phrase or a changed noun stays above it (lowest seen for one work: 88), while two works
on one subject stay below (highest seen: 80).
"""
FOUND_SCORE = 95.0
"""Titles of one work, when nothing but the description links the two (plain ratio, 0 to 100).

Without a DOI the title itself has to identify the work, so only a misprint's worth of difference
is allowed, or a subtitle that one side leaves out.
"""
MIN_SHARED_WORDS = 4
"""Shared title words below which leaving words out is not forgiven: short titles are ambiguous."""

_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_DASHES = re.compile(r"[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+|--+")
_PARTICLES = frozenset(
    re.findall(
        r"\w+",
        "d da das de del della den der di do dos du el l la le o te ten ter van vande vanden "
        "vander von vom zu zum zur",
    )
)
_SUFFIX = re.compile(r"^(jr|sr|ii|iii|iv)\.?$", re.IGNORECASE)
_ET_AL = re.compile(r"^(et al\.?|others)$", re.IGNORECASE)
_SMALL_WORDS = frozenset(
    re.findall(r"\w+", "a an and de der des die du e et for fur in la le of on the und y")
)


def as_text(value) -> str:
    """Return a table cell as text: ``""`` for NA, no ``.0`` behind a whole number."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@lru_cache(maxsize=65536)
def folded(value: str) -> str:
    """Return text without case, accents, braces and kinds of dashes; ``O₂`` becomes ``o2``."""
    text = unicodedata.normalize("NFKD", _DASHES.sub("-", plain_text(value))).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(text.translate(_UNDECOMPOSED).split())


# --- authors -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Name:
    """One author: `family` as words, `initials` in order (empty for an organisation)."""

    family: tuple[str, ...]
    initials: str

    @property
    def collective(self) -> bool:
        """Whether this is an organisation (or a name without initials)."""
        return not self.initials


@dataclass(frozen=True)
class Authors:
    """An author list: the names before and after a gap (`et al.`, ``...``), if there is one."""

    head: tuple[Name, ...]
    gap: bool = False
    tail: tuple[Name, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.head or self.tail)


def _words(value: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", value.replace("-", "").replace("'", " ").replace("’", " ")))


def _family_words(family: str) -> tuple[str, ...]:
    """Return a family name as folded words; hyphens join, apostrophes and blanks part.

    ``ae``, ``oe`` and ``ue`` count as the vowel alone, so that ``Müller``, ``Mueller`` and
    ``Muller`` are one name.
    """
    return _words(re.sub(r"([aou])e", r"\1", folded(family)))


def _initials(given: str) -> str:
    """Return initials in lower case: of ``J. O.``, ``JO``, ``Jon-Olof`` alike ``jo``."""
    letters = []
    for part in re.findall(r"[^\W\d_]+", plain_text(given)):
        taken = part if part.isupper() and len(part) <= 4 else part[0]
        letters += folded(taken)
    return "".join(letters)


def _name(family: str, given: str) -> Name:
    return Name(_family_words(family), _initials(given))


def parse_printed_authors(value: str) -> Authors:
    """Return the list printed as ``Family, I. N., Family, I., ... & Family, I.`` as `Authors`."""
    text = plain_text(value).replace("…", GAP)
    gap = GAP in text
    before, _, after = text.partition(GAP)
    head, ended = _printed_names(before)
    tail, _ = _printed_names(after)
    return Authors(head, gap or ended, tail)


def _printed_names(text: str) -> tuple[tuple[Name, ...], bool]:
    """Return the names in a comma-separated list, and whether it ends in ``et al.``."""
    parts = [p.strip() for p in re.split(r",\s*&\s*|,|\s&\s|;", text) if p.strip(" &")]
    parts = [p.lstrip("& ").strip() for p in parts]
    names: list[Name] = []
    ended = False
    index = 0
    while index < len(parts):
        part = parts[index]
        following = parts[index + 1] if index + 1 < len(parts) else ""
        if _ET_AL.match(part):
            ended = True
            index += 1
        elif part.lower().endswith(" et al.") or part.lower().endswith(" et al"):
            names.append(_name(part[: part.lower().rindex(" et al")], ""))
            ended = True
            index += 1
        elif _looks_like_given(following):
            names.append(_name(part, _without_suffix(following)))
            index += 2
        else:
            names.append(_name(part, ""))
            index += 1
    return tuple(names), ended


def _without_suffix(given: str) -> str:
    return " ".join(p for p in given.split() if not _SUFFIX.match(p))


def _looks_like_given(part: str) -> bool:
    """Whether a part of a list is initials (``J. R. Jr.``) rather than the next family name."""
    words = _without_suffix(part).replace(".", ". ").replace("-", " ").split()
    return bool(words) and all(
        len(w.rstrip(".")) <= 1 or (w.isupper() and len(w) <= 4) for w in words
    )


def authors_of_entry(entry) -> Authors:
    """Return the authors of a pybtex entry; `printedauthors`, where present, goes first."""
    if "printedauthors" in entry.fields:
        return parse_printed_authors(entry.fields["printedauthors"])
    names, gap = [], False
    for person in entry.persons.get("author", []):
        family = " ".join(person.prelast_names + person.last_names)
        if _ET_AL.match(plain_text(family)):
            gap = True
            continue
        given = " ".join(person.first_names + person.middle_names)
        names.append(_name(family, given))
    return Authors(tuple(names), gap)


def parse_record_authors(value: str) -> Authors:
    """Return the list ``Family IN; Family I Jr; et al.; Family I`` of a record as `Authors`."""
    head: list[Name] = []
    tail: list[Name] = []
    gap = False
    for part in (p.strip() for p in as_text(value).split(";")):
        if not part:
            continue
        if _ET_AL.match(part):
            gap = True
            continue
        (tail if gap else head).append(_name(*split_record_name(part)[:2]))
    return Authors(tuple(head), gap, tuple(tail))


def split_record_name(name: str) -> tuple[str, str, str]:
    """Return family, initials, suffix of ``Lancaster JR Jr``; an organisation has no initials."""
    words = name.split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.match(words[-1]) else ""
    if len(words) > 1 and words[-1].replace("-", "").isupper() and len(words[-1]) <= 5:
        return " ".join(words[:-1]), words[-1], suffix
    return " ".join(words), "", suffix


def same_name(one: Name, other: Name) -> bool:
    """Whether two names can be one person's: families equal, initials not in conflict.

    One side may give fewer initials. A particle may stand with the family on one side and with the
    initials on the other (``D Souza A`` and ``Souza, A. D.``).
    """
    if "".join(one.family) == "".join(other.family):
        if not one.initials or not other.initials:
            return True
        short, long = sorted((one.initials, other.initials), key=len)
        return short[0] == long[0] and not Counter(short) - Counter(long)
    cores = [_core(n.family) for n in (one, other)]
    if cores[0][1] != cores[1][1]:
        return False
    bags = [Counter(n.initials + core[0]) for n, core in zip((one, other), cores, strict=True)]
    return not bags[0] - bags[1] or not bags[1] - bags[0]


def _core(family: tuple[str, ...]) -> tuple[str, str]:
    """Return the first letters of the leading particles, and the rest of the family name."""
    words = list(family)
    letters = ""
    while len(words) > 1 and words[0] in _PARTICLES:
        letters += words.pop(0)[0]
    return letters, "".join(words)


def authors_agree(printed: Authors, record: Authors) -> bool | None:
    """Whether a printed author list can be that of the record; gaps match any names.

    Organisations listed beside people in the record may be left out in print.
    """
    if not printed or not record:
        return None
    if not any(n.collective for n in printed.head + printed.tail):
        people = Authors(
            tuple(n for n in record.head if not n.collective),
            record.gap,
            tuple(n for n in record.tail if not n.collective),
        )
        record = people if people else record
    if not printed.gap and not record.gap:
        return len(printed.head) == len(record.head) and _all_same(printed.head, record.head)
    if printed.gap and record.gap:
        return _all_same(printed.head, record.head) and _all_same(
            printed.tail[::-1], record.tail[::-1]
        )
    cut, whole = (printed, record) if printed.gap else (record, printed)
    return (
        len(cut.head) + len(cut.tail) <= len(whole.head)
        and _all_same(cut.head, whole.head)
        and _all_same(cut.tail[::-1], whole.head[::-1])
    )


def _all_same(one, other) -> bool:
    """Whether names agree pair by pair, as far as the shorter of the two goes."""
    return all(same_name(a, b) for a, b in zip(one, other, strict=False))


def first_author_agrees(printed: Authors, record: Authors) -> bool | None:
    """Whether the first names of the two lists can be one person's."""
    if not printed.head or not record.head:
        return None
    return same_name(printed.head[0], record.head[0])


# --- title ---------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def title_words(value: str) -> tuple[str, ...]:
    """Return a title as folded words, without punctuation."""
    return tuple(re.findall(r"[^\W_]+", folded(value)))


def titles_agree(printed: str, record: str) -> bool | None:
    """Whether two titles have the same words in the same order; a dropped subtitle disagrees."""
    if not printed or not record:
        return None
    return title_words(printed) == title_words(record)


def title_score(printed: str, record: str) -> float:
    """Return how alike two titles are, 0 to 100, forgiving words that only one of them has.

    Below `MIN_SHARED_WORDS` shared words nothing is forgiven: the plain ratio is returned.
    """
    one, other = title_words(printed), title_words(record)
    plain = fuzz.ratio(" ".join(one), " ".join(other))
    if len(set(one) & set(other)) < MIN_SHARED_WORDS:
        return plain
    return max(plain, fuzz.token_set_ratio(" ".join(one), " ".join(other)))


def title_identifies(printed: str, record: str) -> bool:
    """Whether a title alone points to the record: alike in full, or but for a dropped subtitle."""
    whole = fuzz.ratio(" ".join(title_words(printed)), " ".join(title_words(record)))
    if whole >= FOUND_SCORE:
        return True
    mains = [title_words(re.split(r"[:?]\s", t, maxsplit=1)[0]) for t in (printed, record)]
    one, other = title_words(printed), title_words(record)
    short = min(len(one), len(other))
    return short >= MIN_SHARED_WORDS and (one == mains[1] or other == mains[0])


# --- journal, volume, issue, pages, year, DOI ----------------------------------------------------


def journals_agree(printed: str, record: str) -> bool | None:
    """Whether two journal names are one: equal, abbreviated (ISO 4), or with a place left out.

    ``J Am Heart Assoc`` abbreviates; ``... of the United States of America`` or ``(London)`` after
    the name may be missing. A later name of a renamed journal disagrees: it was not on the issue.
    """
    one, other = _journal_words(printed), _journal_words(record)
    if not one or not other:
        return None
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(one) == len(other):
        return all(
            _abbreviates(a, b) or _abbreviates(b, a) for a, b in zip(one, other, strict=True)
        )
    names = sorted((folded(printed), folded(record)), key=len)
    tail = names[1][len(names[0]) :]
    return (
        long[: len(short)] == short
        and names[1].startswith(names[0])
        and tail.lstrip().startswith(("of the ", "("))
    )


def _journal_words(value: str) -> tuple[str, ...]:
    return tuple(w for w in re.findall(r"[^\W_]+", folded(value)) if w not in _SMALL_WORDS)


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` is `long` cut off or contracted: first letter kept, letters in order."""
    if not short or short[0] != long[:1]:
        return False
    letters = iter(long)
    return long.startswith(short) or (len(short) > 2 and all(c in letters for c in short))


def numbers_agree(printed: str, record: str) -> bool | None:
    """Whether two volumes or issues are equal (``Suppl 4`` and ``suppl. 4`` are)."""
    one, other = (re.sub(r"[\s.]+", " ", folded(v)).strip() for v in (printed, record))
    if not one or not other:
        return None
    return one.lstrip("0") == other.lstrip("0")


def normal_pages(value: str) -> str:
    """Return pages as ``first-last`` in full: ``R345–53`` and ``pp. 345-353`` alike ``345-353``.

    The letter before a number is dropped from ranges only: in an article number it carries meaning.
    """
    text = re.sub(r"^(pp?\.?|pages?|article( no\.?)?)\s*", "", folded(value))
    text = re.sub(r"\s", "", text)
    match = re.fullmatch(r"([a-z]?)(\d+)-+([a-z]?)(\d+)", text)
    if match is None:
        return text
    first, last = match[2], match[4]
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    return f"{int(first)}-{int(last)}"


def pages_agree(printed: str, record: str) -> bool | None:
    """Whether two page ranges or article numbers are equal; a first page alone is not the range."""
    one, other = normal_pages(printed), normal_pages(record)
    if not one or not other:
        return None
    return one == other


def normal_year(value: str) -> str:
    """Return the four digits of a year, or ``""`` where there are none (``n.d.``)."""
    match = re.search(r"\d{4}", as_text(value))
    return match[0] if match else ""


def years_agree(printed: str, record: str) -> bool | None:
    """Whether two years are equal; undated on either side is nothing to compare."""
    one, other = normal_year(printed), normal_year(record)
    return one == other if one and other else None


def normal_doi(value: str) -> str:
    """Return a DOI in lower case without resolver, ``doi:``, LaTeX escapes or closing full stop."""
    text = plain_text(_DASHES.sub("-", as_text(value).replace("\\_", "_"))).strip().casefold()
    text = re.sub(r"^(https?://)?((dx\.)?doi\.org/|doi:\s*)", "", text)
    text = re.sub(r"%2f", "/", text)
    return text.rstrip(".,; ")


def dois_agree(printed: str, record: str) -> bool | None:
    """Whether two DOIs are equal, whatever their case and resolver."""
    one, other = normal_doi(printed), normal_doi(record)
    return one == other if one and other else None
