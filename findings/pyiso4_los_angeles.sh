#!/usr/bin/env bash
# Guess (put into words after a first look): Articles are dropped only as articles: the place
#   name in 'Los Angeles Medicine' stays whole.
# Seen: Articles of every language are dropped in every title: 'Los Angeles' loses its 'Los',
#   'Die Casting Engineer' (English) its 'Die'.
# With: pyiso4==0.1.6; Python 3.11; 29 November 2026; ground: far
# Why it matters: Two lists are matched by abbreviated journal name; a name that no library uses
#   matches none, and 'Die' or 'Los' is lost for good.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pyiso4==0.1.6

cat >see.py <<'EOF'
from pyiso4.ltwa import Abbreviate

abbreviate = Abbreviate.create()
for title in ("Los Angeles Medicine", "Die Casting Engineer", "Las Vegas Review", "Die Medizinische Welt"):
    print(title, "->", abbreviate(title))
EOF
cat >expected <<'EOF'
Los Angeles Medicine -> Angeles Med.
Die Casting Engineer -> Cast. Eng.
Las Vegas Review -> Las Vegas Rev.
Die Medizinische Welt -> Med. Welt
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
