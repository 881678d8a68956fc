"""A small corpus, and a fit of it by each learning method."""

from __future__ import annotations

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus

METHODS = (
    "batch", "collapsed", "online", "structured", "structured-full", "memoized", "streaming",
)  # fmt: skip
CORPUS = make_lda_corpus(120, 60, 4, random_state=0)[0].counts


def lda(method, **options):
    settings = {"learning_method": method, "max_iter": 5, "batch_size": 32, "random_state": 0}
    return LatentDirichletAllocation(4, **{**settings, **options})


class Days:
    """Matrices that come anew in each pass."""

    def __init__(self, X, size=50):
        self.X, self.size = X, size

    def __iter__(self):
        for start in range(0, self.X.shape[0], self.size):
            yield self.X[start : start + self.size]
