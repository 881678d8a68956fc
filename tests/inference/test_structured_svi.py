"""Structured stochastic inference: one draw for each update, its correction, its bound."""

from __future__ import annotations

import numpy as np
import pytest
from reference.bernoulli_mixture import BernoulliMixture, Blocks, corrected, random_data
from scipy.special import logsumexp
from scipy.stats import gamma

from fastvb.inference import (
    Monitor,
    RobbinsMonro,
    structured_bound,
    structured_svi,
    structured_svi_step,
    svi,
)

DATA = random_data()
MODEL = BernoulliMixture.flat(2, 5)
START = MODEL.init_globals(None, np.random.default_rng(1))
SCHEDULE = RobbinsMonro(0.75, 0)


class Watched(BernoulliMixture):
    """Keeps the views that were drawn."""

    def __init__(self, prior):
        super().__init__(prior)
        object.__setattr__(self, "drawn", [])

    def sample_view(self, globals_, rng):
        view = super().sample_view(globals_, rng)
        self.drawn.append((globals_, view))
        return view

    def expect(self, globals_):
        raise AssertionError("asked for an expectation")


def run(model=MODEL, size=8, max_iter=2, monitor=None, **options):
    options = {"schedule": SCHEDULE, "globals_": START} | options
    return structured_svi(model, Blocks(DATA, size), monitor or Monitor(max_iter), **options)


@pytest.mark.parametrize("full", [False, True])
def test_updates_by_one_draw_each(full):
    model, monitor = Watched(MODEL.prior), Monitor(max_iter=2)
    globals_ = run(model, monitor=monitor, full=full)
    batches = [*Blocks(DATA, 8).epoch(0), *Blocks(DATA, 8).epoch(1)]
    assert len(model.drawn) == len(batches) == 10
    expected, bounds = START, np.zeros(10)
    for t, (batch, (met, view)) in enumerate(zip(batches, model.drawn, strict=True)):
        np.testing.assert_allclose(met.pairs, expected.pairs, 1e-13)
        stats, h, _ = MODEL.local_step(batch, view)
        bounds[t] = stats.inner(view) + h
        if full:
            stats = MODEL.natural_stats(stats, view)
        target = MODEL.prior + stats.scale(40 / 8)
        expected = MODEL.blend(expected, target, SCHEDULE.rate(t + 1))
    np.testing.assert_allclose(globals_.pairs, expected.pairs, 1e-13)
    last = bounds[5:].sum() + MODEL.global_bound(globals_)
    assert monitor.lower_bounds[1] == pytest.approx(last, rel=1e-13)


def test_without_locals_there_is_nothing_to_structure():
    plain = BernoulliMixture.flat(1, 5)
    start = plain.prior
    expected = svi(plain, Blocks(DATA, 8), Monitor(2), schedule=SCHEDULE, globals_=start)
    globals_ = structured_svi(plain, Blocks(DATA, 8), Monitor(2), schedule=SCHEDULE, globals_=start)
    np.testing.assert_allclose(globals_.pairs, expected.pairs, 1e-13)


def test_draws_depend_on_seed_and_number_of_the_update_alone():
    views = []
    for options in ({"max_iter": 2}, {"max_iter": 1, "n_updates": 5}, {"seed": 1}, {"seed": 1}):
        model = Watched(MODEL.prior)
        run(model, **({"max_iter": 1} | options), schedule=RobbinsMonro(1, 1e9))
        views.append([view.weights for _, view in model.drawn])
    np.testing.assert_allclose(views[0][5:], views[1], 1e-6)  # the globals hardly move
    np.testing.assert_array_equal(views[2], views[3])
    assert np.abs(np.array(views[2]) - views[0][:5]).min() > 1e-9


