"""Our structured steps on mini-batches, in single precision."""

from functools import partial

from versus.adapters import fastvb, fastvb_online

NAME = "fastvb structured"
BUDGETS = (2, 5, 10, 20, 40, 80)  # passes

TASKS = {
    "lda_curve": partial(
        fastvb.lda_curve, learning_method="structured", learning_decay=0.5, batch_size=256
    )
}
PREPARE = fastvb_online.PREPARE
