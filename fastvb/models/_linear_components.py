"""Components whose log density is linear in the features: what their families share."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from fastvb.models._linear_pass import LinearView, gather_linear, visit_linear
from fastvb.models._mixture_parts import Components
from fastvb.models._mixture_pass import RowResults
from fastvb.models._observations import Observations

__all__ = ["LinearComponents"]

Array = NDArray[np.float64]
Moments = tuple[Array, ...]


class LinearComponents(Components):
    """Products over features of distributions with one natural parameter each.

    A base class: of a family of your own, write `n_components`, `state_types`, `step`, `expect`,
    which returns a :class:`LinearView`, `bound`, `blend`, `with_prior` and `sample`. The passes
    through dense rows, of which NaN were not observed, and through sparse ones are here.

    Moments are the expected sums of what was observed, and the numbers of observations, both of
    shape (n_components, n_features).

    Examples
    --------
    Poisson distributions whose rates are the most likely; the log factorials of the counts depend
    on no parameter and are left out of the bound:

    >>> import numpy as np
    >>> from fastvb.inference import Monitor, em
    >>> from fastvb.models import (
    ...     LinearComponents,
    ...     LinearView,
    ...     Mixture,
    ...     Observations,
    ...     PointWeights,
    ... )
    >>> class PointPoissons(LinearComponents):
    ...     n_components, state_types = 2, ()
    ...
    ...     def step(self, counts, moments, last):
    ...         sums, observed = moments
    ...         return sums / observed
    ...
    ...     def expect(self, rates):
    ...         return LinearView(np.log(rates), -rates)
    ...
    ...     def bound(self, rates):
    ...         return 0.0
    ...
    ...     def _of_other_drivers(self, *arguments):
    ...         raise TypeError("PointPoissons are for em alone.")
    ...
    ...     blend = with_prior = sample = _of_other_drivers
    >>> rng = np.random.default_rng(0)
    >>> X = rng.poisson(np.where(rng.random((300, 1)) < 0.3, [[2, 9.0]], [[8, 1.0]]))
    >>> model = Mixture(PointWeights.of(2), PointPoissons())
    >>> q = em(model, [Observations(X)], Monitor(50), rng=np.random.default_rng(1))
    >>> q.components[q.components[:, 0].argsort()].round(0)
    array([[2., 9.],
           [8., 1.]])
    """

    def start(self, batch: Observations, rng: Any, n_threads: int) -> tuple[Array, Moments]:
        # half of each component is like one row, half like all
        counts, (sums, observed) = self.gather(batch, None, 1, n_threads)
        n_components = self.n_components
        index = rng.choice(len(batch), n_components, replace=len(batch) < n_components)
        X = batch.X[index]
        X = (X.toarray() if sp.issparse(X) else X).astype(np.float64)
        mean = np.divide(sums, observed, where=observed > 0, out=np.zeros_like(sums))
        X = np.where(np.isnan(X), mean, X)
        share = counts[0] / n_components
        moments = (
            0.5 * (sums / n_components + share * X),
            0.5 * (observed / n_components + np.full_like(X, share)),
        )
        return np.full(n_components, share), moments

    def gather(
        self, batch: Observations, assignment: Any, n_components: int, n_threads: int
    ) -> tuple[Array, Moments]:
        return gather_linear(batch, assignment, n_components, n_threads)

    def visit(
        self, batch: Observations, log_weights: Array, view: LinearView, rows: RowResults,
        n_threads: int, *, statistics: bool = True,
    ) -> tuple[float, Array, Moments]:  # fmt: skip
        return visit_linear(batch, log_weights, view, rows, n_threads, statistics=statistics)
