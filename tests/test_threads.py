from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import fastvb
from fastvb import _threads
from fastvb._kernels import _openmp

needs_openmp = pytest.mark.skipif(not _openmp.version(), reason="a build without OpenMP")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a system without fork")


@pytest.fixture(autouse=True)
def default_setting():
    yield
    fastvb.set_num_threads(None)


def printed(code: str, **environment: str) -> str:
    """What `code` prints in a fresh interpreter."""
    env = {**os.environ, **environment}
    if "OMP_NUM_THREADS" not in environment:
        env.pop("OMP_NUM_THREADS", None)
    run = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@needs_openmp
def test_set_and_get() -> None:
    default = fastvb.get_num_threads()
    fastvb.set_num_threads(3)
    assert fastvb.get_num_threads() == 3
    fastvb.set_num_threads(np.int64(5))
    assert fastvb.get_num_threads() == 5
    fastvb.set_num_threads(None)
    assert fastvb.get_num_threads() == default


@needs_openmp
def test_context_manager_restores_also_after_an_error() -> None:
    fastvb.set_num_threads(4)
    with fastvb.threads(2):
        assert fastvb.get_num_threads() == 2
        with fastvb.threads(None):
            assert fastvb.get_num_threads() == _threads._DEFAULT
        assert fastvb.get_num_threads() == 2
    with pytest.raises(KeyError), fastvb.threads(3):
        raise KeyError
    assert fastvb.get_num_threads() == 4


@pytest.mark.skipif(bool(_openmp.version()), reason="a build with OpenMP")
def test_serial_build_says_so() -> None:
    with pytest.warns(RuntimeWarning, match="This build of fastvb has no OpenMP"):
        fastvb.set_num_threads(2)
    assert fastvb.get_num_threads() == 1
    assert _threads.effective_n_threads(2) == 1


@pytest.mark.parametrize("n", [0, -1, 1025, 10**30])
def test_out_of_range(n: int) -> None:
    with pytest.raises(ValueError, match=rf"Expected n to be from 1 to 1024, got n={n}\."):
        fastvb.set_num_threads(n)
    with pytest.raises(ValueError, match="Expected n to be"), fastvb.threads(n):
        pass


@pytest.mark.parametrize("n", [2.0, "2", True, [2]])
def test_wrong_kind(n: object) -> None:
    with pytest.raises(TypeError, match="Expected n to be an integer or None, got n="):
        fastvb.set_num_threads(n)


@needs_openmp
def test_effective_n_threads_follows_n_jobs() -> None:
    fastvb.set_num_threads(3)
    assert _threads.effective_n_threads() == 3
    assert _threads.effective_n_threads(7) == 7
    assert _threads.effective_n_threads(-1) == _threads._CPUS
    assert _threads.effective_n_threads(-2) == max(1, _threads._CPUS - 1)
    assert _threads.effective_n_threads(-1000) == 1


@pytest.mark.parametrize(
    ("n_jobs", "error"), [(0, ValueError), (5000, ValueError), ("1", TypeError)]
)
def test_effective_n_threads_rejects(n_jobs: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="Expected n_jobs to be"):
        _threads.effective_n_threads(n_jobs)


@needs_openmp
def test_threadpoolctl_sees_and_limits() -> None:
    assert any(pool["user_api"] == "openmp" for pool in threadpool_info())
    fastvb.set_num_threads(6)
    with threadpool_limits(1, user_api="openmp"):
        assert fastvb.get_num_threads() == 1
        assert _threads.effective_n_threads() == 1
    assert fastvb.get_num_threads() == 6


@needs_openmp
def test_a_limit_at_import_is_not_for_ever() -> None:
    code = f"""
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from threadpoolctl import threadpool_limits
loader = ExtensionFileLoader("_openmp", {_openmp.__file__!r})
module_from_spec(spec_from_loader("_openmp", loader))  # loads OpenMP ahead of fastvb
with threadpool_limits(1):
    import fastvb
    inside = fastvb.get_num_threads()
print(inside, fastvb.get_num_threads())
"""
    assert printed(code) == f"1 {_threads._CPUS}"


def in_fresh_process(**environment: str) -> int:
    return int(printed("import fastvb; print(fastvb.get_num_threads())", **environment))


@needs_openmp
@pytest.mark.parametrize("value", ["1", "1,4", " 1 "])
def test_omp_num_threads_lowers_the_start(value: str) -> None:
    assert in_fresh_process(OMP_NUM_THREADS=value) == 1


