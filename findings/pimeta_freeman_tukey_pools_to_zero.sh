#!/usr/bin/env bash
# Guess: The pooled share lies between the smallest and the largest share of the studies;
#   together they count 10 cases.
# Seen: The common-effect share with the Freeman-Tukey transform comes back as exactly 0 with an
#   interval from 0 to 0 and no warning: the back-transform with the harmonic mean of the sample
#   sizes (25 here) cannot show a share as small as the largest study's. The plain arcsine gives
#   a share above 0 for the same rows.
# With: pimeta==1.1.0, numpy==2.4.6, scipy==1.17.1, pandas==3.1.1; Python 3.11; 29 November
#   2026; ground: new
# Why it matters: Prevalences are often pooled with this transform; where one study is far
#   larger than the rest the printed figure can be impossible although every input is right.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pimeta==1.1.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1

cat >see.py <<'EOF'
import pimeta

cases, people = [3, 5, 0, 2], [20, 40, 12, 70000]
print("cases:", sum(cases))
for sm in ("PFT", "PAS"):
    r = pimeta.metaprop(event=cases, n=people, sm=sm)
    print(sm, *(f"{float(x):.6f}" for x in (r.fixed_prop, r.fixed_lower, r.fixed_upper)))
EOF
cat >expected <<'EOF'
cases: 10
PFT 0.000000 0.000000 0.000000
PAS 0.000032 0.000004 0.000088
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
