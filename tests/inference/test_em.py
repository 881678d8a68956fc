"""Expectation maximisation with the bound of its passes."""

from __future__ import annotations

import numpy as np
import pytest

from fastvb.inference import Monitor, cavi, em
from fastvb.models import Mixture, Observations, PointGaussians, PointWeights


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


def test_bad_data():
    model, batch = problem()
    with pytest.raises(TypeError, match="more than once"):
        em(model, iter([batch]), Monitor(3))
    with pytest.raises(ValueError, match="at least one batch"):
        em(model, [], Monitor(3), rng=np.random.default_rng(0))
