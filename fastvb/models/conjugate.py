"""Observations of one distribution whose parameters have a conjugate prior; nothing is local.

    theta ~ prior,  x_n ~ likelihood(theta)

Any pair of :mod:`fastvb.families`: Dirichlet and categorical, Gamma and Poisson, Normal-Wishart and
multivariate Normal. One whole step over all data leads to the exact posterior, whose bound is the
log evidence: what a driver does can be compared with a known answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.families import ExponentialFamily

__all__ = ["ConjugateModel", "NaturalGain"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NaturalGain:
    """Statistics: what observations add to the natural parameters of the prior."""

    gain: Array  # (..., n_coordinates)

    def __add__(self, other: NaturalGain) -> NaturalGain:
        return NaturalGain(self.gain + other.gain)

    def __sub__(self, other: NaturalGain) -> NaturalGain:
        return NaturalGain(self.gain - other.gain)

    def scale(self, factor: float) -> NaturalGain:
        """Each observation counts `factor` times."""
        return NaturalGain(factor * self.gain)

    def zeros(self) -> NaturalGain:
        """Of no observations."""
        return NaturalGain(np.zeros_like(self.gain))

    def inner(self, view: Array) -> float:
        """Expected log density of the observations, less their base measures."""
        return float((self.gain * view).sum())


@dataclass(frozen=True, eq=False)
class ConjugateModel:
    """The protocol's functions for a family and its conjugate prior.

    A batch is an array of observations along its first axis, as
    ``likelihood.sufficient_statistics`` takes them; further batch axes are problems of their own,
    and prior and `known` are broadcast to them.

    Parameters
    ----------
    likelihood : type
        A class of `fastvb.families` that has a `conjugate_prior`.
    prior : ExponentialFamily
        Of that class.
    known : mapping
        What the likelihood takes as given, by name: the `variance` of `NormalKnownVariance`, or
        `n_categories` of `Categorical`.

    Raises
    ------
    TypeError
        If the prior is not conjugate to the likelihood.

    References
    ----------
    P. Diaconis, D. Ylvisaker (1979), Conjugate priors for exponential families, Annals of
    Statistics 7.

    Examples
    --------
    The Dirichlet-multinomial model, of categories one by one:

    >>> import numpy as np
    >>> from fastvb.families import Categorical, Dirichlet
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import ConjugateModel
    >>> model = ConjugateModel(Categorical, Dirichlet(np.ones(3)), {"n_categories": 3})
    >>> monitor = Monitor(max_iter=1)
    >>> q = cavi(model, [np.array([0, 2, 2, 1, 2])], monitor)
    >>> q.concentration, round(np.exp(-monitor.lower_bounds[0]))  # 7! / 2! / (3! 1! 1!)
    (array([2., 2., 4.]), 420)
    """

    likelihood: type[ExponentialFamily]
    prior: Any
    known: Mapping[str, Any] = field(default_factory=dict)
    carries_local = False

    def __post_init__(self) -> None:
        self.likelihood.check_prior(self.prior)

    @property
    def state_types(self) -> tuple[type, ...]:
        """Dataclasses of the state, for checkpoints."""
        return NaturalGain, type(self.prior)

    def init_globals(self, batch: Any, rng: Any) -> Any:
        """Start with the prior.

        Parameters
        ----------
        batch : ndarray
            Observations, whose batch axes q gets.
        rng : object
            Without effect.

        Returns
        -------
        ExponentialFamily
            q(theta).
        """
        return self.global_step(self._gained(batch[:1]).zeros(), None)

    def expect(self, globals_: Any) -> Array:
        """Expected statistics of theta, which are the natural parameters of the likelihood.

        Parameters
        ----------
        globals_ : ExponentialFamily
            q(theta).

        Returns
        -------
        ndarray of shape (..., n_coordinates)
            Mean parameters of q.
        """
        view: Array = globals_.mean_parameters
        return view

    def sample_view(self, globals_: Any, rng: np.random.Generator) -> Array:
        """One draw of theta, to be read in place of expectations.

        Parameters
        ----------
        globals_ : ExponentialFamily
            q(theta).
        rng : Generator
            Source of the draw.

        Returns
        -------
        ndarray of shape (..., n_coordinates)
            Statistics of theta.
        """
        view: Array = globals_.sample_statistics(rng)
        return view

    def local_step(
        self, batch: Any, view: Any, local: Any = None, rng: Any = None
    ) -> tuple[NaturalGain, float, None]:
        """Sum up.

        Parameters
        ----------
        batch : ndarray
            Observations.
        view, local, rng : object
            Without effect: there is nothing local.

        Returns
        -------
        tuple
            Statistics, the log base measure of the observations, None.
        """
        gained = self._gained(batch)
        h = self.likelihood.log_base_measure(batch, **self.known)
        return gained, float(np.sum(h)), None

    def global_step(self, stats: NaturalGain, globals_: Any) -> Any:
        """Find the posterior.

        Parameters
        ----------
        stats : NaturalGain
            Of all observations.
        globals_ : object
            Without effect.

        Returns
        -------
        ExponentialFamily
            Of the prior's class.
        """
        return self.prior.from_natural(self.prior.natural + stats.gain)

    def global_bound(self, globals_: Any) -> float:
        """-KL(q(theta) || prior), over all batch axes.

        Parameters
        ----------
        globals_ : ExponentialFamily
            q(theta).

        Returns
        -------
        float
            In nats.
        """
        return -float(np.sum(globals_.kl(self.prior)))

    def blend(self, globals_: Any, target: Any, rho: float) -> Any:
        """(1 - rho) of one and rho of another in natural coordinates.

        Parameters
        ----------
        globals_, target : ExponentialFamily
            The two.
        rho : float
            From 0 to 1.

        Returns
        -------
        ExponentialFamily
            In between.
        """
        return self.prior.from_natural((1.0 - rho) * globals_.natural + rho * target.natural)

    def with_prior(self, globals_: Any) -> ConjugateModel:
        """Make the model of what comes next.

        Parameters
        ----------
        globals_ : ExponentialFamily
            q(theta) of former observations.

        Returns
        -------
        ConjugateModel
            With it as prior.
        """
        return replace(self, prior=globals_)

    def _gained(self, batch: Any) -> NaturalGain:
        # only families of numbers take what has axes as known: all axes are the batch's there
        for name, value in self.known.items():
            _check_axes(np.shape(batch)[1:], f"{name}.shape", np.shape(value))
        sums = self.likelihood.summed_statistics(batch, **self.known)
        _check_axes(sums.shape[:-1], "prior.batch_shape", self.prior.batch_shape)
        return NaturalGain(self.likelihood.prior_gain(sums, len(batch), **self.known))


def _check_axes(axes: tuple[int, ...], name: str, shape: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(axes, shape) == axes
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            "Expected prior and known to have batch axes that broadcast to those of observations, "
            f"{axes} behind the first, got {name}={shape}."
        )
