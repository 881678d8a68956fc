"""scikit-learn with two processes: its best on two threads."""

from functools import partial

from versus.adapters import sklearn

NAME = "scikit-learn, n_jobs=2"

TASKS = {"lda_fit": partial(sklearn.lda_fit, n_jobs=2)}
