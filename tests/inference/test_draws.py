"""Random numbers by place."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fastvb.inference.draws import ORDER, STEPS, VALUES, check_seed, generator

PLACES = list(itertools.product((0, 1, 2**64 - 1), (STEPS, ORDER, VALUES), (0, 1, 2**40)))


def test_the_same_numbers_at_the_same_place_in_any_order():
    first = [generator(*place).normal(size=3).tolist() for place in PLACES]
    again = [generator(*place).normal(size=3).tolist() for place in reversed(PLACES)]
    assert first == again[::-1]


def test_no_number_twice():
    numbers = [generator(*place).integers(2**63, size=1000) for place in PLACES]
    assert len(np.unique(numbers)) == np.size(numbers)


def test_streams_are_not_that_of_mini_batches():
    assert 0 not in (STEPS, ORDER, VALUES)


def test_seed_is_checked():
    assert check_seed(np.int64(5)) == 5
    with pytest.raises(ValueError, match=r"seed to be less than 2\*\*64, got seed=1844674407"):
        check_seed(2**64)
    with pytest.raises(ValueError, match="seed to be at least 0"):
        check_seed(-1)
    with pytest.raises(TypeError, match="seed to be an integer"):
        check_seed(None)
