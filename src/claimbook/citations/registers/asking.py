"""Ask registers about works: in order, politely, and resumably.

Every answer is kept on disk as it came, one file each, so that a run that is interrupted goes on
where it stopped. What the first register lacks or contradicts is asked of the next.
"""

import datetime
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from claimbook.book.storage import write_whole
from claimbook.citations.normal import normal_doi
from claimbook.citations.registers import crossref, datacite, openalex, openlibrary, pubmed
from claimbook.citations.registers.settings import Failed, NotRegistered, RegisterAnswer, Settings
from claimbook.citations.registers.web import Client
from claimbook.citations.work import Relation, Work
from claimbook.errors import InputError

MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True)
class Register:
    """A register: what it can be asked by, the seconds it wishes between requests, and how.

    get(question, client) returns what is kept, read(kept) the work of it, search(work, client)
    what it finds for a title.
    """

    name: str
    label: str
    asks: tuple[str, ...]
    base_url: str
    pause: float
    get: Callable
    read: Callable
    search: Callable | None = None


REGISTERS = {
    register.name: register
    for register in (
        Register(
            "crossref",
            "Crossref",
            ("doi",),
            crossref.BASE_URL,
            0.1,
            crossref.get,
            crossref.work_of_answer,
            crossref.search,
        ),
        Register(
            "datacite",
            "DataCite",
            ("doi",),
            datacite.BASE_URL,
            0.1,
            datacite.get,
            datacite.work_of_answer,
        ),
        Register(
            "pubmed",
            "PubMed",
            ("pmid", "doi"),
            pubmed.BASE_URL,
            0.4,
            pubmed.get,
            pubmed.work_of_answer,
        ),
        Register(
            "openalex",
            "OpenAlex",
            ("doi", "pmid"),
            openalex.BASE_URL,
            0.1,
            openalex.get,
            openalex.work_of_answer,
        ),
        Register(
            "openlibrary",
            "Open Library",
            ("isbn",),
            openlibrary.BASE_URL,
            0.4,
            openlibrary.get,
            openlibrary.work_of_answer,
        ),
    )
}
"""In the order in which they are asked unless another one is given."""


@dataclass(frozen=True)
class Lookup:
    """What registers said about one work, and the work as all of them together describe it."""

    work: Work | None
    answers: tuple[RegisterAnswer, ...] = ()

    @property
    def by_identifier(self) -> tuple[RegisterAnswer, ...]:
        return tuple(a for a in self.answers if not a.question.startswith("title:"))

    @property
    def proposed(self) -> Work | None:
        """The printed work as found by its title, where no identifier leads to it."""
        searched = (a for a in self.answers if a.question.startswith("title:"))
        return next((a.work for a in searched if a.work is not None), None)

    @property
    def status(self) -> str:
        """``found``, ``not_registered`` (by none that was asked), ``failed``, ``not_asked``."""
        kinds = {answer.status for answer in self.answers}
        order = ("found", "failed", "not_asked", "not_registered")
        return next((kind for kind in order if kind in kinds), "not_asked")


def questions(register: Register, work: Work) -> list[str]:
    """Return what a register can be asked about a work, the best first."""
    doi = normal_doi(work.doi)
    if not doi and work.arxiv:
        doi = f"10.48550/arxiv.{re.sub(r'v[0-9]+$', '', work.arxiv.casefold())}"
    known = {
        "doi": [doi] if _DOI.fullmatch(doi) else [],
        "pmid": re.findall(r"^\d{1,9}$", work.pmid),
        "isbn": [n for n in map(_isbn, work.isbn) if n][:1],
    }
    return [f"{kind}:{value}" for kind in register.asks for value in known[kind]]


def _isbn(value: str) -> str:
    digits = re.sub(r"[^0-9Xx]", "", value).upper()
    return digits if re.fullmatch(r"(97[89]\d{10}|\d{9}[\dX])", digits) else ""


