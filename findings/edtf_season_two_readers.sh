#!/usr/bin/env bash
# Guess: 2021-24 (EDTF's code for winter 2021) spans three months around the turn of the year,
#   the same three in the Python and the JavaScript reader.
# Seen: Python: 1 to 31 December 2021, one month, while its spring has three; JavaScript:
#   October to December, and spring begins on 1 January. The two agree on neither span.
# With: edtf==5.0.2, edtf@4.11.1; Python 3.11; Node 20; 29 November 2026; ground: crossed
# Why it matters: A claim 'published before April' about a paper dated 'Spring 2021' holds with
#   one reader and fails with the other.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check edtf==5.0.2
npm install --silent --no-audit --no-fund --prefix "$tmp" edtf@4.11.1

cat >see.py <<'EOF'
import time
from edtf import parse_edtf

for text in ("2021-21", "2021-24"):
    date = parse_edtf(text)
    print("python", text, *(time.strftime("%m-%d", d) for d in (date.lower_strict(), date.upper_strict())))
EOF
cat >see.mjs <<'EOF'
import edtf from "edtf";
for (const text of ["2021-21", "2021-24"]) {
  const date = edtf(text);
  console.log("javascript", text, ...[date.min, date.max].map((t) => new Date(t).toISOString().slice(5, 10)));
}
EOF
cat >expected <<'EOF'
python 2021-21 03-01 05-31
python 2021-24 12-01 12-31
javascript 2021-21 01-01 03-31
javascript 2021-24 10-01 12-31
EOF
venv/bin/python see.py | tee seen
node see.mjs | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
