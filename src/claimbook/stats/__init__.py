"""Proportions, pooling, meta-regression, rhythm and simulation."""
