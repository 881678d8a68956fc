"""Columns of a table: what a generator of tables needs to know of each.

Amounts with most at zero, ages, and hours that crowd at whole values: a Dirichlet process mixture
of each column, and its values as a component and a place in it (mode-specific normalisation).
"""

import numpy as np
from matplotlib.figure import Figure

from fastvb import BayesianGaussianMixture, fit_columns
from fastvb.plotting import plot_mixture

rng = np.random.default_rng(0)
n = 5000
amount = np.where(rng.random(n) < 0.7, rng.normal(0, 0.05, n), np.exp(rng.normal(1.5, 0.4, n)))
age = np.where(rng.random(n) < 0.4, rng.normal(27, 4, n), rng.normal(52, 9, n))
hours = rng.choice([20.0, 35, 40], n, p=[0.2, 0.2, 0.6]) + rng.normal(0, 1.2, n)
names, X = ("amount", "age", "hours"), np.column_stack([amount, age, hours])

process = BayesianGaussianMixture(n_components=10, max_iter=500, accelerate=True, random_state=0)
columns = fit_columns(X, process)
values, components = columns.transform(X)
print(f"{'column':<10}{'components':>11}{'ELBO':>10}{'values that are clipped':>26}")
for j, name in enumerate(names):
    in_use = len(np.unique(components[:, j]))
    clipped = np.mean(np.abs(values[:, j]) == 1)
    print(f"{name:<10}{in_use:>11}{columns.lower_bound_[j]:>10.1f}{clipped:>26.4f}")
error = np.abs(columns.inverse_transform(values, components) - X)[np.abs(values) < 1].max()
print("largest error on the way there and back:", "none" if error < 1e-9 else error)

figure = Figure(figsize=(9, 5), layout="constrained")
axes = figure.subplots(2, len(names))
for j, name in enumerate(names):
    plot_mixture(columns.estimator(j), X[:, [j]], axes[0, j])
    axes[0, j].set_xlabel(name)
    axes[1, j].hist(values[:, j], bins=60, range=(-1, 1), color="0.6")
    axes[1, j].set_xlabel("place in the component")
figure.savefig("plot_columns_of_a_table.png", dpi=100)
