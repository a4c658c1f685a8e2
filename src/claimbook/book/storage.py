"""Files written whole or not at all, and folders that one process at a time works in."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from claimbook.errors import InputError

NEW = ".new-"
"""Starts the name of a file that is not complete yet."""


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` (text as UTF-8) beside `path`, bring it to disk, and only then name it so.

    Folders are made as needed. Raises InputError if it cannot be written; `path` is then as before.
    """
    path = Path(path)
    new = path.with_name(f"{NEW}{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with new.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        new.unlink(missing_ok=True)


@contextlib.contextmanager
def lock(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path`, whose folder is made as needed; killing this process releases it.

    Raises InputError: the sentence `busy` if another process holds it, or that nothing can be
    written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        acquired = FileLock(path).acquire(timeout=0)
    except Timeout:
        raise InputError(busy) from None
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}") from None
    with acquired:
        yield
