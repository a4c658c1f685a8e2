"""The cosine of 24 hours that fits values by the hour of the day (cosinor).

Source: Cornelissen 2014, doi:10.1186/1742-4682-11-16.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from claimbook.errors import InputError

DAY = 24.0  # hours
FEWEST_TIMES = 4  # a cosine has three numbers: fewer times leave nothing to test it by
EXACT = 1e-24  # squared residuals below this share of the total are rounding: an exact fit


@dataclass(frozen=True)
class Cosinor:
    """A fitted cosine; its numbers are NaN where `identifiable` is false, and `reason` says why.

    n, times: pairs used, and different times of day among them.
    largest_gap: longest stretch of the day without a sample, hours.
    mesor, amplitude: middle, and half the way from trough to peak, in the unit of the values.
    peak_hour: time of the fitted maximum (acrophase), hours from 0 to below 24.
    r_squared, f_value, p_value: of the F test against no rhythm.
    amplitude_low, amplitude_high, peak_low, peak_high: 95 % intervals by the delta method with
    Student quantiles; the amplitude's stops at 0, the peak has none that would go all round.
    peak_unsampled: the peak lies further from any sample than half the median gap.
    """

    n: int
    times: int
    identifiable: bool
    reason: str
    largest_gap: float
    mesor: float = math.nan
    amplitude: float = math.nan
    peak_hour: float = math.nan
    r_squared: float = math.nan
    f_value: float = math.nan
    p_value: float = math.nan
    amplitude_low: float = math.nan
    amplitude_high: float = math.nan
    peak_low: float = math.nan
    peak_high: float = math.nan
    peak_unsampled: bool = False

    def predict(self, hours: Any) -> np.ndarray:
        """Return the fitted values at the given hours (NaN if not identifiable)."""
        angle = (_numbers(hours, "times") - self.peak_hour) / DAY * 2 * math.pi
        return self.mesor + self.amplitude * np.cos(angle)

    def to_frame(self) -> pd.DataFrame:
        """Return one row with the fields as columns."""
        return pd.DataFrame([asdict(self)])

    def __repr__(self) -> str:
        if not self.identifiable:
            return f"no cosine: {self.reason}"
        return (
            f"amplitude {self.amplitude:.3g} (95 % CI {self.amplitude_low:.3g} to "
            f"{self.amplitude_high:.3g}), peak at {self.peak_hour:.1f} h, p {self.p_value:.2g}, "
            f"{self.times} times of day"
        )


def fit_cosinor(hours: Any, values: Any) -> Cosinor:
    """Fit a cosine of 24 hours to `values` by least squares.

    hours: numbers, which may run over several days; a pair with a missing end is left out.
    The fit of group means knows nothing of the spread between people. With fewer than
    `FEWEST_TIMES` different times it is not identifiable: any such points lie on some cosine.
    Raises InputError if the lengths differ or an entry is no finite number.
    """
    hours, y = _numbers(hours, "times"), _numbers(values, "values")
    if hours.shape != y.shape:
        raise InputError("times and values must be of one length")
    known = ~(np.isnan(hours) | np.isnan(y))
    hours, y = hours[known], y[known]
    phases = np.unique(np.round(hours % DAY, 9) % DAY)
    gaps = np.diff(np.append(phases, phases[:1] + DAY))
    reason = "all values are equal" if y.size and np.ptp(y) == 0 else ""
    if len(phases) < FEWEST_TIMES:
        reason = f"{len(phases)} different times: no cosine can be tested"
    gap = float(gaps.max()) if gaps.size else DAY
    common = {"n": len(y), "times": len(phases), "largest_gap": gap, "reason": reason}
    if reason:
        return Cosinor(**common, identifiable=False)
    angle = hours / DAY * 2 * math.pi
    fit = sm.OLS(y, np.column_stack([np.ones_like(angle), np.cos(angle), np.sin(angle)])).fit()
    exact = fit.ssr <= EXACT * fit.centered_tss
    mesor, b, g = fit.params
    amplitude = math.hypot(b, g)
    peak = math.atan2(g, b) / (2 * math.pi) * DAY % DAY % DAY
    quantile = 0.0 if exact else float(stats.t.ppf(0.975, fit.df_resid))
    covariance = fit.cov_params()[1:, 1:]
    along, across = np.array([b, g]) / amplitude, np.array([-g, b]) / amplitude**2
    half = quantile * math.sqrt(max(along @ covariance @ along, 0.0))
    turn = quantile * math.sqrt(max(across @ covariance @ across, 0.0)) / (2 * math.pi) * DAY
    bounded = turn < DAY / 2
    nearest = float(np.min(np.minimum((phases - peak) % DAY, (peak - phases) % DAY)))
    return Cosinor(
        **common,
        identifiable=True,
        mesor=float(mesor),
        amplitude=amplitude,
        peak_hour=peak,
        r_squared=1.0 if exact else float(fit.rsquared),
        f_value=math.inf if exact else float(fit.fvalue),
        p_value=0.0 if exact else float(fit.f_pvalue),
        amplitude_low=max(amplitude - half, 0.0),
        amplitude_high=amplitude + half,
        peak_low=(peak - turn) % DAY if bounded else math.nan,
        peak_high=(peak + turn) % DAY if bounded else math.nan,
        peak_unsampled=nearest > float(np.median(gaps)) / 2 + 1e-9,
    )


def _numbers(values: Any, name: str) -> np.ndarray:
    """Return numbers as a float array, missing as NaN; refuse text and infinity."""
    entries = np.atleast_1d(np.asarray(values, dtype=object))
    if any(isinstance(entry, str) for entry in entries):
        raise InputError(f"{name} must be numbers")
    try:
        array = pd.array(entries, dtype="Float64").to_numpy(float, na_value=math.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be numbers") from error
    if np.any(np.isinf(array)):
        raise InputError(f"{name} must be finite")
    return array
