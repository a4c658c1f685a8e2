"""Tables are checked against their description: no bad cell passes, and no row disappears."""

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import ROOT, coffee_description, write_coffee

from claimbook import load
from claimbook.book import tables
from claimbook.book.tables import load_tables, split_cell
from claimbook.book.units import parse_unit
from claimbook.errors import InputError

DESCRIPTION = yaml.safe_load((ROOT / "data" / "datapackage.yaml").read_text(encoding="utf-8"))
RESOURCES = {resource["name"]: resource for resource in DESCRIPTION["resources"]}
ROWS = {
    "claims": 78,
    "references": 34,
    "findings": 190,
    "rls_prevalence": 191,
    "population": 54,
    "no_in_rls": 22,
    "no_by_age": 180,
    "circadian": 57,
    "physiology": 284,
}


def cells_of(path):
    """All rows of a CSV file, read by nothing but the standard library."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def write_cells_of(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def problems_of(folder) -> list[str]:
    """The complaints about a folder, without its path."""
    with pytest.raises(InputError) as refused:
        load_tables(folder)
    return str(refused.value).replace(f"{folder}/", "").splitlines()


# --- the collection's own tables -----------------------------------------------------------------


def test_no_row_was_lost_since_they_were_counted(book):
    """Rows may be added; the claims and the list of the text stay as many as they are."""
    assert {name: n for name, n in ROWS.items() if len(book.table(name)) < n} == {}
    assert len(book.claims) == ROWS["claims"]
    assert book.claims["paragraph"].nunique() == 14
    assert len(book.bibliography.entries) == 32


def test_every_cell_of_every_file_is_loaded_as_it_stands(book):
    for name, resource in RESOURCES.items():
        header, *rows = cells_of(ROOT / "data" / resource["path"])
        frame = book.table(name)
        assert list(frame.columns) == header, name
        assert len(frame) == len(rows), name
        for position, column in enumerate(header):
            for cell, loaded in zip([row[position] for row in rows], frame[column], strict=True):
                if pd.isna(loaded):
                    assert cell == "", (name, column, cell)
                elif isinstance(loaded, str):
                    assert loaded == cell, (name, column, cell)
                elif frame[column].dtype == "boolean":
                    assert str(loaded).lower() == cell, (name, column, cell)
                else:
                    assert float(loaded) == float(cell), (name, column, cell)


def test_row_names_are_unique_across_all_tables(book):
    frames = [frame for frame in book.tables.frames.values() if "row_id" in frame]
    names = Counter(row for frame in frames for row in frame["row_id"])
    assert [name for name, times in names.items() if times > 1] == []


def test_every_unit_can_be_read():
    units = {
        unit
        for resource in RESOURCES.values()
        for field in resource["schema"]["fields"]
        for unit in [field.get("unit"), *_unit_levels(field)]
        if unit not in (None, "see unit") and not unit.startswith("see ")
    }
    assert len(units) > 20
    for unit in units:
        parse_unit(unit)


def _unit_levels(field):
    named = field["name"] == "unit" or field["name"].endswith("_unit")
    return field.get("constraints", {}).get("enum", []) if named else []


def test_numbers_in_a_row_have_a_unit(book):
    for name, resource in RESOURCES.items():
        frame = book.table(name)
        for field in resource["schema"]["fields"]:
            if field.get("unit") == "see unit":
                bare = frame[frame[field["name"]].notna() & frame["unit"].isna()]
                assert bare.empty, (name, field["name"], bare.iloc[:, 0].tolist())


def test_levels_keep_their_order_and_their_empty_levels(book):
    for name, resource in RESOURCES.items():
        for field in resource["schema"]["fields"]:
            if levels := field.get("constraints", {}).get("enum"):
                column = book.table(name)[field["name"]]
                assert list(column.cat.categories) == levels, (name, field["name"])
                assert column.cat.ordered


# --- every constraint of every column, violated once ---------------------------------------------


def violations(field):
    """Cells that break the constraints of a column, each with words the complaint must hold."""
    constraints = field.get("constraints", {})
    if field["type"] == "number":
        for cell in ("twelve", "nan", "NaN", "inf", "-inf", "1e400", "1,5", "1_000", "5%", " 5"):
            yield cell, "is not a plain number"
    if field["type"] == "integer":
        for cell in ("2.5", "nan", "inf", "1e3", "1_0", "9" * 20):
            yield cell, "is not a plain integer"
    if field["type"] == "date":
        for cell in ("in May", "2019-7-1", "2019-07-1", "2019-02-30", "20190701", "1/7/2019"):
            yield cell, "is not a date as YYYY-MM-DD"
    if field["type"] == "boolean":
        yield "maybe", "is not true or false"
    if constraints.get("required"):
        yield "", "is empty, but a value is required"
    if "enum" in constraints:
        yield "no_such_level", "is not one of"
    if "minimum" in constraints:
        yield str(constraints["minimum"] - 1), "at least"
    if "maximum" in constraints:
        yield str(constraints["maximum"] + 1), "at most"
    if "pattern" in constraints:
        yield "Not This Form!", "the form"
    if "items" in field:
        yield "no_such_item", "is not"


@pytest.mark.parametrize("name", RESOURCES)
def test_each_constraint_refuses_its_violation_by_file_row_and_column(data, monkeypatch, name):
    monkeypatch.setattr(tables, "MAX_PROBLEMS", 10_000)
    path = data / RESOURCES[name]["path"]
    header, *rows = cells_of(path)
    planted = [
        (field["name"], cell, words)
        for field in RESOURCES[name]["schema"]["fields"]
        for cell, words in violations(field)
        if "items" not in field  # those are looked at only when all else is well
    ]
    while planted:
        damaged = [list(row) for row in rows]
        wanted = []
        for row, (column, cell, words) in zip(damaged, planted, strict=False):
            row[header.index(column)] = cell
            number = damaged.index(row) + 2
            wanted.append((f"{path.name}: row {number}, column {column}: '{cell}' ", words))
        planted = planted[len(damaged) :]
        write_cells_of(path, [header, *damaged])
        said = problems_of(data)
        for start, words in wanted:
            assert any(start in line and words in line for line in said), (start, words)


ITEMS = {n: [f for f in r["schema"]["fields"] if "items" in f] for n, r in RESOURCES.items()}


@pytest.mark.parametrize("name", [name for name, fields in ITEMS.items() if fields])
def test_cells_of_several_values_are_checked_one_by_one(data, name):
    fields = ITEMS[name]
    path = data / RESOURCES[name]["path"]
    header, *rows = cells_of(path)
    for number, field in enumerate(fields):
        rows[number][header.index(field["name"])] = "no_such_item"
    write_cells_of(path, [header, *rows])
    said = problems_of(data)
    for number, field in enumerate(fields):
        start = f"row {number + 2}, column {field['name']}: 'no_such_item' is not"
        assert any(start in line for line in said), start


def test_each_rule_across_columns_is_met_by_every_row_and_named_when_broken(data):
    """A rule that can never fail would be no rule: break `low <= high` where it is stated."""
    broken = []
    for resource in RESOURCES.values():
        if not any(r["expected"] == "low no greater than high" for r in resource.get("rules", [])):
            continue
        path = data / resource["path"]
        header, *rows = cells_of(path)
        low, high, value = (
            header.index(c) if c in header else None for c in ("low", "high", "value")
        )
        row = next(r for r in rows if r[low] and r[high] and float(r[low]) < float(r[high]))
        row[low], row[high] = row[high], row[low]
        broken.append(f"{path.name}: row {rows.index(row) + 2} ({row[0]}): expected low no greater")
        write_cells_of(path, [header, *rows])
        assert value is None or header[value] == "value"
    assert len(broken) >= 4
    said = problems_of(data)
    for start in broken:
        assert any(start in line for line in said), start


# --- damage that can befall any file -------------------------------------------------------------


def rewritten(change):
    """Damage to a file by what its rows become."""
    return lambda path: write_cells_of(path, change(cells_of(path)))


def reencoded(change):
    """Damage to a file by what its text becomes: other bytes."""
    return lambda path: path.write_bytes(change(path.read_text(encoding="utf-8")))


def with_row(number, change):
    return rewritten(lambda rows: [*rows[:number], *change(rows[number]), *rows[number + 1 :]])


DAMAGES = {
    "missing": (Path.unlink, r"the file is missing"),
    "folder": (lambda path: (path.unlink(), path.mkdir()), r"the file is missing"),
    "column": (rewritten(lambda rows: [row[:1] + row[2:] for row in rows]),
               r"header: missing column {column}"),
    "unknown column": (
        rewritten(lambda rows: [[*rows[0], "colour"], *([*row, "red"] for row in rows[1:])]),
        r"header: unknown column colour"),
    "order": (rewritten(lambda rows: [[row[1], row[0], *row[2:]] for row in rows]),
              r"header: expected the columns once each, in this order"),
    "padded header": (with_row(0, lambda row: [[row[0], f" {row[1]}", *row[2:]]]),
                      r"header: missing column \w+; did you mean ' \w+'\?"),
    "duplicate": (rewritten(lambda rows: [*rows[:2], [rows[1][0], *rows[2][1:]], *rows[3:]]),
                  r"row 3, column \w+: '{first}' stands in an earlier row too"),
    "long row": (with_row(2, lambda row: [[*row, "more"]]),
                 r"row 3: more cells than the \d+ columns of the header"),
    "short row": (with_row(2, lambda row: [row[:-1]]),
                  r"row 3: fewer cells than the \d+ columns of the header"),
    "blank row": (with_row(2, lambda row: [[], row]), r"row 3: the row is blank"),
    "latin": (
        reencoded(lambda text: text.replace("\n", " é\n", 2).encode("latin-1", errors="replace")),
        r"not UTF-8 text \(byte \d+\); save it as CSV UTF-8"),
    "utf16": (reencoded(lambda text: text.encode("utf-16")), r"not UTF-8 text \(byte 0\)"),
    "semicolons": (lambda path: path.write_text("\n".join(map(";".join, cells_of(path)))),
                   r"header: expected column names separated by commas"),
    "nul": (reencoded(lambda text: text.encode() + b"\0"), r"holds a NUL character"),
    "emptied": (reencoded(lambda text: b""), r"header: expected column names separated by commas"),
}  # fmt: skip
"""Name -> what is done to the file, and the complaint about it."""


def damaged(path, kind):
    """Damage a file; return the words of the complaint to come."""
    header, first, *_ = cells_of(path)
    change, words = DAMAGES[kind]
    change(path)
    return words.replace("{column}", header[1]).replace("{first}", first[0])


def names_its_rows(resource):
    """Whether the first column alone names a row; of some tables two columns do together."""
    return "unique" in resource["schema"]["fields"][0].get("constraints", {})


@pytest.mark.parametrize("kind", DAMAGES)
def test_damaged_file_is_named_whichever_table_it_is(data, monkeypatch, kind):
    """All tables at once, so that each of them is seen to be checked."""
    monkeypatch.setattr(tables, "MAX_PROBLEMS", 100_000)
    every = [r for r in RESOURCES.values() if kind != "duplicate" or names_its_rows(r)]
    expected = {r["path"]: damaged(data / r["path"], kind) for r in every}
    said = problems_of(data)
    for path, words in expected.items():
        own = [line for line in said if line.startswith(f"{path}: ")]
        assert any(re.match(rf"{path}: {words}", line) for line in own), (path, own[:3])


@pytest.mark.parametrize("name", ["claims", "references", "findings", "brews"])
@pytest.mark.parametrize("kind", ["missing", "latin", "emptied", "column"])
def test_one_damaged_file_among_sound_ones_is_named(coffee, name, kind):
    """Also when the other tables refer to it."""
    path = coffee / f"{name}.csv"
    words = damaged(path, kind)
    said = problems_of(coffee)
    assert any(re.match(rf"{path.name}: {words}", line) for line in said), said


def test_long_lists_of_problems_are_cut_and_counted(coffee):
    path = coffee / "brews.csv"
    header, *rows = cells_of(path)
    bad = [[f"x{i}", "s", "filter", "much", *rows[0][4:]] for i in range(50)]
    write_cells_of(path, [header, *rows, *bad])
    said = problems_of(coffee)
    assert len(said) == tables.MAX_PROBLEMS + 1
    assert said[-1] == "... and 30 more"


def test_row_number_is_that_of_a_spreadsheet_even_after_a_cell_of_two_lines(coffee):
    path = coffee / "brews.csv"
    rows = cells_of(path)
    rows[1][1] = "two\nlines"
    rows[3][2] = "siphn"
    write_cells_of(path, rows)
    assert problems_of(coffee) == [
        "brews.csv: row 4, column method: 'siphn' is not one of filter, espresso, siphon; "
        "did you mean 'siphon'?"
    ]


@pytest.mark.parametrize("text", ["NA", "null", "None", "nan", "#N/A", "-", " ", "say \"x\", 'y'",
                                  "a;b\tc|d", "é\u202e\ufeff", "=1+1", "two\nlines"])  # fmt: skip
def test_text_is_loaded_as_it_stands(coffee, text):
    path = coffee / "brews.csv"
    rows = cells_of(path)
    rows[1][1] = text
    write_cells_of(path, rows)
    assert load_tables(coffee).frames["brews"]["study_key"][0] == text


@pytest.mark.parametrize("change", [
    lambda raw: b"\xef\xbb\xbf" + raw,
    lambda raw: raw.replace(b"\n", b"\r\n"),
    lambda raw: raw.rstrip(b"\n"),
], ids=["byte order mark", "Windows line ends", "no final line end"])  # fmt: skip
def test_harmless_forms_of_a_file_make_no_difference(coffee, change):
    before = load_tables(coffee).frames["brews"]
    path = coffee / "brews.csv"
    path.write_bytes(change(path.read_bytes()))
    pd.testing.assert_frame_equal(load_tables(coffee).frames["brews"], before)


def test_foreign_key_that_leads_nowhere_is_refused_with_the_nearest(coffee):
    (coffee / "claims.csv").write_text(
        (coffee / "claims.csv").read_text().replace("cup1999\n", "cup1998\n", 1)
    )
    (line,) = problems_of(coffee)
    assert "column cites: 'cup1998' is not in references; did you mean 'cup1999'?" in line


@pytest.mark.parametrize("fields", ["claim", ["claim"]], ids=["a word", "a list"])
def test_key_of_the_standard_that_leads_nowhere_is_refused_with_the_nearest(coffee, fields):
    description = coffee_description()
    key = {"fields": fields, "reference": {"resource": "claims", "fields": fields}}
    description["resources"][2]["schema"]["foreignKeys"] = [key]
    (coffee / "datapackage.yaml").write_text(json.dumps(description))
    assert load_tables(coffee)
    path = coffee / "findings.csv"
    path.write_text(path.read_text().replace("bean2001,brewing_time", "bean2001,brewing time"))
    (line,) = problems_of(coffee)
    assert line.startswith("findings.csv: row 2, column claim: 'brewing time' is not in claims")
    assert line.endswith("did you mean 'brewing_time'?")
    path.write_text(path.read_text().replace("bean2001,brewing time", "bean2001,"))
    assert load_tables(coffee), "an empty cell names nothing"


def test_key_within_a_table_is_checked_too(coffee):
    description = coffee_description()
    key = {"fields": ["study_key"], "reference": {"resource": "", "fields": ["row_id"]}}
    brews(description)["schema"]["foreignKeys"] = [key]
    (coffee / "datapackage.yaml").write_text(json.dumps(description))
    assert [line.partition(": ")[2] for line in problems_of(coffee)][0].startswith(
        "row 2, column study_key: 'alba' is not in brews"
    )


def test_only_what_a_change_touches_is_read_again(coffee, monkeypatch):
    known = load_tables(coffee)
    path = coffee / "brews.csv"
    path.write_text(path.read_text().replace("b1,alba,filter,230,", "b1,alba,filter,231,"))
    fresh, read, names = load_tables(coffee).frames, tables._read, []
    monkeypatch.setattr(tables, "_read", lambda r, folder: names.append(r.name) or read(r, folder))
    again = load_tables(coffee, known, ["brews.csv"]).frames
    for name, frame in fresh.items():
        pd.testing.assert_frame_equal(again[name], frame)
    assert names == ["brews"]


def test_a_table_that_refers_to_a_changed_one_is_checked_again(coffee):
    known = load_tables(coffee)
    path = coffee / "references.csv"
    path.write_text(path.read_text().replace("cup1999,", "cup1998,"))
    with pytest.raises(InputError, match="'cup1999' is not in references"):
        load_tables(coffee, known, ["references.csv"])


# --- a description that is itself wrong ----------------------------------------------------------


def brews(description):
    return description["resources"][3]


def _set(where, **properties):
    return lambda description: where(description).update(properties)


def _field(number):
    return lambda description: brews(description)["schema"]["fields"][number]


def _key(fields, others):
    key = {"fields": fields, "reference": {"resource": "claims", "fields": others}}
    return lambda description: brews(description)["schema"].update(foreignKeys=[key])


BAD_DESCRIPTIONS = {
    "no tables": (lambda d: d.pop("resources"), "'resources' is a required property"),
    "empty": (_set(lambda d: d, resources=[]), "the table claims is missing"),
    "no claims": (lambda d: d["resources"].pop(0), "the table claims is missing"),
    "no findings": (lambda d: d["resources"].pop(2), "the table findings is missing"),
    "claims lack a column": (
        lambda d: d["resources"][0]["schema"]["fields"].pop(4),
        "table claims: expected the columns role too",
    ),
    "no levels": (
        lambda d: d["resources"][0]["schema"]["fields"][3]["constraints"].pop("enum"),
        "table claims: column domain: expected its levels",
    ),
    "no columns": (lambda d: brews(d).pop("schema"), "table brews: expected its columns"),
    "schema elsewhere": (_set(brews, schema="x.json"), "table brews: expected its columns"),
    "unknown type": (_set(_field(3), type="numbr"), 'field type "numbr" is not supported'),
    "unknown constraint": (
        _set(_field(1), constraints={"nonsense": 1}),
        'constraint "nonsense" is not supported',
    ),
    "outside the folder": (_set(brews, path="../brews.csv"), "is not safe"),
    "absolute path": (_set(brews, path="/brews.csv"), "is not safe"),
    "two of a name": (_set(brews, name="claims"), "names of the resources are not unique"),
    "bad rule": (
        _set(brews, rules=[{"formula": "value ==", "expected": "x"}]),
        "table brews: rules: 'value ==' is not an expression",
    ),
    "rule about no column": (
        _set(brews, rules=[{"formula": "valu > 1", "expected": "x"}]),
        "table brews: rules: no column 'valu'; did you mean 'value'?",
    ),
    "rule without words": (_set(brews, rules=[{"formula": "value > 1"}]), "formula and expected"),
    "rules as text": (_set(brews, rules="value > 1"), "rules: expected a list"),
    "bad pattern": (_set(_field(1), constraints={"pattern": "("}), "not a regular expression"),
    "items of no table": (_set(_field(1), items="nobody.x"), "items 'nobody.x'"),
    "items without column": (_set(_field(1), items="brews"), "items 'brews'"),
    "key to no column": (_key(["study_key"], ["x"]), "foreignKeys: there is no claims.x"),
    "key of no column": (_key(["x"], ["claim"]), "foreign key"),
    "key of two columns": (
        _key(["study_key", "row_id"], ["claim", "unit"]),
        "table brews: foreignKeys: expected one column that names one column",
    ),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTIONS)
def test_bad_description_is_named(coffee, case):
    change, words = BAD_DESCRIPTIONS[case]
    description = coffee_description()
    change(description)
    (coffee / "datapackage.yaml").write_text(json.dumps(description))
    said = problems_of(coffee)
    assert all(line.startswith("datapackage.yaml: ") for line in said)
    assert words in said[0]


def test_missing_values_may_be_written_otherwise(coffee):
    description = coffee_description()
    brews(description)["schema"]["missingValues"] = ["", "-"]
    (coffee / "datapackage.yaml").write_text(json.dumps(description))
    path = coffee / "brews.csv"
    path.write_text(path.read_text().replace("alba,filter,230", "alba,filter,-"))
    assert pd.isna(load_tables(coffee).frames["brews"]["value"][0])


def test_book_about_anything_loads(tmp_path):
    coffee = load(write_coffee(tmp_path))
    assert list(coffee.figures.index) == [
        "brewing_time",
        "extraction_min",
        "extraction_max",
        "cups_a_day",
    ]
    assert coffee.cited_but_not_listed == ["cup1999"]


def test_cells_of_several_values_are_split():
    assert split_cell("a; b;c", ";") == ["a", "b", "c"]
    assert split_cell(pd.NA, ";") == []
    assert split_cell("a", ";") == ["a"]
