"""Our collapsed inference (CVB0), with phi of every non-zero count kept."""

from functools import partial

from versus.adapters import fastvb

NAME = "fastvb collapsed"
BUDGETS = (1, 2, 3, 4, 5, 8, 10, 20, 40)  # passes, of four sweeps each

TASKS = {"lda_curve": partial(fastvb.lda_curve, learning_method="collapsed")}
