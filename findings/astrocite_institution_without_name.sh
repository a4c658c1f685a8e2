#!/usr/bin/env bash
# Guess: An institution as author, kept whole by a comma at its end as RIS files do ('World
#   Sleep Council,'), is an author of that name after rispy and astrocite-ris.
# Seen: rispy keeps the text; astrocite-ris gives an author whose family name is empty, with no
#   error. A person beside it is read well.
# With: rispy==0.10.0, astrocite-ris@0.16.4; Python 3.11; Node 20; 29 November 2026; ground:
#   crossed
# Why it matters: Reports of agencies lose their only author, and 'author and year' of the
#   reference is a year.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check rispy==0.10.0
npm install --silent --no-audit --no-fund --prefix "$tmp" astrocite-ris@0.16.4

cat >see.py <<'EOF'
import re
import rispy

record = {"type_of_reference": "RPRT", "authors": ["World Sleep Council,", "Doe, Jane"], "title": "Report", "year": "2018"}
text = rispy.dumps([record])
open("a.ris", "w").write(re.sub(r"(?m)^\d+\.\n", "", text))
print("rispy:", rispy.loads(text)[0]["authors"])
EOF
cat >see.mjs <<'EOF'
import fs from "fs";
import ris from "astrocite-ris";
console.log("astrocite-ris:", JSON.stringify(ris.parse(fs.readFileSync("a.ris", "utf8"))[0].author));
EOF
cat >expected <<'EOF'
rispy: ['World Sleep Council,', 'Doe, Jane']
astrocite-ris: [{"family":""},{"family":"Doe","given":"Jane"}]
EOF
venv/bin/python see.py | tee seen
node see.mjs | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
