"""A copy of the data with markup in every free text of every table and question."""

import csv
import re
import shutil
from pathlib import Path

import yaml
from conftest import ROOT

PLANTED = " <script>alert(1)</script> <img src=x onerror=alert(1)> $x$ | ` **b** [l](javascript:x)"
KEYS = re.compile(r".*(_id|_key|_time|_time_end|_unit|_url)|key|claim|unit|doi|pmid|country")
SERIES = ("geography", "measure", "source")
"""Columns of the table of populations by which the code looks a row up: names, not texts."""


def is_free_text(field, key_fields):
    constrained = {"enum", "pattern"} & set(field.get("constraints", {}))
    plain = (
        field["type"] == "string" and not constrained and not {"separator", "items"} & set(field)
    )
    return plain and field["name"] not in key_fields and not KEYS.fullmatch(field["name"])


def write_hostile_data(folder: Path) -> Path:
    """Write the hostile data into `folder`, which must not exist yet, and return it."""
    shutil.copytree(ROOT / "data", folder)
    description = yaml.safe_load((folder / "datapackage.yaml").read_text(encoding="utf-8"))
    selected = (folder / "questions.yaml").read_text(encoding="utf-8")
    planted = 0
    for resource in description["resources"]:
        path = folder / resource["path"]
        keys = {f for k in resource["schema"].get("foreignKeys", []) for f in k["fields"]}
        names = [
            field["name"]
            for field in resource["schema"]["fields"]
            if is_free_text(field, keys) and f"{field['name']}:" not in selected
        ]
        if resource["name"] == "population":
            names = [name for name in names if name not in SERIES]
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            for name in names:
                if row[name]:
                    # before a title: addresses that spell titles are compared from their start
                    first = name == "title"
                    row[name] = f"{PLANTED.strip()}{row[name]}" if first else row[name] + PLANTED
                    planted += 1
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    assert planted > 1000
    questions = yaml.safe_load(selected)
    for question in questions.values():
        question["asks"] += PLANTED
        question["measured"] += PLANTED
    (folder / "questions.yaml").write_text(yaml.safe_dump(questions), encoding="utf-8")
    return folder
