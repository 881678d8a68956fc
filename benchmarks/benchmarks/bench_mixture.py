import numpy as np
from versus import adapters
from versus.columns import process
from versus.columns import table as table_of_columns
from versus.measure import on_threads, ratio
from versus.mixture_problems import GAUSSIAN, gaussian_problem

from fastvb import fit_columns
from fastvb._kernels import _mixture

DTYPES = ["float64", "float32"]
NAMES = list(GAUSSIAN)


class GaussianIteration:
    """One iteration of EM, or three of VB, on a tenth of each problem's rows."""

    params = (NAMES, DTYPES)
    param_names = ("problem", "dtype")

    def setup(self, name, dtype):
        self.side = adapters.load("fastvb")
        X, *start = gaussian_problem(name, share=0.1).data
        self.em = self.side.em_start(X.astype(dtype), *start)
        self.vb = self.side.vb_start(X.astype(dtype), *start)

    def time_em(self, name, dtype):
        self.side.em_iteration(*self.em)

    def time_vb(self, name, dtype):
        self.side.vb_iteration(*self.vb)

    def peakmem_em(self, name, dtype):
        self.side.em_iteration(*self.em)


class SmallIteration:
    """Where Python, not the kernel, takes the time."""

    def setup(self):
        rng = np.random.default_rng(0)
        self.side = adapters.load("fastvb")
        self.em = self.side.em_start(rng.normal(size=(1000, 2)), rng.normal(size=(3, 2)), "full")

    def time_em(self):
        self.side.em_iteration(*self.em)


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


class FitColumns:
    """A mixture of ten components of each of 8 columns of 20,000 rows, ten iterations."""

    params = [False, True]
    param_names = ("accelerate",)

    def setup(self, accelerate):
        self.X = table_of_columns(20_000, 8)
        self.estimator = process(10, accelerate=accelerate)

    def time_fit(self, accelerate):
        fit_columns(self.X, self.estimator)

    def time_transform(self, accelerate):
        fit_columns(self.X[:200], self.estimator).transform(self.X)

    def peakmem_fit(self, accelerate):
        fit_columns(self.X, self.estimator)


class Ratio:
    """Against one EM iteration of scikit-learn on one thread, a tenth of each problem's rows."""

    params = NAMES
    param_names = ("problem",)
    unit = "times scikit-learn's speed"

    def track_ratio(self, name):
        problem = gaussian_problem(name, share=0.1)
        calls = [
            adapters.contestant(adapters.load(side), problem) for side in ("sklearn", "fastvb")
        ]
        with on_threads(1):
            return ratio(*calls, rounds=3)
