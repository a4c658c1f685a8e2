"""Notebooks run, their outputs taken out, and what they show."""
