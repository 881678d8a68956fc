"""oneDAL, which Intel's extension for scikit-learn brings along."""

import daal4py
import numpy as np

from fastvb import get_num_threads
from versus.mixture_problems import unit

NAME = "oneDAL"
STORAGE = {"full": "full", "diag": "diagonal"}


def em_start(X, means, covariance_type):
    if covariance_type not in STORAGE:
        return None
    daal4py.daalinit(get_num_threads())
    algorithm = daal4py.em_gmm(
        nComponents=len(means), covarianceStorage=STORAGE[covariance_type],
        maxIterations=1, accuracyThreshold=0.0, regularizationFactor=0.0,
    )  # fmt: skip
    covariances = [np.atleast_2d(one) for one in unit(covariance_type, *means.shape)]
    return algorithm, X, np.full((1, len(means)), 1 / len(means)), means, covariances


def em_iteration(algorithm, X, weights, means, covariances):
    found = algorithm.compute(X, weights, means, covariances)
    return lambda: (
        found.weights, found.means, np.array(found.covariances), found.goalFunction / len(X)
    )  # fmt: skip


TASKS = {"em_iteration": em_iteration}
PREPARE = {"em_iteration": em_start}
