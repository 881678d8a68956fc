"""Expectation maximisation with the bound of its passes."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb.inference import Monitor, cavi, em
from fastvb.models import (
    DirichletWeights,
    Mixture,
    NormalWishart,
    Observations,
    PointGaussians,
    PointWeights,
)


def problem(n=200, reg_covar=0.0):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(-2, 1, (n, 2)), rng.normal(2, 1, (n, 2))])
    gaussians = PointGaussians.most_likely("full", 3, np.zeros(2), reg_covar)
    return Mixture(PointWeights.of(3), gaussians), Observations(X)


def log_likelihood(model, batch, globals_):
    return float(model.assign(batch, model.expect(globals_), log_norm=True).log_norm.sum())


def test_the_bound_is_the_log_likelihood_before_the_update():
    model, batch = problem()
    start = model.init_globals(batch, np.random.default_rng(1))
    trace, globals_ = [], start
    for _ in range(6):
        trace.append(log_likelihood(model, batch, globals_))
        globals_ = em(model, [batch], Monitor(max_iter=1), globals_=globals_)
    monitor = Monitor(max_iter=6)
    em(model, [batch], monitor, globals_=start)
    np.testing.assert_allclose(monitor.lower_bounds, trace)
    assert np.all(np.diff(trace) > 0)
    assert monitor.n_updates == 6


def test_the_same_updates_as_coordinate_ascent():
    model, batch = problem()
    start = model.init_globals(batch, np.random.default_rng(1))
    one = em(model, [batch], Monitor(max_iter=5), globals_=start)
    other = cavi(model, [batch], Monitor(max_iter=5), globals_=start)
    np.testing.assert_array_equal(one.components.means, other.components.means)
    halves = [batch.rows(slice(None, 150)), batch.rows(slice(150, None))]
    cut = em(model, halves, Monitor(max_iter=5), globals_=start)
    np.testing.assert_allclose(cut.components.means, one.components.means)


def test_one_pass_for_each_iteration():
    class Counting(Mixture):
        n_passes = 0

        def bounded_step(self, batch, view, rng=None):
            Counting.n_passes += 1
            return super().bounded_step(batch, view, rng)

    model, batch = problem()
    model = Counting(model.weights, model.components)
    em(model, [batch], Monitor(max_iter=7), rng=np.random.default_rng(0))
    assert Counting.n_passes == 7


def overlapping(n=300):
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(-1, 1, (n, 2)), rng.normal(1, 1, (n, 2))])


KINDS = [
    lambda form: PointGaussians.most_likely(form, 3, np.zeros(2)),
    lambda form: PointGaussians.most_probable(prior(form)),
    lambda form: prior(form),
]


def prior(form):
    covariance = {"diag": np.ones(2), "spherical": 1.0}.get(form, np.eye(2))
    return NormalWishart.of(form, 3, np.zeros(2), 1.0, np.zeros(2), 3.0, covariance)


@pytest.mark.parametrize("form", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("kind", KINDS)
def test_acceleration(form, kind):
    """The same optimum in fewer passes, and a bound that does not fall."""
    components, batch = kind(form), Observations(overlapping())
    points = isinstance(components, PointGaussians)
    weights = PointWeights.of(3) if points else DirichletWeights(np.ones(3))
    model = Mixture(weights, components)
    start = model.init_globals(batch, np.random.default_rng(1))

    def run(accelerate, stop):
        monitor = Monitor(2000, stop=stop)
        globals_ = em(model, [batch], monitor, globals_=start, accelerate=accelerate)
        return globals_, monitor

    globals_, plain = run(False, lambda state: abs(state.change) < 1e-4)
    _, fast = run(True, lambda state: state.lower_bound > plain.lower_bounds[-1] - 1e-6)
    assert fast.converged
    assert fast.n_updates < 0.5 * plain.n_updates
    globals_, fast = run(True, lambda state: abs(state.change) < 1e-6)
    assert np.diff(fast.lower_bounds).min() > -1e-9 * abs(fast.lower_bounds[-1])
    last = Monitor(2)
    em(model, [batch], last, globals_=globals_)
    assert last.lower_bounds[1] - last.lower_bounds[0] < 1e-3

    x = model.coordinates(globals_, globals_)
    again = model.at_coordinates(x, globals_)
    np.testing.assert_allclose(again.components.scatter, globals_.components.scatter, 1e-6)
    np.testing.assert_allclose(again.components.means, globals_.components.means, atol=1e-9)
    np.testing.assert_allclose(again.components.dof, globals_.components.dof)
    np.testing.assert_allclose(again.weights.counts, globals_.weights.counts)
    np.testing.assert_allclose(model.coordinates(again, globals_), x, 1e-6, 1e-6)


def test_acceleration_needs_coordinates():
    class Plain:
        carries_local = False

    with pytest.raises(TypeError, match="coordinates"):
        em(Plain(), [1], Monitor(3), accelerate=True)


def test_steps_out_of_range_are_not_taken():
    class Wild(Mixture):
        def coordinates(self, globals_, reference):
            return 1e3 * super().coordinates(globals_, reference)

    model, batch = problem()
    model = Wild(model.weights, model.components)
    monitor = Monitor(30)
    with np.errstate(all="ignore"):
        em(model, [batch], monitor, rng=np.random.default_rng(0), accelerate=True)
    assert np.diff(monitor.lower_bounds).min() > -1e-9


def test_bad_data():
    model, batch = problem()
    with pytest.raises(TypeError, match="more than once"):
        em(model, iter([batch]), Monitor(3))
    with pytest.raises(ValueError, match="at least one batch"):
        em(model, [], Monitor(3), rng=np.random.default_rng(0))
