#!/usr/bin/env bash
# Guess: circmean of 23 h and 1 h is 0 h; of 6 h and 18 h, which lie opposite and have no mean,
#   it is nan or warns.
# Seen: The first is 24.0, the upper end that the interval [0, 24) leaves out; the second is
#   12.0 without a warning (the sum of rounding errors decides the direction). circvar shows it:
#   it is 1.
# With: numpy==2.4.6, scipy==1.17.1; Python 3.11; 29 November 2026; ground: deep
# Why it matters: Times of day (onset, dosing) are averaged this way; 24.0 is outside the hours
#   of a clock and 12.0 is no average at all.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1

cat >see.py <<'EOF'
from scipy.stats import circmean, circvar

for hours in ([23, 1], [6, 18]):
    print(hours, "mean", round(float(circmean(hours, high=24)), 6), "variance", round(float(circvar(hours, high=24)), 6))
EOF
cat >expected <<'EOF'
[23, 1] mean 24.0 variance 0.034074
[6, 18] mean 12.0 variance 1.0
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
