"""Fit the coefficients of the special functions: weighted rational minimax in mpmath.

    python tools/minimax.py NAME ...

prints each fit that is named in FITS as C hex floats, lowest degree first, with its error. Every
coefficient block of fastvb/_kernels/include cites its NAME.

A fit is p(x)/q(x) with q(0) = 1 that minimises the maximum of |weight (f - p/q)| over an interval:
Remez' exchange for rational functions (Cody, Fraser and Hart, Numer. Math. 12, 1968).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath
from mpmath import mp, mpf

mp.dps = 60
Function = Callable[[mpf], mpf]
Change = Callable[[list[mpf], list[mpf]], tuple[list[mpf], list[mpf]]]


@dataclass(frozen=True)
class Fit:
    """What is to be approximated, where, and by which degrees."""

    f: Function
    low: float
    high: float
    p_degree: int
    q_degree: int
    weight: Function = lambda _: mpf(1)
    digits: int = 53  # of the coefficients' format
    monic: bool = False  # scaled so that q begins with x^n, for a Horner scheme from the top
    change: Change = lambda p, q: (p, q)  # of the variable, before printing


def polynomial(coefficients: list[mpf], x: mpf) -> mpf:
    """Value at x; the lowest degree comes first."""
    return mpmath.polyval(coefficients[::-1], x)


def solve(
    fit: Fit, x: list[mpf], f: list[mpf], w: list[mpf], levelled: bool
) -> tuple[list[mpf], list[mpf]]:
    """Coefficients of p and q for levelled errors w (f - p/q) = +-E, or for least squares.

    Linear in the unknowns once the q that multiplies the error is taken from the step before.
    """
    n = fit.p_degree + 1
    q_x = [mpf(1)] * len(x)
    for _ in range(60):
        rows, right = [], []
        for i, (xi, fi, wi, qi) in enumerate(zip(x, f, w, q_x, strict=True)):
            scale = wi / qi
            row = [scale * xi**j for j in range(n)]
            row += [-scale * fi * xi**j for j in range(1, fit.q_degree + 1)]
            rows.append(row + [mpf((-1) ** i)] * levelled)
            right.append(scale * fi)
        solution = list(mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix(right)))
        p, q = solution[:n], [mpf(1), *solution[n : n + fit.q_degree]]
        before, q_x = q_x, [polynomial(q, xi) for xi in x]
        if max(abs(a / b - 1) for a, b in zip(q_x, before, strict=True)) < mpf("1e-12"):
            break
    return p, q


def alternation(error: list[mpf], size: int) -> list[int]:
    """Indices of the extrema of the error, one for each run of a sign, the `size` best in a row."""
    extrema: list[int] = []
    for i, e in enumerate(error):
        if extrema and mpmath.sign(e) == mpmath.sign(error[extrema[-1]]):
            if abs(e) > abs(error[extrema[-1]]):
                extrema[-1] = i
        else:
            extrema.append(i)
    while len(extrema) > size:
        extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
    return extrema


def minimax(fit: Fit) -> tuple[list[mpf], list[mpf], mpf]:
    """Coefficients of p and q and the largest weighted error on a fine grid."""
    size = fit.p_degree + fit.q_degree + 2
    n_grid = 50 * size
    grid = [
        fit.low + (mpf(fit.high) - fit.low) * (1 - mpmath.cospi(mpf(i) / n_grid)) / 2
        for i in range(n_grid + 1)
    ]
    f, w = [fit.f(x) for x in grid], [fit.weight(x) for x in grid]
    at = list(range(0, n_grid + 1, 5))
    for step in range(40):
        points = ([values[i] for i in at] for values in (grid, f, w))
        p, q = solve(fit, *points, levelled=step > 0)
        error = [
            b * (a - polynomial(p, x) / polynomial(q, x))
            for x, a, b in zip(grid, f, w, strict=True)
        ]
        at = alternation(error, size)
        if len(at) < size:
            raise ArithmeticError(f"Expected {size} alternations, got {len(at)} in step {step}.")
        extrema = [abs(error[i]) for i in at]
        if max(extrema) <= min(extrema) * mpf("1.02"):
            return p, q, max(extrema)
    raise ArithmeticError("Expected the exchange to settle in 40 steps.")


def rounded(coefficients: list[mpf], digits: int) -> list[mpf]:
    """Coefficients of so many binary digits."""
    with mp.workprec(digits):
        return [+c for c in coefficients]


def in_powers_of_v(p: list[mpf], q: list[mpf]) -> tuple[list[mpf], list[mpf]]:
    """N and D in N(v)/D(v) = t p(t)/q(t), t = 1/(1 + v), D monic; deg q = deg p + 1."""

    def expand(coefficients: list[mpf]) -> list[mpf]:  # of sum_j c_j (1 + v)^(n - j)
        n = len(coefficients) - 1
        return [
            mpmath.fsum(c * mpmath.binomial(n - j, i) for j, c in enumerate(coefficients))
            for i in range(n + 1)
        ]

    return expand(p), expand(q)


def hex_float(c: mpf) -> str:
    """As C writes it, without trailing zeros."""
    mantissa, exponent = float(c).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}"


def trigamma_h(u: mpf) -> mpf:
    """h/u^2 in psi1(1/2 + 1/u) = u (1 - h)."""
    if u < mpf("1e-12"):
        return mpf(1) / 12 - 7 * u**2 / 240
    return (1 - mpmath.psi(1, 1 / u + mpf("0.5")) / u) / u**2


def gammaln_factor(w: mpf) -> mpf:
    """G in log Gamma(w) = (w - 1)(w - 2) G(w)."""
    if min(abs(w - 1), abs(w - 2)) < mpf("1e-20"):
        return mpmath.digamma(w) / (2 * w - 3)
    return mpmath.loggamma(w) / ((w - 1) * (w - 2))


def stirling_rest(u: mpf) -> mpf:
    """Return x times what Stirling's formula leaves of log Gamma(x), x^2 = 1/u."""
    if u < mpf("1e-12"):
        return mpf(1) / 12 - u / 360
    x = 1 / mpmath.sqrt(u)
    return x * (mpmath.loggamma(x) - (x - 0.5) * mpmath.log(x) + x - mpmath.log(2 * mpmath.pi) / 2)


