from __future__ import annotations

import numpy as np
import pytest

from fastvb.datasets import make_mixture


@pytest.mark.parametrize(
    ("covariance_type", "shape"),
    [("full", (3, 2, 2)), ("tied", (2, 2)), ("diag", (3, 2)), ("spherical", (3,))],
)
def test_rows_follow_the_truth(covariance_type: str, shape: tuple[int, ...]) -> None:
    X, labels, weights, means, covariances = make_mixture(
        60_000, 3, 2, covariance_type=covariance_type, random_state=4
    )
    assert covariances.shape == shape
    counts = np.bincount(labels, minlength=3)
    np.testing.assert_allclose(counts / len(X), weights, atol=0.01)
    for k in range(3):
        rows = X[labels == k]
        truth = {"tied": covariances}.get(covariance_type, covariances[k % len(covariances)])
        truth = truth if np.ndim(truth) == 2 else np.eye(2) * truth
        sd = np.sqrt(truth.diagonal())
        assert (np.abs(rows.mean(axis=0) - means[k]) < 5 * sd / np.sqrt(len(rows))).all()
        np.testing.assert_allclose(np.cov(rows.T), truth, atol=0.05 * sd.max() ** 2)


def test_separation_and_weight_prior() -> None:
    _, _, weights, means, covariances = make_mixture(
        1, 2000, 3, separation=7.0, weight_prior=1e6, random_state=0
    )
    assert means.std() == pytest.approx(7.0, rel=0.05)
    np.testing.assert_allclose(weights, 1 / 2000, rtol=0.02)
    np.testing.assert_allclose(covariances.mean(axis=0), np.eye(3), atol=0.05)


@pytest.mark.parametrize("kind", [int, np.random.default_rng, np.random.RandomState])
def test_random_state(kind: type) -> None:
    first, again, other = (make_mixture(20, random_state=kind(s)) for s in (5, 5, 6))
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert (first[0] != other[0]).any()


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_samples", 0), ("n_components", 0), ("n_features", 0), ("covariance_type", "half"),
     ("separation", -1), ("weight_prior", 0)],
)  # fmt: skip
def test_bad_arguments(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"Expected {name}"):
        make_mixture(**{name: value})
