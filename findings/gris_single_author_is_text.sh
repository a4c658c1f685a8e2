#!/usr/bin/env bash
# Guess: AU may repeat in RIS, so a reader gives a list of authors, of one or of many.
# Seen: One author comes back as a text and two as a list (the same for KW and UR), so a loop
#   over the authors of a single-author paper goes through its letters.
# With: gris==0.9.0; Python 3.11; 29 November 2026; ground: far
# Why it matters: Single-author papers are a minority: a count or comparison of authors is tried
#   on others first and is wrong on these without an error.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check gris==0.9.0

cat >see.py <<'EOF'
import pathlib
import gris

pathlib.Path("a.ris").write_text(
    "TY  - JOUR\nAU  - Doe, Jane\nER  - \n\nTY  - JOUR\nAU  - Doe, Jane\nAU  - Roe, Richard\nER  - \n\n"
)
for record in gris.read_ris("a.ris"):
    print(repr(record["AU"]), "authors by len():", len(record["AU"]))
EOF
cat >expected <<'EOF'
'Doe, Jane' authors by len(): 9
['Doe, Jane', 'Roe, Richard'] authors by len(): 2
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
