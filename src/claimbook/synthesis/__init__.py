"""Studies put together: pooled proportions, meta-regression, age curves, and their plots."""
