"""What several findings of a work say of one claim, and which findings count at all."""

from collections import Counter
from itertools import combinations

import pytest
from conftest import write_coffee

from claimbook import load
from claimbook.claims.cited_support import (
    FAVOURABLE,
    LEVELS,
    NO_FINDING,
    UNFAVOURABLE,
    cited_support,
    combined_support,
    said_by_cited_works,
)

SAID = [level for level in LEVELS if level != NO_FINDING]
SUBSETS = [set(c) for n in range(len(SAID) + 1) for c in combinations(SAID, n)]


@pytest.mark.parametrize(
    "levels, combined",
    [
        ([], NO_FINDING),
        (["supports", "supports"], "supports"),
        (["supports", "partly_supports"], "partly_supports"),
        (["supports", "contradicts"], "partly_supports"),
        (["supports", "not_seen"], "supports"),
        (["supports", "not_about_this"], "supports"),
        (["does_not_support", "contradicts"], "contradicts"),
        (["does_not_support", "not_seen"], "does_not_support"),
        (["not_seen", "not_about_this"], "not_about_this"),
        (["not_seen"], "not_seen"),
    ],
)
def test_findings_are_combined_by_the_stated_rule(levels, combined):
    assert combined_support(levels) == combined
    assert combined_support(levels[::-1]) == combined


def test_combination_never_invents_or_hides_a_side():
    for said in SUBSETS:
        combined = combined_support(list(said))
        assert (combined in FAVOURABLE) == bool(said & FAVOURABLE), said
        assert combined != "supports" or not said & UNFAVOURABLE, said
        if not said & FAVOURABLE and said & UNFAVOURABLE:
            assert combined in said & UNFAVOURABLE


def test_every_pair_of_claim_and_cited_work_stands_once(book):
    table = cited_support(book)
    pairs = [
        (claim, key)
        for claim, cites in zip(book.claims["claim"], book.claims["cites"], strict=True)
        if isinstance(cites, str)
        for key in cites.split(";")
    ]
    assert list(zip(table["claim"], table["key"], strict=True)) == pairs
    assert list(table["support"].cat.categories) == LEVELS


def test_only_findings_of_the_work_itself_count_and_they_are_named(book):
    findings = book.table("findings").set_index("row_id")
    for row in cited_support(book).itertuples():
        for name in filter(None, row.findings.split(";")):
            finding = findings.loc[name]
            assert (finding["key"], finding["claim"]) == (row.key, row.claim)
            assert finding["cited_by_essay"] and finding["verification"] != "derived"
        assert bool(row.findings) == (row.support != NO_FINDING)


def test_unverified_finding_counts_as_not_seen(tmp_path):
    book = load(write_coffee(tmp_path))
    said = said_by_cited_works(book).set_index("row_id")["support"]
    assert said.to_dict() == {"bean_f1": "supports", "cup_f1": "not_seen"}
    support = cited_support(book).set_index(["claim", "key"])["support"].astype(str).to_dict()
    assert support == {
        ("brewing_time", "bean2001"): "supports",
        ("extraction", "bean2001"): NO_FINDING,
        ("extraction", "cup1999"): "not_seen",
        ("aroma", "cup1999"): NO_FINDING,
    }


def test_text_that_cites_nothing_gives_an_empty_table(coffee):
    path = coffee / "claims.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *(f"{ln.rsplit(',', 1)[0]}," for ln in lines[1:])]))
    table = cited_support(load(coffee))
    assert table.empty and list(table["support"].cat.categories) == LEVELS


def test_support_adds_up(book):
    counted = Counter(cited_support(book)["support"])
    assert sum(counted.values()) == sum(
        len(c.split(";")) for c in book.claims["cites"] if isinstance(c, str)
    )
