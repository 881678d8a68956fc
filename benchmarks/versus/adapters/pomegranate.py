"""pomegranate, on PyTorch, in double precision."""

from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import scipy.sparse as sp
import torch
from pomegranate.distributions import Bernoulli, Normal
from pomegranate.gmm import GeneralMixtureModel

from fastvb import get_num_threads

NAME = "pomegranate"
KINDS = {"full": "full", "diag": "diag", "spherical": "sphere"}


@contextmanager
def double_precision():
    """On as many threads as ours; restored after, since both may use the same OpenMP."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)  # its own buffers have no other way
    torch.set_num_threads(get_num_threads())
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


def mixture(distributions):
    return GeneralMixtureModel(distributions, np.full(len(distributions), 1 / len(distributions)))


def em_start(X, means, covariance_type):
    if covariance_type not in KINDS:
        return None
    ones = np.ones(means.shape[1])  # spherical ones, too, are given one by one
    covariance = np.diag(ones) if covariance_type == "full" else ones
    with double_precision():
        return torch.from_numpy(X), mixture([
            Normal(mean, covariance, KINDS[covariance_type], check_data=False) for mean in means
        ])  # fmt: skip


def bernoulli_start(X, probabilities):
    if sp.issparse(X):
        return None
    with double_precision():
        return torch.from_numpy(X), mixture([
            Bernoulli(one, check_data=False) for one in probabilities
        ])  # fmt: skip


def iteration(X, start):
    """The two steps that an iteration of its fit consists of."""
    with double_precision():
        model = deepcopy(start)
        log_likelihood = float(model.summarize(X)) / len(X)
        model.from_summaries()
    return model, log_likelihood


def em_iteration(X, start):
    model, log_likelihood = iteration(X, start)

    def points():
        covariances = np.stack([one.covs.numpy() for one in model.distributions])
        if model.distributions[0].covariance_type == "sphere":
            covariances = covariances[:, 0]
        means = np.stack([one.means.numpy() for one in model.distributions])
        return model.priors.numpy(), means, covariances, log_likelihood

    return points


def bernoulli_iteration(X, start):
    model, log_likelihood = iteration(X, start)
    probabilities = np.stack([one.probs.numpy() for one in model.distributions])
    return len(X) * model.priors.numpy(), probabilities, log_likelihood


TASKS = {"em_iteration": em_iteration, "bernoulli_iteration": bernoulli_iteration}
PREPARE = {"em_iteration": em_start, "bernoulli_iteration": bernoulli_start}
