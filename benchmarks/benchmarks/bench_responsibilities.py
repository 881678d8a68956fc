import numpy as np
from reference import responsibilities as twin
from versus.adapters import numpy as numpy_lines
from versus.adapters import scipy as scipy_lines
from versus.measure import ratio
from versus.problems import log_joint

from fastvb import special, threads

DTYPES = ["float64", "float32"]
VALUES = 2_000_000
LINES = {"NumPy": numpy_lines.TASKS, "SciPy": scipy_lines.TASKS}


class Responsibilities:
    """Two million values in rows of `columns`."""

    params = ([1, 2, 3, 10, 50, 100, 1000], DTYPES)
    param_names = ("columns", "dtype")

    def setup(self, columns, dtype):
        self.x = log_joint(VALUES // columns, columns, dtype)
        self.out = np.empty_like(self.x)

    def time_new_array(self, columns, dtype):
        special.responsibilities(self.x)

    def time_out(self, columns, dtype):
        special.responsibilities(self.x, out=self.out)

    def peakmem_new_array(self, columns, dtype):
        special.responsibilities(self.x)

    def track_error(self, columns, dtype):
        """Largest relative error where a responsibility is above 1e-30."""
        x = self.x[:2000]
        expected, _ = twin.responsibilities(x)
        seen = expected > 1e-30
        error = np.abs(special.responsibilities(x)[0][seen] / expected[seen] - 1.0)
        return float(error.max() / np.finfo(dtype).eps)

    track_error.unit = "eps"


class LogSumExp:
    params = ([0, 1, None], DTYPES)
    param_names = ("axis", "dtype")

    def setup(self, axis, dtype):
        self.x = log_joint(VALUES // 10, 10, dtype)

    def time_call(self, axis, dtype):
        special.logsumexp(self.x, axis=axis)


class Ratio:
    """Against the lines of other libraries, 200,000 rows of ten, one thread, taking turns."""

    params = (["responsibilities", "logsumexp"], list(LINES), DTYPES)
    param_names = ("function", "rival", "dtype")
    unit = "times the rival's speed"

    def setup(self, function, rival, dtype):
        self.x = log_joint(200_000, 10, dtype)

    def track_ratio(self, function, rival, dtype):
        theirs = LINES[rival][function]
        arguments = {"axis": 1} if function == "logsumexp" else {}
        with threads(1):
            return ratio(
                lambda: theirs(self.x),
                lambda: getattr(special, function)(self.x, **arguments),
                rounds=3,
            )
