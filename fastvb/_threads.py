"""The process-wide number of threads of all parallel kernels."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastvb._kernels import _openmp

__all__ = ["effective_n_threads", "get_num_threads", "set_num_threads", "threads"]

# An OpenMP that cannot start a thread ends the process, so a slip of the keyboard is caught here.
_MOST_THREADS = 1024

_requested: int | None = None  # by set_num_threads; None = what the machine allows
_openmp_was_used = False  # a kernel of this process may have started OpenMP's threads
_forked_after_use = False


def _read_cpu_max(folder: Path) -> int | None:
    """CPUs of a cgroup v2 (rounded up): its file holds "<quota> <period>"."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, -(-int(quota) // int(period)))


def _read_cfs(folder: Path) -> int | None:
    """CPUs of a cgroup v1 (rounded up)."""
    try:
        quota = int((folder / "cpu.cfs_quota_us").read_text())
        period = int((folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None
    return None if quota < 0 else max(1, -(-quota // period))


def _cgroup_quota(
    membership: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """CPUs that the cgroup and its ancestors grant, None without a quota."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, reader = mount, _read_cpu_max
        elif "cpu" in controllers.split(","):
            root, reader = mount / "cpu", _read_cfs
        else:
            continue
        own = root / path.lstrip("/")
        for folder in (own, *own.parents):
            if not folder.is_relative_to(root):
                break
            quota = reader(folder)
            if quota is not None:
                quotas.append(quota)
    return min(quotas, default=None)


def _openmp_start() -> int:
    """Threads that OpenMP starts with: not what it says now, which may be limited for a while."""
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else _openmp.num_procs()


_OPENMP_START = _openmp_start()
_CPUS = min(_openmp.num_procs(), _cgroup_quota() or _openmp.num_procs())
_DEFAULT = min(_CPUS, _OPENMP_START)


def get_num_threads() -> int:
    """Return the number of threads that parallel kernels use now.

    Returns
    -------
    int
        What :func:`set_num_threads` asked for; without it, what ``OMP_NUM_THREADS``, the CPU
        affinity and the cgroup quota allowed when fastvb was imported. While OpenMP itself is
        limited to fewer (by threadpoolctl, for instance), no more than these. In a child that
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
    return min(wanted, openmp_now) if openmp_now < _OPENMP_START else wanted


def set_num_threads(n: int | None) -> None:
    """Set the number of threads of all parallel kernels of this process.

    Results do not depend on it: every kernel gives the same bits for any number of threads.

    Parameters
    ----------
    n : int or None
        Threads, from 1 to 1024; more than the machine has are honoured. None returns to the
        default.

    Raises
    ------
    TypeError
        If `n` is not an integer.
    ValueError
        If `n` is not in that range.

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
        n = _check_integer(n, "n")
        if not 1 <= n <= _MOST_THREADS:
            raise ValueError(f"Expected n to be from 1 to {_MOST_THREADS}, got n={n}.")
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


def effective_n_threads(n_jobs: int | None = None) -> int:
    """Threads for the kernel calls that follow.

    Every caller of a parallel kernel takes its number from here, so that a later fork knows.

    Parameters
    ----------
    n_jobs : int or None
        scikit-learn's convention: None is the process-wide setting, a positive number is a
        number of threads, -1 means all CPUs that the process may use, -2 all but one, ...
    """
    global _openmp_was_used
    chosen = get_num_threads()
    if n_jobs is not None:
        n_jobs = _check_integer(n_jobs, "n_jobs")
        if n_jobs == 0 or n_jobs > _MOST_THREADS:
            raise ValueError(
                f"Expected n_jobs to be from 1 to {_MOST_THREADS}, or negative to count back "
                f"from all CPUs, got n_jobs={n_jobs}."
            )
        if not _forked_after_use and _openmp.version():
            chosen = n_jobs if n_jobs > 0 else max(1, _CPUS + 1 + n_jobs)
    if chosen > 1:
        _openmp_was_used = True
    return chosen


def _check_integer(n: int, name: str) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"Expected {name} to be an integer or None, got {name}={n!r}.")
    return n.__index__()


def _after_fork_in_child() -> None:
    global _forked_after_use
    _forked_after_use = _openmp_was_used


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
