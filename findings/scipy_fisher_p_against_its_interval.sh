#!/usr/bin/env bash
# Guess: Fisher's exact p below 0.05 and a 95% interval of the conditional odds ratio that
#   excludes 1 are the same statement.
# Seen: For the table [[1, 11], [7, 8]] p is 0.043 and the interval runs from 0.002 to 1.16: the
#   test adds the tables that are less likely, the interval cuts 2.5% off each side.
# With: numpy==2.4.6, scipy==1.17.1; Python 3.11; 29 November 2026; ground: deep
# Why it matters: A text may say 'significant (p = 0.04)' and print an interval that includes 1;
#   both figures are right, and a check that calls it a contradiction is wrong.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1

cat >see.py <<'EOF'
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

for table in ([[1, 11], [7, 8]], [[3, 3], [1, 19]]):
    interval = odds_ratio(table, kind="conditional").confidence_interval(0.95)
    print(table, f"p {fisher_exact(table).pvalue:.4f}, interval {interval.low:.4f} to {interval.high:.3f}")
EOF
cat >expected <<'EOF'
[[1, 11], [7, 8]] p 0.0433, interval 0.0021 to 1.162
[[3, 3], [1, 19]] p 0.0278, interval 0.9520 to 1047.093
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
