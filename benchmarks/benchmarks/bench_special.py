import numpy as np
from reference.tables import allowed_ulp, distance_ulp, load
from versus.adapters import scipy as scipy_lines
from versus.measure import ratio
from versus.problems import log_uniform

from fastvb import special

NAMES = ["digamma", "trigamma", "gammaln", "exp_digamma", "inv_digamma"]


class Elementwise:
    """100,000 arguments, log-uniform in [0.01, 1000]; inv_digamma takes their digammas."""

    params = (NAMES, ["float64", "float32"])
    param_names = ("function", "dtype")

    def setup(self, name, dtype):
        self.function = getattr(special, name)
        self.x = log_uniform(100_000, dtype)
        if name == "inv_digamma":
            self.x = special.digamma(self.x)

    def time_call(self, name, dtype):
        self.function(self.x)

    def time_small_call(self, name, dtype):
        self.function(self.x[:8])

    def peakmem_call(self, name, dtype):
        self.function(self.x)

    def track_max_ulp(self, name, dtype):
        """float64: against the exact values (near a root, in the ulp of what is allowed there);
        float32: against the rounded float64 result."""
        table = load(name)
        if dtype == "float64":
            error = table.error_ulp(self.function(table.x))
            return float(np.max(error * 2.0 / np.fmax(allowed_ulp(name, table), 2.0)))
        with np.errstate(over="ignore", under="ignore"):
            single = table.x.astype(np.float32)
            expected = self.function(single.astype(np.float64)).astype(np.float32)
        return int(np.max(distance_ulp(self.function(single), expected)))

    track_max_ulp.unit = "ulp"


class ElementwiseRatio:
    """Against SciPy in the same process, taking turns."""

    params = (sorted(scipy_lines.TASKS.keys() & set(NAMES)), ["float64", "float32"])
    param_names = ("function", "dtype")
    unit = "times SciPy's speed"

    def setup(self, name, dtype):
        self.x = log_uniform(100_000, dtype)

    def track_ratio_to_scipy(self, name, dtype):
        theirs, ours = scipy_lines.TASKS[name], getattr(special, name)
        return ratio(lambda: theirs(self.x), lambda: ours(self.x), rounds=5)


class SinglePrecisionGain:
    params = NAMES
    param_names = ("function",)
    unit = "times float64's speed"

    def track_float32_gain(self, name):
        function, x = getattr(special, name), log_uniform(100_000, "float64")
        x32 = x.astype(np.float32)
        return ratio(lambda: function(x), lambda: function(x32), rounds=5)
