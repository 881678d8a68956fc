from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

import fastvb
from fastvb.datasets import make_mixture
from fastvb.plotting import plot_mixture
from fastvb.plotting.mixture import marginals

TYPES = ("full", "tied", "diag", "spherical")


def fitted(covariance_type: str = "full", n_features: int = 2, n: int = 3) -> tuple[object, object]:
    X = make_mixture(200, n, n_features, random_state=3)[0]
    gm = fastvb.GaussianMixture(n, covariance_type=covariance_type, random_state=0).fit(X)
    return gm, X


@pytest.mark.parametrize("covariance_type", TYPES)
def test_marginals(covariance_type: str) -> None:
    gm, _ = fitted(covariance_type, 3)
    weights, means, covariances = marginals(gm, (2, 0))
    np.testing.assert_array_equal(weights, gm.weights_)
    np.testing.assert_array_equal(means, gm.means_[:, [2, 0]])
    inverses = {
        "full": gm.precisions_,
        "tied": [gm.precisions_] * 3,
        "diag": [np.diag(np.atleast_1d(row)) for row in gm.precisions_ if np.ndim(row) < 2],
        "spherical": [value * np.eye(3) for value in gm.precisions_],
    }[covariance_type]
    for k in range(3):
        full = np.linalg.inv(inverses[k])
        np.testing.assert_allclose(covariances[k], full[np.ix_([2, 0], [2, 0])], atol=1e-10)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_density_of_one_feature(covariance_type: str) -> None:
    gm, X = fitted(covariance_type, 1)
    ax = plot_mixture(gm, X)
    *components, density = ax.lines
    assert len(components) == 3
    x = density.get_xdata()
    np.testing.assert_allclose(np.log(density.get_ydata()), gm.score_samples(x[:, None]))
    np.testing.assert_allclose(sum(line.get_ydata() for line in components), density.get_ydata())
    areas = [bar.get_width() * bar.get_height() for bar in ax.patches]
    assert sum(areas) == pytest.approx(1.0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x0", "density")
    assert ax.get_xlim() == pytest.approx((X.min(), X.max()))


def test_density_without_data_is_complete() -> None:
    gm, _ = fitted(n_features=1)
    density = plot_mixture(gm).lines[-1]
    assert np.trapezoid(density.get_ydata(), density.get_xdata()) == pytest.approx(1.0, abs=1e-3)


def test_narrow_component_is_not_missed() -> None:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1e-3, 100), rng.normal(50, 10, 100)])[:, None]
    gm = fastvb.GaussianMixture(2, reg_covar=0, random_state=0).fit(X)
    top = max(line.get_ydata().max() for line in plot_mixture(gm, X).lines)
    assert top == pytest.approx(0.5 / (gm.covariances_.min() ** 0.5 * np.sqrt(2 * np.pi)), rel=0.02)


def test_constant_data() -> None:
    X = np.full((5, 1), 3.0)
    gm = fastvb.GaussianMixture(1).fit(X)
    left, right = plot_mixture(gm, X).get_xlim()
    assert left < 3 < right


def test_ellipses() -> None:
    gm, X = fitted()
    ax = plot_mixture(gm, X, n_points=60)
    (points,) = ax.collections
    offsets = np.asarray(points.get_offsets())
    np.testing.assert_array_equal(offsets, X[::4])
    colors = points.get_facecolors()
    labels = gm.predict(X[::4])
    assert len(np.unique(colors, axis=0)) == len(np.unique(labels))
    assert len(ax.patches) == 6
    for k in range(3):
        inner, outer = ax.patches[2 * k : 2 * k + 2]
        assert outer.width == pytest.approx(2 * inner.width)
        assert inner.center == pytest.approx(gm.means_[k])
        for patch, radius in ((inner, 1.0), (outer, 2.0)):
            edge = patch.get_patch_transform().transform(patch.get_path().vertices)[:1]
            apart = edge - gm.means_[k]
            distance = np.sqrt(np.einsum("ni,ij,nj->n", apart, gm.precisions_[k], apart))
            assert distance == pytest.approx(radius, rel=1e-6)


def test_two_of_many_features_by_number_and_name() -> None:
    gm, X = fitted(n_features=4)
    ax = plot_mixture(gm, X, features=(3, 1))
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), X[:, [3, 1]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x3", "x1")
    gm.feature_names_in_ = np.array(["a", "$b", "c", "d$"], dtype=object)
    ax = Figure().add_subplot()
    assert plot_mixture(gm, ax=ax, features=("d$", "$b")) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("d$", "$b")
    ax.figure.draw_without_rendering()
    assert plot_mixture(gm, X, features=("a", "c")).get_ylabel() == "c"  # without a warning
    assert plot_mixture(gm, features="c").get_xlabel() == "c"


def test_bayesian_and_other_libraries() -> None:
    X = fitted()[1]
    bgm = fastvb.BayesianGaussianMixture(n_components=4, random_state=0).fit(X)
    assert len(plot_mixture(bgm, X).patches) == 8
    mixture = pytest.importorskip("sklearn.mixture")
    other = mixture.GaussianMixture(2, random_state=0).fit(X)
    assert len(plot_mixture(other, X).patches) == 4


@pytest.mark.parametrize("features", [(0, 1, 2), (), (0, 0), 4, -1, (0, 4), "a", (1.0, 2)])
def test_bad_features(features: object) -> None:
    gm, _ = fitted(n_features=4)
    with pytest.raises(ValueError, match="one or two of the mixture's 4 features, got features="):
        plot_mixture(gm, features=features)


def test_bad_arguments() -> None:
    gm, X = fitted(n_features=3)
    with pytest.raises(ValueError, match=r"got features=None. Pass features=\(0, 1\)"):
        plot_mixture(gm, X)
    with pytest.raises(ValueError, match="the mixture's 3 columns"):
        plot_mixture(gm, X[:, :2], features=(0, 1))
    with pytest.raises(ValueError, match="Expected X to be finite"):
        plot_mixture(gm, np.full((2, 3), np.nan), features=(0, 1))
    with pytest.raises(ValueError, match="Expected n_points"):
        plot_mixture(gm, X, features=0, n_points=0)
    with pytest.raises(TypeError, match="Expected mixture to be a fitted mixture of Gaussians"):
        plot_mixture(fastvb.GaussianMixture(2))


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    gm, X = fitted()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="Expected matplotlib"):
        plot_mixture(gm, X)
