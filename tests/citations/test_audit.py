"""The audit of the reference list: rules against the curated verdicts, and what must not matter."""

import copy
import itertools
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pybtex.database import BibliographyData, Entry, Person

from claimbook import load
from claimbook.book.bibliography import load_bibliography, parse_bibliography, plain_text
from claimbook.book.text import markdown_text
from claimbook.citations.audit import (
    VERDICTS,
    audit,
    compare_with_curated,
    missing_entries,
    uncited_entries,
)
from claimbook.citations.audit_command import audit_lists
from claimbook.citations.corrections import CORRECTED, corrected, errata
from claimbook.citations.fields import (
    authors_agree,
    authors_of,
    dois_agree,
    journals_agree,
    numbers_agree,
    pages_agree,
    parse_printed_authors,
    parse_record_authors,
    title_identifies,
    title_score,
    titles_agree,
    years_agree,
)
from claimbook.citations.known_works import RECORD_COLUMNS, known_works, load_records
from claimbook.citations.reports import findings
from claimbook.citations.reports import printed as report
from claimbook.claims.cited_support import cited_support
from claimbook.claims.source_check import (
    claims_by_footing,
    claims_counting_a_work_twice,
    claims_not_backed,
    claims_on_works_not_found,
    source_check,
    support_by_work,
)
from claimbook.errors import InputError

DATA = Path(__file__).parents[2] / "data"

CURATED_FIELDS_DIFFER = {
    "allen2016": "curated against two other works that the entry mixes, computed against the "
    "proposal, which has the printed year",
    "garciaborreguero2016": "curated: fields that could not be matched; computed: fields that "
    "differ from the low-confidence proposal",
    "weitzberg2002": "curated against the later letter with the printed title, computed against "
    "the work proposed",
}
"""Entries whose curated and computed disagreeing fields differ, with the reason; verdicts: none."""


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / name, dtype=str, keep_default_na=False)


def of_cited_works(findings: pd.DataFrame) -> pd.DataFrame:
    return findings[findings["cited_by_essay"].astype(str).str.lower() == "true"]


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    return load_records(DATA / "evidence" / "references.csv")


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    return read("claims.csv")


@pytest.fixture(scope="module")
def printed() -> BibliographyData:
    return load_bibliography(DATA / "references.bib")


@pytest.fixture(scope="module")
def audited(printed, records, claims) -> pd.DataFrame:
    return audit(printed, records, claims)


def verdicts(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["key"], table["verdict"], strict=True))


# --- the list itself -----------------------------------------------------------------------------


def test_computed_verdicts_equal_the_curated_ones(audited, records):
    both = compare_with_curated(audited, records)
    assert len(both) == 34
    assert list(both.loc[~both["verdicts_agree"], "key"]) == []
    assert list(both.loc[~both["fields_agree"], "key"]) == list(CURATED_FIELDS_DIFFER)
    assert (both["curated_duplicate_of"] == both["computed_duplicate_of"]).all()
    assert (both["curated_cited"] == both["computed_cited"]).all()


def test_how_many_of_each(audited):
    assert audited["verdict"].value_counts().to_dict() == {
        "accurate": 12,
        "not_found_as_printed": 9,
        "author_or_detail_errors": 6,
        "doi_of_another_work": 4,
        "missing_from_list": 2,
        "duplicate_of": 1,
    }


def test_both_directions_of_mismatch(audited):
    assert sorted(missing_entries(audited)) == ["ghosh2014", "tidball2005"]
    assert sorted(uncited_entries(audited)) == ["bramble2004", "earley2014"]


