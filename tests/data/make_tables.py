"""Make the reference tables of the special functions with mpmath.

    python tests/data/make_tables.py

writes, beside itself (about twenty seconds on two cores),

- ``special_points.npz``: ``positive`` and ``negative``, the arguments;
- ``special_<function>.npz``: the values there, rounded to float64, and ``positive_ulp``,
  ``negative_ulp``: what the rounding left over, in units of the value's last place;
- ``special_inv_digamma.npz``: its own arguments ``y``, with ``value`` and ``value_ulp``.

All numbers are exact to about 2**-11 ulp of float64. Where the exact value is beyond float64's
range the value is inf; at a root it is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from multiprocessing.pool import Pool
from pathlib import Path

import mpmath
import numpy as np

HERE = Path(__file__).parent
DIGITS = 80
MAX = np.finfo(np.float64).max

DIGAMMA_ROOT = 1.4616321449683623
NEGATIVE_ROOTS = [  # of digamma (DLMF 5.4(iii)) and of gammaln, to float64
    -0.5040830082644554, -1.5734984731623904, -2.610720868444145, -3.635293366436901,
    -2.457024738220801, -2.7476826467274127, -3.143580888349981, -3.9552942848585979,
]  # fmt: skip


def log_uniform(rng: np.random.Generator, low: float, high: float, size: int) -> np.ndarray:
    return np.exp(rng.uniform(np.log(low), np.log(high), size))


def around(center: float, rng: np.random.Generator, size: int) -> np.ndarray:
    """Points at log-uniform distances on both sides, and the 16 nearest floats on each side."""
    near = [center]
    for direction in (-np.inf, np.inf):
        x = center
        for _ in range(16):
            x = np.nextafter(x, direction)
            near.append(x)
    steps = log_uniform(rng, 2.0**-51, 0.4, size) * rng.choice([-1.0, 1.0], size)
    return np.concatenate([near, center + steps])


def with_neighbours(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.nextafter(x, -np.inf), np.nextafter(x, np.inf)])


def positive_points(rng: np.random.Generator) -> np.ndarray:
    powers = 2.0 ** np.concatenate([np.arange(-1074, 1024, 8), np.arange(-64, 65)])
    parts = [
        log_uniform(rng, 1e-300, 1e300, 4000),
        log_uniform(rng, 0.01, 1000.0, 8000),
        rng.uniform(0.25, 20.0, 4000),
        log_uniform(rng, 1e-4, 1e4, 2000),
        around(DIGAMMA_ROOT, rng, 700),
        around(1.0, rng, 700),
        around(2.0, rng, 700),
        rng.integers(1, 2**52, 150) * 5e-324,  # subnormal
        log_uniform(rng, 2.3e-308, 1e-300, 150),
        log_uniform(rng, 1e300, 1.79e308, 150),
        with_neighbours(2.0 ** np.arange(-10, 11)),
        with_neighbours(np.arange(1, 81) / 4.0),
        with_neighbours(np.arange(20.0, 101.0)),
        powers,
        [5e-324, np.finfo(float).tiny, MAX, 2.55634e305, 2.556348e305, 2.55635e305],
    ]
    return np.unique(np.concatenate(parts))


def negative_points(rng: np.random.Generator) -> np.ndarray:
    poles = rng.integers(0, 30, 600) + rng.choice([-1.0, 1.0], 600) * log_uniform(
        rng, 1e-12, 0.5, 600
    )
    parts = [
        -log_uniform(rng, 1e-300, 1.0, 500),
        -rng.uniform(0.0, 20.0, 1200),
        -log_uniform(rng, 1.0, 1e6, 500),
        -np.abs(poles),
        -(np.arange(40) + 0.5),
        *(around(root, rng, 40) for root in NEGATIVE_ROOTS),
    ]
    x = np.concatenate(parts)
    return np.unique(x[(x < 0.0) & (x != np.floor(x))])


def inv_digamma_points(rng: np.random.Generator) -> np.ndarray:
    small = log_uniform(rng, 1e-20, 1.0, 600) * rng.choice([-1.0, 1.0], 600)
    parts = [
        -log_uniform(rng, 1.0, 1e15, 1200),
        -log_uniform(rng, 1e15, 1e300, 200),
        rng.uniform(-10.0, 10.0, 2400),
        rng.uniform(10.0, 700.0, 800),
        rng.uniform(700.0, 709.7, 100),
        small,
        around(-2.22, rng, 60),
        np.arange(-40.0, 41.0) / 4.0,
    ]
    return np.unique(np.concatenate(parts))


def trigamma(x: mpmath.mpf) -> mpmath.mpf:
    """By reflection on the negative axis: mpmath's recurrence takes -x steps there."""
    if x > 0:
        return mpmath.psi(1, x)
    return (mpmath.pi / mpmath.sinpi(x)) ** 2 - mpmath.psi(1, 1 - x)


def inv_digamma(y: mpmath.mpf) -> mpmath.mpf:
    """Newton's iteration on psi(exp(u)) = y, monotone from this start (Minka 2000, appendix C)."""
    if y < -1e20:
        return -1 / (y + mpmath.euler)
    u = mpmath.log(mpmath.exp(y) + 0.5 if y > -2.22 else -1 / (y + mpmath.euler))
    for _ in range(60):
        x = mpmath.exp(u)
        step = (mpmath.digamma(x) - y) / (x * mpmath.psi(1, x))
        u -= step
        if abs(step) < mpmath.mpf(10) ** (-DIGITS // 2):
            return mpmath.exp(u)
    raise ArithmeticError(f"Expected Newton's iteration to converge, got y={y}.")


FUNCTIONS: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "digamma": mpmath.digamma,
    "trigamma": trigamma,
    "gammaln": lambda x: mpmath.re(mpmath.loggamma(x)),  # log |Gamma(x)|
    "exp_digamma": lambda x: mpmath.exp(mpmath.digamma(x)),
    "inv_digamma": inv_digamma,
}


def evaluate(job: tuple[str, float]) -> tuple[float, float]:
    """The value in float64 and its rounding error in ulp."""
    name, x = job
    mpmath.mp.dps = DIGITS
    exact = FUNCTIONS[name](mpmath.mpf(x))
    if abs(exact) > mpmath.mpf(MAX) * (1 + mpmath.mpf(2) ** -54):
        return float(np.copysign(np.inf, float(mpmath.sign(exact)))), 0.0
    value = float(exact)
    return value, float((exact - mpmath.mpf(value)) / mpmath.mpf(math.ulp(value)))


def table(pool: Pool, name: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values as float64 and their rounding errors in ulp as float16."""
    rows = pool.map(evaluate, [(name, float(v)) for v in x], chunksize=100)
    value, ulp = np.array(rows).T
    return value, ulp.astype(np.float16)


def main() -> None:
    rng = np.random.default_rng(20240229)
    positive, negative = positive_points(rng), negative_points(rng)
    y = inv_digamma_points(rng)
    np.savez_compressed(HERE / "special_points.npz", positive=positive, negative=negative)
    with Pool() as pool:
        for name in FUNCTIONS:
            if name == "inv_digamma":
                value, ulp = table(pool, name, y)
                arrays = {"y": y, "value": value, "value_ulp": ulp}
            else:
                arrays = {}
                for axis, x in {"positive": positive, "negative": negative}.items():
                    arrays[axis], arrays[axis + "_ulp"] = table(pool, name, x)
            np.savez_compressed(HERE / f"special_{name}.npz", **arrays)
            print(name, *(f"{key} {array.size}" for key, array in arrays.items()))


if __name__ == "__main__":
    main()
