import numpy as np

from fastvb.models._lda_sampled import SampledTopics, natural_stats
from fastvb.models._lda_state import LDAGlobals, LDAStats

DTYPES = ["float64", "float32"]


class NaturalStatistics:
    """V times the statistics of 2,000 words, 100 topics, a vocabulary of 10,000."""

    params = ([0.01, 0.3, 30.0], DTYPES)
    param_names = ("parameters", "dtype")

    def setup(self, parameters, dtype):
        rng = np.random.default_rng(0)
        topics = rng.gamma(1.0, parameters, (100, 10_000)).astype(dtype) + np.float32(1e-3)
        self.view = SampledTopics(LDAGlobals.from_topics(topics), 1)
        words = np.arange(0, 10_000, 5)
        stride = self.view.globals_.counts.shape[1]
        self.stats = LDAStats(words, rng.gamma(0.3, 1.0, (2000, stride)).astype(dtype))
        self.view.at(words)

    def time_call(self, parameters, dtype):
        natural_stats(self.stats, self.view)

    def peakmem_call(self, parameters, dtype):
        natural_stats(self.stats, self.view)