def test_missing_and_uncited_follow_the_claims(printed, records, claims):
    changed = claims.copy()
    changed["cites"] = changed["cites"].str.replace("tidball2005", "bramble2004")
    table = audit(printed, records, changed)
    assert missing_entries(table) == ["ghosh2014"]
    assert uncited_entries(table) == ["earley2014"]
    invented = audit(printed, records, pd.DataFrame({"cites": ["nobody1900; ley2001"]}))
    assert missing_entries(invented) == ["nobody1900"]
    assert "unknown" in invented.iloc[-1]["reason"]
    silent = audit(printed, records)
    assert silent["cited_in_text"].isna().all()
    assert len(silent) == 32


def test_what_is_unknown_is_said(audited):
    unknown = audited[audited["doi_registered_to"] == "unknown"]
    assert len(unknown) == 10
    assert unknown["reason"].str.contains("unknown").all()
    nothing = audited[audited["compared_with"] == "unknown"]
    assert list(nothing["key"]) == ["lin2000"]
    assert nothing["disagreeing_fields"].to_list() == [""]


def test_keys_play_no_part(printed, records, claims, audited):
    """Without keys only entries of which nothing is known by DOI or title change: to unknown."""
    free = verdicts(audit(printed, records, claims, match_keys=False))
    kept = verdicts(audited)
    changed = {key for key in kept if kept[key] != free[key]}
    assert {kept[key] for key in changed} == {"not_found_as_printed"}
    assert {free[key] for key in changed} == {"record_unknown"}
    assert len(changed) == 5


def test_typed_tables_give_the_same(printed, records, claims, audited):
    """Numbers as numbers, empty as NA, levels as categories: as the loader of a book gives them."""
    typed = records.replace("", pd.NA)
    typed["intended_year"] = typed["intended_year"].astype("Int64")
    typed["registered_year"] = typed["registered_year"].astype("float64")
    typed["verdict"] = typed["verdict"].astype("category")
    again = audit(printed, typed, claims.replace("", pd.NA))
    pd.testing.assert_frame_equal(again, audited)
    assert corrected(typed) == corrected(records)


# --- single fields -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        ("Doe, J., & Roe, R.", "Doe J; Roe R", True),
        ("Doe, J. A., & Roe, R.", "Doe J; Roe RA", True),
        ("Doe, J. A., & Roe, R.", "Doe JB; Roe R", False),
        ("Doe, J., & Roe, R.", "Roe R; Doe J", False),
        ("Doe, J.", "Doe J; Roe R", False),
        ("Doe, J., et al.", "Doe J; Roe R", True),
        ("Poe, E., et al.", "Doe J; Roe R", False),
        ("Doe, J., Roe, R., ... & Poe, E.", "Doe J; Roe R; Loe A; Poe E", True),
        ("Doe, J., Roe, R., ... & Poe, E.", "Doe J; Roe R; Poe E; Loe A", False),
        ("Doe, J., Roe, R., ... & Poe, E.", "Doe J; Roe R; Loe A; Poe E; STUDYGROUP", True),
        ("Doe, J., Loe, A., & Poe, E.", "Doe J; et al.; Poe E", True),
        ("Doe, J., Loe, A., & Poe, E.", "Doe J; et al.; Loe A", False),
        ("Souza, A. D.", "D Souza A", True),
        ("D'Souza, A.", "D Souza A", True),
        ("Müller, K.", "Mueller K", True),
        ("Muller, K.", "Müller K", True),
        ("Sørensen, Å.", "Sorensen A", True),
        ("Garcia-Lopez, M.", "García López M", True),
        ("Doe, J. R. Jr., & Roe, R.", "Doe JR Jr; Roe R", True),
        ("World Weather Office", "World Weather Office", True),
        ("", "Doe J", None),
        ("Doe, J.", "", None),
    ],
)
def test_author_lists(one, other, agree):
    printed, record = (
        authors_of(parse_printed_authors(one)),
        authors_of(parse_record_authors(other)),
    )
    assert authors_agree(printed, record) is agree


