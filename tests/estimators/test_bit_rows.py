"""k-means of zeros and ones: that of numbers, also sparse, and with values that are missing."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.estimators._bit_rows import BitRows
from fastvb.estimators._kmeans import Rows, kmeans, kmeans_plusplus
from fastvb.models import Observations


def bits(n=300, d=12, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.4, 0.4, (5, d))[rng.integers(0, 5, n)]
    X = (rng.random((n, d)) < p).astype(float)
    X[rng.random((n, d)) < missing] = np.nan
    return X


def weights(n=300):
    return np.random.default_rng(1).integers(1, 4, n).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, np.asfortranarray, np.float32])
def test_distances_are_those_of_numbers(form, weighted):
    X = bits()
    w = weights() if weighted else None
    dense, rows = Rows(X, w), BitRows(Observations(form(X), w))
    centres = np.random.default_rng(2).uniform(size=(4, 12))
    labels, expected = np.empty((2, 300), np.int32)
    counts, sums, inertia, far = rows.assign(centres, labels)
    theirs = dense.assign(centres - dense.origin, expected)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_allclose(counts, theirs[0])
    np.testing.assert_allclose(sums, theirs[1] + counts[:, np.newaxis] * dense.origin)
    assert inertia == pytest.approx(theirs[2], rel=1e-5)
    distance = ((X[:, np.newaxis] - centres) ** 2).sum(axis=2).min(axis=1)
    assert distance[far].min() > np.median(distance)
    assert rows.n_total == dense.n_total
    assert rows.mean_variance == pytest.approx(dense.mean_variance, rel=1e-5)
    closest, same = (np.full(300, 2.0, one.X.dtype) for one in (rows, dense))
    np.testing.assert_allclose(
        rows.potentials(centres, closest), dense.potentials(centres - dense.origin, same), 1e-5
    )
    taken = rows.add(centres[0], closest).sum()
    assert taken == pytest.approx(dense.add(centres[0] - dense.origin, same).sum(), rel=1e-5)
    np.testing.assert_allclose(closest, same, 1e-5)


def test_clusters_do_not_depend_on_how_rows_are_stored():
    X = bits()
    results = []
    for form in (np.asarray, sp.csr_matrix, np.asfortranarray):
        rows = BitRows(Observations(form(X)))
        results.append(kmeans(rows, kmeans_plusplus(rows, 5, seed=3)))
    for other in results[1:]:
        np.testing.assert_array_equal(other.labels, results[0].labels)
        np.testing.assert_allclose(other.centres, results[0].centres)


def test_weights_of_components_do_not_shift_distances():
    X = bits()
    log_prior = np.random.default_rng(0).normal(size=(300, 3))
    rows, plain = BitRows(Observations(X, None, log_prior)), BitRows(Observations(X))
    labels = [kmeans(one, one.about_origin(np.arange(3))).labels for one in (rows, plain)]
    np.testing.assert_array_equal(*labels)


def test_missing_values_are_like_their_centre():
    """Each step lowers the sum of squared distances over what was observed."""
    X = bits(missing=0.3)
    rows = BitRows(Observations(X))
    centres = rows.about_origin(np.arange(5))
    assert not np.isnan(centres).any()
    inertias = []
    for _ in range(8):
        labels = np.empty(300, np.int32)
        counts, sums, inertia, _ = rows.assign(centres, labels)
        expected = np.nansum((X - centres[labels]) ** 2)
        assert inertia == pytest.approx(expected)
        distances = np.nansum((X[:, np.newaxis] - centres) ** 2, axis=2)
        np.testing.assert_allclose(distances[np.arange(300), labels], distances.min(axis=1))
        whole = np.where(np.isnan(X), centres[labels], X)
        np.testing.assert_allclose(sums, [whole[labels == k].sum(axis=0) for k in range(5)])
        inertias.append(inertia)
        centres = sums / counts[:, np.newaxis]
    assert (np.diff(inertias) <= 1e-9).all()
    assert inertias[-1] < 0.9 * inertias[0]


def test_rows_that_are_all_alike_and_empty_clusters():
    for X in (np.zeros((20, 3)), np.full((20, 3), np.nan), np.repeat(np.eye(3), 5, axis=0)):
        rows = BitRows(Observations(X))
        found = kmeans(rows, kmeans_plusplus(rows, 5, seed=0))
        assert np.isfinite(found.centres).all()
        assert set(found.labels) <= set(range(5))