class Asking:
    """A run of questions: remembers which register asked for a pause or fails all the time."""

    def __init__(self, settings: Settings):
        unknown = [name for name in settings.registers if name not in REGISTERS]
        if unknown or not settings.registers:
            names = ", ".join(REGISTERS)
            raise InputError(f"registers: '{', '.join(unknown)}'; there are {names}")
        self.settings = settings
        self.registers = [REGISTERS[name] for name in dict.fromkeys(settings.registers)]
        self._clients = {
            r.name: Client(r.name, settings.address(r.name, r.base_url), r.pause, settings)
            for r in self.registers
        }
        self._failed = dict.fromkeys(self._clients, 0)
        self._stopped: dict[str, str] = {}

    def ask(self, register: Register, question: str) -> RegisterAnswer:
        """Return the answer to one question, from the cache or from the register."""
        return self._kept_or_asked(register, question, lambda c: register.get(question, c))

    def search(
        self, register: Register, work: Work, same: Callable[[Work], bool]
    ) -> RegisterAnswer:
        """Return the first work that a register finds for a title and that is the `same`."""
        words = " ".join((work.title, *(a.family for a in work.authors[:1]), *work.years[:1]))
        question = f"title:{words}"

        def first(client: Client) -> dict:
            for found in register.search(work, client):
                if same(register.read(found)):
                    return found
            raise NotRegistered

        return self._kept_or_asked(register, question, first)

    def _kept_or_asked(self, register: Register, question: str, get: Callable) -> RegisterAnswer:
        name = register.name
        answer = None if self.settings.refresh else self._cached(register, question)
        if answer is None and name in self._stopped:
            return RegisterAnswer(name, question, "not_asked", message=self._stopped[name])
        if answer is None:
            answer = self._asked(register, question, get)
            self._failed[name] = self._failed[name] + 1 if answer.status == "failed" else 0
            if self._failed[name] >= self.settings.failures:
                often = f"{self._failed[name]} questions in a row without an answer"
                self._stopped.setdefault(name, f"{often}; run again later")
        return answer

    def _asked(self, register: Register, question: str, get: Callable) -> RegisterAnswer:
        """Ask up to `attempts` times; what is worth keeping is kept as soon as it arrives."""
        settings, client = self.settings, self._clients[register.name]
        problem = ""
        for attempt in range(settings.attempts):
            try:
                payload = get(client)
                work = self._work(register, question, payload, _today())
                self._keep(register, question, "found", payload)
                return RegisterAnswer(register.name, question, "found", work, _remark(payload))
            except NotRegistered:
                self._keep(register, question, "not_registered", None)
                unknown = f"{register.label} does not know it"
                return RegisterAnswer(register.name, question, "not_registered", message=unknown)
            except Failed as error:
                failed = error
            except MALFORMED as error:
                failed = Failed(f"an answer that is not as documented ({type(error).__name__})")
            problem = str(failed)
            if not failed.again:
                return RegisterAnswer(register.name, question, "failed", message=problem)
            if failed.retry_after > settings.longest_wait:
                asks = f"{register.label} asks to wait {failed.retry_after:.0f} s; run again later"
                self._stopped[register.name] = asks
                return RegisterAnswer(register.name, question, "not_asked", message=asks)
            if attempt + 1 < settings.attempts:
                wait = max(settings.first_wait * 2**attempt, failed.retry_after)
                settings.sleep(min(wait, settings.longest_wait))
        problem += f", {settings.attempts} times"
        return RegisterAnswer(register.name, question, "failed", message=problem)

    def _work(self, register: Register, question: str, payload: dict, looked_up: str) -> Work:
        """Return the work in an answer; raise Failed if it is not the one that was asked for."""
        work = register.read(payload)
        kind, _, asked = question.partition(":")
        if kind == "doi" and normal_doi(work.doi) != asked:
            if not payload.get("moved"):
                raise Failed(f"answered with the record of {work.doi or 'no DOI'}", again=False)
            work = replace(
                work, doi=asked, relations=(*work.relations, Relation("version_of", work.doi))
            )
        if kind == "pmid" and work.pmid != asked:
            raise Failed(f"answered with the record of PMID {work.pmid}", again=False)
        return replace(work, register=register.label, looked_up=looked_up)

    # --- cache -----------------------------------------------------------------------------------

    def _file(self, register: Register, question: str) -> Path:
        where = f"{register.name} {self._clients[register.name].address} {question}"
        digest = hashlib.sha256(where.encode()).hexdigest()
        return Path(self.settings.cache) / f"{digest[:32]}.json"

    def _keep(self, register: Register, question: str, status: str, payload) -> None:
        kept = {
            "register": register.name,
            "question": question,
            "status": status,
            "payload": payload,
            "asked_on": _today(),
            "asked": self._clients[register.name].address,
        }
        text = json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)
        write_whole(self._file(register, question), text + "\n")

    def _cached(self, register: Register, question: str) -> RegisterAnswer | None:
        """Return the answer kept, or None; one that is damaged or too old counts as none."""
        try:
            kept = json.loads(self._file(register, question).read_text(encoding="utf-8"))
            asked_on = datetime.date.fromisoformat(kept["asked_on"])
            age = (datetime.date.fromisoformat(_today()) - asked_on).days
            if kept["question"] != question or age > self.settings.days:
                return None
            if kept["status"] == "not_registered":
                unknown = f"{register.label} does not know it"
                return RegisterAnswer(register.name, question, "not_registered", message=unknown)
            work = self._work(register, question, kept["payload"], kept["asked_on"])
            return RegisterAnswer(register.name, question, "found", work, _remark(kept["payload"]))
        except (OSError, Failed, NotRegistered, *MALFORMED):
            return None


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _remark(payload: dict) -> str:
    return f"now registered as {payload['moved']}" if payload.get("moved") else ""


