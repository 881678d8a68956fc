"""gensim's LdaMulticore: online variational Bayes in two worker processes."""

from gensim.models import LdaMulticore
from threadpoolctl import threadpool_limits

from versus.adapters import gensim

NAME = "gensim LdaMulticore"
BUDGETS, SETTINGS = gensim.BUDGETS, gensim.SETTINGS
stochastic_options = gensim.stochastic_options


def lda_curve(*data, **options):
    """With BLAS on one thread, since workers that are given more get in each other's way."""
    with threadpool_limits(1, user_api="blas"):
        return gensim.lda_curve(*data, kind=LdaMulticore, workers=2, **options)


TASKS = {"lda_curve": lda_curve}
PREPARE = {"lda_curve": gensim.corpus}
