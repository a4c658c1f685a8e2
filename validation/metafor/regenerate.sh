#!/bin/sh
# Recompute every pinned number with R's metafor. From the repository's root:
#     sh validation/metafor/regenerate.sh
# Needs R with metafor (Debian: r-cran-metafor, which brings lme4 and metadat) and the project's
# Python environment active. Writes inputs.csv, age_inputs.csv, pair_inputs.csv, versions.csv and
# results.csv beside this file; all are committed, so the tests need no R.
set -eu
cd "$(dirname "$0")/../.."
PYTHONPATH=src python validation/metafor/snapshot.py
Rscript validation/metafor/regenerate.R
