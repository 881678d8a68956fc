"""When mixtures stop."""

import threading

import pytest

from fastvb.estimators._mixture_fit import ChangeRule
from fastvb.inference import Monitor


def n_iterations(bounds, in_a_row, before=None, *, cancelled=False):
    event = threading.Event()
    if cancelled:
        event.set()
    monitor = Monitor(len(bounds), stop=ChangeRule(1e-3, before, event, in_a_row))
    for _, bound in zip(monitor.iterations(), bounds, strict=False):
        monitor.record(bound)
    return len(monitor.lower_bounds), monitor.converged


BOUNDS = [-9.0, -8.0, -8.0, -7.0, -7.0, -7.0, -6.0]


@pytest.mark.parametrize(("in_a_row", "expected"), [(1, 3), (2, 6)])
def test_small_changes_in_a_row(in_a_row, expected):
    assert n_iterations(BOUNDS, in_a_row) == (expected, True)


def test_the_first_change_is_that_from_the_fit_before():
    assert n_iterations(BOUNDS, 1, before=-9.0) == (1, True)
    assert n_iterations(BOUNDS, 1, before=-9.1) == (3, True)


def test_no_small_change():
    assert n_iterations([-3.0, -2.0, -1.0], 1) == (3, False)
    assert n_iterations([-3.0, -2.0, -1.0], 2, cancelled=True)[0] == 1
