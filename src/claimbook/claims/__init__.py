"""Verdicts, answers, comparisons, checks, the argument and how sure it all is."""
