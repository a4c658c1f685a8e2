"""Per claim and cited work: what the work reports, whether it backs the claim, how it was read."""

import pandas as pd

from claimbook.book.evidence import DERIVED, NOT_EVIDENCE
from claimbook.citations.fields import as_text
from claimbook.claims.cited_support import FAVOURABLE, LEVELS, NO_FINDING, combined_support

UNREAD = {"not_seen", NO_FINDING}

FINDING_COLUMNS = (
    "row_id",
    "source_key",
    "source_citation",
    "source_reports",
    "quantity",
    "value",
    "value_text",
    "low",
    "high",
    "unit",
    "n",
    "population",
    "support",
    "locator",
    "verification",
    "evidence_url",
)
SOURCE_COLUMNS = (
    "claim",
    "statement",
    "domain",
    "key",
    "citation_verdict",
    "disagreeing_fields",
    "same_work_as",
    *FINDING_COLUMNS,
    "admissible",
)


def source_check(
    claims: pd.DataFrame, findings: pd.DataFrame, audited: pd.DataFrame
) -> pd.DataFrame:
    """Return claims x cited works x what the work reports on that claim (`SOURCE_COLUMNS`).

    claims: columns claim, cites (``;``-separated), and statement and domain if there. findings:
    `FINDING_COLUMNS` with key and claim, of cited works only. audited: table of `audit.audit`.
    Every pair of claim and cited work has a row at least: where nothing was read of the work on
    that claim, the finding's columns are empty and support is ``no_finding``. One source reached
    through two entries (`same_work_as`) stands once under each. All columns are text but
    admissible (boolean).
    """
    said: dict[tuple[str, str], list[dict]] = {}
    for row in findings.to_dict("records"):
        pair = as_text(row["claim"]), as_text(row["key"])
        said.setdefault(pair, []).append({n: as_text(row.get(n)) for n in FINDING_COLUMNS})
    silent = dict.fromkeys(FINDING_COLUMNS, "") | {"support": NO_FINDING}
    entries = audited.set_index("key").to_dict("index")
    rows = []
    for claim in claims.to_dict("records"):
        slug = as_text(claim["claim"])
        for key in filter(None, (k.strip() for k in as_text(claim["cites"]).split(";"))):
            entry = entries.get(key, {})
            for finding in said.get((slug, key), [silent]):
                rows.append(
                    {
                        "claim": slug,
                        "statement": as_text(claim.get("statement")),
                        "domain": as_text(claim.get("domain")),
                        "key": key,
                        "citation_verdict": entry.get("verdict", "missing_from_list"),
                        "disagreeing_fields": entry.get("disagreeing_fields", ""),
                        "same_work_as": entry.get("duplicate_of", ""),
                        **finding,
                        "admissible": finding["verification"] not in ("", *NOT_EVIDENCE),
                    }
                )
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS)).astype({"admissible": bool})


def support_by_work(check: pd.DataFrame) -> pd.DataFrame:
    """Return one row per claim and cited work, from a table of `source_check`.

    Columns: claim, domain, key, citation_verdict, work (the first entry of the same work), support
    (`support.combined_support` of what the work itself says: a row that may not speak counts as
    not seen, and one derived from its numbers does not count), levels (all levels that entered,
    ``;``-separated), rows (their rows; a count).
    """
    rows = []
    for (claim, key), group in check.groupby(["claim", "key"], sort=False):
        own = group[(group["row_id"] != "") & (group["verification"] != DERIVED)]
        said = own["support"].where(own["admissible"], "not_seen").tolist()
        first = group.iloc[0]
        rows.append(
            {
                "claim": claim,
                "domain": first["domain"],
                "key": key,
                "citation_verdict": first["citation_verdict"],
                "work": first["same_work_as"] or key,
                "support": combined_support(said),
                "levels": ";".join(level for level in LEVELS if level in said),
                "rows": len(said),
            }
        )
    columns = ["claim", "domain", "key", "citation_verdict", "work", "support", "levels", "rows"]
    return pd.DataFrame(rows, columns=columns)


def claims_by_footing(check: pd.DataFrame) -> pd.DataFrame:
    """Return one row per claim that cites anything, and what the claim rests on.

    Columns: claim, domain, cites, works (counts; `works` counts a work once), backing (works that
    support it at least partly), footing, one_work_twice, all_not_found, any_not_found (booleans).
    footing: ``backed`` (a work supports it), ``partly_backed`` (at best partly), ``unseen`` (no
    work backs it, but one was not read on it), ``not_backed`` (all were read, none backs it).
    """
    rows = []
    for claim, group in support_by_work(check).groupby("claim", sort=False):
        best = {
            work: combined_support(levels.tolist())
            for work, levels in group.groupby("work", sort=False)["support"]
        }
        lost = group["citation_verdict"] == "not_found_as_printed"
        rows.append(
            {
                "claim": claim,
                "domain": group["domain"].iloc[0],
                "cites": len(group),
                "works": len(best),
                "backing": sum(level in FAVOURABLE for level in best.values()),
                "footing": _footing(set(best.values())),
                "one_work_twice": len(best) < len(group),
                "all_not_found": bool(lost.all()),
                "any_not_found": bool(lost.any()),
            }
        )
    columns = ["claim", "domain", "cites", "works", "backing", "footing"]
    columns += ["one_work_twice", "all_not_found", "any_not_found"]
    return pd.DataFrame(rows, columns=columns)


def _footing(levels: set[str]) -> str:
    if "supports" in levels:
        return "backed"
    if "partly_supports" in levels:
        return "partly_backed"
    return "unseen" if levels & UNREAD else "not_backed"


def claims_not_backed(check: pd.DataFrame) -> list[str]:
    """Return the claims whose cited works were all read and do not support them."""
    footing = claims_by_footing(check)
    return list(footing.loc[footing["footing"] == "not_backed", "claim"])


def claims_counting_a_work_twice(check: pd.DataFrame) -> list[str]:
    """Return the claims that cite one work through two entries."""
    footing = claims_by_footing(check)
    return list(footing.loc[footing["one_work_twice"], "claim"])


def claims_on_works_not_found(check: pd.DataFrame) -> list[str]:
    """Return the claims all of whose citations lead to no work as printed."""
    footing = claims_by_footing(check)
    return list(footing.loc[footing["all_not_found"], "claim"])
