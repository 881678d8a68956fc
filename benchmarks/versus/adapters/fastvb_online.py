"""Our mean-field steps on mini-batches, in single precision."""

from functools import partial

import numpy as np

from versus.adapters import fastvb

NAME = "fastvb online"


def stochastic_options(batch, inner):
    """gensim's steps."""
    return {
        "batch_size": batch, "max_doc_update_iter": inner,
        "learning_decay": 0.5, "learning_offset": 1,
    }  # fmt: skip


def single(counts, *others):
    return counts.astype(np.float32), *others


BUDGETS = (1, 2, 5, 10, 20, 40)  # passes
SETTINGS = {"": stochastic_options(256, 20)}

TASKS = {"lda_curve": partial(fastvb.lda_curve, learning_method="online")}
PREPARE = {"lda_curve": single}
