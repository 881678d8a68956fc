"""Stochastic inference: right on average, exact in the limit, and reproducible."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from reference.bernoulli_mixture import BernoulliMixture, Blocks, Terms, random_data

from fastvb.inference import (
    ConstantRate,
    CosineRate,
    Monitor,
    RobbinsMonro,
    cavi,
    svi,
    svi_step,
)

DATA = random_data()
MODEL = BernoulliMixture.flat(2, 5)
START = MODEL.init_globals(None, np.random.default_rng(1))
FULL = RobbinsMonro(decay=0, offset=1)


def run(size=7, max_iter=3, monitor=None, **options):
    monitor = monitor or Monitor(max_iter)
    options = {"schedule": RobbinsMonro(0.6, 2), "globals_": START} | options
    return svi(MODEL, Blocks(DATA, size), monitor, **options), monitor


def assert_close(a, b, tol=1e-13):
    for x, y in zip(vars(a).values(), vars(b).values(), strict=True):
        np.testing.assert_allclose(x, y, tol)


def test_schedule_counts_as_scikit_learn_does():
    schedule = RobbinsMonro(decay=0.7, offset=10.0)
    assert [schedule.rate(t) for t in (1, 2, 50)] == [11.0**-0.7, 12.0**-0.7, 60.0**-0.7]
    assert RobbinsMonro(0, 1).rate(3) == 1.0
    assert RobbinsMonro(0.75, 0).rate(1) == 1.0


@pytest.mark.parametrize("options", [{"decay": 1.1}, {"decay": -0.1}, {"offset": -1}])
def test_schedule_is_checked(options):
    with pytest.raises(ValueError, match=f"Expected {next(iter(options))} to be finite"):
        RobbinsMonro(**options)


def test_a_constant_rate():
    assert [ConstantRate(0.2).rate(t) for t in (1, 10**9)] == [0.2, 0.2]


def test_a_cosine_falls_from_first_to_last():
    rates = [CosineRate(11, 0.8, 0.2).rate(t) for t in range(1, 14)]
    assert rates[0] == pytest.approx(0.8)
    assert rates[5] == pytest.approx(0.5)
    assert rates[10:] == pytest.approx([0.2] * 3)
    steps = np.diff(rates[:11])
    assert (steps < 0).all()
    assert np.abs(steps).argmax() in (4, 5)  # steep in the middle, flat at both ends


@pytest.mark.parametrize(
    "make",
    [
        lambda: ConstantRate(0.0), lambda: ConstantRate(1.5), lambda: CosineRate(1),
        lambda: CosineRate(5, first=0.0), lambda: CosineRate(5, first=0.1, last=0.2),
    ],
)  # fmt: skip
def test_rates_are_checked(make):
    with pytest.raises(ValueError, match=r"Expected (length|first|last|end) to be"):
        make()


@pytest.mark.parametrize("schedule", [ConstantRate(0.3), CosineRate(9, 0.9, 0.1)])
def test_every_schedule_steers_the_updates(schedule):
    globals_, _ = run(size=8, max_iter=2, schedule=schedule)
    expected, blocks = START, Blocks(DATA, 8)
    for t, batch in enumerate(itertools.chain(blocks.epoch(0), blocks.epoch(1)), start=1):
        expected = svi_step(MODEL, batch, expected, rate=schedule.rate(t), n_total=len(DATA))
    assert_close(globals_, expected)


def test_a_rate_that_is_none_is_refused():
    class Growing:
        def rate(self, update):
            return 0.6 * update

    with pytest.raises(TypeError, match=r"Expected schedule to have a method rate, got .*=0\.1"):
        run(size=8, schedule=0.1)
    with pytest.raises(ValueError, match=r"Expected schedule\.rate to be finite, above 0 and"):
        run(size=8, schedule=Growing())


def test_a_full_step_on_all_data_is_a_cavi_step():
    globals_, monitor = run(size=len(DATA), schedule=FULL)
    expected = Monitor(max_iter=3)
    assert_close(globals_, cavi(MODEL, [DATA], expected, globals_=START))
    # its bound meets each epoch's globals before the step
    view = MODEL.expect(START)
    stats, h, _ = MODEL.local_step(DATA, view)
    after = MODEL.global_step(stats, START)
    assert monitor.lower_bounds[0] == pytest.approx(
        stats.inner(view) + h + MODEL.global_bound(after), rel=1e-13
    )


def test_the_mean_over_all_mini_batches_is_the_full_step():
    data, rho = DATA[:6], 0.3
    full = svi_step(MODEL, data, START, rate=rho, n_total=6)
    subsets = [list(rows) for rows in itertools.combinations(range(6), 2)]
    steps = [svi_step(MODEL, data[rows], START, rate=rho, n_total=6) for rows in subsets]
    mean = sum(steps[1:], steps[0]).scale(1 / len(subsets))
    assert_close(mean, full, 1e-12)


def test_updates_are_those_of_single_steps():
    """Every mini-batch by its own size, also the short last one; t goes on over epochs."""
    globals_, _ = run(size=7, max_iter=2)
    expected, blocks = START, Blocks(DATA, 7)
    for t, batch in enumerate(itertools.chain(blocks.epoch(0), blocks.epoch(1)), start=1):
        rate = RobbinsMonro(0.6, 2).rate(t)
        target = MODEL.prior + MODEL.local_step(batch, MODEL.expect(expected))[0].scale(
            40 / len(batch)
        )
        expected = expected.scale(1 - rate) + target.scale(rate)
    assert_close(globals_, expected)


def test_updates_done_before_count():
    first, _ = run(size=10, max_iter=1)
    second = RobbinsMonro(0.6, 2)
    # as epoch 0 again, but with later steps
    got, _ = run(size=10, max_iter=1, globals_=first, n_updates=4)
    expected = first
    for t, batch in enumerate(Blocks(DATA, 10).epoch(0), start=5):
        expected = svi_step(MODEL, batch, expected, rate=second.rate(t), n_total=40)
    assert_close(got, expected)


def test_the_bound_is_scaled_to_all_observations():
    class Short(Blocks):
        def epoch(self, number, start=0):
            return iter(self.blocks[:2])

    monitor = Monitor(max_iter=1)
    globals_ = svi(MODEL, Short(DATA, 8), monitor, schedule=RobbinsMonro(), globals_=START)
    local, now = 0.0, START
    for t, batch in enumerate(Short(DATA, 8).epoch(0), start=1):
        stats, h, _ = MODEL.local_step(batch, MODEL.expect(now))
        local += stats.inner(MODEL.expect(now)) + h
        now = svi_step(MODEL, batch, now, rate=RobbinsMonro().rate(t), n_total=40)
    assert_close(globals_, now)
    expected = local * 40 / 16 + MODEL.global_bound(now)
    assert monitor.lower_bounds == [pytest.approx(expected, rel=1e-13)]


def test_the_bound_can_be_left_out():
    class Boundless(BernoulliMixture):
        def global_bound(self, globals_):
            raise AssertionError

    globals_, _ = run()
    monitor = Monitor(max_iter=3, tol=0.1)
    model = Boundless(MODEL.prior)
    schedule = RobbinsMonro(0.6, 2)
    without = svi(model, Blocks(DATA, 7), monitor, schedule=schedule, globals_=START, bound=None)
    assert np.isnan(monitor.lower_bounds).tolist() == [True] * 3
    assert not monitor.converged
    assert_close(without, globals_, 0)
    with pytest.raises(ValueError, match="bound to be 'epoch' or None, got bound='batch'"):
        run(bound="batch")


def test_it_comes_close_to_the_optimum():
    monitor = Monitor(max_iter=200)
    cavi(MODEL, [DATA], monitor, globals_=START)
    _, stochastic = run(size=8, max_iter=200, schedule=RobbinsMonro(0.9, 1))
    assert abs(stochastic.lower_bounds[-1] - monitor.lower_bounds[-1]) < 0.5


def test_number_of_observations():
    class Unknown(Blocks):
        def __init__(self, data, size):
            super().__init__(data, size)
            self.n_total = None

    options = {"schedule": RobbinsMonro(0.6, 2), "globals_": START}
    with pytest.raises(ValueError, match="Expected n_total, since minibatches do not know theirs"):
        svi(MODEL, Unknown(DATA, 7), Monitor(3), **options)
    known = svi(MODEL, Unknown(DATA, 7), Monitor(3), n_total=40, **options)
    assert_close(known, run()[0], 0)
    with pytest.raises(ValueError, match="Expected n_total to be finite, above 0"):
        run(n_total=0)


def test_no_data():
    with pytest.raises(ValueError, match="at least one batch"):
        svi(MODEL, Blocks(DATA[:0], 7, n_total=3), Monitor(1), schedule=FULL, globals_=START)
    with pytest.raises(ValueError, match="at least one batch"):
        svi(MODEL, Blocks(DATA[:0], 7, n_total=3), Monitor(1), schedule=FULL)
    empty = Blocks(DATA, 40)
    empty.blocks.append(DATA[:0])
    with pytest.raises(ValueError, match="at least one observation"):
        svi(MODEL, empty, Monitor(1), schedule=FULL, globals_=START)


def test_the_model_is_checked_before_any_work():
    class Rigid(BernoulliMixture):
        blend = property()

    with pytest.raises(TypeError, match="a model with blend, which svi needs, got model=Rigid"):
        svi(Rigid(MODEL.prior), None, None, schedule=FULL)
    with pytest.raises(TypeError, match="which svi_step needs"):
        svi_step(Rigid(MODEL.prior), None, None, rate=1, n_total=1)


def test_a_bound_that_is_not_finite_is_refused():
    broken = Terms(START.weights * np.nan, START.pairs)
    with pytest.raises(FloatingPointError, match="finite, got nan in iteration 1"):
        run(globals_=broken)
    with pytest.raises(FloatingPointError, match="finite, got nan in iteration 1"):
        run(globals_=broken, bound=None)


def test_local_steps_draw_by_the_number_of_the_update():
    class Drawing(BernoulliMixture):
        def local_step(self, batch, view, local=None, rng=None):
            drawn.append(rng.random())
            return super().local_step(batch, view, local, rng)

    options = {"schedule": FULL, "globals_": START}
    drawn = []
    svi(Drawing(MODEL.prior), Blocks(DATA, 10), Monitor(2), seed=3, **options)
    first, drawn = drawn, []
    assert len(set(first)) == 8
    svi(Drawing(MODEL.prior), Blocks(DATA, 10), Monitor(1), seed=3, n_updates=4, **options)
    assert drawn == first[4:]
    drawn = []
    svi(Drawing(MODEL.prior), Blocks(DATA, 10), Monitor(1), seed=4, **options)
    assert not set(drawn) & set(first)
