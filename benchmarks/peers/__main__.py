"""Seconds to the same ELBO, beside libraries that do the same inference on the same models.

    python benchmarks/peers

A Gaussian variable with unknown mean and precision:

- bayespy: its GaussianGamma node has the exact posterior, so the bounds are the log evidence.
- NumPyro: SVI by Adam, with Trace_ELBO of one draw in every step, double precision and all rows,
  q(mu) Normal and q(tau) Gamma, these by their means, a standard deviation and a shape. The
  seconds are those until the exact ELBO of its q, computed here after each step, untimed, is
  within 0.1 nats of the optimum by mean field; of several learning rates and decays the best
  counts. Both start from the q of the first rows. The steps are one compiled loop, and neither
  compiling it nor choosing among the settings is timed.

A mixture of Gaussians with full covariances, from the same labels:

- scikit-learn: its updates are the same, so both do as many iterations, and the ELBO of its q is
  computed by fastvb. Its fit ends with one more E-step.
- bayespy: a mean and a precision matrix are independent in its prior and its q, for it has no
  Normal-Wishart node that works. The prior of its means has the expected precision of ours. So its
  ELBO is another; less the log ratio of the priors of the means it must be ours, within 10 nats.
  The seconds are those until each bound is within 0.1 per mille of its own last value.

Seconds include what makes a model of arrays, but for NumPyro, and the bound that each library
computes in every iteration. Sides take turns and medians count; the ratio is the median over the
rounds. The script stops where results differ.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

import fastvb

sys.path.insert(0, str(Path(__file__).parents[1]))  # whoever started this, and wherever
from versus.measure import interleaved, on_threads

from peers.contest import Contest
from peers.gaussian import exact_posterior, mean_field
from peers.mixture import independent_means, same_updates

CONTESTS = {  # and the library that they take
    exact_posterior: "bayespy",
    mean_field: "numpyro",
    same_updates: "sklearn",
    independent_means: "bayespy",
}
PACKAGES = {"bayespy": ["bayespy"], "numpyro": ["numpyro", "jax"], "sklearn": ["scikit-learn"]}


def lines(contest: Contest, rounds: int) -> Iterator[str]:
    sides = (contest.ours, contest.theirs)
    taken = interleaved({side.name: side.call for side in sides}, rounds)
    ratio = np.median(taken[contest.theirs.name] / taken[contest.ours.name])
    yield ""
    yield contest.title
    yield f"{'':28}{'passes':>8}{'ms per pass':>13}{'seconds':>11}{'ratio':>8}{'ELBO':>15}"
    for side in sides:
        seconds = float(np.median(taken[side.name]))
        times = f"{ratio:8.1f}" if side is contest.theirs else f"{'':8}"
        per_pass = f"{1e3 * seconds / side.passes:13.3f}{seconds:11.5f}"
        yield f"{side.name:28}{side.passes:8}{per_pass}{times}{side.bound:15,.2f}"


def header(installed: set[str]) -> Iterator[str]:
    config = fastvb.show_config("dicts")
    packages = [name for library in PACKAGES if library in installed for name in PACKAGES[library]]
    yield ", ".join([
        f"fastvb {config['fastvb']}", f"SIMD level {config['simd_in_use']}",
        f"{config['threads']} thread(s)", *(f"{name} {version(name)}" for name in packages),
    ])  # fmt: skip
    if missing := [name for name in PACKAGES if name not in installed]:
        yield f"Not installed, left out: {', '.join(missing)}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1, help="of each side")
    parser.add_argument("--rounds", type=int, default=11, help="at most")
    parser.add_argument("--quick", action="store_true", help="small problems: a smoke test")
    args = parser.parse_args()
    os.environ["NPROC"] = str(args.threads)  # XLA makes so many
    os.environ["JAX_PLATFORMS"] = "cpu"
    installed = {name for name in PACKAGES if importlib.util.find_spec(name) is not None}
    with on_threads(args.threads):
        print("\n".join(header(installed)), flush=True)
        for contests, library in CONTESTS.items():
            for contest in contests(args.quick) if library in installed else ():
                print("\n".join(lines(contest, 1 if args.quick else args.rounds)), flush=True)


if __name__ == "__main__":
    main()
