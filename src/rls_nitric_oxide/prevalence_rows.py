"""Age strata whose size is not printed, and the severe among the cases of a sample."""

import numpy as np
import pandas as pd

from claimbook.book.evidence import verified
from claimbook.errors import InputError
from claimbook.stats.proportions import prepare_proportions, require_columns
from claimbook.stats.selection import OVERALL, PRIMARY, overall_rows, poolable
from rls_nitric_oxide.age_curve import OPEN_LOWER, OPEN_UPPER


def assumed_stratum_n(rows: pd.DataFrame, overall: pd.DataFrame) -> pd.Series:
    """Assume the size of strata by age and sex that are printed without one, in people.

    The people of a sample (`overall`: one row per `sample_id` with `n`, `age_min`, `age_max`) are
    taken as spread evenly over its years of age, half to each sex. Real age pyramids are narrower
    at the top, so open old strata come out too large and weigh too much. NaN where the sample has
    no row in `overall`, no `n`, or no age in common. Raises InputError for a sample that
    `overall` has twice.
    """
    require_columns(rows, ["sample_id", "sex", "age_min", "age_max"])
    require_columns(overall, ["sample_id", "n", "age_min", "age_max"])
    names = overall["sample_id"].astype(str)
    if names.duplicated().any():
        raise InputError(f"sample '{names[names.duplicated()].iloc[0]}' has two overall rows")
    whole = _age_ends(overall).assign(n=overall["n"].astype(float)).set_axis(names)
    whole = whole.reindex(rows["sample_id"].astype(str)).set_axis(rows.index)
    part = _age_ends(rows)
    years = np.minimum(part["last"], whole["last"]) - np.maximum(part["first"], whole["first"]) + 1
    size = whole["n"] * years / (whole["last"] - whole["first"] + 1)
    size = size.where(rows["sex"] == "all", size / 2)
    return size.where(size > 0).rename("assumed_n")


def _age_ends(rows: pd.DataFrame) -> pd.DataFrame:
    """Return first and last year of age of each row, an open end closed."""
    first = rows["age_min"].astype(float).fillna(OPEN_LOWER)
    return pd.DataFrame({"first": first, "last": rows["age_max"].astype(float).fillna(OPEN_UPPER)})


def with_assumed_n(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add `assumed_n` to strata of `table` (see `assumed_stratum_n`)."""
    return rows.assign(assumed_n=assumed_stratum_n(rows, overall_rows(table)))


def shares_of_cases(table: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return how large a part of the cases meets a stricter definition, sample by sample.

    part: level of `case_definition_class` of the stricter rows (stratum "severity"); the cases
    they are a part of are those of the poolable row of the whole of that sample. Columns that need
    words: cases (of the poolable row, maybe reconstructed), strict (cases times the share), share
    (percent; from printed, rounded percentages unless both rows have counts).
    """
    whole = poolable(table, stratum=OVERALL).dropna(subset=["n"])
    counted = prepare_proportions(whole)
    whole = whole.assign(base=counted["cases"].to_numpy())
    rows = verified(table)
    rows = rows[(rows["stratum"] == "severity") & (rows["case_definition_class"] == part)]
    rows = rows[(rows["study_type"] == PRIMARY) & (rows["sex"] == "all")]
    keep = ["row_id", "study_key", "sample_id", "country", "case_definition", "n", "cases"]
    joined = rows[[*keep, "prevalence_percent"]].merge(
        whole[["sample_id", "row_id", "n", "base", "prevalence_percent", "age_min", "age_max"]],
        on="sample_id",
        suffixes=("", "_whole"),
    )
    percent = joined["prevalence_percent"].to_numpy(float)
    whole_percent = joined["prevalence_percent_whole"].to_numpy(float)
    same_people = (joined["n"] == joined["n_whole"]).fillna(False).to_numpy(bool)
    strict = joined["cases"].astype(float).to_numpy()
    base = joined["base"].to_numpy(float)
    share = np.where(np.isnan(strict) | ~same_people, percent / whole_percent, strict / base)
    share = 100.0 * np.minimum(share, 1.0)
    columns = ["row_id", "overall_id", "sample_id", "study_key", "country", "age_min", "age_max"]
    found = joined.rename(columns={"row_id_whole": "overall_id"})
    found = found.assign(n=joined["n_whole"], cases=base, strict=base * share / 100.0, share=share)
    return found[[*columns, "case_definition", "n", "cases", "strict", "share"]]
