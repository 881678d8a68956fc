"""The work of ``fastvb mixture``: read and fit."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import Any

import numpy as np

import fastvb
from fastvb.cli.corpus_options import column, told_in_one_line
from fastvb.cli.errors import UsageError
from fastvb.cli.mixture_result import Component, MixtureResult
from fastvb.cli.progress import Mode, Trace, choose_mode, progress
from fastvb.cli.timing import timed
from fastvb.datasets import Table, make_mixture, read_table
from fastvb.plotting.mixture import marginals

__all__ = ["fit_mixture"]

_EXAMPLE_ROWS, _EXAMPLE_COMPONENTS, _EXAMPLE_SEPARATION, _EXAMPLE_SEED = 2000, 5, 6.0, 10
_PRIORS = {"process": "dirichlet_process", "dirichlet": "dirichlet_distribution"}

Estimator = fastvb.GaussianMixture | fastvb.BayesianGaussianMixture


def fit_mixture(args: argparse.Namespace) -> tuple[Table, Estimator, MixtureResult]:
    """Do what the arguments of ``fastvb mixture`` say, with progress on stderr."""
    seconds: dict[str, float] = {}
    source = _name(args.file)
    mode = choose_mode(wanted=args.progress, quiet=args.quiet)
    with timed(seconds, "read"), told_in_one_line(args.prog):
        table = _load(args)
    n_rows, n_columns = table.values.shape
    if mode != "none":
        print(f"{source}: {n_rows:,} rows, {n_columns:,} columns", file=sys.stderr, flush=True)
    least = max(args.components, 2)
    if n_rows < least:
        message = f"expected at least {least} rows for --components {args.components}, got {n_rows}"
        raise UsageError(f"{source}: {message}", args.prog)
    with fastvb.threads(args.threads):
        threads = fastvb.get_num_threads()
        with timed(seconds, "fit"), told_in_one_line(args.prog):
            estimator = _fit(table, args, mode)
        bic = aic = None
        if isinstance(estimator, fastvb.GaussianMixture):
            bic, aic = estimator.bic(table.values), estimator.aic(table.values)
    estimator.feature_names_in_ = table.names  # so that they travel with the model
    components = _components(estimator)
    is_vb = args.inference == "vb"
    return table, estimator, MixtureResult(
        source=source,
        rows=n_rows,
        columns=[str(name) for name in table.names],
        n_components=args.components,
        covariance_type=args.covariance,
        inference=args.inference,
        weights=(args.weights or "process") if is_vb else None,
        concentration=(args.concentration or 1 / args.components) if is_vb else None,
        learning_method=args.method,
        seed=args.seed,
        threads=threads,
        converged=bool(estimator.converged_),
        lower_bounds=[float(bound) for bound in estimator.lower_bounds_],
        lower_bound=float(estimator.lower_bound_),
        bic=bic,
        aic=aic,
        components=components,
        components_with_rows=sum(c.weight * n_rows >= 1 for c in components),
        rows_per_second=n_rows * estimator.n_iter_ / estimator.timings_["total"],
        seconds=seconds,
    )  # fmt: skip


def _name(file: str | None) -> str:
    """What to call the table, in letters that can be printed whatever the file is called."""
    if file is None:
        return f"rows drawn from a mixture of {_EXAMPLE_COMPONENTS} Gaussians"
    return os.fsencode(file).decode("utf-8", "replace")


def _load(args: argparse.Namespace) -> Table:
    if args.file is None:
        X = make_mixture(
            _EXAMPLE_ROWS, _EXAMPLE_COMPONENTS, separation=_EXAMPLE_SEPARATION,
            random_state=_EXAMPLE_SEED,
        )[0]  # fmt: skip
        return Table(X, np.array(["x0", "x1"], dtype=object))
    columns = None
    if args.columns is not None:
        columns = [column(name.strip()) for name in args.columns.split(",")]
    return read_table(
        args.file, columns, delimiter=args.delimiter, encoding=args.encoding or "utf-8"
    )


def _fit(table: Table, args: argparse.Namespace, mode: Mode) -> Estimator:
    with progress(mode, Trace(args.iterations, None)) as callback:
        options: dict[str, Any] = {
            "n_components": args.components,
            "covariance_type": args.covariance,
            "learning_method": args.method,
            "max_iter": args.iterations,
            "n_init": args.n_init,
            "batch_size": args.batch_size,
            "random_state": args.seed,
            "callback": callback,
        }
        estimator: Estimator
        if args.inference == "em":
            estimator = fastvb.GaussianMixture(**options)
        else:
            estimator = fastvb.BayesianGaussianMixture(
                weight_concentration_prior_type=_PRIORS[args.weights or "process"],
                weight_concentration_prior=args.concentration,
                **options,
            )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(table.values)
    for warning in caught:  # such as the name of a component that was repaired
        if mode != "none":
            print(f"{args.prog}: {' '.join(str(warning.message).split())}", file=sys.stderr)
    return estimator


def _components(estimator: Estimator) -> list[Component]:
    """Components by weight."""
    n_features = estimator.means_.shape[1]
    deviations = np.empty(estimator.means_.shape)
    for j in range(n_features):
        deviations[:, j] = np.sqrt(marginals(estimator, (j,))[2][:, 0, 0])
    return [
        Component(
            index=int(k),
            weight=float(estimator.weights_[k]),
            means=estimator.means_[k].tolist(),
            standard_deviations=deviations[k].tolist(),
        )
        for k in np.argsort(-estimator.weights_, kind="stable")
    ]
