#!/usr/bin/env bash
# Guess: An interval of 0 out of 20 starts at 0, and one of 20 out of 20 ends at 1, by every
#   method.
# Seen: Jeffreys' is cut at both tails even at the edge: from 0.000024, so the observed share 0
#   lies outside its own interval (its authors set the limit to 0 there). The other four include
#   it.
# With: statsmodels==0.15.0, numpy==2.4.6, scipy==1.17.1, pandas==3.1.1; Python 3.11; 29
#   November 2026; ground: deep
# Why it matters: A check 'the estimate lies in its interval' fails on correct figures, and an
#   interval printed as '0.0 to 11.7%' hides that 0 is excluded.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1

cat >see.py <<'EOF'
from statsmodels.stats.proportion import proportion_confint

for method in ("normal", "agresti_coull", "beta", "wilson", "jeffreys"):
    low, high = proportion_confint(0, 20, method=method)
    print(f"{method}: {low:.6f} to {high:.4f}, holds 0: {bool(low <= 0 <= high)}")
EOF
cat >expected <<'EOF'
normal: 0.000000 to 0.0000, holds 0: True
agresti_coull: 0.000000 to 0.1898, holds 0: True
beta: 0.000000 to 0.1684, holds 0: True
wilson: 0.000000 to 0.1611, holds 0: True
jeffreys: 0.000024 to 0.1166, holds 0: False
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
