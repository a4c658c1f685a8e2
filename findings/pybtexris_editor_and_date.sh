#!/usr/bin/env bash
# Guess: In a journal article's RIS record A2 is read as an editor (as it is for a chapter), and
#   PY 2021/03/05/ gives the year 2021 and a month.
# Seen: For JOUR the editor is put last among the authors, for CHAP among the editors; the year
#   is the text '2021/03/05/', and the entry's key carries the slashes.
# With: pybtexris==0.2.0, pybtex==0.26.1; Python 3.11; 29 November 2026; ground: new
# Why it matters: An editor of a special issue gets cited as an author, and a check of 'author
#   (2021)' against the year fails for every record with a full date.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pybtexris==0.2.0 pybtex==0.26.1

cat >see.py <<'EOF'
from pybtex.database import parse_string

ris = """TY  - {kind}
AU  - Doe, Jane
A2  - Poe, Edna
TI  - Sleep and clearance
T2  - Examples
PY  - 2021/03/05/
ER  - 
"""
for kind in ("JOUR", "CHAP"):
    key, entry = next(iter(parse_string(ris.format(kind=kind), "ris").entries.items()))
    people = {role: [str(p) for p in persons] for role, persons in entry.persons.items()}
    print(kind, key, people, "year:", entry.fields["year"])
EOF
cat >expected <<'EOF'
JOUR Doe2021/03/05/ {'author': ['Doe, Jane', 'Poe, Edna']} year: 2021/03/05/
CHAP Doe2021/03/05/ {'author': ['Doe, Jane'], 'editor': ['Poe, Edna']} year: 2021/03/05/
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
