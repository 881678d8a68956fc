import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri
from versus.measure import on_threads, ratio

from fastvb._kernels import _inverse_roots as kernels

SIZES = [(10, 2), (20, 16), (32, 64), (16, 256)]


class InverseRoots:
    """Of the covariances of all components: so many, of so many features."""

    params = (SIZES,)
    param_names = ("size",)
    unit = "times the speed of a loop over LAPACK"

    def setup(self, size):
        number, n = size
        root = np.random.default_rng(0).standard_normal((number, n, 2 * n))
        self.matrices = root @ root.swapaxes(1, 2)
        self.least, self.work = np.zeros(n), np.empty((n, n))
        self.out = np.empty_like(self.matrices), np.empty(number, np.int8)

    def ours(self):
        kernels.inverse_roots(self.matrices, self.least, *self.out, self.work)

    def theirs(self):
        roots = self.out[0]
        for k, matrix in enumerate(self.matrices):
            factor, _ = dpotrf(matrix[::-1, ::-1], lower=1, clean=1)
            roots[k] = dtrtri(factor, lower=1)[0][::-1, ::-1]

    def time_call(self, size):
        self.ours()

    def track_ratio_to_lapack(self, size):
        with on_threads(1):
            return ratio(self.theirs, self.ours, rounds=7)
