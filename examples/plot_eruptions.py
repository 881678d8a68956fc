"""Long and short eruptions: how many kinds are there?

Rows like those of a geyser, generated: minutes that an eruption takes and minutes until the next
one, which are longer after a long eruption. BIC chooses between numbers of components and
covariance types.
"""

import numpy as np
from matplotlib.figure import Figure

from fastvb import GaussianMixture
from fastvb.plotting import plot_bic, plot_mixture

rng = np.random.default_rng(0)
short = rng.multivariate_normal([2.05, 54.5], [[0.07, 0.45], [0.45, 33.5]], 97)
long = rng.multivariate_normal([4.3, 80.0], [[0.17, 0.95], [0.95, 36.0]], 175)
X = np.concatenate([short, long])

numbers, types = range(1, 7), ("full", "tied", "diag", "spherical")
fits = {
    covariance_type: [
        GaussianMixture(
            k, covariance_type=covariance_type, n_init=5, max_iter=500, tol=1e-6, random_state=0
        ).fit(X)
        for k in numbers
    ]
    for covariance_type in types
}
print("BIC by number of components (lower is better)")
print(" " * 10 + "".join(f"{k:>9}" for k in numbers))
for covariance_type in types:
    values = (fit.bic(X) for fit in fits[covariance_type])
    print(f"{covariance_type:<10}" + "".join(f"{value:>9.1f}" for value in values))
best = min((fit for some in fits.values() for fit in some), key=lambda fit: fit.bic(X))
print(f"best: {best.n_components} components, {best.covariance_type}")

figure = Figure(figsize=(9, 4), layout="constrained")
left, right = figure.subplots(1, 2)
plot_mixture(best, X, left)
left.set_xlabel("eruption (minutes)")
left.set_ylabel("until the next (minutes)")
for covariance_type in types:
    plot_bic(fits[covariance_type], X, right, label=covariance_type)
figure.savefig("plot_eruptions.png", dpi=100)