@pytest.mark.parametrize(
    ("agrees", "one", "other", "expected"),
    [
        (titles_agree, "NO and O₂: Why?", "{NO} and O2 -- why", True),
        (titles_agree, "On mice", "On rats", False),
        (titles_agree, "On mice: a review", "On mice", False),
        (journals_agree, "J Am Heart Assoc", "Journal of the American Heart Association", True),
        (journals_agree, "The Lancet Neurology", "Lancet Neurol.", True),
        (journals_agree, "Proceedings of the X", "Proceedings of the X of the Y", True),
        (journals_agree, "Sleep Medicine", "Sleep Medicine Clinics", False),
        (journals_agree, "Sleep Medicine", "Sleep Medicine Reviews", False),
        (journals_agree, "Physiology", "News in Physiological Sciences", False),
        (numbers_agree, "Suppl. 4", "suppl 4", True),
        (numbers_agree, "1–2", "1-2", True),
        (numbers_agree, "1", "12", False),
        (pages_agree, "27–44", "27-44", True),
        (pages_agree, "1523-35", "1523--1535", True),
        (pages_agree, "R345–R353", "345-53", True),
        (pages_agree, "pp. 7-9", "7–9", True),
        (pages_agree, "6", "6-8", False),
        (pages_agree, "e000973", "e000973", True),
        (pages_agree, "7", "8", False),
        (years_agree, "n.d.", "2004", None),
        (years_agree, "2004", "2005", False),
        (dois_agree, "https://doi.org/10.1000/ABC", "doi:10.1000/abc", True),
        (dois_agree, "http://dx.doi.org/10.1000/a\\_b.", "10.1000/a_b", True),
        (dois_agree, "10.1038/ng2092", "10.1038/ng2099", False),
        (dois_agree, "", "10.1000/a", None),
    ],
)
def test_other_fields(agrees, one, other, expected):
    assert agrees(one, other) is expected


def test_thresholds_lie_between_what_they_part():
    """One work turned round or cut short, against two works on one subject."""
    turned = "Daily variation of river levels in the healthy north"
    assert title_score(turned, "River levels - daily variations in the healthy south") > 85
    assert title_score("Slow rivers in the north", "Slow rivers in the north: a review") == 100
    assert title_score("Rivers and lakes of the north", "Mountains and valleys of the south") < 85
    assert title_score("Rivers", "Rivers and their fish in spring") < 85
    assert title_identifies("Slow rivers in the north", "Slow rivers in the north: a review")
    assert not title_identifies("Slow rivers in the north", "Fast rivers in the south")
    assert not title_identifies("Rivers", "Rivers: a review")


# --- what must not matter, and what must ---------------------------------------------------------

ACCENTS = {"ö": "o", "ü": "u", "ò": "o", "é": "e", "ï": "i"}
DASHES = ["-", "–", "—", "--", "‑"]


def disguised(entry: Entry, draw) -> Entry:
    """The same entry with its initials, case, accents, dashes and braces written another way."""
    stop, blank = draw(st.sampled_from([".", ""])), draw(st.sampled_from([" ", ""]))
    case = draw(st.sampled_from([str, str.upper, str.lower, str.title]))
    strip = draw(st.booleans())
    dash = draw(st.sampled_from(DASHES))
    brace = draw(st.sampled_from(["none", "all", "words"]))

    def text(value: str) -> str:
        value = case(value)
        if strip:
            value = "".join(ACCENTS.get(c, c) for c in value)
        value = value.replace("–", dash)
        if brace == "all":
            return "{" + value + "}"
        if brace == "words":
            return " ".join("{" + w + "}" for w in value.split())
        return value

    def person(old: Person) -> Person:
        new = copy.deepcopy(old)
        given = [n.rstrip(".") for n in (*old.first_names, *old.middle_names)]
        new.first_names = [blank.join(f"{n}{stop}" for n in given)] if given else []
        new.middle_names = []
        if old.last_names != ["others"]:
            new.last_names = [text(" ".join(old.last_names))]
        return new

    other = copy.deepcopy(entry)
    for name in ("title", "journal", "pages", "howpublished"):
        if name in other.fields:
            other.fields[name] = text(other.fields[name])
    if "doi" in other.fields:
        prefix = draw(st.sampled_from(["", "https://doi.org/", "doi:", "http://dx.doi.org/"]))
        other.fields["doi"] = prefix + case(other.fields["doi"])
    if "printedauthors" in other.fields:
        value = other.fields["printedauthors"]
        other.fields["printedauthors"] = value if stop else value.replace(". ", ".")
    other.persons["author"] = [person(p) for p in entry.persons["author"]]
    return other


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_writing_never_changes_a_verdict(printed, records, claims, audited, data):
    entries = {key: disguised(entry, data.draw) for key, entry in printed.entries.items()}
    again = audit(BibliographyData(entries), records, claims)
    assert verdicts(again) == verdicts(audited)
    assert list(again["disagreeing_fields"]) == list(audited["disagreeing_fields"])


