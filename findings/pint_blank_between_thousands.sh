#!/usr/bin/env bash
# Guess: '1 000 s' is 1000 seconds, '1,5 s' is 1.5 or refused, '1 ml/100g/min' (a perfusion, per
#   100 g) is refused or has the mass below the line.
# Seen: A blank multiplies, so '1 000 s' is 0 s; a comma is dropped, so '1,5 s' is 15 s; the
#   division by 100 is done first and the gram multiplies.
# With: pint==0.25.3; Python 3.11; 29 November 2026; ground: far
# Why it matters: All three are how papers print numbers with units; each gives a number, with a
#   unit, and no error.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pint==0.25.3

cat >see.py <<'EOF'
import pint

parse = pint.UnitRegistry()
for text in ("1 000 s", "1,5 s", "1 ml/100g/min"):
    print(text, "->", parse(text))
EOF
cat >expected <<'EOF'
1 000 s -> 0 second
1,5 s -> 15 second
1 ml/100g/min -> 0.01 gram * milliliter / minute
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
