#!/usr/bin/env bash
# Guess: pybtex writes a DOI with an underscore as it is, or escaped in a way another BibTeX
#   reader undoes.
# Seen: pybtex escapes it (as LaTeX wants), and biblatex-csl-converter takes a DOI as it stands:
#   the CSL-JSON holds a backslash in the DOI, while in the url of the same entry it is undone.
# With: pybtex==0.26.1, biblatex-csl-converter@3.6.0; Python 3.11; Node 20; 29 November 2026;
#   ground: crossed
# Why it matters: A DOI with a backslash does not resolve and equals no other DOI, so the
#   reference is new, unmatched and without a retraction check.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pybtex==0.26.1
npm install --silent --no-audit --no-fund --prefix "$tmp" biblatex-csl-converter@3.6.0

cat >see.py <<'EOF'
from pybtex.database import BibliographyData, Entry, Person

entry = Entry("article", fields={"title": "Sleep", "doi": "10.1234/abc_1", "url": "https://example.org/abc_1", "year": "2021"},
              persons={"author": [Person("Doe, Jane")]})
text = BibliographyData({"a": entry}).to_string("bibtex")
open("a.bib", "w").write(text)
print(*[line.strip() for line in text.splitlines() if "abc" in line], sep="\n")
EOF
cat >see.mjs <<'EOF'
import fs from "fs";
import { CSLExporter, parse } from "biblatex-csl-converter";
const item = Object.values(new CSLExporter(parse(fs.readFileSync("a.bib", "utf8")).entries).parse())[0];
console.log("CSL DOI:", item.DOI);
console.log("CSL URL:", item.URL);
EOF
cat >expected <<'EOF'
doi = "10.1234/abc\_1",
url = "https://example.org/abc\_1",
CSL DOI: 10.1234/abc\_1
CSL URL: https://example.org/abc_1
EOF
venv/bin/python see.py | tee seen
node see.mjs | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
