"""One module per library: NAME, and TASKS with a function per task that it offers.

A function takes the data of its problem in order and returns an array or a tuple of arrays. A
module may define `convert(*data)`, which brings the data into the library's own form, untimed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from versus.problems import Problem

RIVALS = {  # module: what pip calls its library
    "scipy": "scipy",
    "numpy": "numpy",
    "own_float64": "fastvb",
    "sklearn": "scikit-learn",
}


def load(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def installed_rivals() -> dict[str, tuple[ModuleType, str]]:
    """Name for the reader: (adapter, version of its library)."""
    found = {}
    for module, library in RIVALS.items():
        try:
            library_version = version(library)
        except PackageNotFoundError:
            continue
        adapter = load(module)
        found[adapter.NAME] = (adapter, library_version)
    return found


def contestant(adapter: ModuleType, problem: Problem) -> Callable[[], Any] | None:
    """A call that solves the problem, None when the library does not offer its task."""
    if problem.task not in adapter.TASKS:
        return None
    data = problem.data
    if hasattr(adapter, "convert"):
        data = adapter.convert(*data)
    return None if data is None else partial(adapter.TASKS[problem.task], *data)
