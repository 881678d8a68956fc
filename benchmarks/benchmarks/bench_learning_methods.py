import numpy as np

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
from fastvb.metrics import completion_score

K, PRIOR = 20, 0.1
METHODS = ["batch", "collapsed", "online", "structured", "memoized", "streaming"]


class LearningMethods:
    """Two passes over 600 generated documents; of "structured-full" they would cost V x K more."""

    params = METHODS
    param_names = ("method",)

    def setup(self, method):
        corpus, _, _ = make_lda_corpus(700, 2000, K, document_length=80, random_state=0)
        self.train, self.test = corpus.counts[:600].astype(np.float32), corpus.counts[600:]

    def fit(self, method, n_passes):
        lda = LatentDirichletAllocation(
            K, doc_topic_prior=PRIOR, topic_word_prior=PRIOR, learning_method=method,
            max_iter=n_passes, tol=0.0, random_state=0,
        )  # fmt: skip
        return lda.fit(self.train)

    def time_two_passes(self, method):
        self.fit(method, 2)

    def track_completion_score(self, method):
        topics = self.fit(method, 20).topic_word_distribution()
        return completion_score(topics, self.test, doc_topic_prior=PRIOR)

    track_completion_score.unit = "nats per token"
