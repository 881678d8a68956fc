"""What every estimator shares: scikit-learn's conventions without scikit-learn.

scikit-learn is imported only where it itself asks (tags), and its exception class is used
only where it has been imported already.
"""

from __future__ import annotations

import inspect
import os
import sys
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastvb.estimators._persistence import read_state, write_state

__all__ = ["DensityEstimator", "Estimator", "NotFittedError", "Transformer"]


class NotFittedError(ValueError, AttributeError):
    """An estimator is used before it was fitted."""


class Estimator:
    """Parameters of the constructor as scikit-learn's tools expect them."""

    # attribute whose presence means "fitted"
    _fitted_attribute: str
    # dataclasses that its state may hold
    _state_types: tuple[type, ...] = ()

    @classmethod
    def _parameters(cls) -> dict[str, inspect.Parameter]:
        signature = inspect.signature(cls.__init__).parameters
        return {name: p for name, p in signature.items() if name != "self"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor.

        Parameters
        ----------
        deep : bool
            Without effect: no parameter is itself an estimator.

        Returns
        -------
        dict
            Names and values.
        """
        return {name: getattr(self, name) for name in sorted(self._parameters())}

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the constructor.

        Parameters
        ----------
        **params : object
            Names and values.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If a name is not a parameter of the constructor; then nothing is set.
        """
        valid = sorted(self._parameters())
        for name in params:
            if name not in valid:
                raise ValueError(
                    f"Expected a parameter of {type(self).__name__} (one of {valid}), got {name!r}."
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a file that :meth:`load` restores bit for bit.

        The file is an ``.npz`` archive: arrays, and a JSON header with parameters, numbers and
        the version of the format. It appears whole or not at all, also where it replaces another.
        Saved are all parameters and fitted attributes; of sources of random numbers, their state.
        A `callback` is not data: it is left out, and None after loading.

        Parameters
        ----------
        path : str or path-like
            Where to; nothing is appended to the name.

        Raises
        ------
        OSError
            If the file cannot be written.
        TypeError
            If a parameter is neither numbers, strings nor None.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from fastvb import LatentDirichletAllocation
        >>> lda = LatentDirichletAllocation(2, random_state=0).fit([[3, 1, 0], [0, 1, 3]])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder) / "topics.npz"
        ...     lda.save(path)
        ...     again = LatentDirichletAllocation.load(path)
        >>> bool((again.components_ == lda.components_).all())
        True
        """
        self._check_is_fitted()
        write_state(path, type(self).__name__, self.__getstate__(), self._state_types)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that :meth:`save` has written.

        Nothing in the file is executed, so it need not be trusted.

        Parameters
        ----------
        path : str or path-like
            Where from.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        OSError
            If the file cannot be opened.
        ValueError
            If it is damaged, was saved by another estimator, is of a format version that this
            fastvb does not read, or is no saved estimator at all.
        """
        state = read_state(path, cls.__name__, cls._state_types)
        missing = sorted(cls._parameters().keys() - state.keys())
        try:
            if missing:
                raise ValueError(f"no parameters {missing}")
            estimator = cls.__new__(cls)
            estimator.__setstate__(state)
            estimator._check_is_fitted()
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise ValueError(
                f"Expected {path} to be a saved {cls.__name__}, got one with {error}"
            ) from None
        return estimator

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __repr__(self) -> str:
        changed = []
        for name, parameter in self._parameters().items():
            value = getattr(self, name)
            if value is not parameter.default and repr(value) != repr(parameter.default):
                changed.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"

    def _repr_html_(self) -> str | None:
        if "sklearn" not in sys.modules:
            return None
        from sklearn.utils import estimator_html_repr

        return str(estimator_html_repr(self))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, self._fitted_attribute)

    def _check_is_fitted(self) -> None:
        if self.__sklearn_is_fitted__():
            return
        message = f"Expected a fitted {type(self).__name__}, got one before fit. Call fit first."
        if "sklearn" in sys.modules:
            from sklearn import exceptions

            raise exceptions.NotFittedError(message)
        raise NotFittedError(message)


class DensityEstimator(Estimator):
    """An estimator of the density of rows."""

    _takes_sparse = False
    _takes_nan = False

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="density_estimator",
            # which the check of sparse input reads wherever there is a predict_proba
            classifier_tags=ClassifierTags(multi_class=False) if self._takes_sparse else None,
            target_tags=TargetTags(required=False),
            input_tags=InputTags(sparse=self._takes_sparse, allow_nan=self._takes_nan),
        )


class Transformer(Estimator):
    """An estimator whose `transform` returns one column per component."""

    @abstractmethod
    def _n_columns(self) -> int: ...

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Return the names of the columns of the result of transform.

        Parameters
        ----------
        input_features : object
            Ignored.

        Returns
        -------
        ndarray of str, shape (n_components,)
            The class name in lower case, with the number of the component.
        """
        self._check_is_fitted()
        stem = type(self).__name__.lower()
        n_columns = self._n_columns()
        return np.array([f"{stem}{k}" for k in range(n_columns)], dtype=object)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Choose the container of the result of transform.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None
            None leaves the choice as it is; "default" is a NumPy array.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            If `transform` is none of these.
        """
        if transform is not None:
            if transform not in ("default", "pandas", "polars"):
                raise ValueError(
                    "Expected transform to be 'default', 'pandas' or 'polars', "
                    f"got transform={transform!r}."
                )
            self._sklearn_output_config = {"transform": transform}
        return self

    def _in_container(self, result: NDArray[Any], X: Any) -> Any:
        """`result` as set_output or scikit-learn's global configuration wants it."""
        config: dict[str, str] = getattr(self, "_sklearn_output_config", {})
        kind = config.get("transform")
        if kind is None and "sklearn" in sys.modules:
            from sklearn import get_config

            kind = get_config()["transform_output"]
        if kind == "pandas":
            import pandas as pd

            index = X.index if isinstance(X, pd.DataFrame) else None
            return pd.DataFrame(result, columns=self.get_feature_names_out(), index=index)
        if kind == "polars":
            import polars as pl

            return pl.DataFrame(result, schema=list(self.get_feature_names_out()))
        return result