def relative_to_gammaln(u: mpf) -> mpf:
    """Weight of an error of stirling_rest."""
    x = 1 / mpmath.sqrt(max(u, mpf("1e-12")))
    return 1 / (x * mpmath.loggamma(x))


def exp_digamma_rest(t: mpf) -> mpf:
    """Return r in exp(psi(u)) = u - 1/2 + t r, t = 1/u."""
    if t < mpf("1e-9"):
        return (1 + t / 2) / 24
    return (mpmath.exp(mpmath.psi(0, 1 / t)) - 1 / t + mpf("0.5")) / t


def relative_to_exp_digamma(t: mpf) -> mpf:
    """Weight of an error of exp_digamma_rest."""
    return t**2 / (1 - mpf("0.4385") * t)


def exp_rest(r: mpf) -> mpf:
    """P in exp(r) = 1 + r + r^2 P."""
    if abs(r) < mpf("1e-15"):
        return mpf("0.5") + r / 6
    return (mpmath.exp(r) - 1 - r) / r**2


def exp_cubic_rest(r: mpf) -> mpf:
    """P in exp(r) = 1 + r + r^2/2 + r^3 P."""
    if abs(r) < mpf("1e-12"):
        return mpf(1) / 6 + r / 24
    return (exp_rest(r) - 0.5) / r


def two_atanh_rest(z: mpf) -> mpf:
    """P in 2 atanh(s) = 2 s + s z P, z = s^2."""
    if z < mpf("1e-12"):
        return mpf(2) / 3 + 2 * z / 5
    s = mpmath.sqrt(z)
    return (2 * mpmath.atanh(s) / s - 2) / z