def test_a_real_change_is_noticed(printed, records, audited):
    """The counterpart: each field of each accurate entry, changed, gives a disagreement."""
    accurate = set(audited.loc[audited["verdict"] == "accurate", "key"])
    seen = 0
    for key in accurate & set(printed.entries):
        for name, value in (("year", "1901"), ("volume", "999"), ("pages", "1–3")):
            if name not in printed.entries[key].fields or key == "mayoclinic":
                continue
            changed = copy.deepcopy(printed)
            changed.entries[key].fields[name] = value
            table = audit(changed, records).set_index("key")
            assert table.loc[key, "verdict"] != "accurate", (key, name)
            assert name in table.loc[key, "disagreeing_fields"].split(";"), (key, name)
            seen += 1
    assert seen == 33


def test_swapping_two_dois_changes_a_verdict(printed, records, audited):
    """Every pair with different DOIs, if one of the two leads to the entry's own, known work.

    Where neither does, nothing is known that could tell the swapped entries from the printed ones.
    """
    before = verdicts(audited[audited["key"].isin(printed.entries)])
    own = {
        key
        for key, source, verdict in audited[["key", "compared_with", "verdict"]].to_numpy().tolist()
        if source == "registered" and verdict != "doi_of_another_work"
    }
    assert len(own) == 17
    swapped = 0
    for one, other in itertools.combinations(printed.entries, 2):
        fields = [dict(printed.entries[key].fields) for key in (one, other)]
        if fields[0].get("doi") == fields[1].get("doi") or not {one, other} & own:
            continue
        changed = BibliographyData(dict(printed.entries))
        for key, mine, theirs in ((one, *fields), (other, *fields[::-1])):
            new = {n: v for n, v in mine.items() if n != "doi"}
            new |= {"doi": theirs["doi"]} if "doi" in theirs else {}
            entry = Entry(printed.entries[key].type, new, printed.entries[key].persons)
            changed.entries[key] = entry
        assert verdicts(audit(changed, records)) != before, (one, other)
        swapped += 1
    assert swapped == 390


# --- any bibliography, offline -------------------------------------------------------------------


