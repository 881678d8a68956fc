"""Trace, stopping, callback and progress of a fit."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from fastvb.inference import FitState, Monitor


def run(monitor, bounds):
    for _, bound in zip(monitor.iterations(), bounds, strict=False):
        monitor.record(bound)
    return len(monitor.lower_bounds)


def test_runs_to_max_iter_without_tolerance():
    monitor = Monitor(max_iter=4)
    assert run(monitor, [-1.0] * 9) == 4
    assert not monitor.converged
    assert monitor.timings["total"] >= 0


def test_tolerance_is_relative():
    bounds = [-1100.0, -1010.0, -1009.0, -1008.9]
    monitor = Monitor(max_iter=9, tol=1.1e-3)
    assert run(monitor, bounds) == 3
    assert monitor.converged


def test_further_criterion():
    monitor = Monitor(max_iter=9, stop=lambda state: state.n_iter == 2)
    assert run(monitor, [-3.0, -2.0, -1.0]) == 2
    assert monitor.converged


def test_callback_is_told():
    states = []
    monitor = Monitor(max_iter=3, callback=states.append)
    run(monitor, [-4.0, -2.0, -1.0])
    assert [type(state) for state in states] == [FitState] * 3
    assert [state.n_iter for state in states] == [1, 2, 3]
    assert [state.lower_bound for state in states] == [-4.0, -2.0, -1.0]
    assert [state.change for state in states] == [float("inf"), 2.0, 1.0]
    assert states[0].seconds <= states[2].seconds
    assert states[0].max_iter == 3


def test_callback_may_end_the_fit():
    def give_up(state):
        raise RuntimeError("enough")

    monitor = Monitor(max_iter=3, callback=give_up)
    with pytest.raises(RuntimeError, match="enough"):
        run(monitor, [-1.0, -1.0])
    assert len(monitor.lower_bounds) == 1


def test_progress_bar(capsys):
    pytest.importorskip("tqdm", reason="needs tqdm")
    run(Monitor(max_iter=2, progress=True), [-2.0, -1.5])
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "lower bound -1.5" in shown


def test_progress_without_tqdm(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    run(Monitor(max_iter=2, progress=True), [-2.0, -1.5])
    assert "iteration 2 of 2: lower bound -1.5" in capsys.readouterr().err


def test_scores_are_kept_and_told():
    states = []
    monitor = Monitor(max_iter=3, score=lambda globals_: -globals_, callback=states.append)
    for n_iter in monitor.iterations():
        monitor.record(-1.0, globals_=10 * n_iter)
    assert monitor.scores == [-10.0, -20.0, -30.0]
    assert [state.score for state in states] == monitor.scores
    assert "score" in monitor.timings


@pytest.mark.parametrize(
    ("scores", "n_iter"),
    [([1, 2, 2, 1.5, 3], 4), ([3, 2, 1], 3), ([1, 2, 3, 4, 5], 5), ([1, float("nan"), 0.5], 3)],
)
def test_patience(scores, n_iter):
    monitor = Monitor(max_iter=len(scores), score=lambda globals_: globals_, patience=2)
    for number in monitor.iterations():
        monitor.record(-1.0, scores[number - 1])
    assert len(monitor.scores) == n_iter
    assert monitor.converged is (scores != [1, 2, 3, 4, 5])


def test_patience_needs_a_score():
    with pytest.raises(ValueError, match="Expected a score to wait for, got patience=2"):
        Monitor(max_iter=3, patience=2)
    with pytest.raises(ValueError, match="patience to be at least 1"):
        Monitor(max_iter=3, score=abs, patience=0)


def test_no_limit():
    states = []
    monitor = Monitor(max_iter=None, stop=lambda state: state.n_iter == 50, callback=states.append)
    assert run(monitor, [-1.0] * 99) == 50
    assert states[0].max_iter is None


def test_bounds_that_were_not_asked_for(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monitor = Monitor(max_iter=None, tol=0.5, progress=True, stop=lambda state: state.n_iter == 2)
    run(monitor, [float("nan")] * 5)
    assert capsys.readouterr().err.startswith("iteration 1: 0.")


def test_a_restored_trace_goes_on():
    """Criteria that look back meet what they have met before."""

    def every_second():
        seen = []

        def stop(state):
            seen.append(state.lower_bound)
            return sum(seen) < -9

        return stop

    whole = Monitor(max_iter=9, stop=every_second())
    run(whole, [-3.0, -2.0, -2.5, -2.0, -1.0])
    for n_done in range(5):
        parts = Monitor(max_iter=n_done, stop=every_second(), score=lambda globals_: 0.0)
        run(parts, whole.lower_bounds)
        rest = Monitor(max_iter=9, stop=every_second(), score=lambda globals_: 0.0)
        rest.restore(parts.trace())
        run(rest, whole.lower_bounds[n_done:])
        assert rest.lower_bounds == whole.lower_bounds == [-3.0, -2.0, -2.5, -2.0]
        assert rest.converged
        assert len(rest.scores) == 4


def run_parameters(monitor, values, bounds=None):
    bounds = bounds or [float("nan")] * len(values)
    for _, value, bound in zip(monitor.iterations(), values, bounds, strict=False):
        monitor.record(bound, value)
    return len(monitor.lower_bounds)


def test_parameters_come_to_rest():
    """Their largest change beside the largest of them; a sign does not matter."""
    values = [np.array(x) for x in ([8.0, -2.0], [10.0, -2.0], [10.0, 3.0], [10.0, 3.1], [9.0, 0])]
    states = []
    monitor = Monitor(9, parameters=lambda q: q, parameter_tol=0.011, callback=states.append)
    assert run_parameters(monitor, values) == 4
    assert monitor.converged
    assert monitor.parameter_changes == pytest.approx([np.inf, 0.2, 0.5, 0.01])
    assert [state.parameter_change for state in states] == monitor.parameter_changes


def test_parameters_are_copied():
    value, monitor = np.array([1.0]), Monitor(3, parameters=lambda q: q)
    for _ in monitor.iterations():
        value += 1
        monitor.record(-1.0, value)
    assert monitor.parameter_changes == pytest.approx([np.inf, 1 / 3, 1 / 4])
    assert not monitor.converged


def test_parameters_at_zero_are_at_rest():
    monitor = Monitor(9, parameters=lambda q: q, parameter_tol=1e-9)
    assert run_parameters(monitor, [np.zeros(2)] * 9) == 2


def test_bound_and_parameters_both():
    values = [np.array([x]) for x in (1.0, 1.0, 2.0, 2.0, 2.0)]
    bounds = [-9.0, -8.0, -8.0, -7.0, -7.0]
    options = {"parameters": lambda q: q, "parameter_tol": 1e-3}
    assert run_parameters(Monitor(9, 1e-3, **options), values, bounds) == 5
    assert run_parameters(Monitor(9, **options), values, bounds) == 2
    assert run_parameters(Monitor(9, 1e-3, parameters=lambda q: q), values, bounds) == 3


def test_time_is_limited(monkeypatch):
    """Also by what a callback takes."""
    clock = iter(np.arange(0.0, 100.0, 0.5))
    fake = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("fastvb.inference.monitor.time", fake)
    monitor = Monitor(max_iter=None, max_seconds=4.0, callback=lambda _: fake.perf_counter())
    assert run(monitor, [-1.0] * 99) == 3  # three looks at the clock in each
    assert not monitor.converged
    monitor = Monitor(max_iter=9, max_seconds=0)
    assert run(monitor, [-1.0] * 9) == 1


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        ([1.0, np.nan, np.nan], [np.inf, np.nan, np.nan]),
        ([1.0, np.inf, np.inf], [np.inf, np.nan, np.nan]),
        ([1.0, 0.0, 0.0], [np.inf, np.inf, 0.0]),
    ],
)
def test_what_is_no_number_is_not_at_rest(values, changes):
    monitor = Monitor(3, parameters=lambda q: q, parameter_tol=1e-3)
    run_parameters(monitor, [np.array([x]) for x in values])
    np.testing.assert_array_equal(monitor.parameter_changes, changes)
    assert monitor.converged == (changes[-1] == 0)


def test_parameters_keep_their_size():
    with pytest.raises(ValueError, match="the same size in every iteration, got 2 numbers after 1"):
        run_parameters(Monitor(3, parameters=lambda q: q), [np.zeros(1), np.zeros(2)])


def test_parameters_survive():
    """A fit that goes on compares with what it had before."""
    options = {"parameters": lambda q: q, "parameter_tol": 0.1}
    first = Monitor(2, **options)
    run_parameters(first, [np.array([1.0]), np.array([2.0])])
    second = Monitor(9, **options)
    second.restore(first.trace())
    for _, value in zip(second.iterations(), [4.0, 4.1], strict=False):
        second.record(float("nan"), np.array([value]))
    assert second.parameter_changes == pytest.approx([np.inf, 0.5, 0.5, 0.1 / 4.1])
    assert second.converged
    with pytest.raises(ValueError, match="Expected parameters after every iteration"):
        Monitor(9, **options).restore(Monitor(0).trace() | {"lower_bounds": np.zeros(1)})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameter_tol": 0.1}, "Expected parameters to compare, got parameter_tol=0.1 without"),
        ({"parameter_tol": -1, "parameters": abs}, "Expected parameter_tol to be finite, at least"),
        ({"max_seconds": -1.0}, "Expected max_seconds to be finite, at least 0"),
    ],
)
def test_limits_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        Monitor(9, **options)
