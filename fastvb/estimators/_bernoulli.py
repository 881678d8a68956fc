"""What both Bernoulli mixtures share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._bit_rows import BitRows
from fastvb.estimators._bits import check_bits
from fastvb.estimators._kmeans import Rows
from fastvb.estimators._mixture import MixtureEstimator
from fastvb.estimators._mixture_reading import state_types
from fastvb.estimators._mixture_start import first_statistics
from fastvb.models import BetaBernoullis, Observations, PointBernoullis
from fastvb.models.mixture import MixtureGlobals, MixtureStats

__all__ = ["BernoulliEstimator"]

Array = NDArray[np.float64]

# of each component where a fit starts at clusters, taken from all rows: what no row of a cluster
# has would otherwise be impossible for good
_SHARED = 0.1


class BernoulliEstimator(MixtureEstimator):
    """A mixture of products of Bernoulli distributions."""

    _state_types = state_types(PointBernoullis, BetaBernoullis)
    _takes_sparse = True
    _takes_nan = True

    binarize: float | None
    probability_prior: Any

    probabilities_: NDArray[Any]

    def _check_rows(self, X: Any, user: str, **wanted: Any) -> Any:
        return check_bits(X, user, threshold=self.binarize, **wanted)

    def _rows(self, batch: Observations) -> Rows:
        return BitRows(batch, self.n_jobs)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.binarize is not None:
            check.check_real("binarize", self.binarize, -np.inf)

    def _pair(self) -> tuple[Any, Any]:
        """The prior's parameters for ones and for zeros."""
        prior = self.probability_prior
        if not isinstance(prior, (tuple, list, np.ndarray)) or len(prior) != 2:
            raise TypeError(
                "Expected probability_prior to be the two parameters of a Beta distribution, "
                f"got probability_prior={prior!r}."
            )
        return prior[0], prior[1]

    def _first_statistics(
        self, model: Any, batch: Observations, rows: Rows, rng: Any
    ) -> MixtureStats:
        """Those of a first assignment, in whose components all rows have a share."""
        own = first_statistics(model, batch, rows, self.init_params, rng)
        if self.init_params == "random":  # where they do already
            return own
        ones, observed = (x.sum(axis=0) for x in own.moments)
        shares = (own.counts / own.counts.sum())[:, np.newaxis]
        of_all = MixtureStats(own.counts, (shares * ones, shares * observed))
        return own.scale(1 - _SHARED) + of_all.scale(_SHARED)

    def _start(
        self, model: Any, batch: Observations, rows: Rows, rng: Any, factor: float = 1.0
    ) -> MixtureGlobals:
        stats = self._first_statistics(model, batch, rows, rng).scale(factor)
        globals_: MixtureGlobals = model.global_step(stats, None)
        return globals_

    def _keep_components(self) -> None:
        probabilities = self._model.components.probabilities(self._globals.components)
        self.probabilities_ = np.array(probabilities, self._dtype)
