"""Our mean-field steps on mini-batches, of their default length."""

from versus.adapters import fastvb_online

NAME = "fastvb online, default steps"


def stochastic_options(batch, inner):
    return {"batch_size": batch, "max_doc_update_iter": inner}


TASKS, PREPARE = fastvb_online.TASKS, fastvb_online.PREPARE
