"""A Dirichlet process mixture that has more components the more rows it has seen.

Thirty kinds of rows with very different weights, generated. The truncation is 40 components each
time; how many of them the fit uses is left to the data: rare kinds show up when there are enough of
their rows.
"""

import numpy as np
from matplotlib.figure import Figure

from fastvb import BayesianGaussianMixture
from fastvb.datasets import make_mixture
from fastvb.plotting import plot_mixture

X, labels, *_ = make_mixture(16_000, 30, 2, separation=25, weight_prior=0.5, random_state=1)
sizes = (100, 400, 1600, 6400, 16_000)

fits = []
print("  rows  kinds among them  components in use        ELBO per row")
for n in sizes:
    fit = BayesianGaussianMixture(
        n_components=40, weight_concentration_prior=1.0, max_iter=300, n_init=3, random_state=0
    ).fit(X[:n])
    fits.append(fit)
    in_use = int((fit.weights_ * n >= 1).sum())
    kinds = len(np.unique(labels[:n]))
    print(f"{n:>6,}  {kinds:>16}  {in_use:>17}  {fit.lower_bound_ / n:>18.3f}")

figure = Figure(figsize=(10, 3.6), layout="constrained")
for ax, n, fit in zip(figure.subplots(1, 3), sizes[::2], fits[::2], strict=True):
    used = fit.weights_ * n >= 1
    plot_mixture(fit, X[:n], ax, n_points=3000)
    for patch, is_used in zip(ax.patches, np.repeat(used, 2), strict=True):
        patch.set_visible(is_used)
    ax.set_xlim(X[:, 0].min(), X[:, 0].max())
    ax.set_ylim(X[:, 1].min(), X[:, 1].max())
    ax.set_title(f"{n:,} rows, {used.sum()} components", fontsize=9)
figure.savefig("plot_process_mixture.png", dpi=100)
