"""Identities of EM: L = Q - H, F = L at the posterior, and what never falls."""

from __future__ import annotations

import numpy as np
import pytest
from reference.normal_mixture import NormalMixture, Normals
from scipy.special import logsumexp

from fastvb.inference import Monitor, em, f_function, h_function, memoized, q_function
from fastvb.models import Mixture, Observations, PointGaussians, PointWeights

Y = np.array([-67, -48, 6, 8, 14, 16, 23, 24, 28, 29, 41, 49, 56, 60, 75.0])
START = Normals(np.array([0.5, 0.5]), np.array([30.0, -30.0]), np.array([500.0, 500.0]))
MODEL = NormalMixture(START)


def posterior_of(log_joint):
    return np.exp(log_joint - logsumexp(log_joint, axis=-1, keepdims=True))


def likelihood_of(log_joint):
    return float(logsumexp(log_joint, axis=-1).sum())


def path(n):
    """log p(Y, Z | theta) along EM."""
    globals_ = START
    for _ in range(n):
        yield MODEL.log_joint(Y, globals_)
        globals_ = em(MODEL, [Y], Monitor(1), globals_=globals_)


def test_likelihood_is_q_less_h_for_any_theta():
    """Also for another theta than that of q; and H is the largest where they are the same."""
    tables = list(path(5))
    for old in tables:
        q = posterior_of(old)
        for new in tables:
            h = h_function(q, posterior_of(new))
            assert q_function(q, new) - h == pytest.approx(likelihood_of(new), rel=1e-12)
            assert h <= h_function(q, q)


def test_f_is_the_likelihood_at_the_posterior_and_lower_by_kl_elsewhere():
    for log_joint in path(3):
        posterior = posterior_of(log_joint)
        likelihood = likelihood_of(log_joint)
        assert f_function(posterior, log_joint) == pytest.approx(likelihood, rel=1e-12)
        for q in np.random.default_rng(0).dirichlet([1.0, 1.0], (20, len(Y))):
            kl = float((q * np.log(q / posterior)).sum())
            assert kl > 0
            assert likelihood - f_function(q, log_joint) == pytest.approx(kl, rel=1e-10)


def test_q_f_and_the_likelihood_rise():
    tables = list(path(8))
    for old, new in zip(tables, tables[1:], strict=False):
        q = posterior_of(old)
        assert q_function(q, new) > q_function(q, old)
        assert f_function(q, new) > f_function(q, old)
        assert f_function(posterior_of(new), new) > f_function(q, new)
        assert likelihood_of(new) > likelihood_of(old)
    assert likelihood_of(tables[0]) == pytest.approx(-76.94428534, abs=5e-9)


def test_latent_variables_jointly():
    """One row may be one distribution over all assignments: the same by enumeration."""
    log_joint = next(path(1))[:3]
    states = np.array(np.meshgrid(*[[0, 1]] * 3, indexing="ij")).reshape(3, -1)
    of_all = log_joint[np.arange(3)[:, None], states].sum(axis=0)
    q = posterior_of(log_joint)
    q_of_all = q[np.arange(3)[:, None], states].prod(axis=0)
    assert f_function(q_of_all, of_all) == pytest.approx(f_function(q, log_joint), rel=1e-12)


def test_a_mixture_through_its_log_joint():
    """Of any mixture of points: log_norm + log(responsibilities)."""
    X = Observations(Y[:, None])
    model = Mixture(PointWeights.of(2), PointGaussians.most_likely("full", 2, np.zeros(1)))
    globals_ = model.global_step(model.gather(X, (Y > 0).astype(np.int32)), None)
    view = model.expect(globals_)
    rows = model.assign(X, view, log_norm=True, responsibilities=True)
    log_joint = rows.log_norm[:, None] + np.log(rows.responsibilities)
    stats, h, _ = model.local_step(X, view)
    f = f_function(rows.responsibilities, log_joint)
    assert f == pytest.approx(stats.inner(view) + h, rel=1e-12)


def test_incremental_em_is_memoized_inference():
    """One datum's q at a time: F is known after each and never falls."""
    blocks = [np.array([y]) for y in Y]
    monitor = Monitor(60)
    memoized(MODEL, blocks, monitor, globals_=START, wait=True)
    bounds = np.array(monitor.batch_bounds)  # from when q is known of all
    assert len(bounds) == 1 + 59 * len(Y)
    assert np.diff(bounds).min() > -1e-10
    assert bounds[-1] == pytest.approx(-71.06336186, abs=5e-9)


def test_impossible_states():
    assert f_function([1.0, 0.0], [-2.0, -np.inf]) == -2.0
    assert f_function([0.5, 0.5], [-2.0, -np.inf]) == -np.inf
    assert h_function([0.5, 0.5], [1.0, 0.0]) == -np.inf


@pytest.mark.parametrize("q", [[0.5, 0.6], [-0.5, 1.5], [np.nan, 1.0]])
def test_q_is_checked(q):
    with pytest.raises(ValueError, match=r"rows of q that are >= 0 and add up to 1"):
        f_function(q, [-1.0, -1.0])


def test_shapes_are_checked():
    with pytest.raises(ValueError, match=r"q and log_joint of one shape .* \(2,\) .* \(3,\)"):
        q_function([0.5, 0.5], [-1.0, -1.0, -1.0])
