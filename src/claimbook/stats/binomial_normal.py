"""Binomial-normal model for proportions: each sample's log odds is normal around a common mean.

``x_i | u_i ~ Binomial(n_i, expit(mu + tau * u_i))``, ``u_i ~ Normal(0, 1)``. Exact counts, so no
continuity correction and no logit of an observed proportion. Fitted by maximum likelihood; each
sample's integral is taken by Gauss-Hermite quadrature centred and scaled at the mode of its own
integrand. metafor calls it ``rma.glmm(measure="PLO")``. No maintained Python library fits it by
maximum likelihood: statsmodels has variational and Laplace posteriors only.
Source: Stijnen, Hamza & Ozdemir 2010, doi:10.1002/sim.4040; quadrature: Pinheiro & Bates 1995.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logsumexp, xlog1py, xlogy

QUADRATURE_POINTS = 7  # as metafor's default nAGQ, so that the two are comparable
NEWTON_STEPS = 50
NEWTON_TOLERANCE = 1e-12
HESSIAN_STEP = 3e-3  # large enough that rounding in the likelihood does not show
TAU_AT_ZERO = 1e-4  # below this the between-sample spread is reported as exactly zero


@dataclass(frozen=True)
class BinomialNormalFit:
    """Log odds `mu`, its standard error `se`, `tau2`, and the two log likelihoods."""

    mu: float
    se: float
    tau2: float
    log_likelihood: float
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


def fit_binomial_normal(cases, n, points: int = QUADRATURE_POINTS) -> BinomialNormalFit:
    """Fit whole-number `cases` of `n` by maximum likelihood (arrays of one length, k >= 2).

    The standard error comes from the observed information in (mu, tau), so it carries the
    uncertainty of tau; at tau = 0 it is the binomial one. `q_likelihood_ratio` is twice the
    difference between one log odds per sample and one for all, chi-squared on k - 1. If every
    sample has no cases, or nothing but cases, the likelihood has no finite maximum and the result
    holds NaN for `mu`, `se` and `tau2`.
    """
    x, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    saturated = float(
        (gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1)).sum()
        + (xlogy(x, x / n) + xlog1py(n - x, -x / n)).sum()
    )
    if x.sum() == 0 or (n - x).sum() == 0:
        return BinomialNormalFit(np.nan, np.nan, np.nan, np.nan, 0.0)
    common = float(np.log(x.sum() / (n - x).sum()))
    lr = max(0.0, 2.0 * (saturated - log_likelihood(x, n, common, 0.0)))

    def objective(theta):
        return -log_likelihood(x, n, theta[0], abs(theta[1]), points)

    observed = np.log((x + 0.5) / (n - x + 0.5))
    start = np.array([observed.mean(), max(observed.std(), 0.1)])
    rough = minimize(objective, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6})
    fine = minimize(
        objective,
        rough.x,
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-11, "initial_simplex": _simplex(rough.x)},
    )
    mu, tau = float(fine.x[0]), abs(float(fine.x[1]))
    best = -float(fine.fun)
    at_zero = log_likelihood(x, n, common, 0.0)
    if tau < TAU_AT_ZERO or at_zero >= best:
        se = float(1 / np.sqrt((n * expit(common) * expit(-common)).sum()))
        return BinomialNormalFit(common, se, 0.0, at_zero, lr)
    return BinomialNormalFit(mu, _standard_error(objective, mu, tau), tau**2, best, lr)


def _simplex(centre):
    return np.array([centre, centre + [1e-3, 0.0], centre + [0.0, 1e-3]])


def _standard_error(objective, mu: float, tau: float) -> float:
    h = min(HESSIAN_STEP, tau / 4)
    e, f = np.array([h, 0.0]), np.array([0.0, h])
    at = np.array([mu, tau])
    centre = objective(at)
    a = (objective(at + e) - 2 * centre + objective(at - e)) / h**2
    d = (objective(at + f) - 2 * centre + objective(at - f)) / h**2
    same = objective(at + e + f) + objective(at - e - f)
    opposite = objective(at + e - f) + objective(at - e + f)
    b = (same - opposite) / (4 * h**2)
    determinant = a * d - b * b
    return float(np.sqrt(d / determinant)) if determinant > 0 and d > 0 else float(1 / np.sqrt(a))
