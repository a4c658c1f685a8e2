"""Reports of an audit that one can act on."""

from claimbook.citations.reports.corrected_bib import corrected_bib
from claimbook.citations.reports.findings import Change, Finding, findings
from claimbook.citations.reports.written import answers_table, printed, write

__all__ = [
    "Change",
    "Finding",
    "answers_table",
    "corrected_bib",
    "findings",
    "printed",
    "write",
]
