"""scikit-learn with two processes."""

from functools import partial

from versus.adapters import sklearn

NAME = "scikit-learn, n_jobs=2"
BUDGETS = sklearn.BUDGETS

TASKS = {task: partial(sklearn.TASKS[task], n_jobs=2) for task in ("lda_fit", "lda_curve")}
