"""fastvb: variational Bayes and EM at the speed of the hardware.

Public names load on first use, so that ``import fastvb`` costs little more than NumPy.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from fastvb._threads import get_num_threads, set_num_threads, threads
except ImportError as error:
    if (Path(__file__).parent / "meson.build").is_file():
        raise ImportError(
            "Expected an installed fastvb, got its source folder: start Python in another folder, "
            "or install with `pip install --no-build-isolation --editable .`."
        ) from error
    raise

if TYPE_CHECKING:
    from fastvb import datasets, families, inference, metrics, models, plotting, special
    from fastvb._config import get_include, show_config
    from fastvb.estimators import (
        BayesianBernoulliMixture,
        BayesianGaussianMixture,
        BernoulliMixture,
        GaussianGamma,
        GaussianMixture,
        LatentDirichletAllocation,
        LocalDirichletMixture,
        fit_columns,
    )

__all__ = [
    "BayesianBernoulliMixture",
    "BayesianGaussianMixture",
    "BernoulliMixture",
    "GaussianGamma",
    "GaussianMixture",
    "LatentDirichletAllocation",
    "LocalDirichletMixture",
    "datasets",
    "families",
    "fit_columns",
    "get_include",
    "get_num_threads",
    "inference",
    "metrics",
    "models",
    "plotting",
    "set_num_threads",
    "show_config",
    "special",
    "threads",
]

_SUBMODULES = {
    "datasets", "families", "inference", "metrics", "models", "plotting", "special",
}  # fmt: skip
_HOME = {
    "BayesianBernoulliMixture": "fastvb.estimators",
    "BayesianGaussianMixture": "fastvb.estimators",
    "BernoulliMixture": "fastvb.estimators",
    "GaussianGamma": "fastvb.estimators",
    "GaussianMixture": "fastvb.estimators",
    "LatentDirichletAllocation": "fastvb.estimators",
    "LocalDirichletMixture": "fastvb.estimators",
    "fit_columns": "fastvb.estimators",
    "get_include": "fastvb._config",
    "show_config": "fastvb._config",
}


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"fastvb.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name == "__version__":
        from importlib.metadata import version

        value = version("fastvb")
    else:
        raise AttributeError(f"module 'fastvb' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
