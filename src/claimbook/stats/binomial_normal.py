"""Binomial-normal model: each sample's log odds is normal around a common mean, counts are exact.

metafor calls it ``rma.glmm(measure="PLO")``; no maintained Python library fits it by maximum
likelihood. Sources: Stijnen 2010, doi:10.1002/sim.4040; quadrature: Pinheiro & Bates 1995.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logsumexp
from scipy.stats import binom
from statsmodels.tools.numdiff import approx_hess3

QUADRATURE_POINTS = 7  # as metafor's default nAGQ, so that the two are comparable
NEWTON_STEPS = 50
NEWTON_TOLERANCE = 1e-12
HESSIAN_STEP = 3e-3  # large enough that rounding in the likelihood does not show
TAU_AT_ZERO = 1e-4  # below this the between-sample spread is reported as exactly zero


@dataclass(frozen=True)
class BinomialNormalFit:
    """Log odds `mu`, its standard error `se`, `tau2`; the ratio has chi-squared on k - 1."""

    mu: float
    se: float
    tau2: float
    q_likelihood_ratio: float


def log_binomial(x, n, log_odds):
    """Return the binomial log probability of `x` of `n` at `log_odds` (broadcast)."""
    constant = gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)
    return constant + x * log_odds - n * np.logaddexp(0.0, log_odds)


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
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
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
    uncertainty of tau; at tau = 0 it is the binomial one. If every sample has no cases, or nothing
    but cases, the likelihood has no finite maximum: `mu`, `se` and `tau2` are NaN.
    """
    x, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    if x.sum() == 0 or (n - x).sum() == 0:
        return BinomialNormalFit(np.nan, np.nan, np.nan, 0.0)
    common = float(np.log(x.sum() / (n - x).sum()))
    at_zero = log_likelihood(x, n, common, 0.0)
    ratio = max(0.0, 2.0 * float(binom.logpmf(x, n, x / n).sum() - at_zero))

    def objective(theta):
        return -log_likelihood(x, n, theta[0], abs(theta[1]))

    observed = np.log((x + 0.5) / (n - x + 0.5))
    start = np.array([observed.mean(), max(observed.std(), 0.1)])
    rough = minimize(objective, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6})
    near = rough.x + np.array([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]])
    exact = {"xatol": 1e-9, "fatol": 1e-11, "initial_simplex": near}
    fine = minimize(objective, rough.x, method="Nelder-Mead", options=exact)
    mu, tau = float(fine.x[0]), abs(float(fine.x[1]))
    if tau < TAU_AT_ZERO or at_zero >= -fine.fun:
        se = float(1 / np.sqrt((n * expit(common) * expit(-common)).sum()))
        return BinomialNormalFit(common, se, 0.0, ratio)
    step = np.full(2, min(HESSIAN_STEP, tau / 4))
    information = approx_hess3(np.array([mu, tau]), objective, step)
    definite = np.linalg.det(information) > 0 and information[1, 1] > 0
    variance = np.linalg.inv(information)[0, 0] if definite else 1 / information[0, 0]
    return BinomialNormalFit(mu, float(np.sqrt(variance)), tau**2, ratio)