def made_up(count: int) -> tuple[str, pd.DataFrame]:
    """A .bib of `count` entries and their records; one in three has no DOI, one in five errs."""
    words = [f"{a}{b}" for a in ("river", "lake", "hill", "wood", "moor") for b in "abcdefghijkl"]
    entries, rows = [], []
    for n in range(count):
        picks = [words[(n * k + n // 7) % len(words)] for k in (1, 3, 7, 11)]
        title = f"Common notes on {' '.join(picks)} number n{n}"
        doi = f"10.1000/{n}"
        year = 1990 + n % 30
        printed_year = year + (n % 5 == 0)
        row = dict.fromkeys(RECORD_COLUMNS, "") | {"key": f"r{n}", "verification": "secondary"}
        row |= {f"{s}_title": title for s in ("registered", "intended")}
        row |= {f"{s}_doi": doi for s in ("registered", "intended")}
        row |= {f"{s}_year": str(year) for s in ("registered", "intended")}
        row |= {f"{s}_authors": "Doe J" for s in ("registered", "intended")}
        rows.append(row)
        shown = "" if n % 3 == 0 else f" doi={{{doi}}},"
        printed = f"author={{Doe, J.}}, title={{{title}}}, year={{{printed_year}}},{shown}"
        entries.append(f"@article{{k{n}, {printed}}}")
    return "\n".join(entries), pd.DataFrame(rows)


def test_a_thousand_entries_in_seconds_and_not_quadratic(tmp_path):
    seconds = {}
    for count in (1000, 4000):
        text, records = made_up(count)
        path = tmp_path / f"{count}.bib"
        path.write_text(text, encoding="utf-8")
        start = time.process_time()
        table, answers, _ = audit_lists(path, records)
        seconds[count] = time.process_time() - start
        assert answers == []
        assert len(table) == count
        wrong = table["verdict"].isin(["author_or_detail_errors", "not_found_as_printed"])
        assert wrong.sum() == count // 5
        assert (table.loc[~wrong, "verdict"] == "accurate").all()
    assert seconds[1000] < 10
    # four times as long is linear, sixteen times quadratic; the slack is for a busy machine
    assert seconds[4000] / seconds[1000] < 8


def test_title_search_looks_at_few_titles():
    _, records = made_up(300)
    works = known_works(records)
    assert works.find_title("common NOTES on " + records.loc[7, "intended_title"][16:]).key == "r7"
    assert works.find_title("Something entirely different from all that is known") is None
    assert works.find_title("") is None


def test_audit_of_the_printed_list_offline(records):
    table, _, _ = audit_lists(DATA / "references.bib", records)
    assert len(table) == 32
    lines = report(findings(table)).splitlines()
    assert lines[-1].startswith("32 entries: 12 accurate")
    assert len([line for line in lines if not line.startswith("    ")]) == 33


def test_unknown_works_are_no_reproach(records):
    data = parse_bibliography("@misc{a, author={Doe, J.}, title={Rivers of the far north}}")
    (row,) = audit(data, records, match_keys=False).to_dict("records")
    assert row["verdict"] == "record_unknown"
    assert row["disagreeing_fields"] == ""
    assert set(VERDICTS) >= {row["verdict"]}


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "accurate"),
        ({"pages": "1--4"}, "author_or_detail_errors"),
        ({"doi": "10.1000/wrong"}, "doi_of_another_work"),
        ({"title": "Slow rivers of the north: an essay"}, "author_or_detail_errors"),
        ({"title": "Slow rivers of the north and their many fish"}, "not_found_as_printed"),
        ({"author": "Roe, R. and Doe, J."}, "not_found_as_printed"),
        ({"year": "2001"}, "not_found_as_printed"),
        ({"journal": "Journal of Lakes"}, "not_found_as_printed"),
        ({"doi": "10.1000/x", "year": "2001"}, "author_or_detail_errors"),
        ({"title": "Nothing alike at all"}, "record_unknown"),
    ],
)
def test_a_work_without_its_doi_is_found_by_title_first_author_year_and_journal(change, verdict):
    row = dict.fromkeys(RECORD_COLUMNS, "") | {
        "key": "x",
        "intended_authors": "Doe J; Roe R",
        "intended_title": "Slow rivers of the north",
        "intended_year": "2000",
        "intended_journal": "Journal of Rivers",
        "intended_pages": "1-9",
        "intended_doi": "10.1000/x",
        "verification": "secondary",
    }
    fields = {"title": "Slow rivers of the north", "journal": "J. Rivers", "year": "2000"}
    fields |= {"author": "Doe, J. and Roe, R.", "pages": "1--9"} | change
    text = "@article{k, " + ", ".join(f"{n} = {{{v}}}" for n, v in fields.items()) + "}"
    (found,) = audit(parse_bibliography(text), pd.DataFrame([row]))["verdict"]
    assert found == verdict


