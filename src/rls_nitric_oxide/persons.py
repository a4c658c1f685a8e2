"""Percentages turned into persons: of a population, and band by band along an age curve."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.special import expit

from claimbook.book.evidence import verified
from claimbook.errors import InputError
from claimbook.stats.proportions import refuse, require_columns
from claimbook.stats.simulation import TAIL, Simulation
from rls_nitric_oxide.age_curve import OPEN_UPPER, AgeCurve


def age_bands(
    population: pd.DataFrame, geography: str, year: int, source_id: str, edges: Iterable[int]
) -> pd.DataFrame:
    """Return the counts of neighbouring age bands of one series, the last one open.

    edges: first year of each band. Columns: row_id, band ("18 to 29", "80 and over"), age_min,
    age_max (NaN if open), population. Raises InputError for a band that the series lacks or has
    twice, and if the bands do not add up to the row that covers them all, where there is one.
    """
    rows = verified(population)
    rows = rows[(rows["geography"] == geography) & (rows["year"] == year)]
    rows = rows[(rows["source_id"] == source_id) & (rows["measure"] == "population")]
    series = f"{geography} {year}, {source_id}"
    edges = sorted(edges)
    ends = [*(following - 1 for following in edges[1:]), np.nan]
    bands = []
    for low, high in zip(edges, ends, strict=True):
        open_end = np.isnan(high)
        top = rows["age_max"].isna() if open_end else rows["age_max"] == high
        found = rows[(rows["age_min"] == low) & top]
        name = f"{low} and over" if open_end else f"{low} to {int(high)}"
        if len(found) != 1:
            raise InputError(f"{series}: {len(found)} rows for ages {name}, expected one")
        row = found.iloc[0]
        bands.append((row["row_id"], name, float(low), float(high), float(row["count"])))
    table = pd.DataFrame(bands, columns=["row_id", "band", "age_min", "age_max", "population"])
    whole = rows[(rows["age_min"] == edges[0]) & rows["age_max"].isna()]["count"]
    if len(whole) == 1 and float(whole.iloc[0]) != table["population"].sum():
        raise InputError(
            f"{series}: the bands hold {table['population'].sum():,.0f}, "
            f"all from {edges[0]} on {float(whole.iloc[0]):,.0f}"
        )
    return table


def persons(percents: pd.DataFrame, population: float) -> pd.DataFrame:
    """Turn percentages into persons: adds persons, persons_low, persons_high.

    percents: columns estimate, ci_low, ci_high in percent (the latter may be empty).
    population: a count taken as exactly known, so the interval is that of the percentage.
    Raises InputError for a population that is not above 0 or a percentage outside 0-100.
    """
    if not (np.isfinite(population) and population > 0):
        raise InputError(f"population is {population!r}, expected a count above 0")
    names = {"estimate": "persons", "ci_low": "persons_low", "ci_high": "persons_high"}
    require_columns(percents, names)
    result = percents.copy()
    for source, target in names.items():
        values = pd.to_numeric(percents[source], errors="coerce").astype(float)
        outside = values[(values < 0) | (values > 100)]
        if len(outside):
            raise refuse(outside.index[0], source, outside.iloc[0], "a percentage from 0 to 100")
        result[target] = values / 100.0 * population
    return result


def persons_along_curve(
    curve: AgeCurve, bands: pd.DataFrame, *, draws: int = 100_000, seed: int = 1
) -> tuple[pd.DataFrame, Simulation]:
    """Count persons in each age band, and in all, with the prevalence read off an age curve.

    bands: columns age_min, age_max (NaN: open, closed as strata are) and population; the curve is
    read at the middle of each band. Its coefficients are drawn together from their joint t
    distribution, so bands rise and fall as one, which is what the curve says of them.
    Returns the bands with prevalence, low, high (percent, 95 %), persons, persons_low and
    persons_high, and the simulated sum of persons. Raises InputError for no band.
    """
    if bands.empty:
        raise InputError("no age band given")
    middle = ((bands["age_min"] + bands["age_max"].fillna(OPEN_UPPER)) / 2.0).to_numpy(float)
    design = curve.design(middle)
    rng = np.random.default_rng(seed)
    normal = rng.standard_normal((draws, len(curve.beta))) @ np.linalg.cholesky(curve.cov).T
    scale = np.sqrt(curve.df / rng.chisquare(curve.df, draws))
    shares = expit((curve.beta + normal * scale[:, None]) @ design.T)
    people = bands["population"].to_numpy(float)
    low, high = np.quantile(shares, (TAIL, 1.0 - TAIL), axis=0)
    at = expit(design @ curve.beta)
    table = bands.assign(
        prevalence=100.0 * at,
        low=100.0 * low,
        high=100.0 * high,
        persons=at * people,
        persons_low=low * people,
        persons_high=high * people,
    )
    return table, Simulation({}, {"persons": shares @ people}, {"persons": "count"}, draws, seed)
