"""Weigh whether a printed reference and a record are of one work: no field decides alone.

Every field that both sides have speaks for one work (positive points) or against it:

========================  ======================================================================
title, the same           6; of five words 4, three or four 3, two 2, one 1: short ones say little
title, in part            4 if one begins the other; but for a subtitle 3; much alike 2
another title             -3, as another number of a series; hardly alike (`UNLIKE_SCORE`) -4
authors, the same         3; the first one the same 2; at least half of them shared 1
no author shared          -3; fewer than half of them -1
year                      1; next to it -0.5; another -1.5
journal or book           1; another -1
volume                    1; another -1
issue                     0.5; another -0.5
pages                     3; the first page the same 1.5; others -2
========================  ======================================================================

The record is of another work if the points are below 0 and at least two fields speak against it,
or if neither the title nor any author is the same. Names in two scripts are not compared.
How sure that is: 5 points or more are sure, 2 or more fairly sure, fewer not sure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claimbook.citations.fields import (
    SAME_WORK_SCORE,
    Authors,
    any_journal_agrees,
    authors_agree,
    authors_of,
    dois_agree,
    first_author_agrees,
    numbered_apart,
    numbers_agree,
    pages_agree,
    shared_authors,
    title_identifies,
    title_score,
    titles_agree,
    years_agree,
)
from claimbook.citations.normal import (
    journal_words,
    normal_doi,
    normal_issn,
    normal_number,
    normal_pages,
    notice_of,
    title_letters,
    title_words,
    without_notice,
)
from claimbook.citations.work import Work

UNLIKE_SCORE = 50.0
SURE, FAIRLY_SURE = 5.0, 2.0
_PREPRINT_SERVERS = re.compile(
    r"^10\.(48550|1101/(?:19|20)\d\d|1101/\d{6}(?:v\d)?$|31234|31219|31222|20944|21203|26434|22541|"
    r"2139/ssrn|5281|36227|14293|32942|35542|7287/peerj\.preprints|12688)",
)
_PREPRINT_NAMES = re.compile(
    r"\b(arxiv|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|preprints?|osf)\b", re.I
)
_FOREIGN = frozenset(
    re.findall(
        r"\S+",
        "der die das und des eine einer zur zum mit bei auf im von le la les du une et dans chez "
        "sur el los las una y en con por para del il lo gli nel della dei degli e da do dos na nos "
        "os um uma het een van voor bij met og av til hos i w z u dla",
    )
)
_LANGUAGE_NOTE = re.compile(
    r"\bin (german|french|spanish|portuguese|italian|russian|chinese|japanese|polish|dutch|korean|"
    r"turkish|czech|danish|swedish|norwegian|finnish|hungarian|ukrainian|greek|hebrew|arabic|"
    r"persian|croatian|serbian|romanian|slovak|slovene)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Weight:
    """What one field says: points for one work (positive) or against it, in a few words."""

    field: str
    points: float
    words: str


@dataclass(frozen=True)
class Weighed:
    """A printed work held beside a record: per field whether they agree, and all that speaks.

    relation: how the two are related if they are not the same publication, in words, or ``""``.
    """

    agree: dict[str, bool | None]
    weights: tuple[Weight, ...]
    relation: str = ""

    @property
    def points(self) -> float:
        return sum(w.points for w in self.weights)

    @property
    def another_work(self) -> bool:
        """Whether the record is of another work than the printed one, by the rule above."""
        against = {w.field for w in self.weights if w.points <= -1}
        strangers = {w.field for w in self.weights if w.points <= -3} == {"title", "authors"}
        return (strangers or (self.points < 0 and len(against) > 1)) and not self.relation

    @property
    def sureness(self) -> str:
        """How sure the answer to `another_work` is."""
        size = abs(self.points)
        return "sure" if size >= SURE else "fairly sure" if size >= FAIRLY_SURE else "not sure"

    def spoke(self, for_it: bool) -> str:
        """Return the words of all that speaks for one work, or against it."""
        return "; ".join(w.words for w in self.weights if (w.points > 0) is for_it)


def weigh(printed: Work, record: Work, note: str = "") -> Weighed:
    """Return how a printed work and a record compare; note: what the entry remarks on itself."""
    volume, letter = _volume_with_letter(printed, record)
    authors = authors_of(printed), authors_of(record)
    same_authors = authors_agree(*authors)
    if same_authors is False and _latin(printed) is not _latin(record):
        same_authors = None
    agree = {
        "authors": same_authors,
        "year": years_agree(printed.years, record.years),
        "title": _titles_agree(printed, record),
        "journal": _journals_agree(printed, record, letter),
        "volume": numbers_agree(volume, record.volume),
        "issue": _issues_agree(printed, record),
        "pages": _pages_agree(printed, record),
        "doi": dois_agree(printed.doi, record.doi),
    }
    weights = (
        _title(printed, record, agree["title"]),
        _authors(*authors, agree["authors"]),
        _year(printed, record, agree["year"]),
        _simple("journal", agree["journal"], 1.0),
        _simple("volume", agree["volume"], 1.0),
        _simple("issue", agree["issue"], 0.5),
        _pages(printed, record, agree["pages"]),
    )
    kept = tuple(w for w in weights if w is not None)
    return Weighed(agree, kept, _relation(printed, record, agree, kept, note))


def _latin(work: Work) -> bool:
    """Whether the authors' names are written in Latin letters."""
    text = "".join(n.family for n in work.authors)
    return text.isascii() or bool(re.search("[A-Za-z]", text))


