"""Streaming inference: exact where nothing is hidden, and forgetful on demand."""

from __future__ import annotations

import numpy as np
import pytest
from reference.bernoulli_mixture import BernoulliMixture, random_data

from fastvb.inference import Monitor, cavi, streaming

DATA = random_data(30)
BATCHES = [DATA[:7], DATA[7:20], DATA[20:]]
PLAIN, MIXTURE = BernoulliMixture.flat(1, 5), BernoulliMixture.flat(2, 5)


def rng():
    return np.random.default_rng(3)


def test_without_locals_it_equals_all_data_at_once():
    monitor, expected = Monitor(max_iter=None), Monitor(max_iter=2)
    globals_ = streaming(PLAIN, BATCHES, monitor, rng=rng())
    whole = cavi(PLAIN, [DATA], expected, rng=rng())
    np.testing.assert_allclose(globals_.pairs, whole.pairs, 1e-14)
    np.testing.assert_allclose(globals_.weights, whole.weights, 1e-14)
    assert len(monitor.lower_bounds) == 3
    # the increments of the log evidence
    assert sum(monitor.lower_bounds) == pytest.approx(expected.lower_bounds[-1], rel=1e-13)
    assert sum(monitor.lower_bounds) == pytest.approx(PLAIN.exact_evidence(DATA), rel=1e-13)
    assert monitor.timings.keys() >= {"local", "global", "bound", "total"}


def test_each_batch_is_brought_to_convergence_under_the_last_posterior():
    globals_ = streaming(MIXTURE, BATCHES[:2], Monitor(None), rng=rng(), max_iter=40, tol=0)
    first = cavi(MIXTURE, BATCHES[:1], Monitor(40), rng=rng())
    second = cavi(MIXTURE.with_prior(first), BATCHES[1:2], Monitor(40), globals_=first)
    np.testing.assert_array_equal(globals_.pairs, second.pairs)


def test_a_generator_will_do_and_the_monitor_may_end_it():
    expected = streaming(MIXTURE, BATCHES[:2], Monitor(None), rng=rng())
    monitor = Monitor(max_iter=2)
    globals_ = streaming(MIXTURE, (batch for batch in BATCHES), monitor, rng=rng())
    np.testing.assert_array_equal(globals_.pairs, expected.pairs)
    assert len(monitor.lower_bounds) == 2


def test_forgetting():
    f = 0.25
    globals_ = streaming(PLAIN, BATCHES, Monitor(None), rng=rng(), forgetting=f)
    counts = [np.stack([batch.sum(axis=0), (1 - batch).sum(axis=0)], axis=-1) for batch in BATCHES]
    expected = 0.8 + (1 - f) ** 2 * counts[0] + (1 - f) * counts[1] + counts[2]
    np.testing.assert_allclose(globals_.pairs[0], expected, 1e-13)


def test_complete_forgetting_knows_the_last_batch_only():
    globals_ = streaming(PLAIN, BATCHES, Monitor(None), rng=rng(), forgetting=1)
    last = cavi(PLAIN, BATCHES[2:], Monitor(1), rng=rng())
    np.testing.assert_allclose(globals_.pairs, last.pairs, 1e-14)


def test_bad_input():
    class Fixed(BernoulliMixture):
        with_prior = property()

    class Rigid(BernoulliMixture):
        blend = property()

    with pytest.raises(TypeError, match="a model with with_prior, which streaming needs"):
        streaming(Fixed(PLAIN.prior), BATCHES, Monitor(None))
    with pytest.raises(TypeError, match="a model with blend, which streaming with forgetting"):
        streaming(Rigid(PLAIN.prior), BATCHES, Monitor(None), forgetting=0.1)
    streaming(Rigid(PLAIN.prior), BATCHES, Monitor(None), rng=rng())
    with pytest.raises(ValueError, match="Expected forgetting to be finite, at least 0"):
        streaming(PLAIN, BATCHES, Monitor(None), forgetting=1.5)
    with pytest.raises(ValueError, match="at least one batch"):
        streaming(PLAIN, [], Monitor(None))
