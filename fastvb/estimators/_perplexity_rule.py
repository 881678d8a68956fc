"""scikit-learn's criterion for the end of a fit of topics."""

from __future__ import annotations

import numpy as np

from fastvb.inference import FitState

__all__ = ["PerplexityRule"]


class PerplexityRule:
    """Stop when the training perplexity changes by less than `tol` between two looks."""

    def __init__(self, every: int, tol: float, n_tokens: float) -> None:
        self._every, self._tol, self._n_tokens = every, tol, n_tokens
        self._last = np.inf

    def __call__(self, state: FitState) -> bool:
        """Whether the fit has converged."""
        if state.n_iter % self._every:
            return False
        with np.errstate(over="ignore"):
            perplexity = float(np.exp(-state.lower_bound / self._n_tokens))
        change, self._last = abs(perplexity - self._last), perplexity
        return change < self._tol
