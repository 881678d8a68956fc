"""Mixtures whose observations have components of their own, and bounds at points."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from fastvb.inference import Monitor, cavi, memoized
from fastvb.models import (
    DirichletWeights,
    GivenDensities,
    GivenWeights,
    LocalDirichletModel,
    LocalLosses,
    LocalNormals,
    Mixture,
    Observations,
    PointBound,
    PointGaussians,
    PointWeights,
)


def example(d=1.0):
    x = np.array([0.0, 1.0])
    return LocalNormals(x, np.array([[0.0, 2.0]] * 2), np.ones((2, 2)), np.full((2, 2), d))


def random_rows(n=7, K=3, seed=0):
    rng = np.random.default_rng(seed)
    return LocalNormals(
        rng.normal(size=n), rng.normal(size=(n, K)), rng.gamma(2.0, 1.0, (n, K)),
        rng.gamma(2.0, 1.0, (n, K)),
    )  # fmt: skip


def converged(rows, n_iter=300, start=None):
    model = LocalDirichletModel()
    _, bound, local = model.local_step(rows, None, start)
    for _ in range(n_iter):
        _, bound, local = model.local_step(rows, None, local)
    return local, bound


def test_the_three_losses_of_a_small_example():
    rows = example()
    local, bound = converged(rows)
    losses = LocalDirichletModel().losses(rows, local)
    np.testing.assert_allclose(
        local.responsibilities, [[0.9469025, 0.0530975], [0.5, 0.5]], atol=5e-8
    )
    got = [losses.fit, losses.assignment, losses.weights]
    np.testing.assert_allclose(got, [2.44407207, 0.56721971, 0.20987258], atol=5e-9)
    assert bound == pytest.approx(-3.221164360, abs=5e-10)
    assert losses.total == pytest.approx(-bound, rel=1e-13)
    assert rows.log_evidence().sum() == pytest.approx(-2.904096236, abs=5e-10)


def test_the_evidence_integrates_the_weights_out():
    rows = random_rows(2, 2)
    for i in range(2):
        a, b = rows.concentration[i]
        densities = np.exp(rows.log_densities()[i])
        np.testing.assert_allclose(
            densities, stats.norm.pdf(rows.x[i], rows.means[i], rows.scales[i])
        )

        def joint(w, a=a, b=b, densities=densities):
            return stats.beta.pdf(w, a, b) * (w * densities[0] + (1 - w) * densities[1])

        assert np.exp(rows.log_evidence()[i]) == pytest.approx(quad(joint, 0, 1)[0], rel=1e-7)


@pytest.mark.parametrize("factor", [1.0, 2.5])
def test_gradients_are_those_of_finite_differences(factor):
    rows, rng = random_rows(), np.random.default_rng(1)
    r = rng.dirichlet(np.ones(3), 7)
    inputs = {
        "x": rows.x, "means": rows.means, "scales": rows.scales,
        "concentration": rows.concentration, "responsibilities": r,
        "posterior": rows.concentration + rng.gamma(1.0, 1.0, (7, 3)),
    }  # fmt: skip

    def losses(**changed):
        now = inputs | changed
        names = ("x", "means", "scales", "concentration")
        return LocalLosses(
            LocalNormals(*(now[name] for name in names)), now["responsibilities"],
            now["posterior"], factor,
        )  # fmt: skip

    gradients = vars(losses().gradients())
    for name, at in inputs.items():

        def total(flat, name=name, shape=at.shape):
            return losses(**{name: flat.reshape(shape)}).total

        expected = approx_fprime(at.ravel(), total, 1e-7).reshape(at.shape)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-4, atol=2e-5 * factor)
    now = losses()
    assert now.total == now.fit + now.assignment + now.weights


def test_at_the_optimum_the_gradients_to_q_vanish():
    rows = random_rows()
    local, _ = converged(rows)
    gradients = LocalDirichletModel().losses(rows, local).gradients()
    np.testing.assert_allclose(gradients.posterior, 0, atol=1e-14)
    of_r = gradients.responsibilities
    np.testing.assert_allclose(of_r, np.tile(of_r.mean(axis=1, keepdims=True), 3), atol=1e-9)


def test_the_driver_goes_up_and_stays_below_the_evidence():
    rows = random_rows(50)
    pieces = [
        LocalNormals(*(part[i : i + 20] for part in vars(rows).values())) for i in (0, 20, 40)
    ]
    monitor, visits = Monitor(max_iter=30), Monitor(max_iter=30)
    cavi(LocalDirichletModel(), [rows], monitor)
    assert (np.diff(monitor.lower_bounds) >= -1e-12).all()
    assert monitor.lower_bounds[-1] < rows.log_evidence().sum()
    memoized(LocalDirichletModel(), pieces, visits)
    assert visits.lower_bounds == pytest.approx(monitor.lower_bounds, rel=1e-13)
    scaled = Monitor(max_iter=30)
    cavi(LocalDirichletModel(factor=4.0), [rows], scaled)
    np.testing.assert_allclose(scaled.lower_bounds, 4 * np.array(monitor.lower_bounds), 1e-13)


def test_small_concentrations_break_the_symmetry():
    """Below 0.37666 two stable optima; the exact posterior lies between them."""
    for d, distance in ((0.1, 0.4), (0.35, 0.05), (0.4, 0.0)):
        rows = example(d)
        exact = rows.exact_posterior()[1]
        np.testing.assert_allclose(exact, 0.5)
        start = type(converged(rows, 1)[0])(np.array([[0.5, 0.5], [0.6, 0.4]]))
        local, _ = converged(rows, 5000, start)
        gap = local.responsibilities[1, 0] - 0.5
        assert gap == pytest.approx(0, abs=1e-6) if distance == 0 else gap > distance


def test_shared_weights_are_a_mixture_of_given_densities():
    rows, rng = random_rows(30), np.random.default_rng(0)
    X, times = rows.log_densities(), rng.integers(0, 3, 30)
    alpha = np.array([0.5, 1.0, 2.0])
    model = Mixture(DirichletWeights(alpha), GivenDensities(3))
    monitors = Monitor(max_iter=40), Monitor(max_iter=40)
    start = model.init_globals(Observations(X), rng)
    q = cavi(model, [Observations(X, times.astype(float))], monitors[0], globals_=start)
    repeated = np.repeat(X, times, axis=0)
    pieces = [Observations(repeated[:9]), Observations(repeated[9:])]
    cavi(model, pieces, monitors[1], globals_=start)
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, 1e-12)
    assert (np.diff(monitors[0].lower_bounds) > -1e-10).all()
    rows = model.assign(
        Observations(X), model.expect(q), log_norm=True, responsibilities=True, labels=True
    )
    joint = X + model.weights.expect(q.weights)
    np.testing.assert_allclose(rows.log_norm, np.logaddexp.reduce(joint, axis=1), 1e-13)
    np.testing.assert_array_equal(rows.labels, joint.argmax(axis=1))
    np.testing.assert_allclose(q.weights.counts, alpha + times @ rows.responsibilities, 1e-3)


def test_given_weights_and_densities_give_the_exact_evidence():
    rows = random_rows(30)
    log_prior = np.log(rows.concentration / rows.concentration.sum(axis=1, keepdims=True))
    batch = Observations(rows.log_densities(), log_prior=log_prior)
    monitor = Monitor(max_iter=2)
    cavi(Mixture(GivenWeights(3), GivenDensities(3)), [batch], monitor)
    assert monitor.lower_bounds == pytest.approx([rows.log_evidence().sum()] * 2, rel=1e-13)


def point_bound(x, r, flat):
    logits, means, log_variances = flat.reshape(3, -1)
    return PointBound(x, r, logits, means, np.exp(log_variances))


def best_responsibilities(x, flat):
    at = point_bound(x, np.ones((len(x), flat.size // 3)), flat)
    joint = at.log_joint
    return np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))


def test_gradients_of_the_bound_at_points():
    rng = np.random.default_rng(0)
    x, r = rng.normal(size=9), rng.dirichlet(np.full(3, 9.0), 9)
    logits, means, variances = rng.normal(size=3), rng.normal(size=3), rng.gamma(2.0, 1.0, 3)
    now = PointBound(x, r, logits, means, variances)
    for name, at in (
        ("responsibilities", r), ("logits", logits), ("means", means), ("variances", variances)
    ):  # fmt: skip

        def value(flat, name=name, shape=at.shape):
            return PointBound(**(vars(now) | {name: flat.reshape(shape)})).value

        expected = approx_fprime(at.ravel(), value, 1e-7).reshape(at.shape)
        np.testing.assert_allclose(getattr(now, f"of_{name}"), expected, rtol=1e-5, atol=1e-5)


def test_gradient_ascent_comes_to_the_optimum_of_em():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(-2, 0.7, 60), rng.normal(2, 1.2, 40)])
    flat = np.array([0.0, 0, -1, 1, 0, 0])
    start = best_responsibilities(x, flat)
    assert point_bound(x, start, flat).value == pytest.approx(
        np.logaddexp.reduce(point_bound(x, start, flat).log_joint, axis=1).sum(), rel=1e-13
    )
    last = -np.inf
    for _ in range(3000):
        now = point_bound(x, best_responsibilities(x, flat), flat)
        assert now.value >= last - 1e-10
        last = now.value
        gradient = np.concatenate([now.of_logits, now.of_means, now.of_variances * now.variances])
        flat = flat + 5e-3 * gradient
    model = Mixture(PointWeights.of(2), PointGaussians.most_likely("diag", 2, np.zeros(1)))
    labels = (x > 0).astype(np.intc)
    batch, monitor = Observations(x[:, np.newaxis]), Monitor(max_iter=300)
    q = cavi(model, [batch], monitor, globals_=model.global_step(model.gather(batch, labels), None))
    assert last == pytest.approx(monitor.lower_bounds[-1], abs=1e-6)
    points = model.components.gaussians(q.components)
    np.testing.assert_allclose(now.means, points.means[:, 0], atol=1e-4)
    np.testing.assert_allclose(now.variances, points.covariances[:, 0], rtol=1e-3)
