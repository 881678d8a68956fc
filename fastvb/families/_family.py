"""What exponential families have in common, and the predictive distributions of their priors.

A family has densities of the form

    log p(x) = log h(x) + <T(x), eta> - A(eta)

with natural parameters eta, sufficient statistics T, base measure h and log partition function A.
The gradient of A is E[T], its Hessian Cov[T]. eta, T and E[T] are arrays whose last axis has one
entry for each coordinate; a matrix takes the place of its elements, row by row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from fastvb._validation import check_random_state
from fastvb.families._layout import Array, coordinates, finite, total

__all__ = ["Distribution", "ExponentialFamily"]

RandomSource = np.random.RandomState | np.random.Generator


class Distribution(ABC):
    """Distributions of one kind, one for each index of the batch axes.

    Parameters are broadcast against each other. Their last axes are those of one distribution's
    vector or matrix, the axes before them those of the batch.

    See Also
    --------
    ExponentialFamily : What most of them are; the others are predictive distributions.

    Examples
    --------
    >>> from fastvb.families import StudentT
    >>> t = StudentT(dof=[1.0, 5.0], location=0.0, scale=1.0)
    >>> t.batch_shape, t.sample(rng=0, size=3).shape
    ((2,), (3, 2))
    >>> t.log_prob(0.0).round(4)
    array([-1.1447, -0.9686])
    """

    _batch_shape: tuple[int, ...]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Axes of the batch; () is one distribution."""
        return self._batch_shape

    @abstractmethod
    def log_prob(self, x: Any) -> Any:
        """Log density or log probability in nats.

        Parameters
        ----------
        x : array_like of shape (..., event axes)
            Leading axes are broadcast against those of the batch. Joint families take a pair.

        Returns
        -------
        ndarray of shape (...) or scalar
            -inf outside of the support, nan where `x` is nan.
        """

    def sample(self, rng: Any = None, size: int | tuple[int, ...] = ()) -> Any:
        """Independent draws.

        Parameters
        ----------
        rng : int, RandomState, Generator or None
            Source of random numbers.
        size : int or tuple of int
            Draws of each distribution of the batch.

        Returns
        -------
        ndarray of shape (size, batch axes, event axes)
            For joint families a pair of such arrays.
        """
        axes = size if isinstance(size, tuple) else (int(size),)
        return self._draw(check_random_state(rng), (*axes, *self.batch_shape))

    @abstractmethod
    def _draw(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        """Draws with these leading axes, the last of which are the batch's."""


class ExponentialFamily(Distribution):
    """Members of an exponential family, one for each index of the batch axes.

    What a family does not count among its parameters but takes as given, such as the variance of
    :class:`NormalKnownVariance`, its class methods take by keyword.

    Attributes
    ----------
    conjugate_prior : type or None
        Family of the priors whose posteriors are in it, where it has a closed form. Every
        exponential family has such priors as a likelihood; that a prior and a likelihood are both
        exponential families does not make them conjugate.

    References
    ----------
    M. Wainwright, M. Jordan (2008), Graphical models, exponential families, and variational
    inference, Foundations and Trends in Machine Learning 1, chapter 3.
    P. Diaconis, D. Ylvisaker (1979), Conjugate priors for exponential families, Annals of
    Statistics 7.

    Examples
    --------
    >>> from fastvb.families import Gamma, Poisson
    >>> Poisson.conjugate_prior is Gamma
    True
    >>> prior = Gamma(shape=2.0, rate=1.0)
    >>> posterior = Poisson.posterior(prior, stats=[12.0], n=3)
    >>> float(posterior.shape), float(posterior.rate)
    (14.0, 4.0)
    """

    conjugate_prior: ClassVar[type[ExponentialFamily] | None] = None
    # where there is one, what observations add to its natural parameters, and its predictive
    _gain: ClassVar[Callable[..., Array]]
    _predictive: ClassVar[Callable[..., Distribution]]
    _n_statistics: ClassVar[int | None] = None  # where it does not depend on the parameters

    @property
    @abstractmethod
    def natural(self) -> Any:
        """Natural parameters eta, of shape (batch axes, n_coordinates)."""

    @classmethod
    @abstractmethod
    def from_natural(cls, natural: ArrayLike, *args: Any, **known: Any) -> Self:
        """Members with these natural parameters.

        Parameters
        ----------
        natural : array_like of shape (..., n_coordinates)
            As :attr:`natural` gives them.
        *args, **known
            What the family takes as given, by name.

        Returns
        -------
        ExponentialFamily
            Of the class it is called of.

        Raises
        ------
        ValueError
            If they are outside of the natural domain.
        """

    @property
    @abstractmethod
    def mean_parameters(self) -> Any:
        """E[T(x)], the gradient of the log partition function, of the shape of `natural`."""

    @abstractmethod
    def log_partition(self) -> Any:
        """Log partition function A(eta) in nats, of the batch's shape."""

    @abstractmethod
    def hessian_vector_product(self, direction: ArrayLike) -> Any:
        """Hessian of the log partition function, Cov[T(x)], times a direction.

        Parameters
        ----------
        direction : array_like of shape (..., n_coordinates)
            Change of the natural parameters.

        Returns
        -------
        ndarray of the broadcast shape
            Change of the mean parameters along it.
        """

    @classmethod
    @abstractmethod
    def sufficient_statistics(cls, x: Any, *args: Any, **known: Any) -> Any:
        """T(x) of each observation.

        Parameters
        ----------
        x : array_like of shape (..., event axes)
            Observations; of joint families a pair.
        *args, **known
            What the family takes as given, by name.

        Returns
        -------
        ndarray of shape (..., n_coordinates)
            Their sums and means are what :meth:`posterior` and :meth:`fit` take.
        """

    @classmethod
    def summed_statistics(cls, x: Any, *args: Any, **known: Any) -> Any:
        """Sum of T(x) over the first axis of the observations.

        Parameters
        ----------
        x : array_like of shape (n_observations, ..., event axes)
            Observations.
        *args, **known
            What the family takes as given, by name.

        Returns
        -------
        ndarray of shape (..., n_coordinates)
            What :meth:`posterior` takes.
        """
        return total(cls.sufficient_statistics(x, *args, **known))

    def sample_statistics(self, rng: Any = None, size: int | tuple[int, ...] = ()) -> Any:
        """T(x) of independent draws x, whose logarithms are drawn as such.

        So log x, log(1 - x) and log det x are finite also where x itself, a proportion or a
        determinant is too small or too large for a float64, down to Gamma shapes of 1e-300.
        Coordinates that are no logarithms are rounded to 0 where they underflow, and are inf where
        they overflow: 1 / x of an inverse Gamma distribution is finite where x is not.

        Parameters
        ----------
        rng, size : object
            As of :meth:`sample`.

        Returns
        -------
        ndarray of shape (size, batch axes, n_coordinates)
            log x of a Dirichlet distribution with small parameters, say.
        """
        axes = size if isinstance(size, tuple) else (int(size),)
        return self._draw_statistics(check_random_state(rng), (*axes, *self.batch_shape))

    def _draw_statistics(self, rng: RandomSource, shape: tuple[int, ...]) -> Any:
        """T of draws with these leading axes."""
        return self.sufficient_statistics(self._draw(rng, shape))

    @classmethod
    @abstractmethod
    def log_base_measure(cls, x: Any, *args: Any, **known: Any) -> Any:
        """Log h(x) of each observation.

        Parameters
        ----------
        x : array_like of shape (..., event axes)
            Observations; of joint families a pair.
        *args, **known
            What the family takes as given, by name.

        Returns
        -------
        ndarray of shape (...)
            In nats.
        """

    @abstractmethod
    def entropy(self) -> Any:
        """Differential entropy, or entropy of discrete families, in nats."""

    def kl(self, other: Self) -> Any:
        """Kullback-Leibler divergence KL(self || other) in nats.

        It keeps its digits where `other` is near: what would cancel is not subtracted.

        Parameters
        ----------
        other : of the same class
            Its batch axes are broadcast against those of `self`.

        Returns
        -------
        ndarray or scalar
            Not negative.

        Raises
        ------
        TypeError, ValueError
            If `other` is of another class, or what the family takes as given is another.

        References
        ----------
        W. Penny (2001), KL-divergences of Normal, Gamma, Dirichlet and Wishart densities.
        """
        if not isinstance(other, type(self)):
            raise TypeError(
                f"Expected other to be of class {type(self).__name__}, got {type(other).__name__}."
            )
        return self._divergence(other)

    @abstractmethod
    def _divergence(self, other: Self) -> Any:
        """KL(self || other) of two of the same class."""

    @classmethod
    @abstractmethod
    def fit(cls, mean_statistics: ArrayLike, *args: Any, **known: Any) -> Self:
        """Maximum likelihood: the members whose E[T(x)] are these.

        Parameters
        ----------
        mean_statistics : array_like of shape (..., n_coordinates)
            Mean of T(x) over observations, or over their expectations.
        *args, **known
            What the family takes as given, by name.

        Returns
        -------
        ExponentialFamily
            Of the class it is called of.

        Raises
        ------
        ValueError
            If no member has these, as for observations that are all the same: the likelihood is
            concave in eta, but it need not have a maximum.
        """

    @classmethod
    def posterior(
        cls, prior: ExponentialFamily, stats: ArrayLike, n: ArrayLike, **known: Any
    ) -> Any:
        """Distribution of the parameters after observations: natural parameters are added.

        Parameters
        ----------
        prior : ExponentialFamily
            Of the class `conjugate_prior`.
        stats : array_like of shape (..., n_coordinates)
            Sum of T(x) over the observations, or of its expectations.
        n : array_like of shape (...)
            Their number; it need not be whole.
        **known
            What the family takes as given, by name.

        Returns
        -------
        ExponentialFamily
            Of the prior's class.

        Raises
        ------
        TypeError
            If the family has no conjugate prior in closed form, or the prior is of another class.
        ValueError
            If no observations have these statistics.
        """
        cls.check_prior(prior)
        gain, natural = cls.prior_gain(stats, n, **known), prior.natural
        if gain.shape[-1] != natural.shape[-1]:
            raise ValueError(
                "Expected prior and stats to have the same number of features or categories, "
                f"got prior.natural.shape={natural.shape}, stats.shape={np.shape(stats)}."
            )
        return prior.from_natural(natural + gain)

    @classmethod
    def predictive(cls, prior: Any, **known: Any) -> Distribution:
        """Distribution of the next observation, the parameters integrated out.

        Its density is the ratio of the prior's partition functions with and without the
        observation, times h(x).

        Parameters
        ----------
        prior : ExponentialFamily
            Of the class `conjugate_prior`; a posterior, too.
        **known
            What the family takes as given, by name.

        Returns
        -------
        Distribution
            With `log_prob` and `sample`.

        Raises
        ------
        TypeError
            If the family has no conjugate prior in closed form, or the prior is of another class.
        """
        cls.check_prior(prior)
        return cls._predictive(prior, **known)

    @classmethod
    def prior_gain(cls, stats: ArrayLike, n: ArrayLike, **known: Any) -> Array:
        """What observations add to the natural parameters of a conjugate prior.

        Parameters
        ----------
        stats, n, **known : object
            As of :meth:`posterior`.

        Returns
        -------
        ndarray of shape (..., n_coordinates of the prior)
            Linear in `stats` and `n`.

        Raises
        ------
        TypeError
            If the family has no conjugate prior in closed form.
        """
        cls._check_conjugacy()
        sums = coordinates("stats", stats, cls._n_statistics)
        return cls._gain(sums, finite("n", n), **known)

    @classmethod
    def check_prior(cls, prior: Any) -> None:
        """Refuse what is no conjugate prior of the family.

        Parameters
        ----------
        prior : object
            What may be one.

        Raises
        ------
        TypeError
            If it is of another class than `conjugate_prior`, or there is none.
        """
        family = cls._check_conjugacy()
        if not isinstance(prior, family):
            raise TypeError(
                f"Expected prior to be of class {family.__name__}, got {type(prior).__name__}."
            )

    @classmethod
    def _check_conjugacy(cls) -> type[ExponentialFamily]:
        if cls.conjugate_prior is None:
            raise TypeError(
                "Expected a family whose conjugate prior has a closed form, "
                f"got {cls.__name__}.conjugate_prior=None."
            )
        return cls.conjugate_prior
