"""The driver with a model small enough to see through, and the protocol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.inference import Monitor, cavi
from fastvb.inference._protocol import (
    Blendable,
    Model,
    Renewable,
    Sampled,
    Settling,
    Stats,
    Storable,
)
from fastvb.models import DocumentBatch, LDAModel


@dataclass
class Sum:
    value: float

    def __add__(self, other):
        return Sum(self.value + other.value)

    def scale(self, factor):
        return Sum(self.value * factor)

    def zeros(self):
        return Sum(0.0)

    def inner(self, view):
        return self.value * view


class Half:
    """The globals move half of the way to the sum of the data; the bound is minus the distance."""

    carries_local = True

    def __init__(self):
        self.visits = []

    def init_globals(self, batch, rng):
        return 0.0

    def expect(self, globals_):
        return 0.0

    def local_step(self, batch, view, local=None, rng=None):
        self.visits.append((batch, local))
        return Sum(batch), 0.0, (local or 0) + 1

    def global_step(self, stats, globals_):
        self.target = stats.value
        return (globals_ + stats.value) / 2

    def global_bound(self, globals_):
        return -abs(globals_ - self.target)


class Faltering(Half):
    """The third local step starts over and spoils everything, unless told to settle."""

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, local = super().local_step(batch, view, local, rng)
        return stats, -1e6 if local == 3 else h, local

    def settle(self, local):
        return local if local > 50 else local + 100


def test_batches_are_summed_and_carried():
    model, monitor = Half(), Monitor(max_iter=3)
    assert cavi(model, [6.0, 2.0], monitor) == pytest.approx(7.0)
    assert monitor.lower_bounds == [-4.0, -2.0, -1.0]
    assert model.visits == [(6.0, None), (2.0, None), (6.0, 1), (2.0, 1), (6.0, 2), (2.0, 2)]
    assert set(monitor.timings) == {"local", "global", "bound", "total"}


def test_start_can_be_given():
    monitor = Monitor(max_iter=1)
    assert cavi(Half(), [8.0], monitor, globals_=4.0) == 6.0


def test_an_iteration_that_lowers_the_bound_is_done_again_settled():
    model, monitor = Faltering(), Monitor(max_iter=5)
    cavi(model, [8.0], monitor)
    assert monitor.lower_bounds == [-4.0, -2.0, -1.0, -0.5, -0.25]
    assert [local for _, local in model.visits] == [None, 1, 2, 102, 103, 104]


def test_models_that_cannot_settle_may_fall():
    class Stubborn(Faltering):
        settle = None

        def __getattribute__(self, name):
            if name == "settle":
                raise AttributeError(name)
            return super().__getattribute__(name)

    monitor = Monitor(max_iter=3)
    cavi(Stubborn(), [8.0], monitor)
    assert monitor.lower_bounds[-1] < -1e5


@pytest.mark.parametrize("value", [np.nan, -np.inf, np.inf])
def test_a_bound_that_is_not_finite_is_refused(value):
    class Overflowing(Half):
        def local_step(self, batch, view, local=None, rng=None):
            stats, h, local = super().local_step(batch, view, local, rng)
            return stats, value if local == 3 else h, local

    monitor = Monitor(max_iter=9)
    with pytest.raises(FloatingPointError, match=f"finite, got {value} in iteration 3"):
        cavi(Overflowing(), [8.0], monitor)
    assert monitor.lower_bounds == [-4.0, -2.0]


def test_iterators_are_refused():
    with pytest.raises(TypeError, match="iterable more than once"):
        cavi(Half(), iter([1.0]), Monitor(max_iter=2))
    with pytest.raises(ValueError, match="at least one batch"):
        cavi(Half(), [], Monitor(max_iter=2))


def test_lda_satisfies_the_protocol():
    model = LDAModel(np.full(2, 0.5), 0.1, 3)
    assert isinstance(model, Model)
    for capability in (Blendable, Renewable, Sampled, Settling, Storable):
        assert isinstance(model, capability)
    batch = DocumentBatch(sp.csr_matrix(np.eye(3)))
    view = model.expect(model.init_globals(batch, np.random.default_rng(0)))
    assert isinstance(model.local_step(batch, view)[0], Stats)


@pytest.mark.parametrize("n_parts", [1, 4])
def test_parts_of_a_corpus_give_the_same_topics(n_parts):
    X = sp.csr_matrix(np.random.default_rng(0).poisson(0.3, (40, 50)).astype(float))
    model, monitor = LDAModel(np.full(3, 0.5), 0.1, 50), Monitor(max_iter=30)
    parts = [DocumentBatch(X[rows]) for rows in np.array_split(np.arange(40), n_parts)]
    globals_ = cavi(model, parts, monitor, rng=np.random.RandomState(0))
    whole = Monitor(max_iter=30)
    expected = cavi(model, [DocumentBatch(X)], whole, rng=np.random.RandomState(0))
    np.testing.assert_allclose(globals_.topic_word, expected.topic_word, 1e-6)
    np.testing.assert_allclose(monitor.lower_bounds, whole.lower_bounds, 1e-10)
    assert np.diff(monitor.lower_bounds).min() > -1e-9
