#!/usr/bin/env bash
# Guess (put into words after a first look): A date field of format 'any' guesses at the order
#   of day and month; a cell with a year alone is refused, or becomes its first of January.
# Seen: What is missing is taken from the day of the run: '2020' gets today's month and day,
#   'March' this year and today's day, so the same file reads otherwise tomorrow; it is valid.
# With: frictionless==5.21.0, python-dateutil==2.9.0.post0; Python 3.11; 29 November 2026;
#   ground: far
# Why it matters: A column of publication dates in which some cells hold only a year is common;
#   the invented day makes results that do not repeat.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check frictionless==5.21.0 python-dateutil==2.9.0.post0

cat >see.py <<'EOF'
import datetime
from frictionless import Resource, Schema

schema = {"fields": [{"name": "a", "type": "date", "format": "any"}]}
resource = Resource(data=[["a"], ["2020"], ["March 2020"]], schema=Schema.from_descriptor(schema))
with resource:
    rows = [row["a"] for row in resource.row_stream]
today = datetime.date.today()
print("'2020' has today's month and day:", (rows[0].month, rows[0].day) == (today.month, today.day))
print("'March 2020' has today's day:", rows[1].day == today.day, rows[1].year, rows[1].month)
EOF
cat >expected <<'EOF'
'2020' has today's month and day: True
'March 2020' has today's day: True 2020 3
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
