"""One module per library: NAME, and TASKS with a function per task that it offers.

A function takes the data of its problem in order and returns an array or a tuple of arrays. Where
the library has data structures of its own, PREPARE has a function for the task that makes them,
untimed: it returns what the task's function takes instead, or None where there is nothing to do.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from versus.problems import Problem

RIVALS = {  # of each group of tasks: module and what pip calls its library
    "special": {"scipy": "scipy", "numpy": "numpy", "own_float64": "fastvb"},
    "lda": {
        "sklearn": "scikit-learn",
        "sklearn_two_jobs": "scikit-learn",
        "gensim": "gensim",
        "gensim_multicore": "gensim",
        "tomotopy": "tomotopy",
    },
    "mixtures": {
        "sklearn": "scikit-learn",
        "onedal": "scikit-learn-intelex",
        "mlpack": "mlpack",
        "pomegranate": "pomegranate",
    },
    "bernoulli": {"pomegranate": "pomegranate"},
}


OURS = (
    "fastvb",
    "fastvb_collapsed",
    "fastvb_collapsed_steps",
    "fastvb_online",
    "fastvb_structured",
    "fastvb_memoized",
)


def ours() -> list[ModuleType]:
    """Our learning methods."""
    return [load(name) for name in OURS]


def load(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def offering(
    group: str, tasks: set[str]
) -> tuple[dict[str, ModuleType], dict[str, str], list[str]]:
    """Rivals by NAME that offer one of `tasks`, versions of their libraries, what is missing."""
    found, versions, missing = {}, {}, []
    for module, library in RIVALS[group].items():
        try:
            library_version = version(library)
        except PackageNotFoundError:
            missing.append(library)
            continue
        adapter = load(module)
        if tasks & adapter.TASKS.keys():
            found[adapter.NAME] = adapter
            versions[library] = library_version
    return found, versions, sorted(set(missing))


def contestant(adapter: ModuleType, problem: Problem) -> Callable[[], Any] | None:
    """A call that solves the problem, None when the library does not offer its task."""
    if problem.task not in adapter.TASKS:
        return None
    data = problem.data
    prepare = getattr(adapter, "PREPARE", {}).get(problem.task)
    if prepare is not None:
        data = prepare(*data)
    return None if data is None else partial(adapter.TASKS[problem.task], *data)
