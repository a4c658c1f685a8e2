"""Reports of an audit that one can act on."""

from claimbook.citations.reports.corrected_bib import corrected_bib
from claimbook.citations.reports.findings import FieldChange, Finding, findings
from claimbook.citations.reports.written import answers_table, printed, write

__all__ = [
    "FieldChange",
    "Finding",
    "answers_table",
    "corrected_bib",
    "findings",
    "printed",
    "write",
]
