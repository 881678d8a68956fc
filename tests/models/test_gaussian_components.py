"""Gaussian components: formulas of EM, priors, predictions, and data that are hard on them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference import gaussian_mixture as reference
from scipy import stats as distributions
from scipy.special import logsumexp

from fastvb.inference import Monitor, cavi
from fastvb.models import (
    DirichletWeights,
    Mixture,
    NormalWishart,
    Observations,
    PointGaussians,
    PointWeights,
    StickBreakingWeights,
)
from fastvb.models._covariances import FORMS as COVARIANCES

FORMS = ["full", "tied", "diag", "spherical"]
KINDS = ["likely", "probable", "bayes"]


def clusters(n=40, D=2, seed=1, distance=4.0):
    rng = np.random.default_rng(seed)
    centres = distance * rng.normal(size=(3, D))
    return np.concatenate([rng.normal(size=(n, D)) * np.linspace(1, 2, D) + c for c in centres])


def model_of(kind, form, X, K, origin=None, reg_covar=0.0):
    """A mixture of one kind with a prior that suits the data."""
    D = X.shape[1]
    origin = np.round(X.mean(axis=0, dtype=float)) if origin is None else origin
    origin = origin.astype(X.dtype).astype(float)
    if kind == "likely":
        return Mixture(PointWeights.of(K), PointGaussians.most_likely(form, K, origin, reg_covar))
    prior = np.eye(D) if form in ("full", "tied") else np.ones(D) if form == "diag" else 1.0
    gaussians = NormalWishart.of(form, K, origin, 0.5, origin + 0.1, D + 1.0, prior)
    if kind == "bayes":
        return Mixture(DirichletWeights(np.full(K, 0.5)), gaussians)
    return Mixture(PointWeights.of(K, 1.5), PointGaussians.most_probable(gaussians, reg_covar))


def fitted(model, X, n_iter=20, seed=0, **given):
    monitor, rng = Monitor(max_iter=n_iter), np.random.default_rng(seed)
    batches = [Observations(X, **given)]
    return cavi(model, batches, monitor, rng=rng), monitor.lower_bounds


def em_step(form, X, weights, means, covariances):
    """One step of EM, as in any book; covariances (K, D, D)."""
    N, D = X.shape
    K = len(means)
    log_joint = np.array(
        [
            np.log(weights[k])
            + distributions.multivariate_normal.logpdf(X, means[k], covariances[k])
            for k in range(K)
        ]
    ).T
    norm = logsumexp(log_joint, axis=1)
    R = np.exp(log_joint - norm[:, np.newaxis])
    counts, means, scatter = reference.moments(X, R)
    each = scatter / counts[:, np.newaxis, np.newaxis]
    if form == "tied":
        each = np.tile(scatter.sum(axis=0) / N, (K, 1, 1))
    elif form == "diag":
        each = np.array([np.diag(np.diag(c)) for c in each])
    elif form == "spherical":
        each = np.array([np.eye(D) * np.trace(c) / D for c in each])
    return norm.sum(), counts / N, means, each


def as_matrices(form, covariances, K, D):
    """Covariances of any form as (K, D, D)."""
    if form == "full":
        return covariances
    if form == "tied":
        return np.tile(covariances, (K, 1, 1))
    if form == "diag":
        return np.array([np.diag(c) for c in covariances])
    return np.array([c * np.eye(D) for c in covariances])


@pytest.mark.parametrize("form", FORMS)
def test_em_is_that_of_the_book(form):
    X, K, reg = clusters(), 3, 1e-2
    model = model_of("likely", form, X, K, reg_covar=reg)
    batch = Observations(X)
    q = model.init_globals(batch, np.random.default_rng(0))
    for _ in range(5):
        points = model.components.gaussians(q.components)
        before = (
            model.weights.mean(q.weights), points.means,
            as_matrices(form, points.covariances, K, 2),
        )  # fmt: skip
        likelihood, weights, means, covariances = em_step(form, X, *before)
        view = model.expect(q)
        stats, h, _ = model.local_step(batch, view)
        assert stats.inner(view) + h + model.global_bound(q) == pytest.approx(likelihood, rel=1e-12)
        q = model.global_step(stats, q)
        points = model.components.gaussians(q.components)
        np.testing.assert_allclose(model.weights.mean(q.weights), weights, 1e-11)
        np.testing.assert_allclose(points.means, means, 1e-10)
        np.testing.assert_allclose(
            as_matrices(form, points.covariances, K, 2), covariances + reg * np.eye(2), 1e-10, 1e-12
        )
        assert not points.singular.any()


BOOK = np.array([-67, -48, 6, 8, 14, 16, 23, 24, 28, 29, 41, 49, 56, 60, 75.0])[:, np.newaxis]


def book_start(model, weights, means, variances):
    """Globals at these points."""
    counts = np.array(weights) * len(BOOK)
    sums = counts * np.array(means)
    squares = counts * (np.array(variances) + np.array(means) ** 2)
    stats = model.gather(Observations(BOOK), np.zeros(len(BOOK), np.intc))
    start = type(stats)(counts, (sums[:, np.newaxis], squares[:, np.newaxis]))
    return model.global_step(start, None)


@pytest.mark.parametrize("form", ["full", "diag", "spherical"])
def test_the_two_gaussians_of_the_textbook(form):
    model = Mixture(PointWeights.of(2), PointGaussians.most_likely(form, 2, np.zeros(1)))
    q = book_start(model, (0.5, 0.5), (30, -30), (500, 500))
    batch = Observations(BOOK)
    _, likelihood = model.bounded_step(batch, model.expect(q))
    assert likelihood == pytest.approx(-76.94428534, abs=5e-9)

    def numbers(q):
        points = model.components.gaussians(q.components)
        return [*model.weights.mean(q.weights), *points.means.ravel(), *points.covariances.ravel()]

    first = cavi(model, [batch], Monitor(max_iter=1), globals_=q)
    expected = [0.7950664, 0.2049336, 34.83118958, -32.98519828, 421.96119015, 1194.64577385]
    np.testing.assert_allclose(numbers(first), expected, 1e-7)
    monitor = Monitor(max_iter=30)
    last = cavi(model, [batch], monitor, globals_=q)
    expected = [0.86682772, 0.13317228, 32.98488732, -57.51107686, 429.45834272, 90.24987768]
    np.testing.assert_allclose(numbers(last), expected, 1e-7)
    assert monitor.lower_bounds[-1] == pytest.approx(-71.06336186, abs=5e-9)


def test_variances_before_means_is_another_way_to_the_same_point():
    """Conditional maximisation in the order means, variances is EM; the other order is not."""
    model = Mixture(PointWeights.of(2), PointGaussians.most_likely("diag", 2, np.zeros(1)))
    batch = Observations(BOOK)
    q = other = book_start(model, (0.5, 0.5), (30, -30), (500, 500))
    last, apart = -np.inf, 0.0
    for _ in range(40):
        stats, _ = model.bounded_step(batch, model.expect(q))
        counts, (sums, squares) = stats.counts, stats.moments
        means = sums / counts[:, np.newaxis]
        after = squares - 2 * means * sums + counts[:, np.newaxis] * means**2  # about the new means
        q = model.global_step(stats, q)
        np.testing.assert_allclose(q.components.means, means, 1e-12)
        np.testing.assert_allclose(q.components.scatter, after, 1e-9)
        # about the old means
        stats, likelihood = model.bounded_step(batch, model.expect(other))
        assert likelihood >= last - 1e-9
        last, counts, (sums, squares) = likelihood, stats.counts, stats.moments
        old = other.components.means
        about = squares - 2 * old * sums + counts[:, np.newaxis] * old**2
        other = model.global_step(stats, other)
        other.components.scatter[:] = about
        apart = max(apart, np.abs(q.components.means - other.components.means).max())
    assert apart > 0.1
    np.testing.assert_allclose(q.components.means, other.components.means, 1e-7)


@pytest.mark.parametrize("form", FORMS)
def test_points_under_a_prior_are_its_modes(form):
    """No other point near has a larger density times likelihood of the same assignments."""
    X = clusters(8)
    model = model_of("probable", form, X, 2)
    batch = Observations(X)
    stats = model.gather(batch, np.arange(len(X), dtype=np.intc) % 2)
    q = model.global_step(stats, None)

    def value(q):
        return stats.inner(model.expect(q)) + model.global_bound(q)

    best, rng = value(q), np.random.default_rng(0)
    for _ in range(20):
        c = q.components
        matrix = 1e-3 * rng.normal(size=c.scatter.shape)
        if form in ("full", "tied"):
            matrix += matrix.swapaxes(1, 2)
        near = type(c)(
            form, c.strength, c.means + 1e-3 * rng.normal(size=c.means.shape), c.dof,
            c.scatter + c.scatter.mean() * matrix,
        )  # fmt: skip
        counts = q.weights.counts * np.exp(1e-3 * rng.normal(size=2))
        assert value(type(q)(type(q.weights)(counts), near)) < best


@pytest.mark.parametrize("form", FORMS)
def test_the_prior_of_points_is_a_density(form):
    X = clusters(3, 2)
    gaussians = model_of("bayes", form, X, 2).components
    points = PointGaussians.most_probable(gaussians)
    q = points.step(*points.gather(Observations(X), np.arange(9, dtype=np.intc) % 2, 2, 1), None)
    at, prior = points.gaussians(q), gaussians.prior
    means, dof = prior.means + gaussians.origin, prior.dof[0]
    expected = 0.0
    for k in range(2):
        covariance = as_matrices(form, at.covariances, 2, 2)[k]
        expected += distributions.multivariate_normal.logpdf(
            at.means[k], means[k], covariance / 0.5
        )
        if form == "full" or (form == "tied" and k == 0):
            expected += distributions.invwishart.logpdf(covariance, dof, np.eye(2))
        elif form in ("diag", "spherical"):
            variances = np.diag(covariance)[: 2 if form == "diag" else 1]
            expected += distributions.invgamma.logpdf(variances, dof / 2, scale=0.5).sum()
    assert points.bound(q) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("D", [1, 2])
def test_the_predictive_density_integrates_to_one(form, D):
    X = clusters(4, D)
    model = model_of("bayes", form, X, 3)
    q, _ = fitted(model, X)
    axis = np.sinh(np.linspace(-9, 9, 4001 if D == 1 else 401))  # long tails
    grid = np.stack(np.meshgrid(*[axis] * D, indexing="ij"), axis=-1).reshape(-1, D)
    cell = np.cosh(np.arcsinh(grid)).prod(axis=1) * (18 / (len(axis) - 1)) ** D
    density = np.exp(model.predictive(q).log_density(grid))
    assert density @ cell == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("form", FORMS)
def test_the_predictive_density_is_the_ratio_of_evidences(form):
    X = clusters(4, 3)
    B0 = np.eye(3)
    prior = reference.Prior(form, 0.5, np.full(3, 0.2), 4.5, B0)
    gaussians = NormalWishart.of(form, 1, np.zeros(3), 0.5, prior.m0, 4.5, prior.given)
    model = Mixture(DirichletWeights(np.ones(1)), gaussians)
    q, _ = fitted(model, X[:-1], 1)
    ratio = reference.sequential_evidence(prior, X) - reference.sequential_evidence(prior, X[:-1])
    assert model.predictive(q).log_density(X[-1:])[0] == pytest.approx(ratio, rel=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_draws_have_the_predictive_distribution(form):
    X = clusters(6, 2)
    model = model_of("bayes", form, X, 3)
    predictive = model.predictive(fitted(model, X)[0])
    draws, labels = predictive.sample(20000, np.random.RandomState(0))
    assert (np.diff(labels) >= 0).all()
    shares = np.bincount(labels, minlength=3) / 20000
    np.testing.assert_allclose(shares, np.exp(predictive.log_weights), atol=0.02)
    # a half-plane, by draws and by integration
    axis = np.sinh(np.linspace(-7, 7, 301))
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    cell = np.cosh(np.arcsinh(grid)).prod(axis=1) * (14 / 300) ** 2
    density = np.exp(predictive.log_density(grid)) * cell
    for direction in ([1.0, 0.3], [0.5, -1.0]):
        middle = np.median(draws @ direction)
        assert density[grid @ direction < middle].sum() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_weights_of_rows_are_repetitions(form, kind):
    X = clusters(20)
    repeats = np.random.default_rng(0).integers(0, 4, len(X))
    model = model_of(kind, form, X, 3)
    start = model.init_globals(Observations(X), np.random.default_rng(0))
    monitors = Monitor(max_iter=10), Monitor(max_iter=10)
    weighted = [Observations(X, repeats.astype(float))]
    cavi(model, weighted, monitors[0], globals_=start)
    cavi(model, [Observations(np.repeat(X, repeats, axis=0))], monitors[1], globals_=start)
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, 1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("dtype", "offset"), [(np.float64, 1e8), (np.float32, 1e4)])
def test_a_shift_changes_nothing(form, kind, dtype, offset):
    """Against the values as they are stored: with so large an offset they are rounded."""
    shifted = (clusters(30, 3) + offset).astype(dtype)
    stored = shifted.astype(np.float64) - offset
    origin = np.full(3, offset)
    at, at_zero = (
        model_of(kind, form, shifted, 3, origin),
        model_of(kind, form, stored, 3, np.zeros(3)),
    )
    assert at.components.prior.means.any() == (kind != "likely")
    at.components.prior.means[:] = at_zero.components.prior.means  # 0.1, which is rounded, too
    q, bounds = fitted(at, shifted)
    q_zero, bounds_zero = fitted(at_zero, stored)
    tol = 1e-10 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(bounds, bounds_zero, tol)
    points, expected = (
        m.components.gaussians(x.components) for m, x in ((at, q), (at_zero, q_zero))
    )
    np.testing.assert_allclose(
        points.means - offset, expected.means, rtol=0, atol=1e-2 * tol + 1e-3
    )
    np.testing.assert_allclose(points.covariances, expected.covariances, 100 * tol, 100 * tol)


def pathological():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(3, 5))
    constant = np.column_stack([rng.normal(size=30), np.full(30, 7.0)])
    twice = np.repeat(rng.normal(size=(30, 1)), 2, axis=1)
    same = np.full((10, 2), 3.5)
    duplicates = np.repeat(rng.normal(size=(4, 2)), 10, axis=0)
    return {
        "few": few,
        "constant": constant,
        "twice": twice,
        "same": same,
        "duplicates": duplicates,
    }


@pytest.mark.parametrize("data", pathological())
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_data_without_much_variance(form, kind, data):
    X, K = pathological()[data], 6
    model = model_of(kind, form, X, K)
    q, bounds = fitted(model, X, 15)
    assert np.isfinite(bounds).all()
    points = model.components.gaussians(q.components)
    assert np.isfinite(points.means).all()
    assert np.isfinite(points.covariances).all()
    rows = model.assign(Observations(X), model.expect(q), responsibilities=True)
    np.testing.assert_allclose(rows.responsibilities.sum(axis=1), 1, 1e-6)
    if kind == "bayes":
        assert (np.diff(bounds) > -1e-9 * np.abs(bounds[1:])).all()
        assert not points.singular.any()
    elif kind == "likely" and form == "full":
        assert points.singular.any()


def test_singular_components_are_named():
    X = np.concatenate([clusters(30, 2)[:30], np.full((5, 2), 40.0)])
    model = model_of("likely", "full", X, 2)
    labels = np.repeat([0, 1], [30, 5]).astype(np.intc)
    q = model.global_step(model.gather(Observations(X), labels), None)
    points = model.components.gaussians(q.components)
    assert points.singular.tolist() == [False, True]
    np.testing.assert_allclose(points.means[1], [40, 40])
    np.testing.assert_allclose(points.covariances[1], np.diag(np.diag(points.covariances[1])))
    assert 0 < points.covariances[1, 0, 0] < 1e-8


@pytest.mark.parametrize("form", ["full", "tied", "diag"])
def test_features_have_scales_of_their_own(form):
    """Nothing is singular because another feature is large; a fit follows the units."""
    X, units = clusters(30, 3), np.array([1e8, 1.0, 1e-5])
    model, scaled = (model_of("likely", form, data, 3, np.zeros(3)) for data in (X, X * units))
    q, bounds = fitted(model, X)
    q_scaled, bounds_scaled = fitted(scaled, X * units)
    points, expected = scaled.components.gaussians(q_scaled.components), model.components
    assert not points.singular.any()
    expected = expected.gaussians(q.components)
    np.testing.assert_allclose(points.means, expected.means * units, 1e-8)
    np.testing.assert_allclose(
        np.array(bounds_scaled) + len(X) * np.log(units).sum(), bounds, rtol=1e-9
    )
    line = np.column_stack([X[:, 0], 2 * X[:, 0]]) * units[:2]  # a line at any scale
    flat = model_of("likely", "full", line, 1, np.zeros(2))
    q, _ = fitted(flat, line, 1)
    at = flat.components.gaussians(q.components)
    assert at.singular.all()
    variances = np.diag(at.covariances[0]) / units[:2] ** 2
    np.testing.assert_allclose(variances, X[:, 0].var() * np.array([1, 4]), 1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_a_component_without_data(form):
    """Points stay where they were; a distribution is its prior."""
    X = clusters(20, 2)
    labels = np.zeros(len(X), np.intc)
    for kind in KINDS:
        model = model_of(kind, form, X, 2)
        before = model.init_globals(Observations(X), np.random.default_rng(0))
        q = model.global_step(model.gather(Observations(X), labels), before)
        c, prior = q.components, model.components.prior
        if kind == "likely":
            np.testing.assert_array_equal(c.means[1], before.components.means[1])
            if form != "tied":
                assert model.components.gaussians(c).singular.tolist() == [False, True]
            assert model.expect(q).log_weights[1] == -np.inf
        else:
            np.testing.assert_array_equal(c.means[1], prior.means[1])
            if form != "tied":
                np.testing.assert_allclose(c.scatter[1], prior.scatter[1], 1e-14)
                assert c.dof[1] == prior.dof[1]
        monitor = Monitor(max_iter=3)
        cavi(model, [Observations(X)], monitor, globals_=q)
        assert np.isfinite(monitor.lower_bounds).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_the_bound_never_falls(form, kind):
    for seed, K in itertools.product(range(3), (2, 5)):
        X = clusters(60, 3, seed=seed, distance=1.5)
        _, bounds = fitted(model_of(kind, form, X, K), X, 60, seed)
        assert (np.diff(bounds) > -1e-9 * np.abs(bounds[1:])).all()


def test_an_origin_must_be_a_number_of_the_data():
    X = clusters(5).astype(np.float32)
    model = Mixture(PointWeights.of(2), PointGaussians.most_likely("full", 2, np.full(2, 0.1)))
    with pytest.raises(ValueError, match="Expected origin to have values of the type of the data"):
        model.init_globals(Observations(X), np.random.default_rng(0))


@pytest.mark.parametrize("weights", [DirichletWeights, StickBreakingWeights])
def test_more_components_than_needed_lose_their_weight(weights):
    X = clusters(100, 2, distance=10)
    K = 10
    kind = (
        DirichletWeights(np.full(K, 0.01))
        if weights is DirichletWeights
        else StickBreakingWeights(0.1, np.zeros(K))
    )
    model = Mixture(kind, model_of("bayes", "full", X, K).components)
    q, _ = fitted(model, X, 200)
    assert (model.weights.mean(q.weights) > 0.01).sum() == 3


@pytest.mark.parametrize(("n_roots", "n_scatters"), [(3, 3), (1, 3), (3, 1), (1, 1)])
@pytest.mark.parametrize("n_features", [1, 64, 65, 150])
def test_traces_of_several_blocks_of_rows(n_features, n_roots, n_scatters):
    rng = np.random.default_rng(0)
    root = np.triu(rng.normal(size=(n_roots, n_features, n_features)))
    scatter = rng.normal(size=(n_scatters, n_features, n_features))
    whole = np.trace(root @ scatter @ root.swapaxes(1, 2), axis1=1, axis2=2)
    np.testing.assert_allclose(COVARIANCES["full"].trace(root, scatter), whole, rtol=1e-9)
