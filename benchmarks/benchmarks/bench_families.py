import numpy as np
from versus.adapters import scipy as scipy_lines
from versus.measure import ratio
from versus.problems import dirichlet_pair

from fastvb import threads
from fastvb.families import (
    Categorical,
    Dirichlet,
    Gamma,
    Normal,
    NormalGamma,
    VonMisesFisher,
    Wishart,
    fit_dirichlet,
    fit_symmetric_dirichlet,
)
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


def normal_gammas(n, seed):
    """Parameters as posteriors of a few observations have them."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(n), *(rng.gamma(2.0, 2.0, (3, n)) + 0.1))


def calls(family, n):
    """The same two numbers of n distributions: by fastvb, and as a line of SciPy."""
    if family == "Dirichlet":
        a, b = dirichlet_pair(n, 10, "float64")
        q, p = Dirichlet(a), Dirichlet(b)
        kl, partition = scipy_lines.dirichlet_kl, scipy_lines.dirichlet_log_partition
        return {"kl": (lambda: kl(a, b), lambda: q.kl(p)),
                "log_partition": (lambda: partition(a), q.log_partition)}  # fmt: skip
    a, b = normal_gammas(n, 0), normal_gammas(n, 1)
    q, p = NormalGamma(*a), NormalGamma(*b)
    kl, partition = scipy_lines.normal_gamma_kl, scipy_lines.normal_gamma_log_partition
    return {"kl": (lambda: kl(a, b), lambda: q.kl(p)),
            "log_partition": (lambda: partition(*a[1:]), q.log_partition)}  # fmt: skip


class MillionRatio:
    """A million distributions (Dirichlets of ten components) against SciPy's expressions."""

    params = (["Dirichlet", "NormalGamma"], ["kl", "log_partition"], [1, 2])
    param_names = ("family", "function", "n_threads")
    unit = "times SciPy's speed"
    timeout = 300

    def track_ratio_to_scipy(self, family, function, n_threads):
        theirs, ours = calls(family, 1_000_000)[function]
        with threads(n_threads):
            return ratio(theirs, ours, rounds=5)


class Million:
    params = (["Dirichlet", "NormalGamma"], ["kl", "log_partition"])
    param_names = ("family", "function")

    def setup(self, family, function):
        _, self.call = calls(family, 1_000_000)[function]

    def time_call(self, family, function):
        self.call()

    def peakmem_call(self, family, function):
        self.call()


class Algebra:
    """What a model asks of 10,000 members at each step."""

    params = (["Gamma", "Normal", "NormalGamma", "Categorical", "Wishart", "VonMisesFisher"],)
    param_names = ("family",)

    def setup(self, family):
        rng = np.random.default_rng(0)
        shape, rate = rng.gamma(2.0, 2.0, (2, 10_000)) + 0.1
        self.q = {
            "Gamma": lambda: Gamma(shape, rate),
            "Normal": lambda: Normal(shape, rate),
            "NormalGamma": lambda: NormalGamma(*normal_gammas(10_000, 0)),
            "Categorical": lambda: Categorical(rng.dirichlet(np.ones(10), 10_000)),
            "Wishart": lambda: Wishart(shape + 3.0, rate[:, None, None] * np.eye(3)),
            "VonMisesFisher": lambda: VonMisesFisher([0.6, 0.0, 0.8], rate),
        }[family]()
        self.natural, self.mean = self.q.natural, self.q.mean_parameters

    def time_from_natural(self, family):
        self.q.from_natural(self.natural)

    def time_mean_parameters(self, family):
        _ = self.q.mean_parameters

    def time_entropy(self, family):
        self.q.entropy()

    def time_fit(self, family):
        self.q.fit(self.mean)
