from versus.bernoulli import BERNOULLI, bernoulli, fastvb_iteration, numpy_iteration
from versus.measure import on_threads, ratio

DTYPES = ["float64", "float32"]


class BernoulliIteration:
    """One EM iteration on a tenth of each problem's rows."""

    params = (list(BERNOULLI), DTYPES)
    param_names = ("problem", "dtype")

    def setup(self, name, dtype):
        self.step = fastvb_iteration(bernoulli(name, dtype, share=0.1))

    def time_iteration(self, name, dtype):
        self.step()

    def peakmem_iteration(self, name, dtype):
        self.step()


class BernoulliRatio:
    """Against one EM iteration with NumPy on one thread, a tenth of each problem's rows."""

    params = list(BERNOULLI)
    param_names = ("problem",)
    unit = "times NumPy's speed"

    def track_ratio(self, name):
        problem = bernoulli(name, share=0.1)
        ours = fastvb_iteration(problem)
        with on_threads(1):
            return ratio(numpy_iteration(problem), ours, rounds=3)
