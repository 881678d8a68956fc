"""Memoized inference: exact bounds after every batch, monotone, the same from disk."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.bernoulli_mixture import BernoulliMixture, Terms, random_data

from fastvb.inference import Monitor, memoized

DATA = random_data(45)
BATCHES = [DATA[i : i + 10] for i in range(0, 45, 10)]
MODEL = BernoulliMixture.flat(3, 5)
START = MODEL.init_globals(None, np.random.default_rng(1))


class Watched(BernoulliMixture):
    """Keeps what every visit has returned."""

    def __init__(self, prior):
        super().__init__(prior)
        object.__setattr__(self, "visits", [])

    def local_step(self, batch, view, local=None, rng=None):
        result = super().local_step(batch, view, local, rng)
        number = next(i for i, known in enumerate(BATCHES) if batch is known)
        self.visits.append((number, local, *result))
        return result


class Conjugate(BernoulliMixture):
    def posterior_bound(self, globals_):
        stats = globals_ - self.prior
        return stats.inner(self.expect(globals_)) + self.global_bound(globals_)


def bits(globals_):
    return [x.tobytes() for x in vars(globals_).values()]


def test_the_bound_is_that_of_all_data_after_every_batch():
    model, monitor = Watched(MODEL.prior), Monitor(max_iter=4)
    memoized(model, BATCHES, monitor, globals_=START)
    kept, expected = {}, []
    for number, _, stats, h, _ in model.visits:
        kept[number] = stats, h
        if len(kept) == len(BATCHES):
            total = sum((s for s, _ in kept.values()), kept[0][0].zeros())
            globals_ = MODEL.prior + total
            bound = total.inner(MODEL.expect(globals_)) + MODEL.global_bound(globals_)
            expected.append(bound + sum(h for _, h in kept.values()))
    assert len(expected) == 1 + 3 * len(BATCHES)
    np.testing.assert_allclose(monitor.batch_bounds, expected, 1e-12)
    assert monitor.lower_bounds == monitor.batch_bounds[:: len(BATCHES)]


def test_the_bound_rises_and_stays_below_the_evidence():
    data = DATA[:9]
    model, monitor = BernoulliMixture.flat(2, 5), Monitor(max_iter=60)
    memoized(model, [data[:4], data[4:6], data[6:]], monitor, rng=np.random.default_rng(2))
    assert np.diff(monitor.batch_bounds).min() > -1e-12
    assert np.ptp(monitor.batch_bounds) > 1e-3
    assert monitor.batch_bounds[-1] < model.exact_evidence(data)


def test_waiting_makes_the_first_lap_an_update_of_all_data():
    monitor = Monitor(max_iter=1)
    after = memoized(MODEL, BATCHES, monitor, globals_=START, wait=True)
    view = MODEL.expect(START)
    visits = [MODEL.local_step(batch, view) for batch in BATCHES]
    total = sum((stats for stats, _, _ in visits), visits[0][0].zeros())
    for name, value in vars(MODEL.global_step(total, START)).items():
        np.testing.assert_allclose(getattr(after, name), value, rtol=1e-12)


def test_its_limit_is_a_fixed_point_of_coordinate_ascent():
    globals_ = memoized(MODEL, BATCHES, Monitor(max_iter=400), globals_=START, bound=None)
    stats, _, _ = MODEL.local_step(DATA, MODEL.expect(globals_))
    np.testing.assert_allclose(MODEL.global_step(stats, None).pairs, globals_.pairs, 1e-6)


def test_every_lap_visits_every_batch_with_its_own_local():
    model = Watched(MODEL.prior)
    memoized(model, BATCHES, Monitor(max_iter=4), globals_=START, seed=1)
    laps = [[visit[0] for visit in model.visits[i : i + 5]] for i in range(0, 20, 5)]
    assert all(sorted(lap) == [0, 1, 2, 3, 4] for lap in laps)
    assert len({tuple(lap) for lap in laps}) > 1
    last = {}
    for number, local, _, _, after in model.visits:
        assert local is last.get(number)
        last[number] = after
    other = Watched(MODEL.prior)
    memoized(other, BATCHES, Monitor(max_iter=2), globals_=START, shuffle=False)
    assert [visit[0] for visit in other.visits] == [0, 1, 2, 3, 4] * 2


def test_sums_are_made_anew_at_the_end_of_a_lap():
    class Drifting(Terms):
        def __add__(self, other):
            return Drifting(*vars(Terms.__add__(self, other)).values())

        def __sub__(self, other):
            return Drifting(*vars(Terms.__sub__(self, other)).values()) + self.scale(1e-3)

    class DriftingModel(BernoulliMixture):
        def local_step(self, batch, view, local=None, rng=None):
            stats, h, local = super().local_step(batch, view, local, rng)
            return Drifting(stats.weights, stats.pairs), h, local

    model = DriftingModel(MODEL.prior)
    globals_ = memoized(model, BATCHES, Monitor(max_iter=5), globals_=START)
    assert globals_.weights.sum() == pytest.approx(45 + 3 * 0.7, rel=1e-14)


def test_a_closed_bound_is_used():
    model, monitor, expected = Conjugate(MODEL.prior), Monitor(max_iter=3), Monitor(max_iter=3)
    globals_ = memoized(model, BATCHES, monitor, globals_=START)
    assert bits(globals_) == bits(memoized(MODEL, BATCHES, expected, globals_=START))
    np.testing.assert_allclose(monitor.batch_bounds, expected.batch_bounds, 1e-12)


@pytest.mark.parametrize("bound", ["lap", None])
def test_bounds_may_be_rarer(bound):
    monitor, expected = Monitor(max_iter=3), Monitor(max_iter=3)
    globals_ = memoized(MODEL, BATCHES, monitor, globals_=START, bound=bound)
    assert bits(globals_) == bits(memoized(MODEL, BATCHES, expected, globals_=START))
    assert monitor.batch_bounds == []
    if bound is None:
        assert all(map(math.isnan, monitor.lower_bounds))
    else:
        assert monitor.lower_bounds == expected.lower_bounds


class Faltering(Watched):
    """The second visit of a batch spoils it, unless told to settle."""

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, r = super().local_step(batch, view, None if local is None else local[0], rng)
        n_visits = 1 if local is None else local[1] + 1
        spoilt = n_visits == 2
        return stats, h - 100 * spoilt, (r, n_visits)

    def settle(self, local):
        return local if local[1] > 50 else (local[0], local[1] + 100)


def test_batches_that_lower_the_bound_are_visited_again_settled():
    model, monitor = Faltering(MODEL.prior), Monitor(max_iter=4)
    globals_ = memoized(model, BATCHES, monitor, globals_=START)
    expected = Monitor(max_iter=4)
    assert bits(globals_) == bits(memoized(MODEL, BATCHES, expected, globals_=START))
    assert monitor.batch_bounds == expected.batch_bounds
    assert len(model.visits) == 20 + 5
    rare = Faltering(MODEL.prior)
    memoized(rare, BATCHES, Monitor(max_iter=4), globals_=START, bound="lap")
    assert len(rare.visits) == 20


def test_spilled_is_the_same_bit_for_bit(tmp_path):
    folder, monitor, expected = tmp_path / "memo", Monitor(max_iter=3), Monitor(max_iter=3)
    folder.mkdir()
    (folder / "batch-9.lap-1.npz").touch()  # of a fit that was killed
    globals_ = memoized(MODEL, BATCHES, monitor, globals_=START, spill=folder)
    assert bits(globals_) == bits(memoized(MODEL, BATCHES, expected, globals_=START))
    assert monitor.batch_bounds == expected.batch_bounds
    assert sorted(path.name for path in folder.iterdir()) == [
        f"batch-{i}.lap-3.npz" for i in range(5)
    ]


def test_bad_input(tmp_path):
    with pytest.raises(ValueError, match="at least one batch"):
        memoized(MODEL, [], Monitor(1))
    with pytest.raises(ValueError, match="bound to be 'batch', 'lap' or None, got bound='epoch'"):
        memoized(MODEL, BATCHES, Monitor(1), bound="epoch")

    class Unnamed(BernoulliMixture):
        state_types = property()

    with pytest.raises(TypeError, match="a model with state_types, which memoized with spill"):
        memoized(Unnamed(MODEL.prior), BATCHES, Monitor(1), spill=tmp_path)


def test_a_bound_that_is_not_finite_is_refused():
    class Overflowing(BernoulliMixture):
        def local_step(self, batch, view, local=None, rng=None):
            stats, _, local = super().local_step(batch, view, local, rng)
            return stats, math.inf, local

    with pytest.raises(FloatingPointError, match="finite, got inf in iteration 1"):
        memoized(Overflowing(MODEL.prior), BATCHES, Monitor(3), globals_=START)
