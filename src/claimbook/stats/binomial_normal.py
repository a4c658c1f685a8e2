"""Binomial-normal model: each sample's log odds is normal around a common mean, counts are exact.

metafor calls it ``rma.glmm(measure="PLO")``; no maintained Python library fits it by maximum
likelihood. Sources: Stijnen 2010, doi:10.1002/sim.4040; quadrature: Pinheiro & Bates 1995.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, gammaln, logsumexp
from scipy.stats import binom
from statsmodels.tools.numdiff import approx_hess3

QUADRATURE_POINTS = 7  # as metafor's default nAGQ, so that the two are comparable
NEWTON_STEPS = 50
NEWTON_TOLERANCE = 1e-12
HESSIAN_STEP = 3e-3  # large enough that rounding in the likelihood does not show
TAU_AT_ZERO = 1e-4  # below this the between-sample spread is reported as exactly zero
WIDE_TAU = 1.0  # from here on a fit is repeated with more points; below, seven are exact enough
FINER_POINTS = 31  # to see whether seven were enough
MANY_POINTS = 151, 61  # for a fit that seven do not settle, and to see whether these do
SETTLED = 0.1  # so far the mean (log odds) and tau (as a share) may move with more points
NEAR_PEAK = 2.0  # a lower peak of the log likelihood is noted if it is within this of the higher
PEAK_TAUS = np.geomspace(0.1, 5.0, 12)  # where a peak away from zero is looked for


@dataclass(frozen=True)
class BinomialNormalFit:
    """Log odds `mu`, its standard error `se`, `tau2`; the ratio has chi-squared on k - 1.

    notes: why there is no estimate (the three are NaN), or what to beware of.
    """

    mu: float
    se: float
    tau2: float
    q_likelihood_ratio: float
    notes: tuple[str, ...] = ()


def log_binomial(x, n, log_odds):
    """Return the binomial log probability of `x` of `n` at `log_odds` (broadcast)."""
    constant = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return constant + x * log_odds - n * np.logaddexp(0.0, log_odds)


_quadrature = cache(np.polynomial.hermite_e.hermegauss)


def modes(x, n, mu: float, tau: float):
    """Return mode and scale of each sample's integrand over its effect (Newton steps)."""
    start = (np.log((x + 0.5) / (n - x + 0.5)) - mu) / max(tau, 1e-3)
    shrink = tau**2 / (tau**2 + 1 / (x + 0.5) + 1 / (n - x + 0.5))
    u = start * shrink
    for _ in range(NEWTON_STEPS):
        p = expit(mu + tau * u)
        step = (tau * (x - n * p) - u) / (tau**2 * n * p * (1 - p) + 1.0)
        u = u + np.clip(step, -2.0, 2.0)
        if np.max(np.abs(step)) < NEWTON_TOLERANCE:
            break
    p = expit(mu + tau * u)
    return u, 1.0 / np.sqrt(tau**2 * n * p * (1 - p) + 1.0)


def log_likelihood(x, n, mu: float, tau: float, points: int = QUADRATURE_POINTS) -> float:
    """Return the marginal log likelihood of all samples by adaptive Gauss-Hermite quadrature."""
    if tau == 0:
        return float(log_binomial(x, n, mu).sum())
    nodes, weights = _quadrature(points)
    mode, scale = modes(x, n, mu, tau)
    u = mode[:, None] + scale[:, None] * nodes[None, :]
    terms = (
        log_binomial(x[:, None], n[:, None], mu + tau * u)
        - 0.5 * u**2
        + 0.5 * nodes[None, :] ** 2
        + np.log(weights)[None, :]
    )
    per_sample = logsumexp(terms, axis=1) + np.log(scale) - 0.5 * np.log(2 * np.pi)
    return float(per_sample.sum())