def titles_of(work: Work) -> tuple[str, ...]:
    """Return every title by which a work may be named, its own first."""
    title = work.title
    titles = [title]
    if work.subtitle:
        titles.append(f"{title}: {work.subtitle}")
    return tuple(t for t in (*titles, *work.other_titles) if t)


def best_title_score(printed: Work, record: Work) -> float | None:
    """Return how alike the titles are at best, 0 to 100; None if one has none."""
    scores = [title_score(p, r) for p in titles_of(printed) for r in titles_of(record)]
    return max(scores, default=None)


# --- single fields -------------------------------------------------------------------------------


def _titles_agree(printed: Work, record: Work) -> bool | None:
    found = [titles_agree(p, r) for p in titles_of(printed) for r in titles_of(record)]
    return True if True in found else False if found else None


def _journals_agree(printed: Work, record: Work, letter: str) -> bool | None:
    names = printed.container_titles
    if letter:
        names = tuple(f"{name} {letter}" for name in names)
    agree = any_journal_agrees(names, record.container_titles)
    if agree is False:
        known = {normal_issn(i) for i in record.issn} - {""}
        if known & {normal_issn(i) for i in printed.issn}:
            return True
    return agree


def _volume_with_letter(printed: Work, record: Work) -> tuple[str, str]:
    """Return the printed volume, and a letter in it that belongs to the journal: Phys. Rev. D12."""
    match = re.fullmatch(r"([A-Za-z])(\d+)", printed.volume.strip())
    if match and record.volume.strip() == match[2]:
        letter = match[1].casefold()
        if any(journal_words(t)[-1:] == (letter,) for t in record.container_titles):
            return match[2], match[1]
        return match[2], ""
    return printed.volume, ""


def _issues_agree(printed: Work, record: Work) -> bool | None:
    agree = numbers_agree(printed.issue, record.issue)
    if agree is False:
        one, other = (set(normal_number(i).split("-")) for i in (printed.issue, record.issue))
        words = {w for i in (printed.issue, record.issue) for w in normal_number(i).split()}
        if one < other or other < one or "suppl" in words and len(words) <= 3:
            return one <= other or other <= one or _same_supplement(printed.issue, record.issue)
    return agree


def _same_supplement(one: str, other: str) -> bool:
    """Whether ``S1``, ``Suppl 1`` and ``1 Suppl`` are the same, or one leaves out the number."""
    numbers = [set(re.findall(r"\d+", normal_number(i))) for i in (one, other)]
    return numbers[0] <= numbers[1] or numbers[1] <= numbers[0]


def _pages_agree(printed: Work, record: Work) -> bool | None:
    one, other = (tuple(filter(None, (w.pages, w.article_number))) for w in (printed, record))
    found = [pages_agree(p, r) for p in one for r in other]
    if False in found and True not in found and record.article_number:
        bare = _bare_number(record.article_number)
        if any(_bare_number(p) == bare for p in one) and bare:
            return True
    return True if True in found else False if False in found else None


def _bare_number(article: str) -> str:
    return re.sub(r"^[a-z]?0*", "", normal_pages(article))


def _title(printed: Work, record: Work, agree: bool | None) -> Weight | None:
    if agree is None:
        return None
    if agree:
        count = min(len(title_words(printed.title)), 6)
        points = {0: 1.0, 1: 1.0, 2: 2.0, 3: 3.0, 4: 3.0, 5: 4.0}.get(count, 6.0)
        return Weight("title", points, "the title is the same")
    pairs = [(p, r) for p in titles_of(printed) for r in titles_of(record)]
    if all(numbered_apart(p, r) for p, r in pairs):
        return Weight("title", -3.0, "the title has another number")
    if any(_begins(p, r) for p, r in pairs):
        return Weight("title", 4.0, "one title begins with the other")
    if any(title_identifies(p, r) for p, r in pairs):
        return Weight("title", 3.0, "the title is the same but for a subtitle or misprint")
    score = max(title_score(p, r) for p, r in pairs)
    if score >= SAME_WORK_SCORE:
        return Weight("title", 2.0, "the title is much alike")
    if score >= UNLIKE_SCORE:
        return Weight("title", -3.0, "the title is another")
    return Weight("title", -4.0, "the title is quite another")


def _begins(one: str, other: str) -> bool:
    """Whether one title is the beginning of the other, and long enough to tell."""
    short, long = sorted((title_words(one), title_words(other)), key=len)
    return len(short) > 5 and long[: len(short)] == short


def _authors(printed: Authors, record: Authors, agree: bool | None) -> Weight | None:
    if agree is None:
        return None
    if agree:
        return Weight("authors", 3.0, "the authors are the same")
    if first_author_agrees(printed, record):
        return Weight("authors", 2.0, "the first author is the same")
    shared = shared_authors(printed, record)
    if shared >= 0.5:
        return Weight("authors", 1.0, "most authors are the same")
    if shared:
        return Weight("authors", -1.0, "few authors are the same")
    return Weight("authors", -3.0, "the authors are others")