ROOT = mpmath.findroot(mpmath.digamma, 1.46)


def digamma_at_root(t: mpf) -> mpf:
    """psi(ROOT + t)/t."""
    t = t if abs(t) > mpf("1e-20") else mpf("1e-20")
    return mpmath.digamma(ROOT + t) / t


FITS = {
    "trigamma": Fit(trigamma_h, 0, 2, 7, 9, lambda u: u**2 + mpf("1e-6")),
    "trigammaf": Fit(trigamma_h, 0, 2, 3, 5, lambda u: u**2 + mpf("1e-6"), 24),
    # mostly absolute: log Gamma(w) is small here, or a logarithm is added to it
    "gammaln_factor": Fit(
        lambda w: gammaln_factor(w) - 0.5,
        *(1, 2, 6, 5),
        lambda w: abs((w - 1) * (w - 2)) + mpf("0.0625"),
        monic=True,
    ),
    "stirling_rest": Fit(stirling_rest, 0, mpf(1) / 9, 3, 4, relative_to_gammaln),
    "gammaln_factorf": Fit(
        lambda w: gammaln_factor(w) - (0.5625 - (w - 1) / 8),
        *(0.625, 3, 4, 5),
        lambda w: 1 / gammaln_factor(w),
        digits=24,
        monic=True,
    ),
    "exp_digamma": Fit(
        *(exp_digamma_rest, 0, 1, 7, 8, relative_to_exp_digamma), change=in_powers_of_v
    ),
    "exp_digammaf": Fit(
        *(exp_digamma_rest, 0, 1, 3, 4, relative_to_exp_digamma), digits=24, change=in_powers_of_v
    ),
    "digamma_rootf": Fit(
        *(digamma_at_root, mpf("1.22") - ROOT, mpf("1.85") - ROOT, 8, 0),
        lambda t: 1 / digamma_at_root(t),
        digits=24,
    ),
    "two_atanh": Fit(two_atanh_rest, 0, mpf("0.0121"), 4, 0, lambda z: z**1.5 + mpf("1e-7")),
    "two_atanhf": Fit(
        *(two_atanh_rest, 0, mpf("0.0121"), 1, 0, lambda z: z**1.5 + mpf("1e-7")), digits=24
    ),
    "exp": Fit(exp_rest, mpf("-0.3475"), mpf("0.3475"), 9, 0),
    "expf": Fit(exp_rest, mpf("-0.3475"), mpf("0.3475"), 4, 0, digits=24),
    "exp_nonpositive": Fit(
        *(exp_cubic_rest, mpf("-0.02167"), mpf("0.02167"), 3, 0),
        lambda r: abs(r) ** 3 + mpf("1e-8"),
    ),
    "exp_nonpositivef": Fit(
        *(exp_cubic_rest, mpf("-0.02171"), mpf("0.02171"), 1, 0),
        *(lambda r: abs(r) ** 3 + mpf("1e-8"), 24),
    ),
    "stirling_restf": Fit(stirling_rest, 0, mpf(1) / 9, 1, 1, relative_to_gammaln, 24),
}


def main(names: list[str]) -> None:
    """Print the fits of these names, or all."""
    for name in names or FITS:
        fit = FITS[name]
        p, q, error = minimax(fit)
        p, q = fit.change(p, q)
        scale = q[-1] if fit.monic else mpf(1)
        print(f"{name}: error 2**{mpmath.nstr(mpmath.log(error, 2), 4)}")
        for letter, coefficients in (("p", p), ("q", q)):
            hexes = [hex_float(c) for c in rounded([c / scale for c in coefficients], fit.digits)]
            print(f"  {letter}  " + ", ".join(hexes))


if __name__ == "__main__":
    main(sys.argv[1:])
