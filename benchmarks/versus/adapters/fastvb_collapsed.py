"""Our collapsed inference (CVB0), with phi of every non-zero count kept."""

from functools import partial

from versus.adapters import fastvb

NAME = "fastvb collapsed"
BUDGETS = (5, 10, 15, 20, 30, 50, 100, 200)  # sweeps

TASKS = {"lda_curve": partial(fastvb.lda_curve, learning_method="collapsed")}
