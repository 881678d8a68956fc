"""SciPy: the lines that users write today."""

import numpy as np
from scipy import special

NAME = "SciPy"


def trigamma(x):
    return special.polygamma(1, x)


def exp_digamma(x):
    return np.exp(special.psi(x))


def logsumexp(log_joint):
    return special.logsumexp(log_joint, axis=1)


def responsibilities(log_joint):
    log_norm = special.logsumexp(log_joint, axis=1)
    return np.exp(log_joint - log_norm[:, np.newaxis]), log_norm


def dirichlet_kl(a, b):
    a_sum, b_sum = a.sum(axis=1), b.sum(axis=1)
    return (
        special.gammaln(a_sum)
        - special.gammaln(b_sum)
        - (special.gammaln(a) - special.gammaln(b)).sum(axis=1)
        + ((a - b) * (special.psi(a) - special.psi(a_sum)[:, np.newaxis])).sum(axis=1)
    )


def dirichlet_log_partition(a):
    return special.gammaln(a).sum(axis=1) - special.gammaln(a.sum(axis=1))


def normal_gamma_log_partition(strength, shape, rate):
    return special.gammaln(shape) - shape * np.log(rate) - 0.5 * np.log(strength)


def normal_gamma_kl(q, p):
    (m, k, a, b), (m0, k0, a0, b0) = q, p
    of_mean = k0 * a / b * (m - m0) ** 2 + k0 / k - 1.0 - np.log(k0 / k)
    of_shape = (a - a0) * special.psi(a) - special.gammaln(a) + special.gammaln(a0)
    return 0.5 * of_mean + of_shape + a0 * np.log(b / b0) + a * (b0 - b) / b


TASKS = {
    "digamma": special.psi,
    "trigamma": trigamma,
    "gammaln": special.gammaln,
    "exp_digamma": exp_digamma,
    "logsumexp": logsumexp,
    "responsibilities": responsibilities,
    "dirichlet_kl": dirichlet_kl,
}
