#!/usr/bin/env bash
# Guess: A Series made of the members of a StrEnum holds those members, as it did in pandas 2
#   (dtype object), so .name and 'is' work on a cell.
# Seen: It depends on what else is installed. pandas 3 infers its text type; without pyarrow the
#   cells still are the members, and once pyarrow 26.0.1 is in the environment each is a plain
#   str: in a Series, a DataFrame column, a Categorical and what DataFrame.map returns. The
#   printed dtype is 'str' both times. dtype=object and a plain Enum keep the members.
# With: pandas==3.1.1, numpy==2.4.6, pyarrow==26.0.1; Python 3.11; 29 November 2026; ground: new
# Why it matters: A verdict kept as a StrEnum compares equal to its text either way, so tests
#   pass with and without pyarrow, and 'is', .name or a match on the class fails only on the
#   machine that has it.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check pandas==3.1.1 numpy==2.4.6

cat >see.py <<'EOF'
from enum import Enum, StrEnum
from importlib.util import find_spec
import pandas as pd

class Verdict(StrEnum):
    HOLDS = "holds"

class Plain(Enum):
    HOLDS = "holds"

column = pd.Series([Verdict.HOLDS])
print("pyarrow:", find_spec("pyarrow") is not None, "dtype:", column.dtype)
print("Series:", type(column[0]).__name__)
print("DataFrame:", type(pd.DataFrame({"v": [Verdict.HOLDS]}).loc[0, "v"]).__name__)
print("DataFrame.map:", type(pd.DataFrame({"v": [1]}).map(lambda _: Verdict.HOLDS).loc[0, "v"]).__name__)
print("Categorical:", type(pd.Categorical([Verdict.HOLDS])[0]).__name__)
print("dtype=object:", type(pd.Series([Verdict.HOLDS], dtype=object)[0]).__name__)
print("plain Enum:", type(pd.Series([Plain.HOLDS])[0]).__name__)
EOF
cat >expected <<'EOF'
pyarrow: False dtype: str
Series: Verdict
DataFrame: Verdict
DataFrame.map: Verdict
Categorical: Verdict
dtype=object: Verdict
plain Enum: Plain
pyarrow: True dtype: str
Series: str
DataFrame: str
DataFrame.map: str
Categorical: str
dtype=object: Verdict
plain Enum: Plain
EOF
venv/bin/python see.py | tee seen
venv/bin/pip install -q --disable-pip-version-check pyarrow==26.0.1
venv/bin/python see.py | tee -a seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
