"""Freeze the project's strata (by age) and pairs (by sex) that regenerate.R reads."""

from pathlib import Path

import pandas as pd

from rls_nitric_oxide.age_curve import age_strata
from rls_nitric_oxide.prevalence_rows import assumed_stratum_n

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data" / "evidence" / "rls_prevalence.csv"


def age_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Age strata of primary studies, sizes assumed where none is printed."""
    overall = table[(table["stratum"] == "overall") & table["n"].notna()]
    rows = table[
        table["stratum"].isin(["age", "age_sex"])
        & (table["study_type"] == "primary")
        & ~table["verification"].isin(["unverified", "derived", "not_found"])
    ]
    assumed = assumed_stratum_n(rows, overall.drop_duplicates("sample_id"))
    strata, _ = age_strata(rows.assign(assumed_n=assumed), study="sample_id", assumed_n="assumed_n")
    return strata[["id", "study", "age", "yi", "vi"]]


def pair_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Women and men of one sample, both with a printed denominator."""
    rows = table[
        table["sex"].isin(["female", "male"])
        & (table["study_type"] == "primary")
        & table["n"].notna()
        & table["prevalence_percent"].notna()
        & table["stratum"].isin(["sex", "age_sex"])
    ]
    both = rows.groupby("sample_id")["sex"].transform("nunique") == 2
    columns = ["row_id", "sample_id", "sex", "n", "cases", "prevalence_percent"]
    return rows.loc[both, columns]


def main() -> None:
    table = pd.read_csv(DATA)
    age_rows(table).to_csv(HERE / "age_inputs.csv", index=False, float_format="%.17g")
    pair_rows(table).to_csv(HERE / "pair_inputs.csv", index=False)


if __name__ == "__main__":
    main()
