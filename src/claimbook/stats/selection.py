"""Which rows of a table of proportions belong together: samples, strata, pairs, shares, bands.

The table has one row per number: `stratum` says what part of a study's sample a row covers
("overall", "age", "sex", "age_sex", "severity"), `sample_id` which people it is about, `poolable`
whether it may enter a pool. Rows that were never verified are dropped first, everywhere.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from claimbook.book.evidence import DERIVED, verified
from claimbook.errors import InputError
from claimbook.stats.proportions import prepare_proportions, require_columns
from rls_nitric_oxide.age_curve import assumed_stratum_n

PRIMARY = "primary"
OVERALL = "overall"
NO_LEVEL = "not stated"


def poolable(table: pd.DataFrame, **levels) -> pd.DataFrame:
    """Return the verified rows marked poolable whose columns hold the given levels.

    A level may be a list. Raises InputError for a column that the table lacks.
    """
    require_columns(table, ["poolable", "verification", *levels])
    rows = verified(table)
    rows = rows[rows["poolable"].fillna(False).astype(bool)]
    for column, wanted in levels.items():
        rows = rows[rows[column].isin(wanted if isinstance(wanted, list) else [wanted])]
    return rows


def without(rows: pd.DataFrame, *names: str, column: str = "sample_id") -> pd.DataFrame:
    """Return the rows whose `column` holds none of `names`; a name met nowhere is refused."""
    unknown = [name for name in names if name not in set(rows[column])]
    if unknown:
        raise InputError(f"no row has {column} {', '.join(unknown)}")
    return rows[~rows[column].isin(names)]


def strata(table: pd.DataFrame, kinds: Iterable[str], reasons: Iterable[str] | None = None):
    """Return verified rows of primary studies that cover a part of a sample.

    kinds: levels of `stratum`. reasons: if given, only rows whose `exclusion_reason` is one of
    these, because being a part of a sample is then all that keeps them out of a pool.
    """
    rows = verified(table)
    rows = rows[rows["stratum"].isin(list(kinds)) & (rows["study_type"] == PRIMARY)]
    rows = rows[(rows["verification"] != DERIVED) & rows["prevalence_percent"].notna()]
    return rows if reasons is None else rows[rows["exclusion_reason"].isin(list(reasons))]


def overall_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return one verified row per sample that covers all of it, poolable ones first."""
    rows = verified(table)
    rows = rows[(rows["stratum"] == OVERALL) & rows["n"].notna() & rows["sample_id"].notna()]
    first = rows["poolable"].fillna(False).astype(bool)
    return pd.concat([rows[first], rows[~first]]).drop_duplicates("sample_id")


def with_assumed_n(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add `assumed_n`: the sample's people spread evenly over its ages, half to each sex."""
    sizes = assumed_stratum_n(rows, overall_rows(table), study="sample_id", halve="sex")
    return rows.assign(assumed_n=sizes)


def paired_rows(table: pd.DataFrame, kinds=("sex", "age_sex")) -> pd.DataFrame:
    """Return the rows of two arms, from the first of `kinds` that a sample has.

    A sample that gives women and men as a whole and again by age is thus not met twice.
    """
    rows = strata(table, kinds)
    rank = rows["stratum"].map({kind: place for place, kind in enumerate(kinds)}).astype(int)
    return rows[rank == rank.groupby(rows["sample_id"]).transform("min")]


def shares_of_cases(table: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return how large a part of the cases meets a stricter definition, sample by sample.

    part: level of `case_definition_class` of the stricter rows (stratum "severity"); the cases
    they are a part of are those of the poolable row of the whole of that sample. Columns: row_id,
    overall_id, sample_id, study_key, country, age_min, age_max, case_definition, n (people),
    cases (of the poolable row, maybe reconstructed), strict (cases times the share), share
    (percent). Shares come from printed, rounded percentages unless both rows have counts.
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
    return pd.DataFrame(
        {
            "row_id": joined["row_id"],
            "overall_id": joined["row_id_whole"],
            "sample_id": joined["sample_id"],
            "study_key": joined["study_key"],
            "country": joined["country"],
            "age_min": joined["age_min"],
            "age_max": joined["age_max"],
            "case_definition": joined["case_definition"],
            "n": joined["n_whole"],
            "cases": base,
            "strict": base * share / 100.0,
            "share": share,
        }
    )


def classified(texts: pd.Series, words: Mapping[str, Iterable[str]], otherwise: str) -> pd.Series:
    """Return for each text the first class one of whose words it holds, else `otherwise`."""

    def one(text) -> str:
        low = "" if pd.isna(text) else str(text).lower()
        for name, marks in words.items():
            if any(mark in low for mark in marks):
                return name
        return otherwise if low else NO_LEVEL

    return texts.map(one, na_action=None).astype(object)


def age_bands(
    population: pd.DataFrame, geography: str, year: int, source_id: str, edges: Iterable[int]
) -> pd.DataFrame:
    """Return the counts of neighbouring age bands of one series, the last one open.

    edges: first year of each band. Columns: row_id, band ("18 to 29", "80 and over"), age_min,
    age_max (NaN if open), population. Bands of one `source_id` only: two series must never meet
    in one sum. Raises InputError for a band that the series lacks or has twice, and if the bands
    do not add up to the row that covers them all, where there is one.
    """
    rows = verified(population)
    rows = rows[(rows["geography"] == geography) & (rows["year"] == year)]
    rows = rows[(rows["source_id"] == source_id) & (rows["measure"] == "population")]
    edges = sorted(edges)
    ends = [*(following - 1 for following in edges[1:]), np.nan]
    bands = []
    for low, high in zip(edges, ends, strict=True):
        open_end = np.isnan(high)
        top = rows["age_max"].isna() if open_end else rows["age_max"] == high
        found = rows[(rows["age_min"] == low) & top]
        name = f"{low} and over" if open_end else f"{low} to {int(high)}"
        if len(found) != 1:
            raise InputError(
                f"{geography} {year}, {source_id}: {len(found)} rows for ages {name}, expected one"
            )
        row = found.iloc[0]
        bands.append((row["row_id"], name, float(low), float(high), float(row["count"])))
    table = pd.DataFrame(bands, columns=["row_id", "band", "age_min", "age_max", "population"])
    whole = rows[(rows["age_min"] == edges[0]) & rows["age_max"].isna()]["count"]
    if len(whole) == 1 and float(whole.iloc[0]) != table["population"].sum():
        raise InputError(
            f"{geography} {year}, {source_id}: the bands hold {table['population'].sum():,.0f}, "
            f"all from {edges[0]} on {float(whole.iloc[0]):,.0f}"
        )
    return table
