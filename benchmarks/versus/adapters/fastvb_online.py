"""Our mean-field steps on mini-batches, in single precision, with scikit-learn's defaults."""

from functools import partial

import numpy as np

from versus.adapters import fastvb

NAME = "fastvb online"
BUDGETS = (1, 2, 5, 10, 20, 40)  # passes


def single(counts, *others):
    return counts.astype(np.float32), *others


TASKS = {"lda_curve": partial(fastvb.lda_curve, learning_method="online")}
PREPARE = {"lda_curve": single}
