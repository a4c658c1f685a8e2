"""Compare one printed field of a reference with the same field of a record.

Every comparison answers True (agree), False (disagree) or None (nothing to compare: one side is
empty). Both sides are brought into their normal form first (`claimbook.citations.normal`).
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd
from rapidfuzz import fuzz

from claimbook.book.bibliography import GAP
from claimbook.citations.markup import unmarked
from claimbook.citations.normal import (
    bare_title,
    family_words,
    folded,
    initials,
    is_suffix,
    journal_words,
    name_text,
    normal_doi,
    normal_number,
    normal_pages,
    normal_years,
    roman,
    title_letters,
    title_words,
)
from claimbook.citations.work import Name, Work

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

_PARTICLES = frozenset(
    re.findall(
        r"\S+",
        "d da das de del della den der di do dos du el l la le o te ten ter van vande vanden "
        "vander von vom zu zum zur",
    )
)
_ET_AL = re.compile(r"^(and )?(et\.? al\.?|others|et alii)$", re.IGNORECASE)


def as_text(value) -> str:
    """Return a table cell as text: ``""`` for NA, no ``.0`` behind a whole number."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def text_fields(work: Work) -> dict[str, str]:
    """Return a work as the text of `FIELDS`, authors as ``Family IN; Organisation``."""
    names = [name_text(n) for n in work.authors]
    if not work.authors_complete:
        names += ["et al.", *map(name_text, work.last_authors)]
    title = work.title
    if work.subtitle and title_letters(work.subtitle) not in title_letters(title):
        title = f"{title}{'' if title.endswith(('?', '!')) else ':'} {work.subtitle}"
    return {
        "authors": "; ".join(filter(None, names)),
        "year": next(iter(work.years), ""),
        "title": title,
        "journal": next(iter(work.container_titles), ""),
        "volume": work.volume,
        "issue": work.issue,
        "pages": work.pages or work.article_number,
        "doi": work.doi,
    }


# --- authors -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NameKey:
    """One author in normal form: words of the family and given names, and the initials in order."""

    family: tuple[str, ...]
    initials: str
    given: tuple[str, ...] = ()

    @property
    def collective(self) -> bool:
        """Whether this is an organisation (or a name without initials)."""
        return not self.initials


@dataclass(frozen=True)
class Authors:
    """An author list: the names before and after a gap (`et al.`, ``...``), if there is one."""

    head: tuple[NameKey, ...]
    gap: bool = False
    tail: tuple[NameKey, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.head or self.tail)


@lru_cache(maxsize=131072)
def name_key(name: Name) -> NameKey:
    """Return a name in its normal form."""
    if name.collective:
        return NameKey(family_words(name.family), "")
    return NameKey(family_words(name.family), initials(name.given), family_words(name.given))


def authors_of(work: Work) -> Authors:
    """Return the authors of a work in normal form."""
    return Authors(
        tuple(map(name_key, work.authors)),
        not work.authors_complete,
        tuple(map(name_key, work.last_authors)),
    )


def is_et_al(text: str) -> bool:
    """Whether a name only says that names are left out."""
    return bool(_ET_AL.match(text.strip()))


def parse_printed_authors(value: str) -> Work:
    """Return the list printed as ``Family, I. N., Family, I., ... & Family, I.``, as a `Work`."""
    text = unmarked(value).replace("…", GAP)
    gap = GAP in text
    before, _, after = text.partition(GAP)
    head, ended = _printed_names(before)
    tail, _ = _printed_names(after)
    return Work(authors=head, authors_complete=not (gap or ended), last_authors=tail)


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
            names.append(Name(part[: part.lower().rindex(" et al")]))
            ended = True
            index += 1
        elif looks_like_given(following):
            names.append(Name(part, _without_suffix(following)))
            index += 2
        else:
            names.append(Name(part))
            index += 1
    return tuple(names), ended


def _without_suffix(given: str) -> str:
    return " ".join(p for p in given.split() if not is_suffix(p))


def looks_like_given(part: str) -> bool:
    """Whether a part of a list is initials (``J. R. Jr.``) rather than the next family name."""
    words = _without_suffix(part).replace(".", ". ").replace("-", " ").split()
    return bool(words) and all(
        len(w.rstrip(".")) <= 1 or (w.isupper() and len(w) <= 4) for w in words
    )


def parse_record_authors(value: str) -> Work:
    """Return the list ``Family IN; Family I Jr; et al.; Family I`` of a record, as a `Work`."""
    head: list[Name] = []
    tail: list[Name] = []
    gap = False
    for part in (p.strip() for p in as_text(value).split(";")):
        if not part:
            continue
        if is_et_al(part):
            gap = True
            continue
        family, given, suffix = split_record_name(part)
        (tail if gap else head).append(Name(family, given, suffix, collective=not given))
    return Work(authors=tuple(head), authors_complete=not gap, last_authors=tuple(tail))


