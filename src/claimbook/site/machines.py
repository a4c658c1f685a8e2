"""What the site holds for machines beside its pages."""

from collections.abc import Callable

from claimbook.site.record import Record


def claim_json_ld(record: Record) -> Callable[[str], dict | None]:
    """Return a function that tells of a claim what its page says, as JSON-LD, or None."""
    return lambda claim: None


def downloads(record: Record) -> dict[str, bytes]:
    """Return path in the site -> content of files for machines."""
    return {}
