#!/usr/bin/env bash
# Guess (put into words after a first look): With bareNumber false, a unit or a currency around
#   a number is dropped ('12%' is 12); '<0.05', 'n=20' and '>100' say something else and are
#   refused.
# Seen: Every character before and after the digits is dropped: 'p<0.05' is 0.05, '>100' is 100,
#   '~7' is 7, and the table is valid.
# With: frictionless==5.21.0; Python 3.11; 29 November 2026; ground: far
# Why it matters: A bound becomes a measured value: a p value reported as 'p<0.05' then enters a
#   calculation as exactly 0.05.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check frictionless==5.21.0

cat >see.py <<'EOF'
from frictionless import Resource, Schema

cells = ["12%", "p<0.05", ">100", "~7"]
schema = {"fields": [{"name": "a", "type": "number", "bareNumber": False}]}
resource = Resource(data=[["a"]] + [[c] for c in cells], schema=Schema.from_descriptor(schema))
print("valid:", resource.validate().valid)
resource = Resource(data=[["a"]] + [[c] for c in cells], schema=Schema.from_descriptor(schema))
with resource:
    for cell, row in zip(cells, resource.row_stream):
        print(cell, "->", row["a"])
EOF
cat >expected <<'EOF'
valid: True
12% -> 12
p<0.05 -> 0.05
>100 -> 100
~7 -> 7
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
