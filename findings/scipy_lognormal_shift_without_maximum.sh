#!/usr/bin/env bash
# Guess: lognorm.fit on twelve values from a standard lognormal (shape 1) finds a shape near 1
#   and a shift a little below 0, or warns.
# Seen: The likelihood of the shifted lognormal has no maximum: it grows without end as the
#   shift nears the smallest value. fit returns the smallest value as the shift and a shape
#   above 10, without a warning; the 'median' it implies is below the second value of twelve.
#   With floc=0 the fit is sane.
# With: numpy==2.4.6, scipy==1.17.1; Python 3.11; 29 November 2026; ground: deep
# Why it matters: Skewed data (latencies, doses) are summed up by such fits; the returned
#   figures look like estimates and are the place where the search stopped.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1

cat >see.py <<'EOF'
import numpy as np
from scipy.stats import lognorm

for seed in range(4):
    x = np.sort(np.random.default_rng(seed).lognormal(0, 1, 12))
    shape, shift, scale = lognorm.fit(x)
    print(seed, "shape > 10:", bool(shape > 10), "shift is the minimum:", bool(abs(shift - x[0]) < 1e-6),
          "fitted median below 2nd of 12:", bool(shift + scale < x[1]), f"shape with floc=0: {lognorm.fit(x, floc=0)[0]:.2f}")
EOF
cat >expected <<'EOF'
0 shape > 10: True shift is the minimum: True fitted median below 2nd of 12: True shape with floc=0: 0.70
1 shape > 10: True shift is the minimum: True fitted median below 2nd of 12: True shape with floc=0: 0.58
2 shape > 10: True shift is the minimum: True fitted median below 2nd of 12: True shape with floc=0: 1.04
3 shape > 10: True shift is the minimum: True fitted median below 2nd of 12: True shape with floc=0: 1.51
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
