from functools import partial
from time import perf_counter

import numpy as np
from versus import adapters
from versus.adapters import fastvb as ours
from versus.lda_problems import Fit, bound_shortfall, fitted_topics
from versus.measure import on_threads, ratio

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus

TOPICS = [10, 50, 100]
DOCUMENTS = {"short": (2000, 16), "medium": (300, 110), "long": (40, 1000)}  # number, tokens
DTYPES = ["float64", "float32"]
INNER = 20  # iterations of every document where the work is to be the same


def counts(k, documents):
    n_documents, length = DOCUMENTS[documents]
    made, _, _ = make_lda_corpus(n_documents, 5000, k, document_length=length, random_state=0)
    return made.counts


class EStep:
    """All documents against topics that are half-way, from ones, with the default stopping rule."""

    params = (TOPICS, list(DOCUMENTS), DTYPES)
    param_names = ("topics", "documents", "dtype")

    def setup(self, k, documents, dtype):
        self.topics = fitted_topics(counts(k, documents), k, 0.1, dtype)
        self.call = self.e_step(self.topics)

    def e_step(self, topics):
        return partial(ours.lda_e_step, *ours.e_step_parts(*topics))

    def time_e_step(self, k, documents, dtype):
        self.call()

    def peakmem_e_step(self, k, documents, dtype):
        self.call()

    def track_inner_iterations(self, k, documents, dtype):
        """One thread, no early stop: what one iteration over one non-zero costs."""
        call = self.e_step(self.topics._replace(tol=0.0, max_iter=INNER))
        seconds = []
        with on_threads(1):
            for _ in range(5):
                start = perf_counter()
                call()
                seconds.append(perf_counter() - start)
        return self.topics.counts.nnz * INNER / float(np.median(seconds))

    track_inner_iterations.unit = "non-zeros x inner iterations per second"

    def track_ratio_to_scikit_learn(self, k, documents, dtype):
        """The same gamma, one thread each."""
        sklearn = adapters.load("sklearn")
        theirs = partial(sklearn.lda_e_step, *sklearn.with_topics(*self.topics))
        with on_threads(1):
            return ratio(theirs, self.call, rounds=3)

    track_ratio_to_scikit_learn.unit = "times scikit-learn's speed"


class LDAFit:
    """Ten passes over the corpus."""

    params = (TOPICS, list(DOCUMENTS))
    param_names = ("topics", "documents")

    def setup(self, k, documents):
        self.problem = Fit(counts(k, documents), k, 10)

    def time_fit(self, k, documents):
        ours.lda_fit(*self.problem)

    def peakmem_fit(self, k, documents):
        ours.lda_fit(*self.problem)

    def track_throughput(self, k, documents):
        """Non-zeros that a pass treats per second, after the first fit."""
        ours.lda_fit(*self.problem)
        start = perf_counter()
        ours.lda_fit(*self.problem)
        return self.problem.counts.nnz * self.problem.max_iter / (perf_counter() - start)

    track_throughput.unit = "non-zeros x passes per second"

    def track_bound_above_scikit_learn(self, k, documents):
        """Relative difference of the ELBO after as many passes; positive where ours is better."""
        with on_threads(1):
            theirs = adapters.load("sklearn").lda_fit(*self.problem)
        return -bound_shortfall(self.problem, ours.lda_fit(*self.problem), theirs)


class LDALearnedPriors:
    """Thirty passes: what learning priors adds to them in time and to the bound."""

    params = (["1/K", "learn", "learn-vector"],)
    param_names = ("priors",)

    def setup(self, priors):
        self.counts = counts(50, "medium").astype(np.float64)

    def fit(self, priors):
        given = {
            "1/K": {},
            "learn": {"doc_topic_prior": "learn", "topic_word_prior": "learn"},
            "learn-vector": {"doc_topic_prior": "learn", "topic_word_prior": "learn-vector"},
        }[priors]
        lda = LatentDirichletAllocation(50, max_iter=30, tol=0.0, random_state=0, **given)
        return lda.fit(self.counts)

    def time_fit(self, priors):
        self.fit(priors)

    def track_bound(self, priors):
        return self.fit(priors).lower_bound_

    track_bound.unit = "nats"
