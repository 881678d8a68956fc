import numpy as np
from versus.measure import ratio

from fastvb import threads
from fastvb._kernels import _random
from fastvb._threads import effective_n_threads

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
