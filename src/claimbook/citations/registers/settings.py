"""How registers are asked, and what comes of it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from claimbook.book.text import visible
from claimbook.citations.work import Work
from claimbook.errors import InputError

_MAILTO = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)


@dataclass(frozen=True)
class Settings:
    """How to ask. Times are in seconds.

    mailto: address by which a register can reach who asks; required. cache: folder for answers.
    registers: names in the order of asking. base_url: another server's address for all of them, or
    one per name. timeout: of one request. attempts: per question. first_wait: doubled after each
    failed attempt. longest_wait: if a register asks for more, the run stops asking it instead of
    asking too early. pause: between requests to one register; None is what each asks for.
    failures: questions failing in a row after which a register is asked nothing more. refresh: ask
    again what is cached. days: age after which what is cached is asked again. every: ask every
    register about every work, not only about what an earlier one lacks or contradicts.
    keys: of those registers that hand out keys. sleep: stands in for `time.sleep` in tests.
    """

    mailto: str
    cache: Path
    registers: tuple[str, ...] = ("crossref",)
    base_url: str | Mapping[str, str] = field(default_factory=dict)
    timeout: float = 20.0
    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0
    pause: float | None = None
    failures: int = 3
    refresh: bool = False
    days: float = 90
    every: bool = False
    progress: bool = False
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self):
        if not _MAILTO.fullmatch(self.mailto or ""):
            raise InputError(
                f"mailto: '{visible(self.mailto or '')}' is not an e-mail address; registers ask "
                "for one (name@example.org) so that they can reach whoever sends many requests"
            )
        urls = [self.base_url] if isinstance(self.base_url, str) else self.base_url.values()
        for url in urls:
            if not re.match(r"https?://[^\s/]+", url):
                raise InputError(f"base URL: '{visible(url)}' is not an http(s) address")
        if not 0 < self.timeout < float("inf") or self.attempts < 1:
            raise InputError("timeout: expected a positive number of seconds, and one attempt")

    def address(self, register: str, default: str) -> str:
        """Return the address at which a register is asked, without a closing slash."""
        url = self.base_url
        given = url if isinstance(url, str) else url.get(register, default)
        return given.rstrip("/")


@dataclass(frozen=True)
class RegisterAnswer:
    """What a register said to one question.

    question: ``doi:10.1/x``, ``pmid:1``, ``isbn:978...``. status: ``found``, ``not_registered``,
    ``failed`` or ``not_asked``. work: where found. message: why not, or a remark.
    """

    register: str
    question: str
    status: str
    work: Work | None = None
    message: str = ""


class NotRegistered(Exception):
    """The register answered that it does not know what it was asked for."""


class Failed(Exception):
    """No answer: of which status, the pause that the server asks for, whether to try again."""

    def __init__(self, reason: str, *, status: int = 0, retry_after: float = 0, again: bool = True):
        super().__init__(reason)
        self.status, self.retry_after, self.again = status, retry_after, again
