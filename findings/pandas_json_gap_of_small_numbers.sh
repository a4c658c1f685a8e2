#!/usr/bin/env bash
# Guess: to_json writes ten significant digits (double_precision=10), so 1.2e-12 comes back
#   through json.loads as it was; were they places after the point, every smaller number would
#   be 0 too.
# Seen: Ten places after the point, but only down to 1e-15: from there to 5e-11 a number becomes
#   0.0, and 6e-11 becomes 1e-10, while 9e-16 and 1e-20 are written whole. The order of small
#   numbers is lost: the smallest is the largest.
# With: pandas==3.1.1, numpy==2.4.6; Python 3.11; 29 November 2026; ground: crossed
# Why it matters: Variances, p values and amounts in mol are often that small; a recorded answer
#   of 0.0 compares as wrong, or as right for the wrong reason, and spot checks with 1e-20 pass.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pandas==3.1.1 numpy==2.4.6

cat >see.py <<'EOF'
import json
import pandas as pd

small = [6e-11, 4e-11, 1.2e-12, 1e-15, 9e-16, 1e-20]
for places in (10, 15):
    back = json.loads(pd.DataFrame({"x": small}).to_json(double_precision=places))["x"].values()
    print(places, *(f"{a:g}->{b:g}" for a, b in zip(small, back)))
EOF
cat >expected <<'EOF'
10 6e-11->1e-10 4e-11->0 1.2e-12->0 1e-15->0 9e-16->9e-16 1e-20->1e-20
15 6e-11->6e-11 4e-11->4e-11 1.2e-12->1.2e-12 1e-15->1e-15 9e-16->9e-16 1e-20->1e-20
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
