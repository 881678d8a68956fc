"""k-means, where mixtures start."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb.estimators._kmeans import Rows, _draw_far, kmeans, kmeans_plusplus, random_rows


def clusters(n=600, d=3, k=6, spread=8.0, dtype=np.float64):
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(k, d)) * spread
    return (centres[rng.integers(0, k, n)] + rng.normal(size=(n, d))).astype(dtype)


def fit(X, k, seed, weights=None):
    rows = Rows(X, weights)
    return kmeans(rows, kmeans_plusplus(rows, k, seed))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_stationary_point(dtype):
    X = clusters(dtype=dtype)
    result = fit(X, 6, seed=0)
    distance = ((X[:, None] - result.centres) ** 2).sum(axis=2)
    np.testing.assert_array_equal(result.labels, distance.argmin(axis=1))
    np.testing.assert_allclose(result.inertia, distance.min(axis=1).sum(), 1e-4)
    rows = Rows(X)
    again = kmeans(rows, result.centres - rows.origin, tol=0.0)
    means = np.array([X[again.labels == k].mean(axis=0) for k in range(6)])
    np.testing.assert_allclose(again.centres, means, 1e-3 if dtype == np.float32 else 1e-9)


def test_as_good_as_scikit_learns():
    """Overlapping clusters have many local optima: compare the averages over seeds."""
    cluster = pytest.importorskip("sklearn.cluster", reason="needs scikit-learn")
    X = clusters(2000, 4, 25, spread=2.0)
    ours = [fit(X, 25, seed).inertia for seed in range(20)]
    theirs = [cluster.KMeans(25, n_init=1, random_state=seed).fit(X).inertia_ for seed in range(20)]
    assert np.mean(ours) < np.mean(theirs) + 3 * np.std(theirs) / np.sqrt(20)
    seeds = [
        kmeans(rows := Rows(X), kmeans_plusplus(rows, 25, seed), max_iter=0).inertia
        for seed in range(20)
    ]
    assert np.mean(seeds) < 1.5 * np.mean(theirs)


def test_integer_weights_repeat_rows():
    X = clusters(200)
    weights = np.random.default_rng(0).integers(0, 4, 200).astype(float)
    start = X[:5] - Rows(X, weights).origin
    weighted = kmeans(Rows(X, weights), start)
    repeated = np.repeat(X, weights.astype(int), axis=0)
    start = X[:5] - Rows(repeated).origin
    plain = kmeans(Rows(repeated), start)
    np.testing.assert_allclose(weighted.centres, plain.centres, 1e-10)
    np.testing.assert_allclose(weighted.inertia, plain.inertia)


def test_seeds_follow_the_weights():
    X, weights = clusters(300), np.zeros(300)
    weights[:10] = 1
    allowed = {tuple(row) for row in X[:10]}
    for seed in range(5):
        rows = Rows(X, weights)
        for row in kmeans_plusplus(rows, 4, seed) + rows.origin:
            assert min(np.abs(row - np.array(list(allowed))).sum(axis=1)) < 1e-12
        assert set(random_rows(rows, 10, seed)) == set(range(10))


def test_seeding_is_proportional_to_squared_distance():
    """Of two further points, at distances 1 and 3, the second is drawn nine times out of ten."""
    X = np.array([[0.0]] * 1000 + [[1.0], [3.0]])
    weights = np.ones(1002)
    weights[:1000] = 1e9  # the first centre is at 0
    rows = Rows(X, weights)
    closest = np.full(1002, np.finfo(float).max)
    sums = rows.add(-rows.origin.astype(float), closest)
    uniforms = np.random.default_rng(0).random(4000)
    first = _draw_far(rows, closest, sums, uniforms)
    assert set(first) <= {1000, 1001}
    assert abs((first == 1001).mean() - 0.9) < 4 * np.sqrt(0.09 / 4000)


def test_same_bits_for_any_threads_and_layout():
    X = clusters(20_000, 5, 8, spread=1.0)
    one = fit(X, 8, seed=3)
    rows = Rows(np.asfortranarray(X), n_jobs=3)
    other = kmeans(rows, kmeans_plusplus(rows, 8, 3))
    np.testing.assert_array_equal(one.centres, other.centres)
    np.testing.assert_array_equal(one.labels, other.labels)
    assert fit(X, 8, seed=4).inertia != one.inertia


def test_more_clusters_than_different_rows():
    X = np.repeat(np.arange(3.0)[:, None], 5, axis=0)
    result = fit(X, 6, seed=0)
    assert result.inertia == 0.0
    assert len(set(result.labels)) == 3


def test_an_empty_cluster_moves_to_a_far_row():
    X = np.vstack([clusters(300, 2, 2), [[500.0, 500.0]]])
    rows = Rows(X)
    start = np.array([X[0], X[1], [1e6, -1e6]]) - rows.origin
    result = kmeans(rows, start)
    assert (np.bincount(result.labels, minlength=3) > 0).all()
    assert (result.labels == result.labels[-1]).sum() == 1


@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1e4), (np.float64, 1e8)])
def test_far_from_zero(dtype, offset):
    X = np.round(clusters() * 16) / 16
    near, far = fit(X.astype(dtype), 6, seed=0), fit((X + offset).astype(dtype), 6, seed=0)
    np.testing.assert_array_equal(near.labels, far.labels)
    np.testing.assert_allclose(near.inertia, far.inertia, 1e-5)
