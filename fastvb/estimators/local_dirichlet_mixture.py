"""Mixtures whose components, and perhaps weights, are those of each observation."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._base import Estimator
from fastvb.inference import Monitor, cavi
from fastvb.models import (
    DirichletWeights,
    GivenDensities,
    LocalDirichletModel,
    LocalLosses,
    LocalNormals,
    Mixture,
    Observations,
)

__all__ = ["LocalDirichletMixture"]

Array = NDArray[np.float64]


class LocalDirichletMixture(Estimator):
    """Variational inference where each observation has normal components of its own.

        x_i | z_i = k ~ N(means_ik, scales_ik^2),  z_i ~ w_i,  w_i ~ Dirichlet(concentration_i)

    Means, scales and concentrations are inputs, for example what a network makes of other data;
    :meth:`losses` has the three parts of the negative ELBO and their gradients to all inputs, for
    the network to learn from. Arrays in, arrays out, in double precision.

    Parameters
    ----------
    shared_weights : bool
        Let all observations share one w ~ Dirichlet(concentration).
    tol : float
        Stop when an iteration changes the ELBO by less than this, in nats.
    max_iter : int
        Iterations at most.
    total_samples : float or None
        Observations that those at hand stand for, where they are a mini-batch: the ELBO and the
        losses are multiplied by their ratio, and shared weights learn from as many. None for those
        at hand.

    Attributes
    ----------
    responsibilities_ : ndarray of shape (n_samples, n_components)
        q(z), of the data of `fit`.
    weight_concentration_ : ndarray of shape (n_samples, n_components) or (n_components,)
        Dirichlet parameters of q(w).
    lower_bound_ : float
        ELBO in nats, complete with all constants.
    lower_bounds_ : ndarray of shape (n_iter,)
        ELBO after each iteration; it never falls but for rounding.
    n_iter_ : int
        Iterations.
    converged_ : bool
        Whether `tol` ended it.

    Notes
    -----
    Tools that split, clone and score by one matrix `X` have no use for it, since each observation
    comes with its components.

    Where weights are not shared, nothing is: the weights can be integrated out, and
    :meth:`exact_responsibilities` and :meth:`log_evidence` are exact. Mean field starts there, and
    stays below.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import LocalDirichletMixture
    >>> x, means, ones = np.array([0.0, 1.0]), np.array([[0.0, 2.0]] * 2), np.ones((2, 2))
    >>> mixture = LocalDirichletMixture().fit(x, means, ones, ones)
    >>> mixture.responsibilities_.round(4)
    array([[0.9469, 0.0531],
           [0.5   , 0.5   ]])
    >>> mixture.lower_bound_.__round__(6), mixture.log_evidence(x, means, ones, ones).sum().round(6)
    (-3.221164, np.float64(-2.904096))
    >>> losses = mixture.losses(x, means, ones, ones)
    >>> losses.gradients().means.round(4)
    array([[-0.    ,  0.1062],
           [-0.5   ,  0.5   ]])
    """

    _fitted_attribute = "responsibilities_"

    def __init__(
        self,
        *,
        shared_weights: bool = False,
        tol: float = 1e-9,
        max_iter: int = 1000,
        total_samples: float | None = None,
    ) -> None:
        self.shared_weights = shared_weights
        self.tol = tol
        self.max_iter = max_iter
        self.total_samples = total_samples

    def fit(self, x: Any, means: Any, scales: Any, concentration: Any) -> Self:
        """Coordinate ascent on q(z) and q(w).

        Parameters
        ----------
        x : array-like of shape (n_samples,)
            Observations.
        means : array-like of shape (n_samples, n_components)
            Means of each one's components.
        scales : array-like of shape (n_samples, n_components)
            Their standard deviations, positive.
        concentration : array-like of shape (n_samples, n_components) or (n_components,)
            Dirichlet parameters of the weights, positive; with shared weights (n_components,).

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or an input is not as described. Then the estimator is as it was.
        FloatingPointError
            If the density of an observation is 0 in double precision.
        """
        self._check_parameters()
        rows = self._rows(x, means, scales, concentration)
        monitor = Monitor(self.max_iter, stop=lambda state: abs(state.change) < self.tol)
        infer = self._share if self.shared_weights else self._ascend
        self.responsibilities_, self.weight_concentration_ = infer(rows, monitor)
        self.lower_bounds_ = np.array(monitor.lower_bounds)
        self.lower_bound_ = float(self.lower_bounds_[-1])
        self.n_iter_, self.converged_ = len(monitor.lower_bounds), monitor.converged
        return self

    def losses(
        self,
        x: Any,
        means: Any,
        scales: Any,
        concentration: Any,
        responsibilities: Any = None,
        weight_concentration: Any = None,
    ) -> LocalLosses:
        """Parts of the negative ELBO, and their gradients to every input.

        At the optimal q, which is found where it is not given, the gradients to q vanish (those to
        the responsibilities but for a constant in each row): the gradients to the inputs are those
        of the optimal ELBO.

        Parameters
        ----------
        x, means, scales, concentration : array-like
            As in :meth:`fit`, without shared weights.
        responsibilities, weight_concentration : array-like of shape (n_samples, n_components)
            q(z) and the Dirichlet parameters of q(w), both or none; None for the optimum.

        Returns
        -------
        fastvb.models.LocalLosses
            With `fit` (L1), `assignment` (L2), `weights` (L3), `total`, and `gradients()`.

        Raises
        ------
        ValueError
            If an input is not as described, or weights are shared.
        """
        self._check_parameters()
        rows = self._own_rows("losses", x, means, scales, concentration)
        if (responsibilities is None) != (weight_concentration is None):
            raise ValueError(
                "Expected responsibilities and weight_concentration together, got one of them."
            )
        if responsibilities is None:
            monitor = Monitor(self.max_iter, stop=lambda state: abs(state.change) < self.tol)
            r, posterior = self._ascend(rows, monitor)
        else:
            shape = rows.means.shape
            r = _array("responsibilities", responsibilities, shape, least=0.0)
            posterior = _array("weight_concentration", weight_concentration, shape, above=0.0)
        return LocalLosses(rows, r, posterior, self._factor(rows))

    def log_evidence(self, x: Any, means: Any, scales: Any, concentration: Any) -> Array:
        """Exact log density of each observation, weights and components integrated out.

        Parameters
        ----------
        x, means, scales, concentration : array-like
            As in :meth:`fit`, without shared weights.

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats.
        """
        return self._own_rows("log_evidence", x, means, scales, concentration).log_evidence()

    def exact_responsibilities(self, x: Any, means: Any, scales: Any, concentration: Any) -> Array:
        """Exact probabilities of the components of each observation.

        Parameters
        ----------
        x, means, scales, concentration : array-like
            As in :meth:`fit`, without shared weights.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Rows that add up to 1.
        """
        rows = self._own_rows("exact_responsibilities", x, means, scales, concentration)
        return rows.exact_posterior()

    def _ascend(self, rows: LocalNormals, monitor: Monitor) -> tuple[Array, Array]:
        """q(z) and q(w) of each observation."""
        model, local = LocalDirichletModel(self._factor(rows)), None
        for _ in monitor.iterations():
            _, bound, local = model.local_step(rows, None, local)
            monitor.record(bound)
        assert local is not None
        return local.responsibilities, rows.concentration + local.responsibilities

    def _share(self, rows: LocalNormals, monitor: Monitor) -> tuple[Array, Array]:
        """q(z) and q(w) of all observations."""
        model = Mixture(
            DirichletWeights(rows.concentration[0]), GivenDensities(rows.means.shape[1])
        )
        batch = Observations(rows.log_densities(), np.full(len(rows), self._factor(rows)))
        q = cavi(model, [batch], monitor)
        found = model.assign(batch, model.expect(q), responsibilities=True)
        return found.responsibilities, q.weights.counts

    def _check_parameters(self) -> None:
        check.check_real("tol", self.tol, 0.0)
        check.check_integer("max_iter", self.max_iter, 1)
        if self.total_samples is not None:
            check.check_real("total_samples", self.total_samples, 0.0, above=True)

    def _factor(self, rows: LocalNormals) -> float:
        return 1.0 if self.total_samples is None else self.total_samples / len(rows)

    def _own_rows(self, method: str, *inputs: Any) -> LocalNormals:
        if self.shared_weights:
            raise ValueError(
                f"Expected shared_weights=False for {method}, got shared_weights=True."
            )
        return self._rows(*inputs)

    def _rows(self, x: Any, means: Any, scales: Any, concentration: Any) -> LocalNormals:
        x, means = check.real_array("x", x), check.real_array("means", means)
        if x.ndim != 1 or len(x) == 0:
            raise ValueError(
                f"Expected x to have shape (n_samples,) and a sample, got x.shape={x.shape}."
            )
        if means.ndim != 2 or len(means) != len(x) or means.shape[1] == 0:
            raise ValueError(
                f"Expected means to have shape ({len(x)}, n_components), "
                f"got means.shape={means.shape}."
            )
        own = np.ndim(concentration) == 2 and not self.shared_weights
        prior = _array(
            "concentration", concentration, means.shape if own else means.shape[1:], above=0.0
        )
        rows = LocalNormals(
            _array("x", x, x.shape), _array("means", means, means.shape),
            _array("scales", scales, means.shape, above=0.0),
            np.array(np.broadcast_to(prior, means.shape)),
        )  # fmt: skip
        with np.errstate(over="ignore"):
            impossible = np.isneginf(rows.log_densities()).all(axis=1)
        if impossible.any():
            i = int(np.argmax(impossible))
            raise FloatingPointError(
                "Expected every observation to have a density under one of its components, got "
                f"x[{i}]={x[i]:g}, means[{i}]={means[i]}: none that the arithmetic can tell from 0."
            )
        return rows


def _array(
    name: str, value: Any, shape: tuple[int, ...], *, least: float = -np.inf,
    above: float = -np.inf,
) -> Array:  # fmt: skip
    """Finite numbers of a shape, at least one bound and above the other."""
    array = check.real_array(name, value)
    if array.shape != shape:
        raise ValueError(f"Expected {name} to have shape {shape}, got {name}.shape={array.shape}.")
    if not np.isfinite(array).all():
        raise ValueError(f"Expected {name} to be finite, got {name} with nan or inf.")
    if not ((array >= least) & (array > above)).all():
        condition = f"above {above:g}" if above > -np.inf else f"at least {least:g}"
        raise ValueError(f"Expected {name} to be {condition}, got {name}.min()={array.min():g}.")
    return array