def fit_binomial_normal(cases, n) -> BinomialNormalFit:
    """Fit whole-number `cases` of `n` by maximum likelihood (arrays of one length, k >= 2).

    The standard error comes from the observed information in (mu, tau), so it carries the
    uncertainty of tau; at tau = 0 it is the binomial one. `mu`, `se` and `tau2` are NaN if the
    likelihood has no finite maximum, since every sample has no cases or nothing but cases, or if
    its maximum moves with any number of quadrature points. Notes say so, and where it took more
    points, and where a second peak is nearly as high, one of the two at tau = 0.
    """
    x, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    if x.sum() == 0 or (n - x).sum() == 0:
        return BinomialNormalFit(np.nan, np.nan, np.nan, 0.0)
    common = float(np.log(x.sum() / (n - x).sum()))
    at_zero = log_likelihood(x, n, common, 0.0)
    ratio = max(0.0, 2.0 * float(binom.logpmf(x, n, x / n).sum() - at_zero))
    if np.all((x == 0) | (x == n)):
        note = "every study has 0 or 100 %: the likelihood has no maximum, so there is no estimate"
        return BinomialNormalFit(np.nan, np.nan, np.nan, ratio, (note,))

    observed = np.log((x + 0.5) / (n - x + 0.5))
    mu, tau, top = _climb(x, n, [observed.mean(), max(observed.std(), 0.1)])
    notes, p = [], expit(common)
    if np.sum((x - n * p) ** 2 - n * p * (1 - p)) < 0:  # the likelihood falls away from tau = 0
        if tau < TAU_AT_ZERO or at_zero >= top:
            mu, tau, top = _peak_away_from_zero(x, n) or (common, 0.0, at_zero)
        if tau >= TAU_AT_ZERO and abs(top - at_zero) < NEAR_PEAK:
            other = (mu, tau) if at_zero >= top else (common, 0.0)
            notes.append(_two_peaks(*other))
    if tau < TAU_AT_ZERO or at_zero >= top:
        se = float(1 / np.sqrt((n * expit(common) * expit(-common)).sum()))
        return BinomialNormalFit(common, se, 0.0, ratio, tuple(notes))
    points = QUADRATURE_POINTS
    if tau >= WIDE_TAU and not _near((mu, tau), _climb(x, n, [mu, tau], FINER_POINTS)):
        (mu, tau, _), check = (_climb(x, n, [mu, tau], number) for number in MANY_POINTS)
        few = "few studies lie between 0 and 100 %"
        if not _near((mu, tau), check):
            note = f"{few}: no number of quadrature points settles the fit, so there is no estimate"
            return BinomialNormalFit(np.nan, np.nan, np.nan, ratio, (note,))
        points = MANY_POINTS[0]
        notes.append(f"{few}: fitted with {points} quadrature points, as {QUADRATURE_POINTS} err")
    step = np.full(2, min(HESSIAN_STEP, tau / 4))
    information = approx_hess3(np.array([mu, tau]), _objective(x, n, points), step)
    definite = np.linalg.det(information) > 0 and information[1, 1] > 0
    variance = np.linalg.inv(information)[0, 0] if definite else 1 / information[0, 0]
    return BinomialNormalFit(mu, float(np.sqrt(variance)), tau**2, ratio, tuple(notes))


def _objective(x, n, points: int = QUADRATURE_POINTS):
    return lambda theta: -log_likelihood(x, n, theta[0], abs(theta[1]), points)


def _climb(x, n, start, points: int = QUADRATURE_POINTS) -> tuple[float, float, float]:
    """Return mean, tau and log likelihood of the peak that a search from `start` reaches."""
    objective, coarse = _objective(x, n, points), {"xatol": 1e-4, "fatol": 1e-6}
    rough = minimize(objective, np.array(start), method="Nelder-Mead", options=coarse)
    near = rough.x + np.array([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]])
    exact = {"xatol": 1e-9, "fatol": 1e-11, "initial_simplex": near}
    fine = minimize(objective, rough.x, method="Nelder-Mead", options=exact)
    return float(fine.x[0]), abs(float(fine.x[1])), -float(fine.fun)


def _peak_away_from_zero(x, n) -> tuple[float, float, float] | None:
    """Return the highest peak at a tau above zero as `_climb` does, None where there is none."""
    common = np.log(x.sum() / (n - x).sum())
    profile = []
    for tau in PEAK_TAUS:
        reach = 2.0 + 2.0 * tau

        def falls(mu, tau=tau):
            return -log_likelihood(x, n, mu, tau)

        best = minimize_scalar(falls, bounds=(common - reach, common + reach), method="bounded")
        profile.append((-best.fun, best.x, tau))
    inner = [
        one
        for before, one, after in zip(profile, profile[1:], profile[2:], strict=False)
        if one[0] > max(before[0], after[0])
    ]
    found = _climb(x, n, max(inner)[1:]) if inner else None
    return found if found and found[1] >= TAU_AT_ZERO else None


def _near(one: tuple, other: tuple) -> bool:
    """Return whether two peaks (mean, tau and more) are one, as far as a reader could see."""
    return abs(one[0] - other[0]) <= SETTLED and abs(one[1] / other[1] - 1) <= SETTLED


def _two_peaks(mu: float, tau: float) -> str:
    return (
        f"the likelihood has a second peak nearly as high, at {100 * expit(mu):.3g} % with tau² "
        f"{tau**2:.3g}: one more case can move the estimate there"
    )
