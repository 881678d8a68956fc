import numpy as np
from versus import mixtures as sides
from versus.measure import on_threads, ratio
from versus.mixture_problems import BERNOULLI, GAUSSIAN, bernoulli, gaussian

from fastvb._kernels import _mixture

DTYPES = ["float64", "float32"]
NAMES = list(GAUSSIAN)


class GaussianPass:
    """One EM pass (responsibilities and statistics) on a tenth of each problem's rows."""

    params = (NAMES, DTYPES)
    param_names = ("problem", "dtype")

    def setup(self, name, dtype):
        self.step = sides.fastvb_pass(gaussian(name, dtype, share=0.1))

    def time_pass(self, name, dtype):
        self.step()

    def peakmem_pass(self, name, dtype):
        self.step()


class BernoulliIteration:
    """One EM iteration on a tenth of each problem's rows."""

    params = (list(BERNOULLI), DTYPES)
    param_names = ("problem", "dtype")

    def setup(self, name, dtype):
        self.step = sides.fastvb_bernoulli_iteration(bernoulli(name, dtype, share=0.1))

    def time_iteration(self, name, dtype):
        self.step()

    def peakmem_iteration(self, name, dtype):
        self.step()


class Columns:
    """One pass of a mixture of ten components of each of 20 columns of 50,000 rows."""

    params = DTYPES
    param_names = ("dtype",)

    def setup(self, dtype):
        rng = np.random.default_rng(0)
        self.X = np.asfortranarray(rng.normal(size=(50_000, 20)), dtype)
        self.view = rng.normal(size=(20, 10)), rng.normal(size=(20, 10)), np.ones((20, 10))
        self.out = *np.empty((3, 20, 10)), np.empty(20)
        self.work = np.empty(_mixture.columns_work_size(10, self.X.itemsize, 1), np.int8)

    def time_pass(self, dtype):
        _mixture.gaussian_columns(
            self.X, np.arange(20), np.zeros(20, dtype), np.empty(0, dtype), *self.view, *self.out,
            self.work, 1,
        )  # fmt: skip


class Ratio:
    """Against one EM iteration of scikit-learn on one thread, a tenth of each problem's rows."""

    params = NAMES
    param_names = ("problem",)
    unit = "times scikit-learn's speed"

    def track_ratio(self, name):
        problem = gaussian(name, "float64", share=0.1)
        with on_threads(1):
            return ratio(sides.sklearn_iteration(problem), sides.fastvb_pass(problem), rounds=3)


class BernoulliRatio:
    """Against one EM iteration with NumPy on one thread, a tenth of each problem's rows."""

    params = list(BERNOULLI)
    param_names = ("problem",)
    unit = "times NumPy's speed"

    def track_ratio(self, name):
        problem = bernoulli(name, share=0.1)
        ours = sides.fastvb_bernoulli_iteration(problem)
        with on_threads(1):
            return ratio(sides.numpy_bernoulli_iteration(problem), ours, rounds=3)
