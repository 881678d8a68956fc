import numpy as np
from reference import dirichlet as twin
from versus.adapters import scipy as scipy_lines
from versus.measure import ratio
from versus.problems import dirichlet_pair

from fastvb import special, threads

DTYPES = ["float64", "float32"]
VALUES = 400_000
FUNCTIONS = {
    "kl": special.dirichlet_kl,
    "entropy": lambda a, _: special.dirichlet_entropy(a),
    "log_normalizer": lambda a, _: special.dirichlet_log_normalizer(a),
    "expectation": lambda a, _: special.dirichlet_expectation(a),
    "exp_expectation": lambda a, _: special.dirichlet_expectation(a, exp=True),
}


class Dirichlet:
    """400,000 concentrations in rows of `columns`."""

    params = (list(FUNCTIONS), [1, 2, 10, 100, 1000], DTYPES)
    param_names = ("function", "columns", "dtype")

    def setup(self, function, columns, dtype):
        self.pair = dirichlet_pair(VALUES // columns, columns, dtype)

    def time_call(self, function, columns, dtype):
        FUNCTIONS[function](*self.pair)

    def peakmem_call(self, function, columns, dtype):
        FUNCTIONS[function](*self.pair)


class DirichletRatio:
    """Against SciPy's expression, 200,000 rows of ten, one thread, taking turns."""

    params = (DTYPES,)
    param_names = ("dtype",)
    unit = "times SciPy's speed"

    def setup(self, dtype):
        self.pair = dirichlet_pair(200_000, 10, dtype)

    def track_ratio_to_scipy(self, dtype):
        with threads(1):
            return ratio(
                lambda: scipy_lines.dirichlet_kl(*self.pair),
                lambda: special.dirichlet_kl(*self.pair),
                rounds=3,
            )


class DirichletAccuracy:
    """Where everything large cancels: the same proportions, twice the total."""

    params = ([1.0, 1e3, 1e6, 1e15],)
    param_names = ("total",)

    def track_relative_error_of_kl(self, total):
        a = total * np.array([0.2, 0.3, 0.5])
        exact = twin.exact_kl(a, 2.0 * a)
        return float(abs(special.dirichlet_kl(a, 2.0 * a) / exact - 1.0))