# --- many works ----------------------------------------------------------------------------------


def look_up(
    works: Sequence[Work],
    settings: Settings,
    agrees: Callable[[int, Work], bool] = lambda index, work: True,
    same: Callable[[int, Work], bool] | None = None,
) -> list[Lookup]:
    """Return what the registers say about each work, in the order given.

    agrees(index, work): whether nothing that is printed contradicts a work found; the next register
    is asked where something does, or where title, authors or year are missing. same(index, work):
    whether a work found by its title is the printed one; without it no titles are searched for.
    """
    asking = Asking(settings)
    bar = tqdm(works, desc="Registers", unit="entry", disable=not settings.progress)
    return [_one(asking, index, work, agrees, same) for index, work in enumerate(bar)]


def _one(asking: Asking, index: int, work: Work, agrees, same) -> Lookup:
    answers, found = [], None
    for register in asking.registers:
        for question in questions(register, work)[:1]:
            answers.append(asking.ask(register, question))
        found = merged(a.work for a in answers if a.work is not None)
        enough = found is not None and found.title and found.authors and found.years
        if enough and agrees(index, found) and not asking.settings.every:
            break
    if same is not None and work.title and not (found is not None and same(index, found)):
        for register in asking.registers:
            if register.search is not None:
                answers.append(asking.search(register, work, lambda w: same(index, w)))
    return Lookup(found, tuple(answers))


def merged(works: Iterable[Work]) -> Work | None:
    """Return one work of several records of it: the first one's, and what the others add.

    Any year, title, journal, notice or ISSN that one of them gives counts; of the other fields the
    first record that has one.
    """
    works = list(works)
    if not works:
        return None
    first, *others = works
    for other in others:
        title = () if other.title in ("", first.title) else (other.title,)
        unions = {
            name: tuple(dict.fromkeys((*getattr(first, name), *getattr(other, name))))
            for name in ("isbn", "issn", "years", "container_titles", "updates", "relations")
        }
        titles = tuple(dict.fromkeys((*first.other_titles, *title, *other.other_titles)))
        register = f"{first.register}, {other.register}"
        first = replace(first.filled(other), **unions, other_titles=titles, register=register)
    return first
