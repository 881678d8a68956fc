"""Print the largest errors of fastvb.special, measured on the mpmath tables of tests/data.

    python benchmarks/accuracy.py

float64: against the exact value, in its ulp, and as a fraction of what is allowed (see
tests/reference/tables.py). Near the roots of digamma and gammaln, where the value is below 0.25 in
magnitude, the absolute error is given instead. float32: against the float64 result
rounded to float32, in float32 ulp, at the table's arguments and at 100,000 more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import fastvb
from fastvb import special

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from reference.tables import Table, allowed_ulp, distance_ulp, load

EDGES = [0.0, 2.0**-1022, 1e-3, 0.5, 1.0, 2.0, 3.0, 8.0, 16.0, 64.0, 1e3, 1e6, 1e300, np.inf]
EDGES_INV = [-np.inf, -1e15, -100.0, -10.0, -2.0, 0.0, 2.0, 10.0, 100.0, 700.0, np.inf]
FUNCTIONS = ["digamma", "trigamma", "gammaln", "exp_digamma", "inv_digamma"]


def regions(name: str) -> Iterator[tuple[str, Table]]:
    """(region, its part of the table)."""
    edges = EDGES_INV if name == "inv_digamma" else EDGES
    table = load(name)
    for low, high in zip(edges, edges[1:], strict=False):
        part = table.select((table.x >= low) & (table.x < high))
        if name in ("digamma", "gammaln"):
            near = np.abs(part.value) < 0.25
            yield f"[{low:.3g}, {high:.3g})", part.select(~near)
            yield f"[{low:.3g}, {high:.3g}) near root", part.select(near)
        else:
            yield f"[{low:.3g}, {high:.3g})", part
    if name != "inv_digamma":
        yield "negative axis", load(name, "negative")


def float64_error(name: str, table: Table, region: str) -> tuple[str, float]:
    """Largest error, in ulp (near a root absolute), and as a fraction of what is allowed."""
    error = table.error_ulp(getattr(special, name)(table.x))
    fraction = float(np.max(error / allowed_ulp(name, table)))
    if "root" in region:
        return f"{np.max(error * table.ulp()):.2g} abs", fraction
    if "negative" in region:  # an ulp says nothing there: between two poles lies a root
        return "", fraction
    return f"{np.max(error):.3f} ulp", fraction


def float32_error(name: str, x: NDArray[np.float64]) -> int:
    """Largest distance from the rounded float64 result."""
    if x[0] > 0.0:
        x = np.concatenate([x, np.exp(np.linspace(np.log(x[0]), np.log(x[-1]), 100_000))])
    function = getattr(special, name)
    with np.errstate(over="ignore", under="ignore"):
        single = x.astype(np.float32)
        expected = function(single.astype(np.float64)).astype(np.float32)
    return int(np.max(distance_ulp(function(single), expected)))


def main() -> None:
    config = fastvb.show_config("dicts")
    print(f"fastvb {config['fastvb']}, SIMD level {config['simd_in_use']}")
    print(
        f"{'function':<12} {'region':<24} {'points':>6} {'float64':>14} {'allowed':>8} float32 ulp"
    )
    for name in FUNCTIONS:
        for region, table in regions(name):
            if table.x.size:
                error, fraction = float64_error(name, table, region)
                single = float32_error(name, table.x)
                print(
                    f"{name:<12} {region:<24} {table.x.size:>6} {error:>14} {fraction:>7.0%}"
                    f" {single:>8}"
                )


if __name__ == "__main__":
    main()
