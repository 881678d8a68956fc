"""scikit-learn with two processes: its best on two threads."""

from functools import partial

from versus.adapters import sklearn

NAME = "scikit-learn, n_jobs=2"


def lda_curve(counts, n_components, alpha, eta, passes, seed):
    return sklearn.lda_fit(counts, n_components, passes, alpha, eta, seed, n_jobs=2)


BUDGETS = (5, 10, 20, 40)  # passes

TASKS = {"lda_fit": partial(sklearn.lda_fit, n_jobs=2), "lda_curve": lda_curve}
