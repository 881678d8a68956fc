"""Random members of every exponential family, and their densities by SciPy."""

from __future__ import annotations

import numpy as np
import scipy.stats

from fastvb import families


def positive(rng, *shape):
    return np.exp(rng.uniform(-1.0, 1.5, shape))


def matrices(rng, batch, size=3):
    root = 0.5 * rng.standard_normal((*batch, size, size)) + 2.0 * np.eye(size)
    return root @ root.swapaxes(-1, -2)


def unit_vectors(rng, *shape):
    x = rng.standard_normal(shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


MAKE = {
    "Bernoulli": lambda r, b: families.Bernoulli(r.uniform(0.05, 0.95, b)),
    "Categorical": lambda r, b: families.Categorical(r.dirichlet(np.full(4, 2.0), b)),
    "Poisson": lambda r, b: families.Poisson(positive(r, *b)),
    "Beta": lambda r, b: families.Beta(positive(r, *b), positive(r, *b)),
    "Dirichlet": lambda r, b: families.Dirichlet(positive(r, *b, 4)),
    "Gamma": lambda r, b: families.Gamma(positive(r, *b), positive(r, *b)),
    "InverseGamma": lambda r, b: families.InverseGamma(2.0 + positive(r, *b), positive(r, *b)),
    "Normal": lambda r, b: families.Normal(r.normal(size=b), positive(r, *b)),
    "NormalKnownVariance": lambda r, b: families.NormalKnownVariance(r.normal(size=b), 1.7),
    "NormalKnownMean": lambda r, b: families.NormalKnownMean(0.3, positive(r, *b)),
    "MultivariateNormal": lambda r, b: families.MultivariateNormal(
        r.normal(size=(*b, 3)), matrices(r, b)
    ),
    "Wishart": lambda r, b: families.Wishart(2.5 + positive(r, *b), matrices(r, b)),
    "NormalGamma": lambda r, b: families.NormalGamma(
        r.normal(size=b), positive(r, *b), 1.0 + positive(r, *b), positive(r, *b)
    ),
    "NormalWishart": lambda r, b: families.NormalWishart(
        r.normal(size=(*b, 3)), positive(r, *b), 3.5 + positive(r, *b), matrices(r, b)
    ),
    "VonMisesFisher": lambda r, b: families.VonMisesFisher(unit_vectors(r, *b, 3), positive(r, *b)),
}
KNOWN = {"NormalKnownVariance": {"variance": 1.7}, "NormalKnownMean": {"mean": 0.3}}
OF_OBSERVATIONS = KNOWN | {"Categorical": {"n_categories": 4}}  # what statistics need to be told

SCIPY = {  # one member -> frozen distribution of its observations
    "Bernoulli": lambda q: scipy.stats.bernoulli(q.probability),
    "Poisson": lambda q: scipy.stats.poisson(q.rate),
    "Beta": lambda q: scipy.stats.beta(q.a, q.b),
    "Dirichlet": lambda q: scipy.stats.dirichlet(q.concentration),
    "Gamma": lambda q: scipy.stats.gamma(q.shape, scale=1.0 / q.rate),
    "InverseGamma": lambda q: scipy.stats.invgamma(q.shape, scale=q.scale),
    "Normal": lambda q: scipy.stats.norm(q.mean, np.sqrt(q.variance)),
    "NormalKnownVariance": lambda q: scipy.stats.norm(q.mean, np.sqrt(q.variance)),
    "NormalKnownMean": lambda q: scipy.stats.norm(q.mean, np.sqrt(q.variance)),
    "MultivariateNormal": lambda q: scipy.stats.multivariate_normal(q.mean, q.covariance),
    "VonMisesFisher": lambda q: scipy.stats.vonmises_fisher(
        q.mean_direction, float(q.concentration)
    ),
    "Wishart": lambda q: scipy.stats.wishart(float(q.dof), np.linalg.inv(q.scatter)),
}


def scipy_log_prob(name, q, x):
    """Log densities of draws x under one member."""
    if name == "Categorical":
        return np.log(q.probabilities)[x]
    if name == "NormalGamma":
        mu, tau = x
        of_mu = scipy.stats.norm.logpdf(mu, q.mean, 1.0 / np.sqrt(q.strength * tau))
        return of_mu + scipy.stats.gamma.logpdf(tau, q.shape, scale=1.0 / q.rate)
    if name == "NormalWishart":
        wishart = scipy.stats.wishart(float(q.dof), np.linalg.inv(q.scatter))
        return np.array([
            scipy.stats.multivariate_normal.logpdf(mu, q.mean, np.linalg.inv(q.strength * matrix))
            + wishart.logpdf(matrix)
            for mu, matrix in zip(*x, strict=True)
        ])  # fmt: skip
    frozen = SCIPY[name](q)
    if name in ("Dirichlet", "Wishart"):
        return np.array([frozen.logpdf(one) for one in x])
    return frozen.logpmf(x) if hasattr(frozen, "logpmf") else frozen.logpdf(x)
