"""Two series crossed over age bands, and how little that can show: an ecological association.

Each band is one point, whoever was measured; whatever moves with age gives the same picture.
"""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

from claimbook.stats.inputs import from_interval
from claimbook.stats.simulation import TAIL, Input

DRAWS = 2_000
FEWEST_BANDS = 3


def band_of(ages: pd.Series, bands: pd.DataFrame) -> pd.Series:
    """Return the name of the band that each age (years) falls into; NA outside all bands.

    bands: columns band, age_min, age_max (NaN: open).
    """
    edges = [*bands["age_min"], np.inf]
    return pd.cut(ages, edges, right=False, labels=bands["band"], ordered=True)


def measures_by_band(changes: pd.DataFrame, rows: pd.DataFrame, bands: pd.DataFrame):
    """Place each comparison of old with young in the band of the old group's age.

    changes: from `group_change.compare_groups`. rows: the table that was compared, with mean_age,
        age_min, age_max, age_unit, sex and measure_class.
    Returns (placed, unplaced): placed has row_id, measure_class, sex, age, band, percent (of the
    young group), low, high; unplaced lists the row ids without an age or a change.
    """
    ages = rows.set_index("row_id")
    found = changes.set_index("row_id")
    ages = ages.loc[found.index]
    in_years = (ages["age_unit"] == "year").fillna(False)
    middle = (ages["age_min"] + ages["age_max"]) / 2
    table = pd.DataFrame(
        {
            "measure_class": ages["measure_class"].astype(str),
            "sex": ages["sex"].astype(object),
            "age": ages["mean_age"].fillna(middle).where(in_years),
            "percent": 100 + found["percent_change"].fillna(found["reported_change"]),
            "low": 100 + found["ci_low"],
            "high": 100 + found["ci_high"],
        }
    )
    table["band"] = band_of(table["age"], bands)
    known = table["band"].notna() & table["percent"].notna()
    return table[known].reset_index(), sorted(table.index[~known])


def summary_by_band(placed: pd.DataFrame, bands: pd.DataFrame) -> pd.DataFrame:
    """Return band, comparisons, median, low and high (range) of percent of young, per band."""
    grouped = placed.groupby("band", observed=False)["percent"]
    table = grouped.agg(comparisons="count", median="median", low="min", high="max")
    return table.reindex(bands["band"]).reset_index()


@dataclass(frozen=True)
class ResampledMedian:
    """The median of `values` drawn again from themselves, as many as there are."""

    values: np.ndarray

    def rvs(self, size: int, random_state: np.random.Generator) -> np.ndarray:
        """Return `size` medians."""
        return np.median(random_state.choice(self.values, (size, len(self.values))), axis=1)


@dataclass(frozen=True)
class RankAssociation:
    """Spearman's `rho` over `bands` with the central 95 % of the draws; NaN for too few bands."""

    rho: float
    low: float
    high: float
    bands: int
    draws: int
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields as columns."""
        return pd.DataFrame([asdict(self)])

    def __repr__(self) -> str:
        return f"rho {self.rho:.2f} ({self.low:.2f} to {self.high:.2f}) over {self.bands} bands"


def rank_association(
    placed: pd.DataFrame, curve: pd.DataFrame, draws: int = DRAWS, seed: int = 0
) -> RankAssociation:
    """Correlate a measure with a prevalence by rank, over bands.

    placed: from `measures_by_band`. curve: band, prevalence, low, high (percent; 95 % interval).
    The interval resamples the comparisons within each band and draws each band's prevalence from
    a normal on the log odds through its interval. Draws in which all medians are alike have no
    rank to correlate and are left out. At least `FEWEST_BANDS` bands must have both.
    """
    groups = {b: g["percent"].to_numpy() for b, g in placed.groupby("band", observed=True)}
    both = curve[curve["band"].isin(list(groups))]
    if len(both) < FEWEST_BANDS:
        return RankAssociation(np.nan, np.nan, np.nan, len(both), draws, seed)
    medians = {
        row.band: Input(f"measure {row.band}", "percent", 0.0, ResampledMedian(groups[row.band]))
        for row in both.itertuples()
    }
    prevalences = {
        row.band: from_interval(f"prevalence {row.band}", row.prevalence, row.low, row.high)
        for row in both.itertuples()
    }
    x, y = (
        rankdata(np.column_stack([one.draw(draws, seed) for one in inputs.values()]), axis=1)
        for inputs in (medians, prevalences)
    )
    x, y = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (x, y))
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    rho = (x * y).sum(axis=1)[size > 0] / size[size > 0]
    low, high = np.quantile(rho, [TAIL, 1 - TAIL])
    middle = [np.median(groups[b]) for b in both["band"]]
    observed = spearmanr(middle, both["prevalence"]).statistic
    return RankAssociation(float(observed), float(low), float(high), len(both), draws, seed)


def stated_fall(bands: pd.DataFrame, percent: float, by_age: float) -> pd.Series:
    """Return percent of young that a stated fall implies at each band's middle.

    The fall is taken as a straight line from nothing in the first band to `percent` at `by_age`
    years, and as level afterwards; the text says no more than its end.
    """
    middle = (bands["age_min"] + bands["age_max"].fillna(bands["age_min"] + 10)) / 2
    start = middle.iloc[0]
    fallen = ((middle - start) / (by_age - start)).clip(0, 1)
    return 100 - percent * fallen
