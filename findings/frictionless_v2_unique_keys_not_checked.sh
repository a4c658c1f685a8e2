#!/usr/bin/env bash
# Guess: A schema of version 2 with uniqueKeys finds two equal rows, as primaryKey does;
#   categories refuse a value that is not among them.
# Seen: Both are accepted in the schema, and neither is checked: the table is valid. primaryKey
#   on the same rows finds the repeat.
# With: frictionless==5.21.0; Python 3.11; 29 November 2026; ground: far
# Why it matters: The standard's newer words for 'one row per study and outcome' and for coded
#   answers look checked in a green report and are not.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check frictionless==5.21.0

cat >see.py <<'EOF'
from frictionless import Resource, Schema

v2 = {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json"}
fields = [{"name": "study", "type": "string"}, {"name": "outcome", "type": "string"}]
rows = [["study", "outcome"], ["Doe 2021", "sleep"], ["Doe 2021", "sleep"]]

def errors(schema, rows):
    report = Resource(data=rows, schema=Schema.from_descriptor(schema)).validate()
    return [e.type for task in report.tasks for e in task.errors]

print("uniqueKeys:", errors({**v2, "fields": fields, "uniqueKeys": [["study", "outcome"]]}, rows))
print("primaryKey:", errors({**v2, "fields": fields, "primaryKey": ["study", "outcome"]}, rows))
print("categories:", errors({**v2, "fields": [{"name": "a", "type": "string", "categories": ["x", "y"]}]}, [["a"], ["z"]]))
EOF
cat >expected <<'EOF'
uniqueKeys: []
primaryKey: ['primary-key']
categories: []
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
