"""Our coordinate ascent that updates the topics after each batch, in single precision."""

from functools import partial

from versus.adapters import fastvb, fastvb_online

NAME = "fastvb memoized"
BUDGETS = (1, 2, 5, 10, 20, 40)  # passes

TASKS = {"lda_curve": partial(fastvb.lda_curve, learning_method="memoized", batch_size=256)}
PREPARE = fastvb_online.PREPARE