def test_bad_records_are_refused(tmp_path, records):
    with pytest.raises(InputError, match="no such file"):
        load_records(tmp_path / "none.csv")
    short = tmp_path / "short.csv"
    records.drop(columns="registered_doi").to_csv(short, index=False)
    with pytest.raises(InputError, match=r"short.csv: column\(s\) registered_doi missing"):
        load_records(short)
    twice = tmp_path / "twice.csv"
    pd.concat([records, records.head(1)]).to_csv(twice, index=False)
    with pytest.raises(InputError, match="key 'abdelrazek2020' stands in more than one row"):
        load_records(twice)
    with pytest.raises(InputError, match="mailto"):
        audit_lists(DATA / "references.bib", records, online=True)


# --- sources -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sources(claims, audited) -> pd.DataFrame:
    return source_check(claims, of_cited_works(read("evidence/findings.csv")), audited)


def test_every_claim_and_cited_work_has_a_row(sources, claims):
    pairs = {
        (row["claim"], key)
        for row in claims.to_dict("records")
        for key in row["cites"].split(";")
        if key
    }
    assert set(zip(sources["claim"], sources["key"], strict=True)) == pairs
    assert sources["support"].ne("").all()


def test_claims_by_what_they_rest_on(sources):
    assert set(claims_not_backed(sources)) >= {"sinus_to_leg_transit", "ostium_width"}
    assert claims_counting_a_work_twice(sources) == ["sinus_no_main_role"]
    assert "humming" in claims_on_works_not_found(sources)
    footing = claims_by_footing(sources).set_index("claim")
    assert footing.loc["sinus_no_main_role", ["cites", "works"]].to_list() == [2, 1]
    assert footing.loc["leg_hypoxia", "footing"] == "backed"


def test_support_is_the_one_of_the_cross_tabulations(sources):
    """Two notebooks must not count the same pairs differently."""
    counted = cited_support(load(DATA)).set_index(["claim", "key"])["support"].astype(str)
    audited = support_by_work(sources).set_index(["claim", "key"])["support"]
    assert audited.to_dict() == counted.to_dict()


def test_source_rules_on_a_small_table():
    claims = pd.DataFrame({"claim": ["c1", "c2", "c3"], "cites": ["a;b", "b", "gone"]})
    names = ["row_id", "claim", "key", "support", "verification", "cited_by_essay"]
    findings = pd.DataFrame(
        [
            ["1", "c1", "a", "contradicts", "abstract_or_page", "true"],
            ["2", "c1", "b", "supports", "unverified", "true"],
            ["3", "c1", "b", "contradicts", "secondary", "true"],
            ["4", "c2", "b", "partly_supports", "secondary", "true"],
            ["5", "c2", "b", "supports", "secondary", "false"],
        ],
        columns=names,
    )
    audited = pd.DataFrame(
        {
            "key": ["a", "b"],
            "verdict": ["accurate", "duplicate_of"],
            "disagreeing_fields": ["", ""],
            "duplicate_of": ["", "a"],
        }
    )
    check = source_check(claims, of_cited_works(findings), audited)
    works = support_by_work(check).set_index(["claim", "key"])["support"].to_dict()
    assert works == {
        ("c1", "a"): "contradicts",
        ("c1", "b"): "contradicts",  # its one supporting row is unverified
        ("c2", "b"): "partly_supports",  # the context row is another work's
        ("c3", "gone"): "no_finding",
    }
    assert claims_not_backed(check) == ["c1"]
    assert claims_counting_a_work_twice(check) == ["c1"]
    footing = dict(claims_by_footing(check)[["claim", "footing"]].to_numpy().tolist())
    assert footing == {"c1": "not_backed", "c2": "partly_backed", "c3": "unseen"}


