#!/usr/bin/env bash
# Guess: effectsize_2proportions adds a half to a cell of 0 (or leaves the study out) for odds
#   and risk ratios, as meta-analysis programs do.
# Seen: The study gets the effect -inf with variance inf (numpy's two warnings about a division
#   are all that is said); combine_effects gives it weight 0 and yet nan for the fixed effect,
#   as 0 times infinity is. zero_correction is an option and is off. Differences and the arcsine
#   are not touched.
# With: statsmodels==0.15.0, numpy==2.4.6, scipy==1.17.1, pandas==3.1.1; Python 3.11; 29
#   November 2026; ground: deep
# Why it matters: One study without an event, common with rare outcomes, makes the pooled figure
#   vanish.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1

cat >see.py <<'EOF'
import warnings
import numpy as np
from statsmodels.stats.meta_analysis import combine_effects, effectsize_2proportions

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    a, n, b, m = (np.array(x) for x in ([0, 5, 7], [20, 20, 22], [3, 6, 9], [20, 20, 21]))
    effect, variance = effectsize_2proportions(a, n, b, m, statistic="odds-ratio")
print("effects", np.round(effect, 3), "variances", np.round(variance, 3))
print("division warnings:", len(caught))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    r = combine_effects(effect, variance)
print("fixed effect", r.mean_effect_fe, "weights", np.round(r.weights_rel_fe, 3))
EOF
cat >expected <<'EOF'
effects [  -inf -0.251 -0.474] variances [  inf 0.505 0.404]
division warnings: 2
fixed effect nan weights [0.    0.445 0.555]
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
