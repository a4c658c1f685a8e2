"""What a notebook shows: sentences, tables, pictures, and answers for the record.

from claimbook import show

show.say("Two of **three** hold.")
show.table(frame, "What was measured")
show.picture(forest(rows, ["study"]), "studies", source="data/evidence")
show.record(*answers)
"""

__all__ = ["picture", "record", "say", "side_by_side", "table"]


def __getattr__(name: str):
    """Load the outputs when the first is asked for: commands that show nothing start sooner."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from claimbook.show import outputs

    return getattr(outputs, name)
