#!/usr/bin/env bash
# Guess: The column z-score of a result's table is the estimate divided by its standard error.
# Seen: It is the normal deviate that would give the p value, which comes from a t distribution:
#   for few studies it is far smaller than the ratio. The interval is the t interval, so
#   estimate, se and z of one row do not fit together.
# With: PyMARE==0.0.13, numpy==2.4.6, scipy==1.17.1, pandas==3.1.1; Python 3.11; 29 November
#   2026; ground: deep
# Why it matters: Recomputing z from the two printed figures, the plainest check there is, fails
#   on a correct row; z cannot be turned back into a standard error.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check PyMARE==0.0.13 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1

cat >see.py <<'EOF'
import warnings
import numpy as np
from pymare import Dataset
from pymare.estimators import DerSimonianLaird
from scipy.stats import norm

warnings.simplefilter("ignore")
data = Dataset(y=np.array([0.1, 0.9, 0.35]), v=np.array([0.04, 0.05, 0.03]))
row = DerSimonianLaird().fit_dataset(data).summary().to_df().iloc[0]
p = row["p-value"]
print(f"estimate {row['estimate']:.3f}, se {row['se']:.3f}, ratio {row['estimate'] / row['se']:.2f}, z-score {row['z-score']:.2f}, p {p:.3f}")
print(f"normal deviate of p: {norm.isf(p / 2):.2f}; p from the ratio by the normal: {2 * norm.sf(row['estimate'] / row['se']):.3f}")
EOF
cat >expected <<'EOF'
estimate 0.438, se 0.231, ratio 1.89, z-score 1.28, p 0.199
normal deviate of p: 1.28; p from the ratio by the normal: 0.058
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