def split_record_name(name: str) -> tuple[str, str, str]:
    """Return family, initials, suffix of ``Lancaster JR Jr``; an organisation has no initials."""
    words = name.split()
    suffix = words.pop() if len(words) > 2 and is_suffix(words[-1]) else ""
    if len(words) > 1 and words[-1].replace("-", "").isupper() and len(words[-1]) <= 5:
        return " ".join(words[:-1]), words[-1], suffix
    return " ".join(words), "", suffix


def same_name(one: NameKey, other: NameKey) -> bool:
    """Whether two names can be one person's: families equal, initials not in conflict.

    One side may give fewer initials. A particle, or one of two family names, may stand with the
    family on one side and with the given names on the other (``D Souza A`` and ``Souza, A. D.``);
    family and given name may be swapped.
    """
    if "".join(one.family) == "".join(other.family):
        return not (one.initials and other.initials) or _initials_agree(one, other)
    if one.given and other.given and one.family == other.given and one.given == other.family:
        return True
    if one.collective or other.collective:
        return bool(one.family) and sorted(one.given + one.family) == sorted(
            other.given + other.family
        )
    cores = [_core(n.family) for n in (one, other)]
    if cores[0][1] != cores[1][1]:
        return _one_of_two_families(one, other)
    bags = [Counter(n.initials + core[0]) for n, core in zip((one, other), cores, strict=True)]
    return not bags[0] - bags[1] or not bags[1] - bags[0]


def _initials_agree(one: NameKey, other: NameKey) -> bool:
    short, long = sorted((one.initials, other.initials), key=len)
    return short[0] == long[0] and not Counter(short) - Counter(long)


def _one_of_two_families(one: NameKey, other: NameKey) -> bool:
    """Whether ``Nunez Perez AM`` is meant by ``Nunez AM`` or ``Perez, A. M. N.``."""
    short, long = sorted((one, other), key=lambda n: len(n.family))
    count = len(short.family)
    if not count or count == len(long.family):
        return False
    if long.family[:count] == short.family:
        return _initials_agree(short, long)
    if long.family[-count:] == short.family:
        extra = "".join(w[0] for w in long.family[:-count])
        return not Counter(short.initials) - Counter(long.initials + extra)
    return False


def _core(family: tuple[str, ...]) -> tuple[str, str]:
    """Return the first letters of the leading particles, and the rest of the family name."""
    words = list(family)
    letters = ""
    while len(words) > 1 and words[0] in _PARTICLES:
        letters += words.pop(0)[0]
    return letters, "".join(words)


def authors_agree(printed: Authors, record: Authors) -> bool | None:
    """Whether a printed author list can be that of the record; gaps match any names.

    Organisations that only one side lists beside people may be left out on the other.
    """
    if not printed or not record:
        return None
    if not any(n.collective for n in printed.head + printed.tail):
        record = _people(record) or record
    elif not any(n.collective for n in record.head + record.tail):
        printed = _people(printed) or printed
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


def _people(authors: Authors) -> Authors:
    """Return a list without its organisations."""
    return Authors(
        tuple(n for n in authors.head if not n.collective),
        authors.gap,
        tuple(n for n in authors.tail if not n.collective),
    )


def _all_same(one, other) -> bool:
    """Whether names agree pair by pair, as far as the shorter of the two goes."""
    return all(same_name(a, b) for a, b in zip(one, other, strict=False))


def first_author_agrees(printed: Authors, record: Authors) -> bool | None:
    """Whether the first names of the two lists can be one person's."""
    if not printed.head or not record.head:
        return None
    return same_name(printed.head[0], record.head[0])


def shared_authors(printed: Authors, record: Authors) -> float:
    """Return which part of the shorter list's families is in the other one, in any order."""
    one, other = (
        {"".join(_core(n.family)[1]) for n in a.head + a.tail if n.family}
        for a in (printed, record)
    )
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


# --- title ---------------------------------------------------------------------------------------


def titles_agree(printed: str, record: str) -> bool | None:
    """Whether two titles have the same words in the same order; a dropped subtitle disagrees."""
    if not printed or not record:
        return None
    return title_letters(printed) == title_letters(record)


def title_score(printed: str, record: str) -> float:
    """Return how alike two titles are, 0 to 100, forgiving words that only one of them has.

    Below `MIN_SHARED_WORDS` shared words nothing is forgiven: the plain ratio is returned.
    """
    one, other = title_words(printed), title_words(record)
    if one == other or title_letters(printed) == title_letters(record):
        return 100.0 if one and other else 0.0
    plain = fuzz.ratio(" ".join(one), " ".join(other))
    if len(set(one) & set(other)) < MIN_SHARED_WORDS:
        return plain
    return max(plain, fuzz.token_set_ratio(" ".join(one), " ".join(other)))


