"""Is `datapackage.yaml` fit to check tables by? What this package asks beyond the standard.

frictionless checks the standard's own words. Here: that every table lists its columns, that the
words added to the standard (rules, items) are well formed, that what one table says of another
exists, and that the tables which the package itself reads are there with their columns.
"""

import ast
import re

from claimbook.errors import nearest

NEEDED = {
    "claims": "claim paragraph domain role value low high unit relation hedge cites",
    "references": "key",
    "findings": "row_id key claim source_reports value low high unit support evidence_url "
    "verification",
}
"""Tables that every book has, with the columns that the package reads."""
OF_CITED_WORK = "of_cited_work"
"""What the dictionary says that one column of the findings means: whether a row is of the work that
the text cites; other rows are context."""
LEVELLED = {"claims": ("domain", "role", "hedge")}
"""Columns whose levels must be listed, because they are counted with their empty levels."""


def description_problems(description: dict) -> list[str]:
    """Say, a sentence each, what is wrong with a description that frictionless accepts."""
    resources = description.get("resources", [])
    columns: dict[str, list[str]] = {}
    for resource in resources:
        schema = resource.get("schema")
        if not isinstance(schema, dict) or not schema.get("fields"):
            return [f"table {resource['name']}: expected its columns under schema, fields"]
        columns[resource["name"]] = [field["name"] for field in schema["fields"]]
    problems = [p for table, names in NEEDED.items() for p in _lacking(table, names, columns)]
    if not problems and not any(
        field.get("means") == OF_CITED_WORK
        for resource in resources
        if resource["name"] == "findings"
        for field in resource["schema"]["fields"]
    ):
        problems = [f"table findings: expected a column with means: {OF_CITED_WORK}"]
    for resource in resources:
        problems += [
            f"table {resource['name']}: {problem}"
            for problem in [
                *_bad_rules(resource, columns[resource["name"]]),
                *_bad_fields(resource, columns),
                *_bad_references(resource, columns),
            ]
        ]
    return problems


def _lacking(table: str, names: str, columns: dict) -> list[str]:
    if table not in columns:
        return [f"the table {table} is missing{nearest(table, columns)}"]
    missing = [name for name in names.split() if name not in columns[table]]
    return [f"table {table}: expected the columns {', '.join(missing)} too"] if missing else []


def _bad_rules(resource: dict, columns: list[str]):
    rules = resource.get("rules", [])
    if not isinstance(rules, list):
        yield "rules: expected a list"
        return
    for rule in rules:
        if not isinstance(rule, dict) or {type(rule.get(k)) for k in ("formula", "expected")} != {
            str
        }:
            yield "rules: each needs formula and expected, both text"
            continue
        try:
            parsed = ast.parse(rule["formula"], mode="eval")
        except (SyntaxError, ValueError):
            yield f"rules: '{rule['formula']}' is not an expression"
            continue
        for name in (n.id for n in ast.walk(parsed) if isinstance(n, ast.Name)):
            if name not in columns:
                yield f"rules: no column '{name}'{nearest(name, columns)}"


def _bad_fields(resource: dict, columns: dict):
    for field in resource["schema"]["fields"]:
        where = f"column {field['name']}"
        constraints = field.get("constraints", {})
        try:
            re.compile(constraints.get("pattern", ""))
        except re.error as error:
            yield f"{where}: the pattern is not a regular expression ({error})"
        if field["name"] in LEVELLED.get(resource["name"], ()) and "enum" not in constraints:
            yield f"{where}: expected its levels under constraints, enum"
        items = field.get("items")
        table, _, column = str(items).partition(".")
        if items not in (None, "columns") and column not in columns.get(table, ()):
            yield f"{where}: items '{items}': expected columns, or a table and its column as a.b"


def _bad_references(resource: dict, columns: dict):
    for key in resource["schema"].get("foreignKeys", []):
        target = key["reference"]["resource"] or resource["name"]
        fields, others = as_list(key["fields"]), as_list(key["reference"]["fields"])
        if len(fields) != 1 or len(others) != 1:
            yield "foreignKeys: expected one column that names one column"
        for field in others:
            if field not in columns.get(target, ()):
                yield f"foreignKeys: there is no {target}.{field}"


def as_list(value) -> list:
    """Return a value, alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]
