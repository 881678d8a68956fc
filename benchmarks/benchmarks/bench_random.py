import numpy as np
from versus.measure import ratio

from fastvb import threads
from fastvb._kernels import _random
from fastvb._threads import effective_n_threads
from fastvb.models import _lda_sampled
from fastvb.models._lda_local import DirichletTopics
from fastvb.models._lda_state import LDAGlobals

DTYPES = ["float64", "float32"]
DRAWS = 1_000_000


class LogGamma:
    """A million draws of log g, g ~ Gamma(shape, 1)."""

    params = ([1e-3, 0.1, 1.5, 1e4], DTYPES)
    param_names = ("shape", "dtype")

    def setup(self, shape, dtype):
        self.shape = np.full(DRAWS, shape, dtype)
        self.out = np.empty_like(self.shape)

    def draw(self, n_draws=DRAWS):
        n_threads = effective_n_threads()
        _random.log_gamma_draws(self.shape[:n_draws], self.out[:n_draws], 1, 2, 0, n_threads)

    def time_call(self, shape, dtype):
        self.draw()

    def time_one_thread(self, shape, dtype):
        with threads(1):
            self.draw()

    def track_ratio_to_numpy(self, shape, dtype):
        """Against NumPy's draws of g, 100,000 of them, one thread, taking turns."""
        rng, size = np.random.default_rng(0), 100_000
        with threads(1):
            return ratio(
                lambda: rng.standard_gamma(shape, size, dtype=dtype),
                lambda: self.draw(size),
                rounds=3,
            )

    track_ratio_to_numpy.unit = "times the rival's speed"


class SampledTopics:
    """A draw of 100 topics for 10,000 words out of `n_words`, and the expectation."""

    params = ([10_000, 100_000], DTYPES)
    param_names = ("n_words", "dtype")

    def setup(self, n_words, dtype):
        rng = np.random.default_rng(0)
        topics = rng.gamma(0.3, 1.0, (100, n_words)).astype(dtype) + np.dtype(dtype).type(0.1)
        self.globals_ = LDAGlobals.from_topics(topics)
        self.words = np.sort(rng.choice(n_words, 10_000, replace=False))

    def time_draw(self, n_words, dtype):
        _lda_sampled.SampledTopics(self.globals_, 1).at(self.words)

    def time_expectation(self, n_words, dtype):
        DirichletTopics(self.globals_, None).at(self.words)
