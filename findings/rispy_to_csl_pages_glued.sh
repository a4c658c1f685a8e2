#!/usr/bin/env bash
# Guess: SP 101 and EP 109, written by rispy and read by biblatex-csl-converter, become
#   '101-109' in its CSL-JSON.
# Seen: They become '101109': the two numbers are kept as two texts of one page and joined with
#   nothing between. From BibTeX the same converter writes '101-109'. A full date with slashes
#   leaves no date at all.
# With: rispy==0.10.0, biblatex-csl-converter@3.6.0; Python 3.11; Node 20; 29 November 2026;
#   ground: crossed
# Why it matters: Page numbers are how a citation is checked by eye and by machine; 101109 looks
#   like an article number and passes.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check rispy==0.10.0
npm install --silent --no-audit --no-fund --prefix "$tmp" biblatex-csl-converter@3.6.0

cat >see.py <<'EOF'
import rispy

record = {"type_of_reference": "JOUR", "authors": ["Doe, Jane"], "title": "Sleep", "secondary_title": "Examples",
          "year": "2021/03/05/", "start_page": "101", "end_page": "109"}
open("a.ris", "w").write(rispy.dumps([record]))
open("a.bib", "w").write("@article{a, author={Doe, Jane}, title={Sleep}, journal={Examples}, year={2021}, pages={101--109}}")
print("written by rispy:", "SP  - 101" in open("a.ris").read(), "EP  - 109" in open("a.ris").read())
EOF
cat >see.mjs <<'EOF'
import fs from "fs";
import { CSLExporter, RISParser, parse } from "biblatex-csl-converter";
const ris = Object.values(new CSLExporter(new RISParser(fs.readFileSync("a.ris", "utf8")).parse().entries).parse())[0];
const bib = Object.values(new CSLExporter(parse(fs.readFileSync("a.bib", "utf8")).entries).parse())[0];
console.log("from RIS:", ris.page, JSON.stringify(ris.issued));
console.log("from BibTeX:", bib.page, JSON.stringify(bib.issued));
EOF
cat >expected <<'EOF'
written by rispy: True True
from RIS: 101109 undefined
from BibTeX: 101-109 {"date-parts":[[2021]]}
EOF
venv/bin/python see.py | tee seen
node see.mjs | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
