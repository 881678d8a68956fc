"""Lengths of stochastic steps."""

from __future__ import annotations

from dataclasses import dataclass

from fastvb._validation import check_real

__all__ = ["RobbinsMonro"]


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