# --- what is written from it ---------------------------------------------------------------------


def test_corrected_bibliography_is_current(records):
    committed = (DATA / CORRECTED).read_bytes()
    assert committed == corrected(records).encode(), (
        "stale: python -m claimbook.citations.corrections"
    )


def test_corrected_bibliography_marks_what_is_not_verified(records):
    data = load_bibliography(DATA / CORRECTED)
    rows = records[(records["intended_title"] != "") & (records["duplicate_of"] == "")]
    assert set(data.entries) == set(rows["key"])
    assert len(data.entries) == 32
    for row in rows.to_dict("records"):
        entry = data.entries[row["key"]]
        doubtful = "intended_" in row["unconfirmed_fields"]
        if doubtful or row["verification"] != "abstract_or_page":
            assert entry.fields["note"], row["key"]
        assert plain_text(entry.fields["title"]) == row["intended_title"]
    dois = [e.fields["doi"].lower() for e in data.entries.values() if "doi" in e.fields]
    assert len(dois) == len(set(dois))


def test_corrected_bibliography_audits_as_accurate(records):
    """The mended list, audited by title and DOI, has no error left."""
    table, _, _ = audit_lists(DATA / CORRECTED, records)
    left = table.loc[~table["verdict"].isin(["accurate", "record_unknown"])]
    assert left[["key", "verdict", "reason"]].to_numpy().tolist() == []
    assert list(table.loc[table["verdict"] == "record_unknown", "key"]) == ["blessing1999"]


def test_corrected_bibliography_survives_hostile_records(records):
    row = dict(records.iloc[0])
    row |= {
        "key": "a}{b",
        "intended_title": "50% of {x}} \\input{y} @article{z, $a_b$ # ~^ <b> \x00",
        "intended_authors": "A} and B{ C; Doe J",
        "intended_doi": "javascript:alert(1)",
        "pmid": "1}",
    }
    text = corrected(pd.DataFrame([row]))
    data = parse_bibliography(text)
    assert len(data.entries) == 1
    (entry,) = data.entries.values()
    assert "doi" not in entry.fields
    assert "pmid" not in entry.fields
    assert "\\input" not in text


def test_errata(audited, records):
    text = errata(audited, records)
    numbers = [int(line.split(".")[0]) for line in text.splitlines() if line[:1].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))
    wrong = audited[~audited["verdict"].isin(["accurate"])]
    assert len(numbers) == len(wrong) - 1 + 2  # lin2000 cannot be corrected; two are uncited
    assert "## What could not be checked" in text
    for part in (
        "DOI: printed “10.1002/cphy.c100009”, found “10.1002/cphy.c090009”",
        "<https://doi.org/10.1038/ng2099>",
        "(the record itself is unconfirmed here)",
        "How sure: read on a page of, or about, the work itself.",
        "what the DOI 10.1038/ng2092 is registered to",
    ):
        assert part in text
    assert errata(audited, records) == text


def test_errata_shows_hostile_fields_as_text(records):
    hostile = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) `code` **b** &lt;"
    row = dict.fromkeys(records.columns, "") | {
        "key": "a<b>",
        "registered_doi": "10.1000/a",
        "registered_title": hostile,
        "intended_title": hostile,
        "evidence_url": "javascript:alert(1) | https://example.org/<x>",
    }
    entry = Entry("misc", {"title": hostile + " and more words", "doi": "10.1000/a"})
    table = audit(BibliographyData({"a<b>": entry}), pd.DataFrame([row]))
    text = errata(table, pd.DataFrame([row]))
    assert "<img" not in text
    assert "](" not in text.replace("\\](", "")
    assert "<javascript" not in text
    assert "<https://example.org/%3Cx%3E>" in text
    assert markdown_text("a*b_[c]`d`|") == r"a\*b\_\[c\]\`d\`\|"
    assert markdown_text("A & B &amp; C") == "A & B &amp;amp; C"
