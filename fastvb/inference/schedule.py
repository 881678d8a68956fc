"""Lengths of stochastic steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from fastvb._validation import check_integer, check_real

__all__ = ["ConstantRate", "CosineRate", "RobbinsMonro", "Schedule"]


class Schedule(Protocol):
    """Lengths of steps, as stochastic drivers ask for them: anything with a `rate`.

    Its ``repr`` must say all of it: a checkpoint takes equal ones for the same schedule.

    Examples
    --------
    >>> from fastvb.inference import Schedule
    >>> class Harmonic:
    ...     def rate(self, update):
    ...         return 1 / update
    ...
    ...     def __repr__(self):
    ...         return "Harmonic()"
    >>> schedule: Schedule = Harmonic()
    >>> schedule.rate(4)
    0.25
    """

    def rate(self, update: int) -> float:
        """Length of a step.

        Parameters
        ----------
        update : int
            Number of the update, from 1.

        Returns
        -------
        float
            In (0, 1].
        """
        ...


@dataclass(frozen=True)
class RobbinsMonro:
    """Step lengths ``(offset + t) ** -decay`` for updates t = 1, 2, ...

    Stochastic inference converges to a local optimum for decays above 1/2. Decay 0 makes every step
    a full one. scikit-learn's `learning_decay` and `learning_offset` count in the same way.

    Parameters
    ----------
    decay : float in [0, 1]
        How fast steps get shorter (kappa).
    offset : float
        At least 0; makes early steps shorter (tau_0).

    Raises
    ------
    TypeError, ValueError
        If they are not.

    References
    ----------
    M. Hoffman, D. Blei, C. Wang, J. Paisley (2013), Stochastic variational inference, JMLR 14,
    equation 26.

    Examples
    --------
    >>> from fastvb.inference import RobbinsMonro
    >>> schedule = RobbinsMonro(decay=0.5, offset=3)
    >>> schedule.rate(1), schedule.rate(13)
    (0.5, 0.25)
    """

    decay: float = 0.7
    offset: float = 10.0

    def __post_init__(self) -> None:
        check_real("decay", self.decay, 0.0, 1.0)
        check_real("offset", self.offset, 0.0)

    def rate(self, update: int) -> float:
        """Length of a step.

        Parameters
        ----------
        update : int
            Number of the update, from 1.

        Returns
        -------
        float
            In (0, 1].
        """
        return float((self.offset + update) ** -self.decay)


@dataclass(frozen=True)
class ConstantRate:
    """Steps of one length.

    Stochastic inference then follows data that drift, and does not come to rest: the globals are
    an average of about ``2 / length`` mini-batches, the old ones forgotten exponentially.

    Parameters
    ----------
    length : float in (0, 1]
        Of every step.

    Raises
    ------
    TypeError, ValueError
        If it is not.

    References
    ----------
    S. Mandt, M. Hoffman, D. Blei (2017), Stochastic gradient descent as approximate Bayesian
    inference, JMLR 18.

    Examples
    --------
    >>> from fastvb.inference import ConstantRate
    >>> ConstantRate(0.1).rate(1000)
    0.1
    """

    length: float

    def __post_init__(self) -> None:
        check_real("length", self.length, 0.0, 1.0, above=True)

    def rate(self, update: int) -> float:
        """Length of a step.

        Parameters
        ----------
        update : int
            Number of the update, from 1.

        Returns
        -------
        float
            The same for all.
        """
        return float(self.length)


@dataclass(frozen=True)
class CosineRate:
    """Steps whose length falls along half a cosine, for a number of updates known beforehand.

    Long for about the first third, short for about the last.

    Parameters
    ----------
    end : int
        Number of the update from which on all have the length `last`; at least 2.
    first, last : float in (0, 1]
        Lengths of the first step and of the last ones, which are not longer.

    Raises
    ------
    TypeError, ValueError
        If they are not.

    References
    ----------
    I. Loshchilov, F. Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR,
    equation 5 (without restarts).

    Examples
    --------
    >>> from fastvb.inference import CosineRate
    >>> schedule = CosineRate(end=101, first=0.5, last=0.1)
    >>> [round(schedule.rate(t), 3) for t in (1, 51, 101, 500)]
    [0.5, 0.3, 0.1, 0.1]
    """

    end: int
    first: float = 1.0
    last: float = 0.01

    def __post_init__(self) -> None:
        check_integer("end", self.end, 2)
        check_real("first", self.first, 0.0, 1.0, above=True)
        check_real("last", self.last, 0.0, self.first, above=True)

    def rate(self, update: int) -> float:
        """Length of a step.

        Parameters
        ----------
        update : int
            Number of the update, from 1.

        Returns
        -------
        float
            Between `first` and `last`.
        """
        done = min(1.0, (update - 1) / (self.end - 1))
        return float(self.last + (self.first - self.last) * (1 + math.cos(math.pi * done)) / 2)
