"""The mpmath tables of tests/data, and how far a result is from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, polygamma, psi

DATA = Path(__file__).parents[1] / "data"
SCIPY = {"digamma": psi, "trigamma": lambda x: polygamma(1, x), "gammaln": gammaln}
LARGEST_ULP = 2.0**971  # of the binade below the overflow threshold, where np.spacing overflows


@dataclass(frozen=True)
class Table:
    """Arguments and exact values: ``value + value_ulp * ulp(value)``."""

    x: NDArray[np.float64]
    value: NDArray[np.float64]
    value_ulp: NDArray[np.float64]

    @np.errstate(all="ignore")
    def ulp(self) -> NDArray[np.float64]:
        """The unit in the last place of each value."""
        return np.fmin(np.spacing(np.abs(self.value)), LARGEST_ULP)

    @np.errstate(all="ignore")
    def error_ulp(self, result: NDArray[np.float64]) -> NDArray[np.float64]:
        """|result - exact| in units of the exact value's last place."""
        error = np.abs((result - self.value) / self.ulp() - self.value_ulp)
        return np.where(result == self.value, np.abs(self.value_ulp), error)

    def select(self, mask: NDArray[np.bool_]) -> Table:
        return Table(self.x[mask], self.value[mask], self.value_ulp[mask])


def load(function: str, axis: str = "positive") -> Table:
    """The table of a function; axis is 'positive' or 'negative' (inv_digamma has one only)."""
    with np.load(DATA / f"special_{function}.npz", allow_pickle=False) as arrays:
        if function == "inv_digamma":
            x, value, value_ulp = (arrays[key] for key in ("y", "value", "value_ulp"))
        else:
            value, value_ulp = arrays[axis], arrays[axis + "_ulp"]
            with np.load(DATA / "special_points.npz", allow_pickle=False) as points:
                x = points[axis]
    return Table(x, value, value_ulp.astype(np.float64))


@np.errstate(all="ignore")
def allowed_ulp(function: str, table: Table) -> NDArray[np.float64]:
    """The largest error that is right for each value of the table, in its ulp.

    2 ulp; at the roots of digamma and gammaln (|value| < 0.25) 2.5e-16 absolute is enough. What an
    exponential makes of its argument's last place is added: exp_digamma (2 + |psi|) ulp,
    inv_digamma 2 + the condition number. Left of zero the two terms of the reflection formula
    cancel near roots: 4 eps of their size.
    """
    if function == "inv_digamma":
        return 2.0 + np.abs(table.x / (table.value * polygamma(1, table.value)))
    if function == "exp_digamma":
        terms = np.abs(psi(table.x))
        return np.where(
            table.x > 0.0, 2.0 + terms, 2.0 + 4.0 * (terms + np.abs(psi(1.0 - table.x)))
        )
    allowed = np.full(table.x.shape, 2.0)
    if function in ("digamma", "gammaln"):
        near = np.abs(table.value) < 0.25
        allowed[near] = np.fmax(2.0, 2.5e-16 / table.ulp()[near])
    left = table.x < 0.0
    reflected = np.abs(SCIPY[function](1.0 - table.x[left])) + np.abs(table.value[left])
    allowed[left] = 4.0 * np.finfo(np.float64).eps * reflected / table.ulp()[left]
    return allowed


def distance_ulp(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many float32 numbers lie between a and b; inf follows the largest, nan equals nan."""

    def rank(x: NDArray[np.float32]) -> NDArray[np.int64]:
        bits = np.ascontiguousarray(x, np.float32).view(np.int32).astype(np.int64)
        return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)

    distance = np.abs(rank(a) - rank(b))
    return np.where(np.isnan(a) & np.isnan(b), 0, distance)
