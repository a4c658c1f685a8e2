"""What the command line reports in one sentence, without a traceback."""

from difflib import get_close_matches


class InputError(ValueError):
    """A user's mistake, worded as one sentence that says where it is and what was expected.

    The command line prints it without a traceback and exits with code 2.
    """


class RunFailed(Exception):
    """A notebook failed; nothing was published."""


def nearest(name: str, valid) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest of `valid`, or ``""`` if none is close."""
    matches = get_close_matches(str(name), [str(v) for v in valid], n=1, cutoff=0.5)
    return f"; did you mean '{matches[0]}'?" if matches else ""


MOST_NAMED = 12
"""So many valid names a message lists where none is near."""


def require_known(where: str, names, valid) -> None:
    """Refuse the first of `names` that is not among `valid`, with the nearest that is, or a few."""
    for name in names:
        if isinstance(name, (list, dict)) or name not in set(valid):
            every = ", ".join(sorted(map(str, valid)))
            few = f"; expected one of {every}" if len(valid) <= MOST_NAMED else ""
            raise InputError(f"{where} '{name}' is not known{nearest(name, valid) or few}")
