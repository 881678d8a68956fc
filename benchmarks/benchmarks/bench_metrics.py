import numpy as np

from fastvb import threads
from fastvb.datasets import make_lda_corpus
from fastvb.metrics import coherence_npmi, completion_score, match_topics, topic_diversity

N_WORDS, N_TOPICS = 10_000, 100


class Metrics:
    """100 topics over 10,000 words; as many documents and tokens as a corpus of news articles."""

    def setup(self):
        corpus, self.topics, _ = make_lda_corpus(
            2246, N_WORDS, N_TOPICS, document_length=200, random_state=0
        )
        self.X = corpus.counts
        self.held_out = self.X[:246]
        self.other = self.topics[np.random.default_rng(0).permutation(N_TOPICS)]
        self.threads = threads(1)
        self.threads.__enter__()

    def teardown(self):
        self.threads.__exit__(None, None, None)

    def time_completion_score(self):
        completion_score(self.topics, self.held_out)

    def peakmem_completion_score(self):
        completion_score(self.topics, self.held_out)

    def time_coherence_npmi(self):
        coherence_npmi(self.topics, self.X)

    def time_topic_diversity(self):
        topic_diversity(self.topics)

    def time_match_topics(self):
        match_topics(self.topics, self.other)

    def track_true_over_shuffled_topics(self):
        """Nats per token that the right words are worth; a check of the score itself."""
        shuffled = np.random.default_rng(0).permuted(self.topics, axis=1)
        right, wrong = (completion_score(t, self.held_out) for t in (self.topics, shuffled))
        return right - wrong

    track_true_over_shuffled_topics.unit = "nats per token"
