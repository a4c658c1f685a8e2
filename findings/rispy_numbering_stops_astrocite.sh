#!/usr/bin/env bash
# Guess: What rispy writes is plain RIS and any RIS reader takes it.
# Seen: rispy writes a running number, '1.', on a line of its own before each record (not part
#   of RIS); astrocite-ris refuses the whole file at its first character. Without these lines it
#   reads both records.
# With: rispy==0.10.0, astrocite-ris@0.16.4; Python 3.11; Node 20; 29 November 2026; ground:
#   crossed
# Why it matters: A list exported for another tool arrives empty or not at all; count the
#   entries on both sides.

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

records = [{"type_of_reference": "JOUR", "title": t} for t in ("One", "Two")]
text = rispy.dumps(records)
print("first line:", text.splitlines()[0])
open("a.ris", "w").write(text)
open("b.ris", "w").write(re.sub(r"(?m)^\d+\.\n", "", text))
EOF
cat >see.mjs <<'EOF'
import fs from "fs";
import ris from "astrocite-ris";
for (const name of ["a.ris", "b.ris"]) {
  try {
    console.log(name, ris.parse(fs.readFileSync(name, "utf8")).length, "records");
  } catch (error) {
    console.log(name, String(error.message).split("\n")[0].slice(0, 60));
  }
}
EOF
cat >expected <<'EOF'
first line: 1.
a.ris Expected "TY" but "1" found.
b.ris 2 records
EOF
venv/bin/python see.py | tee seen
node see.mjs | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
