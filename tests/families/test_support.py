"""Log densities outside of the support, where numbers are not finite."""

import numpy as np
import pytest

from fastvb.families import Gamma, InverseGamma, NegativeBinomial, Poisson


@pytest.mark.parametrize(
    "family", [Gamma(2.0, 1.0), InverseGamma(2.0, 1.0), Poisson(2.0), NegativeBinomial(2.0, 1.0)]
)
def test_infinite_numbers_are_outside(family):
    found = family.log_prob(np.array([np.inf, -np.inf, -1.0, np.nan, 1.0]))
    assert np.isneginf(found[:3]).all()
    assert np.isnan(found[3])
    assert np.isfinite(found[4])
