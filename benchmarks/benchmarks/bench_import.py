import subprocess
import sys

import numpy as np


def seconds_to_import(module):
    code = (
        "import time; start = time.perf_counter(); "
        f"import {module}; print(time.perf_counter() - start)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(run.stdout)


class ImportTime:
    params = ["fastvb", "fastvb.special"]
    param_names = ("module",)
    unit = "ms"

    def track_above_numpy(self, module):
        """What it takes more than `import numpy`: medians of fresh processes in turn."""
        taken = [(seconds_to_import(module), seconds_to_import("numpy")) for _ in range(5)]
        ours, numpy = np.median(taken, axis=0)
        return 1000.0 * (ours - numpy)


def timeraw_import():
    return "import fastvb"


def timeraw_import_special():
    return "import fastvb.special"
