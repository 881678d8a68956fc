import numpy as np

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus

TOPICS = [10, 100]
DTYPES = ["float64", "float32"]


class WordTopics:
    """Which topics the words of documents come from, the inference of their weights included."""

    params = (TOPICS, DTYPES)
    param_names = ("topics", "dtype")

    def setup(self, k, dtype):
        made, _, _ = make_lda_corpus(1000, 5000, k, document_length=110, random_state=0)
        self.counts = made.counts.astype(dtype)
        self.lda = LatentDirichletAllocation(k, max_iter=2, random_state=0).fit(self.counts)
        self.lda.transform(self.counts)

    def time_transform(self, k, dtype):
        self.lda.transform(self.counts)

    def time_probabilities(self, k, dtype):
        self.lda.word_topic_proba(self.counts)

    def time_most_probable(self, k, dtype):
        self.lda.word_topics(self.counts)

    def peakmem_most_probable(self, k, dtype):
        self.lda.word_topics(self.counts)


class TopicDistances:
    """Of 100 topics to 100 others over 20,000 words."""

    params = (["hellinger", "jensen-shannon", "kl", "jaccard"],)
    param_names = ("metric",)

    def setup(self, metric):
        topics = np.random.default_rng(0).dirichlet(np.full(20_000, 0.1), (2, 100))
        self.a, self.b = (LatentDirichletAllocation.from_topics(each) for each in topics)

    def time_distances(self, metric):
        self.a.diff(self.b, metric=metric)
