"""Families with their conjugate priors under the drivers: the answer is known."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reference.families import MAKE, OF_OBSERVATIONS

from fastvb import families
from fastvb.inference import (
    Checkpoint,
    ConstantRate,
    Monitor,
    RobbinsMonro,
    cavi,
    check_model,
    em,
    memoized,
    streaming,
    structured_svi,
    svi,
    svi_step,
)
from fastvb.models import ConjugateModel

PAIRS = [name for name in MAKE if getattr(families, name).conjugate_prior is not None]


def problem(name, size=12):
    rng = np.random.default_rng(3)
    family = getattr(families, name)
    prior = MAKE[family.conjugate_prior.__name__](rng, ())
    known = OF_OBSERVATIONS.get(name, {})
    return ConjugateModel(family, prior, known), MAKE[name](rng, ()).sample(4, size)


def posterior(model, x):
    known = dict(model.known)
    sums = model.likelihood.sufficient_statistics(x, **known).sum(axis=0)
    return model.likelihood.posterior(model.prior, sums, len(x), **known)


def evidence(model, x):
    """Chain rule: each observation by the predictive distribution of those before it."""
    known = {k: v for k, v in model.known.items() if k != "n_categories"}
    total = 0.0
    for n, each in enumerate(x):
        seen = posterior(model, x[:n]) if n else model.prior
        total += model.likelihood.predictive(seen, **known).log_prob(each)
    return float(total)


class Minibatches:
    n_total = 12

    def __init__(self, x, size):
        self.batches = [x[i : i + size] for i in range(0, len(x), size)]

    def epoch(self, number, start=0):
        return iter(self.batches[start:])


@pytest.mark.parametrize("name", PAIRS)
def test_one_step_is_the_posterior_and_its_bound_the_evidence(name):
    model, x = problem(name)
    exact, log_evidence = posterior(model, x), evidence(model, x)
    for driver in (cavi, em):
        monitor = Monitor(max_iter=2)
        q = driver(model, [x[:5], x[5:]], monitor)
        np.testing.assert_allclose(q.natural, exact.natural, 1e-12)
        assert monitor.lower_bounds[-1] == pytest.approx(log_evidence, rel=1e-10)
    monitor = Monitor(max_iter=1)
    q = memoized(model, [x[:5], x[5:]], monitor)
    np.testing.assert_allclose(q.natural, exact.natural, 1e-12)
    assert monitor.batch_bounds[-1] == pytest.approx(log_evidence, rel=1e-10)


@pytest.mark.parametrize("name", PAIRS)
def test_streaming_is_batch(name):
    model, x = problem(name)
    q = streaming(model, [x[:3], x[3:4], x[4:]], Monitor(None))
    np.testing.assert_allclose(q.natural, posterior(model, x).natural, 1e-11)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("driver", [svi, structured_svi])
def test_a_full_stochastic_step_is_the_posterior(name, driver):
    """Of structured inference, too: without locals the draw is not read."""
    model, x = problem(name)
    q = driver(model, Minibatches(x, 12), Monitor(3), schedule=RobbinsMonro(0, 1))
    np.testing.assert_allclose(q.natural, posterior(model, x).natural, 1e-12)
    q = driver(model, Minibatches(x, 4), Monitor(1), schedule=RobbinsMonro(1, 0))
    np.testing.assert_allclose(q.natural, posterior(model, x).natural, 1e-11)  # a mean


@pytest.mark.parametrize("name", PAIRS)
def test_stochastic_steps_are_right_on_average(name):
    model, x = problem(name)
    start = model.init_globals(x, None)
    full = svi_step(model, x, start, rate=0.3, n_total=12).natural
    parts = [
        svi_step(model, x[i : i + 3], start, rate=0.3, n_total=12).natural for i in (0, 3, 6, 9)
    ]
    np.testing.assert_allclose(np.mean(parts, axis=0), full, 1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_it_keeps_its_promises(name):
    model, x = problem(name)
    check_model(model, x)


@pytest.mark.parametrize("name", PAIRS)
def test_gradient_of_the_bound_in_natural_coordinates(name):
    """A''(lambda) times the way to the posterior, so that way is the natural gradient.

    M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, equation 14.
    """
    model, x = problem(name)
    stats, _, _ = model.local_step(x, None)
    q, best = model.init_globals(x, None), posterior(model, x)
    direction = best.natural - q.natural

    def bound(step):
        at = q.from_natural(q.natural + step * direction)
        return stats.inner(model.expect(at)) + model.global_bound(at)

    for where in (0.1, 0.5, 1.0):
        here = q.from_natural(q.natural + where * direction)
        expected = here.hessian_vector_product((1.0 - where) * direction) @ direction
        slope = (bound(where + 1e-4) - bound(where - 1e-4)) / 2e-4
        assert slope == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_batch_axes_are_problems_of_their_own():
    rng = np.random.default_rng(0)
    x = rng.poisson([1.0, 5.0, 20.0], (30, 3))
    prior, monitor = families.Gamma([2.0, 1.0, 3.0], 0.5), Monitor(1)
    q = cavi(ConjugateModel(families.Poisson, prior), [x], monitor)
    np.testing.assert_allclose(q.shape, [2.0, 1.0, 3.0] + x.sum(axis=0))
    np.testing.assert_allclose(q.rate, 30.5)
    single = [ConjugateModel(families.Poisson, families.Gamma(a, 0.5)) for a in (2.0, 1.0, 3.0)]
    total = sum(evidence(model, column) for model, column in zip(single, x.T, strict=True))
    assert monitor.lower_bounds[0] == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize("shape", [(3,), (4,), (4, 2), (3, 1)])
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (
            ConjugateModel(families.Poisson, families.Gamma([1.0, 2.0, 3.0], 1.0)),
            "prior.batch_shape",
        ),
        (
            ConjugateModel(
                families.NormalKnownVariance, families.Normal(0.0, 1.0), {"variance": np.ones(3)}
            ),
            "variance.shape",
        ),
        (
            ConjugateModel(
                families.NormalKnownMean, families.Gamma(1.0, 1.0), {"mean": [0.0, 1.0, 2.0]}
            ),
            "mean.shape",
        ),
    ],
)
def test_observations_have_the_batch_axes(model, name, shape):
    """Also where known axes would vanish in the sum over observations."""
    x = np.arange(np.prod(shape)).reshape(shape)
    message = f"Expected prior and known to .*, {shape[1:]} behind the first, got {name}=(3,)."
    message = re.escape(message).replace(r"\.\*", ".*")
    with pytest.raises(ValueError, match=message):
        cavi(model, [x], Monitor(1))
    with pytest.raises(ValueError, match=message):
        model.local_step(x, None)


def test_draws_of_nothing_do_not_matter():
    """Of a small prior, most draws are zeros to the last bit."""
    labels = np.random.default_rng(0).integers(8, size=12)
    model = ConjugateModel(
        families.Categorical, families.Dirichlet(np.full(50, 1e-3)), {"n_categories": 50}
    )
    monitor = Monitor(3)
    q = structured_svi(model, Minibatches(labels, 12), monitor, schedule=RobbinsMonro(0, 1))
    np.testing.assert_allclose(q.concentration, 1e-3 + np.bincount(labels, minlength=50))
    assert np.isfinite(monitor.lower_bounds).all()


def test_a_constant_rate_follows_data_that_drift():
    model = ConjugateModel(families.Poisson, families.Gamma(1.0, 1.0))
    x = np.repeat([3, 9], 200)
    batches = Minibatches(x, 10)
    batches.n_total = 400
    q = svi(model, batches, Monitor(1), schedule=ConstantRate(0.2))
    assert q.shape / q.rate == pytest.approx(9, rel=0.02)


def test_it_goes_on_from_a_checkpoint(tmp_path):
    model, x = problem("Normal")
    options = {"schedule": RobbinsMonro(0.7, 1.0), "seed": 3}
    whole = structured_svi(model, Minibatches(x, 4), Monitor(4), **options)
    saved = {"checkpoint": Checkpoint(tmp_path / "state", every=1)}
    structured_svi(model, Minibatches(x, 4), Monitor(2), **options, **saved)
    resumed = structured_svi(model, Minibatches(x, 4), Monitor(4), **options, **saved)
    np.testing.assert_array_equal(resumed.natural, whole.natural)


def test_the_prior_must_be_conjugate():
    with pytest.raises(TypeError, match="Expected prior to be of class Dirichlet, got Gamma"):
        ConjugateModel(families.Categorical, families.Gamma(1.0, 1.0))
    with pytest.raises(TypeError, match="whose conjugate prior has a closed form"):
        ConjugateModel(families.Gamma, families.Gamma(1.0, 1.0))
