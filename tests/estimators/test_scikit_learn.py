"""Every estimator under scikit-learn's own checks and tools."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("sklearn", reason="needs scikit-learn")

from sklearn.utils.estimator_checks import estimator_checks_generator

from fastvb import LatentDirichletAllocation

ESTIMATORS = [LatentDirichletAllocation(n_components=3, max_iter=3)]


def checks():
    with warnings.catch_warnings():
        # said of every estimator that does not import scikit-learn
        warnings.filterwarnings("ignore", message=".*does not inherit from")
        for estimator in ESTIMATORS:
            for estimator_, check in estimator_checks_generator(estimator):
                name = check.func.__name__ if hasattr(check, "func") else check.__name__
                yield pytest.param(estimator_, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_check(estimator, check):
    check(estimator)
