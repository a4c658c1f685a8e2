"""Read reference lists in any of the formats that people have."""

from claimbook.citations.readers.listing import Entry, Listing, Unreadable

__all__ = ["Entry", "Listing", "Unreadable"]
