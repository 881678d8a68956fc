"""gensim's LdaMulticore: online variational Bayes in two worker processes."""

from functools import partial

from gensim.models import LdaMulticore

from versus.adapters import gensim

NAME = "gensim LdaMulticore"
BUDGETS, SETTINGS = gensim.BUDGETS, gensim.SETTINGS
stochastic_options = gensim.stochastic_options

TASKS = {"lda_curve": partial(gensim.lda_curve, kind=LdaMulticore, workers=2)}
PREPARE = {"lda_curve": gensim.corpus}