def _year(printed: Work, record: Work, agree: bool | None) -> Weight | None:
    if agree is None:
        return None
    if agree:
        return Weight("year", 1.0, "the year is the same")
    one, other = ({int(y) for y in w.years if y.isdigit()} for w in (printed, record))
    if any(abs(a - b) == 1 for a in one for b in other):
        return Weight("year", -0.5, "the year is one off")
    return Weight("year", -1.5, "the year is another")


def _simple(field: str, agree: bool | None, points: float) -> Weight | None:
    if agree is None:
        return None
    said = "the same" if agree else "another"
    return Weight(field, points if agree else -points, f"the {field} is {said}")


def _pages(printed: Work, record: Work, agree: bool | None) -> Weight | None:
    if agree is None:
        return None
    if agree:
        return Weight("pages", 3.0, "the pages are the same")
    firsts = {
        first
        for w in (printed, record)
        if (first := re.split("[-+,]", normal_pages(w.pages or w.article_number))[0])
    }
    if len(firsts) == 1 and firsts != {"1"}:
        return Weight("pages", 1.5, "the first page is the same")
    return Weight("pages", -2.0, "the pages are others")


# --- relations -----------------------------------------------------------------------------------


def is_preprint(work: Work) -> bool:
    """Whether a work is, or was read as, a preprint."""
    named = any(_PREPRINT_NAMES.search(t) for t in work.container_titles)
    if work.register and work.kind == "posted-content":
        return True
    return named or bool(_PREPRINT_SERVERS.match(normal_doi(work.doi)) if work.doi else False)


def _relation(
    printed: Work, record: Work, agree: dict, weights: Iterable[Weight], note: str
) -> str:
    points = {w.field: w.points for w in weights}
    same_title = agree["title"] or points.get("title", 0) >= 3
    in_part = _part_of_book(printed, record, agree)
    if in_part:
        return in_part
    for relation in record.relations:
        if printed.doi and normal_doi(relation.doi) == normal_doi(printed.doi):
            return relation.kind.replace("_", " ").replace("has ", "")
    notice = _notice(printed, record)
    if notice:
        return notice
    if same_title and points.get("authors", 0) >= 0 and agree["journal"] is not True:
        journal_printed = bool(printed.container_titles) and not any(
            _PREPRINT_NAMES.search(t) for t in printed.container_titles
        )
        if is_preprint(record) and journal_printed:
            return "preprint: the DOI is of the preprint of the printed article"
        printed_as_preprint = not journal_printed and (
            printed.arxiv or any(_PREPRINT_NAMES.search(t) for t in printed.container_titles)
        )
        if printed_as_preprint and record.container_titles and not is_preprint(record):
            return "journal version: printed as a preprint, the DOI is of the journal article"
    if agree["title"] is False and points.get("title", 0) < 0:
        rest = sum(p for name, p in points.items() if name != "title")
        if rest >= 4 and points.get("authors", 0) > 0 and _translated(printed, record, note):
            return "translation: maybe the title is translated"
    return ""


def _part_of_book(printed: Work, record: Work, agree: dict) -> str:
    """Return that one is the book and the other a chapter in it, or ``""``."""
    if agree["title"] or not printed.title or not record.title:
        return ""
    if any(titles_agree(t, record.title) for t in printed.container_titles):
        return "book: the DOI is of the whole book, not of the printed chapter"
    if printed.kind in ("book", "proceedings", "other") and any(
        titles_agree(printed.title, t) for t in record.container_titles
    ):
        return "chapter: the DOI is of a chapter of the printed book"
    return ""


def _notice(printed: Work, record: Work) -> str:
    """Return that one is a correction of, or comment on, the other, or ``""``."""
    kinds = notice_of(printed.title), notice_of(record.title)
    if bool(kinds[0]) == bool(kinds[1]) or not printed.title or not record.title:
        return ""
    bare = [title_letters(without_notice(w.title)) for w in (printed, record)]
    short, long = sorted(bare, key=len)
    if len(short) < 12 or not long.startswith(short):
        return ""
    kind = kinds[0] or kinds[1]
    if kinds[1]:
        return f"{kind}: the DOI is of a {kind} of the printed work"
    return f"{kind}: printed is a {kind}, the DOI is of the work itself"


def _translated(printed: Work, record: Work, note: str) -> bool:
    """Whether two titles are in different languages, as far as a few words can say."""
    if _LANGUAGE_NOTE.search(note) or _LANGUAGE_NOTE.search(printed.title + " " + record.title):
        return True
    if any(
        not t.isascii() and not re.search("[A-Za-z]{3}", t) for t in (printed.title, record.title)
    ):
        return True
    foreign = [
        sum(w in _FOREIGN for w in title_words(w.title)) / max(1, len(title_words(w.title)))
        for w in (printed, record)
    ]
    return abs(foreign[0] - foreign[1]) >= 0.12