def test_the_first_epoch_may_be_ramped():
    model = Watched(MODEL.prior)
    globals_ = run(model, size=10, ramp=True)
    batches = [*Blocks(DATA, 10).epoch(0), *Blocks(DATA, 10).epoch(1)]
    expected = START
    for t, (batch, (_, view)) in enumerate(zip(batches, model.drawn, strict=True), start=1):
        stats, _, _ = MODEL.local_step(batch, view)
        target = MODEL.prior + stats.scale(min(10 * t, 40) / 10)
        expected = MODEL.blend(expected, target, SCHEDULE.rate(t))
    np.testing.assert_allclose(globals_.pairs, expected.pairs, 1e-13)


def test_the_mean_of_v_is_the_identity():
    """Over a fine grid of quantiles of the two Gamma variables of a Beta."""
    parameters, stats, n_points = np.array([2.3, 4.1]), np.array([5.0, 1.5]), 400
    u = (np.arange(n_points) + 0.5) / n_points
    quantiles = np.meshgrid(*(gamma.ppf(u, a) for a in parameters))
    values = corrected(stats, parameters, np.stack(quantiles, axis=-1))
    np.testing.assert_allclose(values.mean(axis=(0, 1)), stats, atol=0.03)
    assert values.std(axis=(0, 1)).min() > 0.3  # far from the identity each


def test_one_step():
    rng = np.random.default_rng
    got = structured_svi_step(MODEL, DATA, START, rate=0.5, n_total=80, rng=rng(5), full=True)
    view = MODEL.sample_view(START, rng(5))
    stats = MODEL.natural_stats(MODEL.local_step(DATA, view)[0], view)
    expected = MODEL.blend(START, MODEL.prior + stats.scale(2), 0.5)
    np.testing.assert_allclose(got.pairs, expected.pairs, 1e-13)


def test_the_model_is_checked_before_any_work():
    class Unsampled(BernoulliMixture):
        sample_view = property()

    class Uncorrected(BernoulliMixture):
        natural_stats = property()

    with pytest.raises(TypeError, match="sample_view, which structured_svi needs, got model=Uns"):
        structured_svi(Unsampled(MODEL.prior), None, None, schedule=SCHEDULE)
    with pytest.raises(TypeError, match="natural_stats, which structured_svi needs, got model=Unc"):
        structured_svi(Uncorrected(MODEL.prior), None, None, schedule=SCHEDULE, full=True)
    with pytest.raises(TypeError, match="sample_view, which structured_bound needs"):
        structured_bound(Unsampled(MODEL.prior), [DATA], START)
    run(Uncorrected(MODEL.prior))


def test_bound_against_the_evidence():
    """Given a draw, the local step is exact: the bound is E[log p(x | draw)] - KL."""
    estimate, error = structured_bound(MODEL, [DATA[:5], DATA[5:9]], START, n_draws=1000)
    again, _ = structured_bound(MODEL, [DATA[:9]], START, n_draws=1000)
    assert estimate == pytest.approx(again, rel=1e-12)
    assert estimate < MODEL.exact_evidence(DATA[:9])
    rng, values = np.random.default_rng(7), []
    for _ in range(1000):
        view = MODEL.sample_view(START, rng)
        ones, zeros = view.pairs[..., 0], view.pairs[..., 1]
        log_joint = view.weights + DATA[:9] @ ones.T + (1 - DATA[:9]) @ zeros.T
        values.append(logsumexp(log_joint, axis=1).sum())
    expected = np.mean(values) + MODEL.global_bound(START)
    assert abs(estimate - expected) < 5 * np.sqrt(2) * error
    assert error == pytest.approx(np.std(values) / np.sqrt(1000), rel=0.1)


def test_bound_of_bad_input():
    with pytest.raises(ValueError, match="n_draws to be at least 2"):
        structured_bound(MODEL, [DATA], START, n_draws=1)
    with pytest.raises(TypeError, match="iterable more than once"):
        structured_bound(MODEL, iter([DATA]), START)
    with pytest.raises(ValueError, match="at least one batch"):
        structured_bound(MODEL, [], START)
