#!/usr/bin/env bash
# Guess: A title that runs over two lines in a PubMed file is read as one line with a blank
#   between the words.
# Seen: The two lines are joined without the blank, so two words become one. A paper's title in
#   PubMed's own export is broken at about 80 columns, so most titles are hit.
# With: pybtexnbib==0.2.0, pybtex==0.26.1; Python 3.11; 29 November 2026; ground: new
# Why it matters: A title is what duplicates and retractions are looked up by; one glued word
#   and the search finds nothing.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pybtexnbib==0.2.0 pybtex==0.26.1

cat >see.py <<'EOF'
from pybtex.database import parse_string

nbib = """PMID- 11111111
DP  - 2020 Mar
TI  - Sleep and the clearance of solutes from the
      adult brain of made-up mice.
FAU - Doe, Jane A
JT  - Journal of examples
"""
entry = next(iter(parse_string(nbib, "nbib").entries.values()))
print("title:", entry.fields["title"])
EOF
cat >expected <<'EOF'
title: Sleep and the clearance of solutes from theadult brain of made-up mice.
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
