"""Who said what: the answers of registers in words, and where they contradict each other."""

from collections.abc import Iterable

from claimbook.citations.fields import (
    FIELDS,
    authors_agree,
    journals_agree,
    numbers_agree,
    pages_agree,
    parse_record_authors,
    titles_agree,
    years_agree,
)
from claimbook.citations.known_works import Work as KnownWork
from claimbook.citations.registers.asking import REGISTERS
from claimbook.citations.registers.settings import Answer
from claimbook.citations.work import Name, Work

_AGREE = {
    "authors": lambda a, b: authors_agree(parse_record_authors(a), parse_record_authors(b)),
    "year": years_agree,
    "title": titles_agree,
    "journal": journals_agree,
    "volume": numbers_agree,
    "issue": numbers_agree,
    "pages": pages_agree,
}


def as_fields(work: Work) -> dict[str, str]:
    """Return a register's work in the fields of a record: one text each."""
    title = work.title
    if work.subtitle and work.subtitle.casefold() not in title.casefold():
        title = f"{title}: {work.subtitle}"
    names = [_name(name) for name in work.authors]
    if not work.authors_complete:
        names.append("et al.")
    return dict.fromkeys(FIELDS, "") | {
        "authors": "; ".join(names),
        "year": work.years[0] if work.years else "",
        "title": title,
        "journal": work.container_titles[0] if work.container_titles else "",
        "volume": work.volume,
        "issue": work.issue,
        "pages": work.pages or work.article_number,
        "doi": work.doi,
    }


def _name(name: Name) -> str:
    """Return ``Family IN`` as the records write names; an organisation by its name."""
    parts = name.given.replace(".", " ").replace("-", " ").split()
    initials = "".join(part if _are_initials(part) else part[0].upper() for part in parts)
    whole = " ".join(filter(None, (name.family, initials, name.suffix)))
    return whole.replace(";", ",")


def _are_initials(part: str) -> bool:
    return len(part) <= 3 and part.isupper()


def as_known(work: Work) -> KnownWork:
    """Return a register's work as the audit compares it."""
    source = work.register.split(",")[0].lower().replace(" ", "")
    fields = as_fields(work)
    return KnownWork(work.doi, source, fields, verification="abstract_or_page")


def statements(answers: Iterable[Answer]) -> str:
    """Return what each register said: ``Crossref: found (2026-11-29); DataCite: does not know``."""
    words = []
    for answer in answers:
        label, kind = REGISTERS[answer.register].label, answer.question.partition(":")[0]
        by = " by its title" if kind == "title" else ""
        if answer.work is not None:
            remark = f", {answer.message}" if answer.message else ""
            words.append(f"{label}: found{by}{remark} ({answer.work.looked_up})")
        elif answer.status == "not_registered":
            words.append(f"{label}: not found{by}" if by else f"{label}: does not know this {kind}")
        else:
            words.append(f"{label}: no answer ({answer.message})")
    return "; ".join(words)


def differences(answers: Iterable[Answer]) -> str:
    """Return where registers contradict each other about one work, and what each of them says."""
    found = [a for a in answers if a.work is not None and not a.question.startswith("title:")]
    fields = [(REGISTERS[a.register].label, as_fields(a.work)) for a in found]
    words = []
    for name, agree in _AGREE.items():
        said = [(label, values[name]) for label, values in fields if values[name]]
        if any(agree(said[0][1], value) is False for _, value in said[1:]):
            words.append(f"{name}: " + ", ".join(f"{label} “{value}”" for label, value in said))
    return "; ".join(words)
