"""The process-wide number of threads of all parallel kernels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastvb._kernels import _openmp

__all__ = ["effective_n_threads", "get_num_threads", "set_num_threads", "threads"]

_OPENMP_AT_IMPORT = _openmp.max_threads()
_requested: int | None = None  # by set_num_threads; None = what the machine allows
_openmp_was_used = False  # a kernel of this process may have started OpenMP's threads
_forked_after_use = False


def _cgroup_quota() -> int | None:
    """CPUs that the cgroup's quota grants (rounded up), None without a quota."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # cgroup v2: one file, "<quota> <period>"
            root, reader = Path("/sys/fs/cgroup"), _read_cpu_max
        elif "cpu" in controllers.split(","):
            root, reader = Path("/sys/fs/cgroup/cpu"), _read_cfs
        else:
            continue
        own = root / path.lstrip("/")
        for folder in (own, *own.parents):  # the tightest of the group and its ancestors
            if not folder.is_relative_to(root):
                break
            quota = reader(folder)
            if quota is not None:
                quotas.append(quota)
    return min(quotas, default=None)


def _read_cpu_max(folder: Path) -> int | None:
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, -(-int(quota) // int(period)))


def _read_cfs(folder: Path) -> int | None:
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if quota < 0 else max(1, -(-quota // period))


def _allowed_by_machine() -> int:
    limits = [_OPENMP_AT_IMPORT]
    if hasattr(os, "sched_getaffinity"):
        limits.append(len(os.sched_getaffinity(0)))
    quota = _cgroup_quota()
    if quota is not None:
        limits.append(quota)
    return max(1, min(limits))


_DEFAULT = _allowed_by_machine()


def get_num_threads() -> int:
    """Return the number of threads that parallel kernels use now.

    Returns
    -------
    int
        What :func:`set_num_threads` asked for; without it, what ``OMP_NUM_THREADS``, the CPU
        affinity and the cgroup quota allowed when fastvb was imported. A lower limit that was
        set in OpenMP itself since then (by threadpoolctl, for instance) wins. In a child that
        was forked after a parallel kernel had run, always 1: OpenMP's threads do not survive
        a fork.

    Examples
    --------
    >>> import fastvb
    >>> with fastvb.threads(1):
    ...     fastvb.get_num_threads()
    1
    """
    if _forked_after_use or not _openmp.version():
        return 1
    wanted = _DEFAULT if _requested is None else _requested
    openmp_now = _openmp.max_threads()
    return wanted if openmp_now == _OPENMP_AT_IMPORT else min(wanted, openmp_now)


def set_num_threads(n: int | None) -> None:
    """Set the number of threads of all parallel kernels of this process.

    Results do not depend on it: every kernel gives the same bits for any number of threads.

    Parameters
    ----------
    n : int or None
        Threads, at least 1; more than the machine has are honoured. None returns to the default.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is less than 1.

    Examples
    --------
    >>> import fastvb
    >>> fastvb.set_num_threads(1)
    >>> fastvb.get_num_threads()
    1
    >>> fastvb.set_num_threads(None)
    """
    global _requested
    if n is not None:
        n = _check_n_threads(n, "n")
        if n > 1 and not _openmp.version():
            warnings.warn(
                "This build of fastvb has no OpenMP: kernels run on one thread.",
                RuntimeWarning,
                stacklevel=2,
            )
    _requested = n


@contextmanager
def threads(n: int | None) -> Iterator[None]:
    """Context manager: `n` threads inside, the former setting afterwards.

    Parameters
    ----------
    n : int or None
        As in :func:`set_num_threads`.

    Examples
    --------
    >>> import fastvb
    >>> with fastvb.threads(1):
    ...     fastvb.get_num_threads()
    1
    """
    global _requested
    before = _requested
    set_num_threads(n)
    try:
        yield
    finally:
        _requested = before


def effective_n_threads(n: int | None = None) -> int:
    """Threads for one kernel call: the process-wide setting, or `n` (an estimator's `n_jobs`).

    Every caller of a parallel kernel takes its number from here, so that a later fork knows.
    """
    global _openmp_was_used
    chosen = get_num_threads()
    if n is not None and chosen >= 1 and not _forked_after_use and _openmp.version():
        chosen = _check_n_threads(n, "n_jobs")
    if chosen > 1:
        _openmp_was_used = True
    return chosen


def _check_n_threads(n: int, name: str) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"Expected {name} to be an integer or None, got {name}={n!r}.")
    n = n.__index__()
    if n < 1:
        raise ValueError(f"Expected {name} to be at least 1, got {name}={n}.")
    return n


def _after_fork_in_child() -> None:
    global _forked_after_use
    _forked_after_use = _openmp_was_used


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
