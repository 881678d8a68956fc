import numpy as np

from fastvb.families import fit_dirichlet, fit_symmetric_dirichlet
from fastvb.special import dirichlet_expectation


class FitDirichlet:
    """To the largest likelihood, from the guess and from far below and above."""

    params = ([100, 100_000], [None, 0.01, 50.0])
    param_names = ("size", "start")

    def setup(self, size, start):
        alpha = np.random.default_rng(0).gamma(0.5, 0.1, size) + 1e-3
        self.mean_log = dirichlet_expectation(alpha)

    def time_vector(self, size, start):
        fit_dirichlet(self.mean_log, start, max_total=1e7)

    def time_symmetric(self, size, start):
        fit_symmetric_dirichlet(float(self.mean_log.mean()), size, start, max_total=1e7)

    def track_steps(self, size, start):
        return fit_dirichlet(self.mean_log, start, max_total=1e7).n_iter
