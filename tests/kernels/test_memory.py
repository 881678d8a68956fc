"""Memory of arrays: on cache lines, never shared by two that live, used again after them."""

import random
import threading

import numpy as np
import pytest

from fastvb import _aligned

LARGE = 1 << 20  # bytes, enough to be kept


def address(array):
    return array.ctypes.data


@pytest.mark.parametrize("shape", [0, 1, 7, (3, 0), (5, 3), (1000, 100)])
@pytest.mark.parametrize("dtype", [np.int8, np.float32, np.float64])
def test_arrays_start_on_a_cache_line(shape, dtype):
    array = _aligned.empty(shape, dtype)
    array[...] = 1
    assert array.shape == (shape if isinstance(shape, tuple) else (shape,))
    assert array.dtype == dtype
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.size == 0 or address(array) % 64 == 0


def test_memory_is_used_again():
    array = _aligned.empty(LARGE, np.int8)
    where = address(array)
    del array
    assert address(_aligned.empty(LARGE - 1000, np.int8)) == where


def test_a_view_keeps_its_memory():
    array = _aligned.empty((LARGE // 8, 8), np.int8)
    where, view = address(array), array[5:, :3]
    del array
    assert address(_aligned.empty(LARGE, np.int8)) != where
    view[:] = 1


def test_a_small_array_does_not_take_large_memory():
    array = _aligned.empty(4 * LARGE, np.int8)
    where = address(array)
    del array
    assert address(_aligned.empty(LARGE, np.int8)) != where


def fill_and_check(seed, failures):
    rng, alive = random.Random(seed), {}
    for name in range(300):
        if len(alive) == 12:
            oldest = rng.choice(sorted(alive))
            array = alive.pop(oldest)
            if not (array == oldest).all():
                failures.append(oldest)
        alive[name] = _aligned.empty(rng.randint(1 << 12, 1 << 16), np.int64)
        alive[name][:] = name


def test_no_two_arrays_share_memory():
    failures = []
    threads = [threading.Thread(target=fill_and_check, args=(i, failures)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_more_than_there_is():
    with pytest.raises(MemoryError):
        _aligned.empty(1 << 61, np.int8)
