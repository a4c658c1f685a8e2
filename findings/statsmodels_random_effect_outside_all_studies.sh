#!/usr/bin/env bash
# Guess (put into words after a first look): Four studies of 0.19 to 0.22 that agree better than
#   chance: the variance between them is 0 and the random effect equals the fixed one.
# Seen: The default one-step method leaves the variance between studies below 0, so weights
#   below 0 arise: the random effect is 0.181, less than every study, its standard error is nan,
#   one weight is -0.65. The iterated method gives 0 and 0.202.
# With: statsmodels==0.15.0, numpy==2.4.6, scipy==1.17.1, pandas==3.1.1; Python 3.11; 29
#   November 2026; ground: deep
# Why it matters: The pooled number is plausible and lies outside everything that was pooled;
#   only the missing standard error hints at it.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1

cat >see.py <<'EOF'
import warnings
import numpy as np
from statsmodels.stats.meta_analysis import combine_effects

warnings.simplefilter("ignore")
effects, variances = np.array([0.20, 0.22, 0.19, 0.21]), np.array([0.04, 0.05, 0.03, 0.06])
print("studies:", effects.min(), "to", effects.max())
for method in ("chi2", "iterated"):
    r = combine_effects(effects, variances, method_re=method)
    print(f"{method}: tau2 {r.tau2:.4f}, random effect {r.mean_effect_re:.4f}, se {r.sd_eff_w_re:.4f}, weights", np.round(r.weights_rel_re, 2))
EOF
cat >expected <<'EOF'
studies: 0.19 to 0.22
chi2: tau2 -0.0429, random effect 0.1808, se nan, weights [ 1.56 -0.65  0.35 -0.27]
iterated: tau2 0.0000, random effect 0.2025, se 0.1026, weights [0.26 0.21 0.35 0.18]
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
