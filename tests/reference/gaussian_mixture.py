"""The bound of Gaussian mixtures term by term, its closed form, and exact evidence, for reading.

Everything is in the parameters of the books: Wishart(W, nu), Gamma(a, b), Beta(a, b), Dirichlet.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.integrate import quad
from scipy.special import betaln, digamma, gammaln, logsumexp, multigammaln
from scipy.stats import gamma, multivariate_t, t

LOG_2PI = np.log(2 * np.pi)


@dataclass
class Prior:
    """mu | Lambda ~ N(m0, (beta0 Lambda)^-1), Lambda ~ Wishart(inv(B0), nu0).

    Diagonal precisions are Gamma((nu0 - D + 1) / 2, B0_jj / 2), spherical ones have the mean of B0.
    """

    form: str
    beta0: float
    m0: np.ndarray
    nu0: float
    B0: np.ndarray

    @property
    def shape0(self):
        return 0.5 * (self.nu0 - len(self.m0) + 1)

    @property
    def rate0(self):
        diagonal = np.diag(self.B0)
        return 0.5 * (diagonal if self.form == "diag" else diagonal.mean(keepdims=True))

    @property
    def given(self):
        """The scale as models take it."""
        diagonal = np.diag(self.B0)
        return {"diag": diagonal, "spherical": diagonal.mean()}.get(self.form, self.B0)


@dataclass
class Posterior:
    """q of all components; precisions are (W, nu) for each block, or (a, b)."""

    beta: np.ndarray
    m: np.ndarray
    nu: np.ndarray
    scatter: np.ndarray


def moments(X, R):
    """Counts, means, and scatter matrices about them."""
    counts = R.sum(axis=0)
    safe = np.where(counts > 0, counts, 1)
    means = R.T @ X / safe[:, np.newaxis]
    scatter = np.array([(R[:, k] * (X - means[k]).T) @ (X - means[k]) for k in range(R.shape[1])])
    return counts, means, scatter


def posterior(prior, X, R):
    """Best q given responsibilities."""
    counts, means, scatter = moments(X, R)
    beta = prior.beta0 + counts
    m = (prior.beta0 * prior.m0 + counts[:, np.newaxis] * means) / beta[:, np.newaxis]
    for k, d in enumerate(means - prior.m0):
        scatter[k] += prior.beta0 * counts[k] / beta[k] * np.outer(d, d)
    if prior.form == "full":
        return Posterior(beta, m, prior.nu0 + counts, prior.B0 + scatter)
    if prior.form == "tied":
        total = counts.sum(keepdims=True)
        return Posterior(beta, m, prior.nu0 + total, (prior.B0 + scatter.sum(axis=0))[np.newaxis])
    diagonals = np.einsum("kii->ki", scatter)
    if prior.form == "diag":
        a = prior.shape0 + 0.5 * counts
        return Posterior(beta, m, a, prior.rate0 + 0.5 * diagonals)
    a = prior.shape0 + 0.5 * len(prior.m0) * counts
    return Posterior(beta, m, a, prior.rate0 + 0.5 * diagonals.sum(axis=1, keepdims=True))


def log_wishart(inverse_W, nu):
    """Constant of the Wishart density (B.79)."""
    D = len(inverse_W)
    log_det = np.linalg.slogdet(inverse_W)[1]
    return 0.5 * nu * log_det - 0.5 * nu * D * np.log(2) - multigammaln(0.5 * nu, D)


def expectations(prior, q):
    """E[log det Lambda_k] and E[Lambda_k] of each component."""
    K, D = q.m.shape
    if prior.form in ("full", "tied"):
        blocks = [(q.nu[k], q.scatter[k]) for k in range(len(q.nu))]
        log_det = [
            digamma(0.5 * (nu + 1 - np.arange(1, D + 1))).sum()
            + D * np.log(2) - np.linalg.slogdet(B)[1]
            for nu, B in blocks
        ]  # fmt: skip
        precision = [nu * np.linalg.inv(B) for nu, B in blocks]
    else:
        b = np.broadcast_to(q.scatter, (K, D))
        log_det = (digamma(q.nu)[:, np.newaxis] - np.log(b)).sum(axis=1)
        precision = [np.diag(q.nu[k] / b[k]) for k in range(K)]
    some = K // len(log_det)
    return np.tile(log_det, some), np.tile(np.array(precision), (some, 1, 1))


def log_densities(prior, q, X):
    """E[log N(x_n | mu_k, Lambda_k^-1)], equation 10.64 and 10.65."""
    log_det, precision = expectations(prior, q)
    gaps = X[:, np.newaxis] - q.m
    distances = np.einsum("nki,kij,nkj->nk", gaps, precision, gaps)
    D = X.shape[1]
    return 0.5 * (log_det - D * LOG_2PI - D / q.beta - distances)


def gamma_log(a, b, expected_log, expected):
    """E[log Gamma(x | a, b)]."""
    return a * np.log(b) - gammaln(a) + (a - 1) * expected_log - b * expected


def components_terms(prior, q):
    """E[log p(mu, Lambda)] (10.74) and E[log q(mu, Lambda)] (10.77)."""
    D = q.m.shape[1]
    log_det, precision = expectations(prior, q)
    gaps = q.m - prior.m0
    distances = np.einsum("ki,kij,kj->k", gaps, precision, gaps)
    p = 0.5 * (
        D * np.log(prior.beta0 / (2 * np.pi)) + log_det - D * prior.beta0 / q.beta
        - prior.beta0 * distances
    ).sum()  # fmt: skip
    own = 0.5 * (log_det + D * np.log(q.beta / (2 * np.pi)) - D).sum()
    if prior.form in ("full", "tied"):
        for k in range(len(q.nu)):
            nu, trace = q.nu[k], np.trace(prior.B0 @ precision[k])
            p += (
                log_wishart(prior.B0, prior.nu0)
                + 0.5 * (prior.nu0 - D - 1) * log_det[k]
                - 0.5 * trace
            )
            own += log_wishart(q.scatter[k], nu) + 0.5 * (nu - D - 1) * log_det[k] - 0.5 * nu * D
        return p, own
    a, b = q.nu[:, np.newaxis], q.scatter
    expected_log, expected = digamma(a) - np.log(b), a / b
    p += gamma_log(prior.shape0, prior.rate0, expected_log, expected).sum()
    own += gamma_log(a, b, expected_log, expected).sum()
    return p, own


def log_dirichlet(alpha):
    """Constant of the Dirichlet density (B.23)."""
    return gammaln(alpha.sum()) - gammaln(alpha).sum()


@dataclass
class Dirichlet:
    alpha0: np.ndarray

    def posterior(self, counts):
        return self.alpha0 + counts

    def terms(self, alpha):
        """E[log pi], E[log p(pi)] (10.73), E[log q(pi)] (10.76)."""
        log_pi = digamma(alpha) - digamma(alpha.sum())
        p = log_dirichlet(self.alpha0) + (self.alpha0 - 1) @ log_pi
        return log_pi, p, log_dirichlet(alpha) + (alpha - 1) @ log_pi

    def closed(self, alpha):
        return log_dirichlet(self.alpha0) - log_dirichlet(alpha)

    def log_probability(self, counts):
        """Of assignments with these counts."""
        return log_dirichlet(self.alpha0) - log_dirichlet(self.alpha0 + counts)


@dataclass
class Sticks:
    """v_i ~ Beta(1, alpha), the last at 1; component i has stick i."""

    alpha: float
    gamma_prior: tuple | None = None

    def posterior(self, counts, alpha=None):
        after = np.cumsum(counts[::-1])[::-1][1:]
        return 1 + counts[:-1], (self.alpha if alpha is None else alpha) + after

    def terms(self, v, q_alpha=None):
        a, b = v
        taken, left = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
        log_pi = np.append(taken, 0) + np.append(0, np.cumsum(left))
        own = (-betaln(a, b) + (a - 1) * taken + (b - 1) * left).sum()
        if q_alpha is None:
            return log_pi, (np.log(self.alpha) + (self.alpha - 1) * left).sum(), own
        s, r = q_alpha
        mean, log = s / r, digamma(s) - np.log(r)
        p = (log + (mean - 1) * left).sum() + gamma_log(*self.gamma_prior, log, mean)
        return log_pi, p, own + gamma_log(s, r, log, mean)

    def closed(self, v):
        return (betaln(*v) + np.log(self.alpha)).sum()

    def log_probability(self, counts):
        def given(alpha):
            return (betaln(*self.posterior(counts, alpha)) + np.log(alpha)).sum()

        if self.gamma_prior is None:
            return given(self.alpha)
        s, r = self.gamma_prior
        return np.log(quad(lambda x: np.exp(given(x)) * gamma.pdf(x, s, scale=1 / r), 0, np.inf)[0])


def entropy(R):
    """Of q(Z) (minus 10.75)."""
    return -np.where(R > 0, R * np.log(np.where(R > 0, R, 1)), 0).sum()


def explicit_bound(prior, q, X, R, log_pi, weights_p, weights_q):
    """Equations 10.71 to 10.77, added up."""
    p, own = components_terms(prior, q)
    expected = (R * (log_densities(prior, q, X) + log_pi)).sum()
    return expected + weights_p - weights_q + p - own + entropy(R)


def log_marginal(prior, X, R):
    """Log density of X given assignments R of zeros and ones; or what R stands for in its place."""
    D = X.shape[1]
    q = posterior(prior, X, R)
    total = 0.5 * D * np.log(prior.beta0 / q.beta).sum() - 0.5 * R.sum() * D * LOG_2PI
    if prior.form in ("full", "tied"):
        for nu, B in zip(q.nu, q.scatter, strict=True):
            total += log_wishart(prior.B0, prior.nu0) - log_wishart(B, nu)
        return total
    a, b = q.nu[:, np.newaxis], q.scatter
    a0, b0 = prior.shape0, np.broadcast_to(prior.rate0, b.shape)
    total += (gammaln(a) - a * np.log(b) - gammaln(a0) + a0 * np.log(b0)).sum()
    return total


def closed_bound(prior, q, X, R, weights_closed):
    """The bound right after a global step with responsibilities R."""
    return log_marginal(prior, X, R) + weights_closed + entropy(R)


def exact_evidence(prior, weights, X, K):
    """Sum over all assignments."""
    terms = []
    for z in itertools.product(range(K), repeat=len(X)):
        R = np.eye(K)[list(z)]
        terms.append(weights.log_probability(R.sum(axis=0)) + log_marginal(prior, X, R))
    return logsumexp(terms)


def sequential_evidence(prior, X):
    """Log density of X under one component, row by row: each given those before it."""
    total, D = 0.0, X.shape[1]
    for n, x in enumerate(X):
        q = posterior(prior, X[:n], np.ones((n, 1)))
        beta, m, nu, scatter = q.beta[0], q.m[0], q.nu[0], q.scatter[0]
        stretch = (1 + beta) / beta
        if prior.form in ("full", "tied"):
            dof = nu + 1 - D
            total += multivariate_t.logpdf(x, m, stretch * scatter / dof, dof)
        elif prior.form == "diag":
            total += t.logpdf(x, 2 * nu, m, np.sqrt(stretch * scatter / nu)).sum()
        else:
            total += multivariate_t.logpdf(x, m, stretch * scatter / nu * np.eye(D), 2 * nu)
    return total
