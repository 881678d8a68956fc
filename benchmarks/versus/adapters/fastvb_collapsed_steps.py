"""Our collapsed steps on mini-batches, which keep nothing of the documents, in single precision."""

from functools import partial

from versus.adapters import fastvb, fastvb_online

NAME = "fastvb collapsed steps"
BUDGETS = (1, 2, 5, 10)  # passes

TASKS = {
    "lda_curve": partial(
        fastvb.lda_curve, learning_method="collapsed", memory_budget=0,
        learning_decay=0.5, learning_offset=4, batch_size=256,
    )
}  # fmt: skip
PREPARE = fastvb_online.PREPARE
