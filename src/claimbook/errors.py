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
