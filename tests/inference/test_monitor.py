"""Trace, stopping, callback and progress of a fit."""

from __future__ import annotations

import sys

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
