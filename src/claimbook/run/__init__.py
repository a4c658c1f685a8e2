"""Executing and publishing notebooks, what changed between two states, and sweeps."""
