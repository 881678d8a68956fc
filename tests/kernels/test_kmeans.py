"""The kernels of _kmeans against their twins."""

from __future__ import annotations

import numpy as np
import pytest
from reference import kmeans as twin

from fastvb import _aligned
from fastvb._kernels import _kmeans as kernels

DTYPES = [np.float32, np.float64]
NOTHING = np.empty(0)


def layouts(x):
    """The same values in different strides."""
    n, d = x.shape
    wide = np.zeros((2 * n + 1, 3 * d + 1), x.dtype)
    wide[1 : 2 * n + 1 : 2, 1 : 3 * d + 1 : 3] = x
    return {
        "C": np.ascontiguousarray(x),
        "F": np.asfortranarray(x),
        "strided": wide[1 : 2 * n + 1 : 2, 1 : 3 * d + 1 : 3],
        "reversed": np.ascontiguousarray(x[::-1, ::-1])[::-1, ::-1],
    }


def problem(n, d, k, dtype, weighted):
    rng = np.random.default_rng(n + 100 * d)
    x = rng.normal(size=(n, d)).astype(dtype) + 3
    weights = rng.integers(0, 4, n).astype(dtype) if weighted else NOTHING.astype(dtype)
    origin = np.full(d, 3, dtype)
    return x, weights, origin, rng.normal(size=(k, d)).astype(dtype)


def work(n_threads, d):
    return _aligned.empty((n_threads, kernels.work_size(d)), np.int8)


def assign(x, weights, origin, centres, n_parts=3, n_threads=2):
    (n, d), k = x.shape, len(centres)
    labels, rows = np.empty(n, np.int32), np.empty(n_parts, np.int64)
    counts, sums = np.empty((n_parts, k)), np.empty((n_parts, k, d))
    inertia, farthest = np.empty((2, n_parts))
    kernels.assign(
        x, origin, weights, centres, labels, counts, sums, inertia, farthest, rows,
        work(n_threads, d), n_threads,
    )  # fmt: skip
    return labels, counts, sums, inertia, farthest, rows


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 7, 8, 9, 63, 64, 65, 200])
@pytest.mark.parametrize(("d", "k"), [(1, 1), (2, 5), (3, 8), (17, 4)])
def test_assign_and_its_twin(d, k, n, weighted, dtype):
    x, weights, origin, centres = problem(n, d, k, dtype, weighted)
    w = weights if weighted else np.ones(n)
    about = x - origin
    labels, counts, sums, inertia = twin.assign(about, w, centres)
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    for layout in layouts(x).values():
        got = assign(layout, weights, origin, centres)
        np.testing.assert_array_equal(got[0], labels)
        np.testing.assert_allclose(got[1].sum(0), counts)
        np.testing.assert_allclose(got[2].sum(0), sums, rtol, 10 * rtol)
        np.testing.assert_allclose(got[3].sum(), inertia, rtol)
        distance = w * twin.squared_distances(about, centres).min(axis=1)
        best = int(got[4].argmax())
        np.testing.assert_allclose(got[4][best], distance.max(), rtol)
        np.testing.assert_allclose(distance[got[5][best]], distance.max(), rtol)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1, 8, 65, 200])
def test_seeding_and_its_twin(n, weighted, dtype):
    x, weights, origin, centres = problem(n, 3, 5, dtype, weighted)
    w = weights if weighted else np.ones(n)
    about, rtol = x - origin, 1e-5 if dtype == np.float32 else 1e-12
    for layout in layouts(x).values():
        closest, sums = np.full(n, np.finfo(dtype).max, dtype), np.empty(3)
        for centre in centres[:2]:
            kernels.add(layout, origin, weights, centre, closest, sums, work(2, 3), 2)
        expected = twin.squared_distances(about, centres[:2]).min(axis=1)
        np.testing.assert_allclose(closest, expected, rtol)
        np.testing.assert_allclose(sums.sum(), (w * expected).sum(), rtol)
        sums = np.empty((3, 5))
        kernels.potentials(layout, origin, weights, centres, closest, sums, work(2, 3), 2)
        expected = twin.potentials(about, w, centres, closest)
        np.testing.assert_allclose(sums.sum(0), expected, rtol)


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_do_not_show(dtype):
    x, weights, origin, centres = problem(30_011, 5, 7, dtype, True)
    first = assign(x, weights, origin, centres, 64, 1)
    closest = np.full(len(x), np.finfo(dtype).max, dtype)
    for n_threads in (2, 3, 5):
        for one, other in zip(
            first, assign(x, weights, origin, centres, 64, n_threads), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    potentials = []
    for n_threads in (1, 2, 5):
        near, parts, sums = closest.copy(), np.empty(64), np.empty((64, 7))
        kernels.add(x, origin, weights, centres[0], near, parts, work(n_threads, 5), n_threads)
        kernels.potentials(x, origin, weights, centres, near, sums, work(n_threads, 5), n_threads)
        potentials.append(np.column_stack((parts, sums)))
    np.testing.assert_array_equal(potentials[0], potentials[1])
    np.testing.assert_array_equal(potentials[0], potentials[2])


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_cancels_far_from_zero(dtype):
    """Clusters of one unit, 1e4 (single) or 1e8 (double) units away."""
    rng, offset = np.random.default_rng(0), 1e4 if dtype == np.float32 else 1e8
    x = (rng.normal(size=(500, 2)) + offset).astype(dtype)
    origin = np.full(2, offset, dtype)
    centres = rng.normal(size=(4, 2)).astype(dtype)
    exact = x.astype(np.longdouble) - offset
    labels, _, _, inertia = twin.assign(exact.astype(float), np.ones(500), centres)
    got = assign(x, NOTHING.astype(dtype), origin, centres)
    np.testing.assert_array_equal(got[0], labels)
    np.testing.assert_allclose(got[3].sum(), inertia, 1e-5)


def test_ties_go_to_the_first_centre():
    x = np.zeros((20, 2))
    centres = np.array([[1.0, 0], [0, 1], [-1, 0]])
    labels = assign(x, NOTHING, np.zeros(2), centres)[0]
    np.testing.assert_array_equal(labels, 0)


@pytest.mark.parametrize("n_values", [1, 2, 9, 60])
def test_sorted_values(n_values):
    """k-means of ascending values, with weights and without, also of few different ones."""
    rng = np.random.default_rng(n_values)
    values = rng.normal(size=(5, n_values)) + 5 * rng.integers(0, 3, (5, n_values))
    values[3:] = values[3:].round()
    values.sort(axis=1)
    weights = rng.integers(0, 3, values.shape) + 0.5 * (values > 0)
    weights[:, -1] = 1
    for given in (weights, np.empty((0, n_values))):
        results = []
        for n_threads in (1, 3):
            found = np.full((3, 5, 4), np.nan)
            sums, cuts = np.empty((3, 2, n_values + 1)), np.empty((3, 2, 5), np.intp)
            kernels.sorted_kmeans(values, given, *found, sums, cuts, 20, n_threads)
            results.append(found)
        np.testing.assert_array_equal(*results)
        for i, x in enumerate(values):
            expected = twin.sorted_kmeans(x, given[i] if len(given) else np.ones(n_values), 4, 20)
            np.testing.assert_allclose(results[0][:, i], expected, rtol=1e-9, atol=1e-9)
