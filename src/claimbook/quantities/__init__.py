"""Quantities with units and uncertainty: change, rhythm, decay, transport, and their plots."""
