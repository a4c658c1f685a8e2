"""The page on which figures can be moved: sliders over answers that were worked out ahead."""

import json

import pandas as pd

from claimbook.claims.recompute import VERDICT, Recomputer
from claimbook.claims.verdict import FAVOURABLE
from claimbook.site.context import Site
from claimbook.site.links import WHATIF, claim_page, to_page
from claimbook.site.markup import render
from claimbook.site.whatif_tables import whatif_tables

TABLES = "what-if-data.js"


def whatif_page(site: Site) -> tuple[str, dict[str, bytes]]:
    """Return the source of the page and the files that it loads, path in the site -> content.

    Raises InputError if an implication hangs on too many figures for a table.
    """
    recomputer = Recomputer(site.book)
    tables = whatif_tables(recomputer, site.labels)
    for one in [*tables["figures"], *tables["questions"], *tables["implications"]]:
        one["card"] = to_page(claim_page(one["claim"]), WHATIF)
    content = json.dumps(tables, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    source = render(
        "what-if.md.jinja",
        tables=tables,
        text=site.about.text,
        script=TABLES,
        asked=[site.labels[asked["claim"]] for asked in site.book.questions.values()],
        cases=_cases(site, recomputer),
    )
    return source, {TABLES: f"window.claimbookWhatIf = {content};\n".encode()}


def _cases(site: Site, recomputer: Recomputer) -> list[tuple]:
    """Return name, scenario, verdicts and how many hold: of the run, then of every scenario."""
    book = site.book
    books = {"as run" if book.parameters else "record": book}
    if not book.scenario:
        books |= {name: book.in_scenario(name) for name in book.scenario_names}
    cases = []
    for name, case in books.items():
        # reading the evidence takes longest, and most scenarios leave it as it is
        one = Recomputer(case) if case.changed_files else recomputer
        figures = pd.DataFrame([case.figures["value"]])
        verdicts = [one.judged(q, figures)[f"{q}.{VERDICT}"].iloc[0] for q in book.questions]
        holding = sum(verdict in FAVOURABLE for verdict in verdicts)
        scenario = case.scenario if case is not book else None
        cases.append((name, scenario, verdicts, holding))
    return cases
