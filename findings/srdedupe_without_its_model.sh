#!/usr/bin/env bash
# Guess: Installed from the registry, its documented one-line command removes the duplicates of
#   a RIS file of two equal records.
# Seen: The first two stages run, then it stops: the scoring model it needs by default is looked
#   for beside site-packages and is not in the wheel. No deduplicated file is written.
# With: srdedupe==0.1.1; Python 3.11; 29 November 2026; ground: new
# Why it matters: A pipeline that pools studies after removing duplicates cannot rest on this
#   release unless a model is supplied from elsewhere.

set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install -q --disable-pip-version-check srdedupe==0.1.1

cat >see.py <<'EOF'
import pathlib, re, subprocess, sys

record = "TY  - JOUR\nAU  - Doe, Jane\nTI  - Sleep and clearance\nPY  - 2021\nDO  - 10.1234/abc.1\nER  - \n\n"
pathlib.Path("two.ris").write_text(record * 2)
command = [str(pathlib.Path(sys.executable).parent / "srdedupe"), "deduplicate", "two.ris", "-o", "out"]
run = subprocess.run(command, capture_output=True, text=True)
print("failed:", run.returncode != 0)
print(re.search(r"FS model not found: \S*?(models/\S+\.json)", run.stdout + run.stderr).expand(r"not found: \1"))
print("RIS files written:", len(list(pathlib.Path("out").rglob("*.ris"))))
EOF
cat >expected <<'EOF'
failed: True
not found: models/fs_v1.json
RIS files written: 0
EOF
venv/bin/python see.py | tee seen

diff expected seen || { echo "The behaviour has changed (left: as written down, right: now)." >&2; exit 1; }
