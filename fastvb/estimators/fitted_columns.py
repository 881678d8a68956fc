"""What has been found of the columns of a table, and what is done with it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb.estimators._column_model import fitted_estimator
from fastvb.estimators._mixture_data import check_rows
from fastvb.estimators._mode_normalisation import Modes, denormalised, normalised
from fastvb.inference.separate import SeparateFits
from fastvb.models.column_mixtures import ColumnMixtures

__all__ = ["FittedColumns"]

_MOST_NAMED = 10  # columns in a warning


class FittedColumns:
    """Mixtures of Gaussians of the columns of a table, made by :func:`fit_columns`.

    Parameters
    ----------
    estimator : GaussianMixture or BayesianGaussianMixture
        What has been fitted.
    model : ColumnMixtures
        Of all columns.
    fits : SeparateFits
        Where their fits have ended.
    n_samples : int
        Rows of the table.

    Attributes
    ----------
    weights_, means_, variances_ : ndarray of shape (n_columns, n_components)
        Of the components; of distributions expected weights and means, and the inverses of the
        expected precisions.
    lower_bound_ : ndarray of shape (n_columns,)
        As of the estimator: mean log-likelihood per row, or ELBO in nats.
    n_iter_ : ndarray of int, shape (n_columns,)
        Iterations.
    converged_ : ndarray of bool, shape (n_columns,)
        Whether `tol` ended them.
    n_features_in_ : int
        Number of columns.
    n_samples_seen_ : int
        Rows of the table.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import GaussianMixture, fit_columns
    >>> X = np.random.default_rng(0).normal([0, 5], 1, size=(200, 2))
    >>> columns = fit_columns(X, GaussianMixture(2, max_iter=10, random_state=0))
    >>> columns.weights_.shape, columns.lower_bound_.shape
    ((2, 2), (2,))
    >>> columns.estimator(1).predict(X[:, [1]]).shape
    (200,)
    """

    def __init__(
        self, estimator: Any, model: ColumnMixtures, fits: SeparateFits, n_samples: int
    ) -> None:
        self._estimator = type(estimator)(**estimator.get_params())
        self._model, self._globals = model, fits.globals_
        self._dtype = model.data.X.dtype
        components, q = model.components, fits.globals_.components
        variances, raised = components.variances(q)
        origin = model.data.origin.astype(np.float64)
        weights = model.weights.mean(model.weights.step(fits.globals_.counts, None))
        self.weights_ = weights.astype(self._dtype)
        self.means_ = (origin[:, np.newaxis] + q.means).astype(self._dtype)
        self.variances_ = variances.astype(self._dtype)
        self.lower_bound_, self.n_iter_, self.converged_ = fits[1:]
        self.n_features_in_, self.n_samples_seen_ = len(weights), n_samples
        _warn_of(np.flatnonzero(raised.any(axis=1)))

    def estimator(self, column: int) -> Any:
        """Make the fitted estimator of one column.

        Parameters
        ----------
        column : int
            Its number.

        Returns
        -------
        GaussianMixture or BayesianGaussianMixture
            Fitted, for tables of one column; it lacks the trace of the bound and the timings.
        """
        check.check_integer("column", column, 0)
        if column >= self.n_features_in_:
            raise ValueError(
                f"Expected column to be less than n_columns={self.n_features_in_}, "
                f"got column={column}."
            )
        fitted = fitted_estimator(self._estimator, self._model, self._globals, column)
        fitted.lower_bound_ = float(self.lower_bound_[column])
        fitted.n_iter_ = int(self.n_iter_[column])
        fitted.n_batch_iter_ = fitted.n_iter_ + 1
        fitted.converged_ = bool(self.converged_[column])
        fitted.n_samples_seen_ = self.n_samples_seen_
        return fitted

    def transform(
        self, X: Any, *, least_weight: float = 0.005, sample: bool = False, random_state: Any = None
    ) -> tuple[NDArray[Any], NDArray[np.intc]]:
        """Say of each value which component it belongs to, and where in it (mode-specific).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_columns)
            Rows of such a table.
        least_weight : float
            Only components with at least this weight are used, and the largest of each column.
        sample : bool
            Draw components by their probabilities, in place of the most probable.
        random_state : int, RandomState, Generator or None
            Source of the draws.

        Returns
        -------
        values : ndarray of shape (n_samples, n_columns)
            (x - mean) / (4 standard deviations) of the component, at most 1 and at least -1.
        components : ndarray of int, shape (n_samples, n_columns)
            Numbers of components.

        References
        ----------
        L. Xu, M. Skoularidou, A. Cuesta-Infante, K. Veeramachaneni (2019), Modeling tabular data
        using conditional GAN, NeurIPS 32, section 4.2.
        """
        check.check_real("least_weight", least_weight, 0.0, 1.0)
        X = check_rows(X, "FittedColumns.transform", dtype=self._dtype,
                       n_features=self.n_features_in_)  # fmt: skip
        rng = check.check_random_state(random_state) if sample else None
        return normalised(X, self._origin, self._modes(least_weight), rng)

    def inverse_transform(self, values: Any, components: Any) -> NDArray[Any]:
        """Turn what :meth:`transform` gives into values of the table again.

        Parameters
        ----------
        values : array-like of shape (n_samples, n_columns)
            Places in components.
        components : array-like of int, shape (n_samples, n_columns)
            Numbers of components.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            The values, exact to rounding but for those farther than 4 standard deviations away.
        """
        values = check_rows(values, "FittedColumns.inverse_transform", dtype=self._dtype,
                            n_features=self.n_features_in_)  # fmt: skip
        labels, n_components = np.asarray(components), self.means_.shape[1]
        if labels.shape != values.shape or labels.dtype.kind not in "iu":
            raise ValueError(
                f"Expected components to be integers of shape {values.shape}, got components of "
                f"shape {labels.shape} and dtype {labels.dtype}."
            )
        if not ((labels >= 0) & (labels < n_components)).all():
            raise ValueError(
                f"Expected components to be at least 0 and less than {n_components}, got "
                f"components.min()={labels.min()}, components.max()={labels.max()}."
            )
        return denormalised(values, labels, self._origin, self._modes(0.0))

    @property
    def _origin(self) -> NDArray[np.float64]:
        return self._model.data.origin.astype(np.float64)

    def _modes(self, least_weight: float) -> Modes:
        view, log_weights = self._model.expect(self._globals)
        weights = self.weights_
        used = (weights >= least_weight) | (weights == weights.max(axis=1, keepdims=True))
        constants = np.where(used, log_weights + view.constants, -np.inf)
        variances, _ = self._model.components.variances(self._globals.components)
        return Modes(constants.T, view.means.T, view.root.T, np.sqrt(variances).T)


def _warn_of(columns: NDArray[np.intp]) -> None:
    if len(columns) == 0:
        return
    more = " and more" if len(columns) > _MOST_NAMED else ""
    warnings.warn(
        "Expected values that vary in every component, but in "
        f"column(s) {columns[:_MOST_NAMED].tolist()}{more} some component has too few: variances "
        "were raised to the least that is more than rounding. Use fewer components, or "
        "BayesianGaussianMixture.",
        UserWarning,
        stacklevel=4,
    )
