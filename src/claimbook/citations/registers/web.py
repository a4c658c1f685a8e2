"""One request to a register: within a time, of a bounded size, and to no other host."""

import datetime
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests

from claimbook.book.text import visible
from claimbook.citations.registers.settings import Failed, NotRegistered, Settings

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
LARGEST = 20_000_000
"""Bytes of one answer; a record of one work is far smaller."""
REDIRECTS = 3


class Client:
    """Asks one register, with the pause that it wishes between two requests."""

    def __init__(self, register: str, address: str, pause: float, settings: Settings):
        self.register, self.address, self.settings = register, address, settings
        self.key = settings.keys.get(register, "")
        self._pause = pause if settings.pause is None else settings.pause
        self._next = 0.0

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        if (left := self._next - time.monotonic()) > 0:
            self.settings.sleep(left)
        self._next = time.monotonic() + self._pause

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> bytes:
        """Return the body that the register answers; `path` is already escaped.

        Raises NotRegistered for 404 and 410, Failed for everything else that is no whole answer.
        """
        url = f"{self.address}/{path}"
        for _ in range(REDIRECTS):
            self.wait()
            try:
                body, following = self._once(url, parameters)
            except requests.RequestException as error:
                raise Failed(f"no answer ({type(error).__name__})") from error
            if following is None:
                return body
            if urlsplit(following)[:2] != urlsplit(self.address)[:2]:
                host = visible(urlsplit(following).netloc)
                raise Failed(f"redirected to another server, {host}", again=False)
            url, parameters = following, None
        raise Failed(f"redirected {REDIRECTS} times", again=False)

    def _once(self, url: str, parameters) -> tuple[bytes, str | None]:
        deadline = time.monotonic() + 2 * self.settings.timeout
        with requests.get(
            url,
            params=parameters,
            headers={"User-Agent": f"claimbook (mailto:{self.settings.mailto})"},
            timeout=self.settings.timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.is_redirect:
                return b"", urljoin(url, response.headers["Location"])
            if response.status_code in (404, 410):
                raise NotRegistered
            if response.status_code != 200:
                raise refusal(response.status_code, response.headers)
            body = bytearray()
            for part in response.iter_content(65536):
                body += part
                if time.monotonic() > deadline:
                    raise Failed("an answer that does not end")
                if len(body) > LARGEST:
                    raise Failed("an answer that is far too long", again=False)
        return bytes(body), None


def refusal(status: int, headers: Mapping[str, str]) -> Failed:
    """Return the failure for a status that is no answer; Retry-After is obeyed."""
    return Failed(
        f"status {status}",
        status=status,
        retry_after=retry_after(headers.get("Retry-After", "")),
        again=status in RETRIED,
    )


def retry_after(value: str) -> float:
    """Return the seconds that a Retry-After header (a number or an HTTP date) asks for, or 0."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
