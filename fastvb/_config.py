"""What this build of fastvb is and what it found."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from fastvb._kernels import _dispatch, _openmp
from fastvb._threads import get_num_threads

__all__ = ["get_include", "show_config"]


@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, Any]: ...
def show_config(mode: str = "stdout") -> dict[str, Any] | None:
    """Print the version, the compiler, the SIMD levels, OpenMP and the threads.

    Parameters
    ----------
    mode : {"stdout", "dicts"}
        Print the configuration, or return it as a dict (NumPy's convention).

    Returns
    -------
    dict or None
        Keys ``fastvb, python, numpy, compiler, simd_built, simd_found, simd_in_use, openmp,
        threads, cpus``; None when printed.

    Raises
    ------
    ValueError
        If `mode` is neither of the two.

    Examples
    --------
    >>> import fastvb
    >>> sorted(fastvb.show_config("dicts"))[:3]
    ['compiler', 'cpus', 'fastvb']
    """
    if mode not in ("stdout", "dicts"):
        raise ValueError(f"Expected mode to be 'stdout' or 'dicts', got mode={mode!r}.")
    config = {
        "fastvb": version("fastvb"),
        "python": f"{platform.python_version()} ({sys.platform}, {platform.machine()})",
        "numpy": np.__version__,
        "compiler": _dispatch.compiler(),
        "simd_built": _dispatch.built(),
        "simd_found": _dispatch.found(),
        "simd_in_use": _dispatch.in_use(),
        "openmp": _openmp.version(),
        "threads": get_num_threads(),
        "cpus": os.cpu_count(),
    }
    if mode == "dicts":
        return config
    for key, value in config.items():
        shown = " ".join(value) if isinstance(value, list) else value
        if key == "openmp" and not value:
            shown = "none: every kernel runs on one thread"
        print(f"{key:12s} {shown}")
    return None


def get_include() -> str:
    """Return the folder of the C headers, for extensions that cimport fastvb's scalar kernels.

    Returns
    -------
    str
        A folder for the compiler's include path.

    Examples
    --------
    >>> import os, fastvb
    >>> "fvb_digamma.h" in os.listdir(fastvb.get_include())
    True
    """
    return str(Path(__file__).parent / "_kernels" / "include")