def title_identifies(printed: str, record: str) -> bool:
    """Whether a title alone points to the record: alike in full, or but for a dropped subtitle."""
    if title_letters(printed) == title_letters(record):
        return bool(title_letters(printed))
    whole = fuzz.ratio(" ".join(title_words(printed)), " ".join(title_words(record)))
    if whole >= FOUND_SCORE:
        return True
    mains = [
        title_words(re.split(r"[:?]\s", bare_title(t), maxsplit=1)[0]) for t in (printed, record)
    ]
    one, other = title_words(printed), title_words(record)
    short = min(len(one), len(other))
    return short >= MIN_SHARED_WORDS and (one == mains[1] or other == mains[0])


def numbered_apart(printed: str, record: str) -> bool:
    """Whether two titles differ in a number, as the parts of a series do (``II``, ``Part 3``)."""
    one, other = (
        Counter(str(roman(w) or w) for w in title_words(t) if _NUMBER.match(w))
        for t in (printed, record)
    )
    return bool(one - other) and bool(other - one)


_NUMBER = re.compile(r"^(\d+|i{1,3}|iv|vi{0,3}|ix|xi{0,2})$")


# --- journal, volume, issue, pages, year, DOI ----------------------------------------------------


def journals_agree(printed: str, record: str) -> bool | None:
    """Whether two journal names are one: equal, abbreviated (ISO 4), or with a place left out.

    ``J Am Heart Assoc`` abbreviates; ``... of the United States of America``, ``(London)`` or
    ``: official journal of ...`` after the name may be missing. A later name of a renamed journal
    disagrees: it was not on the issue.
    """
    one, other = journal_words(printed), journal_words(record)
    if not one or not other:
        return None
    if one == other or "".join(one) == "".join(other):
        return True
    short, long = sorted((one, other), key=len)
    if _same_words(one, other) or _acronym(short, long):
        return True
    names = sorted((folded(printed), folded(record)), key=len)
    for name, whole in (names, names[::-1]):
        before = _BEHIND_NAME.split(whole, maxsplit=1)
        if len(before) == 2 and before[0]:
            main = journal_words(before[0])
            words = journal_words(name)
            if main and words and (main == words or _same_words(main, words)):
                return True
    tail = names[1][len(names[0]) :]
    return (
        long[: len(short)] == short
        and names[1].startswith(names[0])
        and tail.lstrip().startswith(("of the ", "("))
    )


_BEHIND_NAME = re.compile(r"\s*[(:;=\[]|\s+-+\s+|,? of the (?:u\.? ?s\.?|united)")


def any_journal_agrees(printed: Iterable[str], record: Iterable[str]) -> bool | None:
    """Whether any of the printed containers is any of the record's."""
    found = [journals_agree(p, r) for p in printed for r in record]
    return True if True in found else False if False in found else None


def _same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(one) == len(other) and all(
        _abbreviates(a, b) or _abbreviates(b, a) for a, b in zip(one, other, strict=True)
    )


def _acronym(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether the one word of `short` consists of first letters of all of `long` (PNAS, JAMA)."""
    if len(short) != 1 or not 3 <= len(short[0]) <= len(long) + 2 or len(long) < 3:
        return False
    wanted = iter(short[0])
    first = next(wanted)
    if first != long[0][0]:
        return False
    heads = "".join(w[0] for w in long)
    return short[0] == heads or heads.startswith(short[0])


def _abbreviates(short: str, long: str) -> bool:
    """Whether `short` is `long` cut off or contracted: first letter kept, letters in order."""
    if not short or short[0] != long[:1]:
        return False
    letters = iter(long)
    return long.startswith(short) or (len(short) > 2 and all(c in letters for c in short))


def numbers_agree(printed: str, record: str) -> bool | None:
    """Whether two volumes or issues are equal (``Suppl 4`` and ``suppl. 4`` are)."""
    one, other = normal_number(printed), normal_number(record)
    if not one or not other:
        return None
    return one == other


def pages_agree(printed: str, record: str) -> bool | None:
    """Whether two page ranges or article numbers are equal; a first page alone is not the range."""
    one, other = normal_pages(printed), normal_pages(record)
    if not one or not other:
        return None
    if one == other:
        return True
    for open_end, whole in ((one, other), (other, one)):
        if open_end.endswith("+") and re.split(r"[-+,]", whole)[0] == open_end[:-1]:
            return True
    return False


def years_agree(printed: str | Iterable[str], record: str | Iterable[str]) -> bool | None:
    """Whether two sets of years share one; undated on either side is nothing to compare."""
    one, other = (
        {y for text in ([v] if isinstance(v, str) else v) for y in normal_years(as_text(text))}
        for v in (printed, record)
    )
    return bool(one & other) if one and other else None


def dois_agree(printed: str, record: str) -> bool | None:
    """Whether two DOIs are equal, whatever their case and resolver."""
    one, other = normal_doi(printed), normal_doi(record)
    return one == other if one and other else None
