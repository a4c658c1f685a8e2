"""Who said what: the answers of registers in words, and where they contradict each other."""

from collections.abc import Iterable

from claimbook.citations.fields import FIELDS, text_fields
from claimbook.citations.known_works import Record, record_of
from claimbook.citations.registers.asking import REGISTERS
from claimbook.citations.registers.settings import RegisterAnswer
from claimbook.citations.weighing import weigh
from claimbook.citations.work import Work


def as_known(work: Work) -> Record:
    """Return a register's work as the audit compares it."""
    return record_of(work, work.register.split(",")[0].lower().replace(" ", ""))


def statements(answers: Iterable[RegisterAnswer]) -> str:
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


def differences(answers: Iterable[RegisterAnswer]) -> str:
    """Return where registers contradict each other about one work, and what each of them says."""
    found = [a for a in answers if a.work is not None and not a.question.startswith("title:")]
    if len(found) < 2:
        return ""
    said = [(REGISTERS[a.register].label, text_fields(a.work)) for a in found]
    agree = [weigh(a.work, found[0].work).agree for a in found[1:]]
    words = []
    for name in FIELDS:
        if name != "doi" and any(compared[name] is False for compared in agree):
            values = (f"{label} “{fields[name]}”" for label, fields in said if fields[name])
            words.append(f"{name}: " + ", ".join(values))
    return "; ".join(words)
