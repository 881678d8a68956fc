"""mlpack, whose fits start from clusters that they find themselves, whatever they are given.

So an iteration is what a fit with one takes longer than a fit with none.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from mlpack import gmm_train
from threadpoolctl import ThreadpoolController

from fastvb import get_num_threads

NAME = "mlpack"
OPTIONS = {
    "full": {"no_force_positive": True, "tolerance": 0.0},
    # Only a refined start heeds the limit on iterations of k-means.
    "diag": {"diagonal_covariance": True, "refined_start": True, "samplings": 1},
}
KMEANS_ITERATIONS = 5  # few take little time; after fewer, a cluster may be left with too few rows
FEWEST = {"full": 1, "diag": 0}  # max_iterations of a fit that makes none


def em_start(X, means, covariance_type):
    if covariance_type not in OPTIONS:
        return None
    data = ThreadpoolController(), X, len(means), covariance_type
    try:
        fit(*data, iterations=1)
    except RuntimeError:  # of few rows, a cluster may get fewer than there are features
        return None
    return data


def fit(controller, X, n_components, covariance_type, iterations):
    """In a new thread, where its random numbers, and so its clusters, are the same every time."""

    def work():
        with controller.limit(limits=get_num_threads()):  # OpenMP's limits are the thread's own
            return gmm_train(
                input_=X, gaussians=n_components,
                kmeans_max_iterations=KMEANS_ITERATIONS,
                max_iterations=FEWEST[covariance_type] + iterations, **OPTIONS[covariance_type],
            )  # fmt: skip

    with ThreadPoolExecutor(1) as executor:
        model = executor.submit(work).result()["output_model"]
    return partial(points, model, covariance_type)


def points(model, covariance_type):
    found = model.get_cpp_params()["GMM"]
    covariances = np.array([one["covariance"] for one in found["dists"]])
    if covariance_type == "diag":
        covariances = np.diagonal(covariances, axis1=1, axis2=2)
    means = np.array([one["mean"].ravel() for one in found["dists"]])
    return found["weights"].ravel(), means, covariances, None


TASKS = {"em_iteration": partial(fit, iterations=1), "em_own_start": partial(fit, iterations=0)}
PREPARE = {"em_iteration": em_start}
