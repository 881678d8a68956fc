"""Gaussian mixtures: the bound against the books, closed forms, enumeration and published steps."""

from __future__ import annotations

import numpy as np
import pytest
from reference import gaussian_mixture as reference

from fastvb.inference import Monitor, cavi
from fastvb.models import (
    DirichletWeights,
    Mixture,
    NormalWishart,
    Observations,
    PointWeights,
    StickBreakingWeights,
)

FORMS = ["full", "tied", "diag", "spherical"]
WEIGHTS = {
    "dirichlet": lambda K: DirichletWeights(np.full(K, 0.7)),
    "sticks": lambda K: StickBreakingWeights(0.7, np.zeros(K)),
    "many sticks": lambda K: StickBreakingWeights(3.0, np.zeros(K)),
    "learned": lambda K: StickBreakingWeights(1.0, np.zeros(K), (2.0, 0.5)),
    "point": PointWeights.of,
}


def three_clusters(n=50, D=3, seed=1):
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0], [4, 1, -2], [-3, 2, 5]])[:, :D]
    scale = np.array([1, 0.3, 2])[:D]
    return np.concatenate([rng.normal(size=(n, D)) * scale + c for c in centres])


def prior_of(form, X, beta0=0.5):
    D = X.shape[1]
    B0 = np.atleast_2d(np.cov(X.T)) * 1.3
    return reference.Prior(form, beta0, X.mean(axis=0), D + 1.5, B0)


def components_of(prior, K, origin=None):
    origin = np.round(prior.m0, 1) if origin is None else origin
    return NormalWishart.of(prior.form, K, origin, prior.beta0, prior.m0, prior.nu0, prior.given)


def reference_posterior(model, q):
    """q of the model in the reference's parameters."""
    c, halved = q.components, model.components.form.name in ("diag", "spherical")
    factor = 0.5 if halved else 1.0
    return reference.Posterior(
        c.strength, c.means + model.components.origin, factor * c.dof, factor * c.scatter
    )


def reference_weights(model, q):
    """E[log pi] and the two terms of the weights, by component."""
    weights, w = model.weights, q.weights
    if isinstance(weights, DirichletWeights):
        return reference.Dirichlet(weights.concentration).terms(w.counts)
    if isinstance(weights, PointWeights):
        return np.log(w.counts / w.counts.sum()), 0.0, 0.0
    sticks = reference.Sticks(weights.concentration, weights.concentration_prior)
    v = sticks.posterior(w.counts[w.order], w.concentration)
    q_alpha = None
    if w.rate is not None:
        q_alpha = (weights.concentration_prior[0] + len(w.counts) - 1, w.rate)
    log_pi, p, own = sticks.terms(v, q_alpha)
    return log_pi[np.argsort(w.order)], p, own


def explicit(model, prior, q, X, R):
    log_pi, p, own = reference_weights(model, q)
    return reference.explicit_bound(prior, reference_posterior(model, q), X, R, log_pi, p, own)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("form", FORMS)
def test_the_bound_is_that_of_the_book_after_every_half_step(form, weights):
    X, K = three_clusters(), 6
    prior, batch = prior_of(form, X), Observations(X)
    model = Mixture(WEIGHTS[weights](K), components_of(prior, K))
    q = model.init_globals(batch, np.random.default_rng(0))
    last = -np.inf
    for _ in range(25):
        view = model.expect(q)
        R = model.assign(batch, view, responsibilities=True).responsibilities
        stats, h, _ = model.local_step(batch, view)
        after_e = stats.inner(view) + h + model.global_bound(q)
        assert after_e == pytest.approx(explicit(model, prior, q, X, R), rel=1e-9)
        assert after_e >= last - 1e-9 * abs(last)
        q = model.global_step(stats, q)
        after_m = stats.inner(model.expect(q)) + h + model.global_bound(q)
        assert after_m == pytest.approx(explicit(model, prior, q, X, R), rel=1e-9)
        assert after_m >= after_e - 1e-9 * abs(after_e)
        last = after_m
        if weights == "learned":
            assert model.posterior_bound is None
        else:
            assert h + model.posterior_bound(q) == pytest.approx(after_m, rel=1e-11)
        if weights == "dirichlet":
            closed = model_closed = reference.Dirichlet(model.weights.concentration)
            closed = model_closed.closed(q.weights.counts)
        elif weights in ("sticks", "many sticks"):
            closed = reference.Sticks(model.weights.concentration).closed(q.weights.beta)
        else:
            continue
        expected = reference.closed_bound(prior, None, X, R, closed)
        assert after_m == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("D", [1, 3])
@pytest.mark.parametrize("form", FORMS)
def test_the_bound_of_one_component_is_the_evidence(form, D):
    X = three_clusters(4, D)
    prior = prior_of(form, X)
    evidence = reference.sequential_evidence(prior, X)
    for weights in (DirichletWeights(np.ones(1)), StickBreakingWeights(2.0, np.zeros(1))):
        monitor = Monitor(max_iter=2)
        model = Mixture(weights, components_of(prior, 1))
        cavi(model, [Observations(X)], monitor, rng=np.random.default_rng(0))
        assert monitor.lower_bounds == pytest.approx([evidence] * 2, rel=1e-10)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("weights", "exact"),
    [
        (DirichletWeights(np.array([0.5, 1.5])), reference.Dirichlet(np.array([0.5, 1.5]))),
        (StickBreakingWeights(0.5, np.zeros(2)), reference.Sticks(0.5)),
        (StickBreakingWeights(3.0, np.zeros(2)), reference.Sticks(3.0)),
        (StickBreakingWeights(1.0, np.zeros(2), (2.0, 1.0)), reference.Sticks(1.0, (2.0, 1.0))),
    ],
)
def test_the_bound_stays_below_the_evidence_by_enumeration(form, weights, exact):
    X = np.array([[0.0, 0.1], [0.2, -0.3], [-0.4, 0.2], [8.0, 9.0], [9.0, 8.5], [8.6, 9.3]])
    prior = prior_of(form, X, beta0=0.1)
    evidence = reference.exact_evidence(prior, exact, X, 2)
    bounds = []
    for seed in range(5):
        monitor, rng = Monitor(max_iter=60), np.random.default_rng(seed)
        model = Mixture(weights, components_of(prior, 2))
        cavi(model, [Observations(X)], monitor, rng=rng)
        bounds += monitor.lower_bounds
    assert max(bounds) < evidence
    assert evidence - max(bounds) < 2.5