@needs_openmp
def test_omp_num_threads_does_not_oversubscribe_by_itself() -> None:
    assert in_fresh_process(OMP_NUM_THREADS="500") == _threads._CPUS


@needs_openmp
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a system without affinity")
def test_affinity_lowers_the_start() -> None:
    code = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import fastvb
print(fastvb.get_num_threads(), end=" ")
fastvb.set_num_threads(3)
print(fastvb.get_num_threads())
"""
    assert printed(code) == "1 3"


@needs_openmp
def test_bound_threads_keep_their_cpus() -> None:
    """With OMP_PROC_BIND, OpenMP narrows the affinity of the main thread to one CPU."""
    assert in_fresh_process(OMP_PROC_BIND="true") == in_fresh_process()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_quota_of_cgroup_v2_is_the_tightest_of_the_ancestors(tmp_path: Path) -> None:
    write(tmp_path / "membership", "0::/slice/job\n")
    mount = tmp_path / "mount"
    write(mount / "slice" / "job" / "cpu.max", "max 100000\n")
    assert _threads._cgroup_quota(tmp_path / "membership", mount) is None
    write(mount / "slice" / "cpu.max", "250000 100000\n")
    assert _threads._cgroup_quota(tmp_path / "membership", mount) == 3
    write(mount / "slice" / "job" / "cpu.max", "50000 100000\n")
    assert _threads._cgroup_quota(tmp_path / "membership", mount) == 1


def test_quota_of_cgroup_v1(tmp_path: Path) -> None:
    write(tmp_path / "membership", "5:memory:/a\n4:cpu,cpuacct:/a\n")
    cpu = tmp_path / "mount" / "cpu"
    write(cpu / "a" / "cpu.cfs_quota_us", "-1\n")
    write(cpu / "a" / "cpu.cfs_period_us", "100000\n")
    assert _threads._cgroup_quota(tmp_path / "membership", tmp_path / "mount") is None
    write(cpu / "cpu.cfs_quota_us", "400000\n")
    write(cpu / "cpu.cfs_period_us", "100000\n")
    assert _threads._cgroup_quota(tmp_path / "membership", tmp_path / "mount") == 4


def test_no_cgroup(tmp_path: Path) -> None:
    assert _threads._cgroup_quota(tmp_path / "nothing", tmp_path) is None


FORK = """
import multiprocessing
import sys
import numpy as np
import fastvb

X = np.random.default_rng(0).poisson(0.3, (400, 300))

def fit(n_jobs):
    lda = fastvb.LatentDirichletAllocation(8, max_iter=2, random_state=0, n_jobs=n_jobs).fit(X)
    return fastvb.get_num_threads(), lda.lower_bound_

if int(sys.argv[1]):
    fastvb.set_num_threads(2)
    parent = fit(None)
with multiprocessing.get_context("fork").Pool(1) as pool:
    children = [pool.apply_async(fit, (n,)).get(timeout=40) for n in (None, 2)]
print(*(n for n, _ in children), len({bound for _, bound in [*children, fit(2)]}))
"""


@needs_fork
@needs_openmp
@pytest.mark.parametrize("used_before", [True, False])
def test_fork(used_before: bool) -> None:
    """After OpenMP was used, a child runs on one thread instead of waiting for ever."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(int(used_before))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    *threads, bounds = map(int, run.stdout.split())
    assert threads == ([1, 1] if used_before else [_threads._DEFAULT] * 2)
    assert bounds == 1


FORK_WITH_A_FITTED_MODEL = """
import multiprocessing
import numpy as np
import fastvb

def log_space(X):
    weights = lda.transform(X)
    return "log_rows" in vars(lda._view._last[1]), weights.tobytes()

fastvb.set_num_threads(2)
X = np.random.default_rng(0).poisson(0.05, (60, 4000)).astype(float)
lda = fastvb.LatentDirichletAllocation(
    20, doc_topic_prior=1e-4, topic_word_prior=1e-4, max_iter=3, random_state=0).fit(X)
# much of one topic's own word, next to nothing of another's
others = lda.components_.sum(axis=0) - lda.components_
own = (lda.components_ - 1e6 * others).argmax(axis=1)
document = np.zeros((1, 4000))
document[0, own[:2]] = 100, 1e-3
with multiprocessing.get_context("fork").Pool(1) as pool:
    child = pool.apply_async(log_space, (document,)).get(timeout=40)
print(child[0], child == log_space(document))
"""


@needs_fork
@needs_openmp
def test_fork_with_a_fitted_model() -> None:
    """What the parent prepared asks for threads in the child as the child has them."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK_WITH_A_FITTED_MODEL],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["True", "True"]
