from time import perf_counter

import numpy as np
from sklearn.decomposition import LatentDirichletAllocation as ScikitLearn
from versus.measure import ratio

from fastvb import LatentDirichletAllocation, threads
from fastvb.datasets import make_lda_corpus
from fastvb.models import DocumentBatch, LDAModel

# name: topics, documents, words of the vocabulary, tokens of a document
CORPORA = {
    "short": (20, 2000, 5000, 20),
    "medium": (50, 800, 10000, 120),
    "long": (100, 100, 10000, 1500),
}
INNER = 20  # iterations of every document: no early stop, so that the work is the same


def corpus(name, dtype):
    n_topics, n_docs, n_words, length = CORPORA[name]
    made, _, _ = make_lda_corpus(n_docs, n_words, n_topics, document_length=length, random_state=0)
    return made.counts.astype(dtype)


class Iteration:
    """A local step with 20 inner iterations per document, and a global step, on one thread."""

    params = (list(CORPORA), ["float64", "float32"])
    param_names = ("corpus", "dtype")

    def setup(self, name, dtype):
        X = corpus(name, dtype)
        n_topics = CORPORA[name][0]
        self.batch = DocumentBatch(X)
        self.model = LDAModel(
            np.full(n_topics, 0.1, dtype), 0.1, X.shape[1], dtype=np.dtype(dtype),
            doc_init="ones", mean_change_tol=0.0, max_doc_update_iter=INNER, n_jobs=1,
        )  # fmt: skip
        globals_ = self.model.init_globals(self.batch, np.random.RandomState(0))
        stats, _, _ = self.model.local_step(self.batch, self.model.expect(globals_))
        self.globals = self.model.global_step(stats, globals_)
        self.view = self.model.expect(self.globals)

    def iterate(self):
        stats, _, _ = self.model.local_step(self.batch, self.view)
        self.model.expect(self.model.global_step(stats, self.globals))

    def time_iteration(self, name, dtype):
        self.iterate()

    def peakmem_iteration(self, name, dtype):
        self.iterate()

    def track_throughput(self, name, dtype):
        seconds = []
        for _ in range(5):
            begin = perf_counter()
            self.iterate()
            seconds.append(perf_counter() - begin)
        return len(self.batch.counts) * INNER / float(np.median(seconds))

    track_throughput.unit = "non-zeros x inner iterations per second"


class Fit:
    """Three passes over the corpus with the defaults."""

    params = list(CORPORA)
    param_names = ("corpus",)

    def setup(self, name):
        self.X = corpus(name, "float64")
        self.n_topics = CORPORA[name][0]

    def fit(self):
        return LatentDirichletAllocation(self.n_topics, max_iter=3, tol=0, random_state=0).fit(
            self.X
        )

    def time_fit(self, name):
        self.fit()

    def peakmem_fit(self, name):
        self.fit()

    def track_bound_per_token(self, name):
        return self.fit().lower_bound_ / self.X.sum()

    track_bound_per_token.unit = "nats"

    def track_ratio_to_scikit_learn(self, name):
        theirs = ScikitLearn(self.n_topics, max_iter=3, random_state=0)
        with threads(1):
            return ratio(lambda: theirs.fit(self.X), self.fit, rounds=1)

    track_ratio_to_scikit_learn.unit = "times scikit-learn's speed"
    track_ratio_to_scikit_learn.timeout = 300
