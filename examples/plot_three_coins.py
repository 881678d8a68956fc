"""Three coins: a likelihood whose maximum is a ridge, and what makes a peak of it.

Coin A decides which of the coins B and C is thrown; only that throw is seen. It shows heads with
the probability m = a b + (1 - a) c, so that all (a, b, c) of the same m are equally likely: the
data say nothing else. EM goes from each start to the ridge m = mean of the throws in a single step,
and to another point of it each time. Where the chosen coin is thrown three times, the throws of one
row depend on each other by their coin, and all starts lead to one peak and its mirror image, with B
and C swapped.
"""

import numpy as np
from matplotlib.figure import Figure

from fastvb import BernoulliMixture


def em(X, a, b, c):
    """Fit from a start; each component has one coin for all throws of a row."""
    n_throws = X.shape[1]
    return BernoulliMixture(
        2, weights_init=[a, 1 - a], probabilities_init=[[b] * n_throws, [c] * n_throws],
        tol=1e-12, max_iter=5000,
    ).fit(X)  # fmt: skip


throw = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 1]).reshape(-1, 1)
print("start (a, b, c)  end                    m      log-likelihood  steps")
for start in [(0.5, 0.5, 0.5), (0.4, 0.6, 0.7), (0.4, 0.6, 0.6)]:
    fit = em(throw, *start)
    (a, _), (b, c) = fit.weights_, fit.probabilities_[:, 0]
    m, total = a * b + (1 - a) * c, 10 * fit.score(throw)
    steps = int((np.diff(fit.lower_bounds_) > 1e-12).sum())
    print(f"{start}  ({a:.4f}, {b:.4f}, {c:.4f})  {m:.3f}  {total:.7f}      {steps}")

rng = np.random.default_rng(0)
heads = np.where(rng.random((2000, 1)) < 0.4, 0.8, 0.3)
rows = (rng.random((2000, 3)) < heads).astype(float)
starts = rng.uniform(0.05, 0.95, (60, 3))

figure = Figure(figsize=(9, 4.2), layout="constrained")
for ax, X, what in zip(figure.subplots(1, 2), (rows[:, :1], rows), ("ridge", "peak"), strict=True):
    fits = [em(X, *start) for start in starts]
    a = [fit.weights_[0] for fit in fits]
    b, c = np.array([fit.probabilities_.mean(axis=1) for fit in fits]).T
    ax.plot([starts[:, 1], b], [starts[:, 2], c], color="0.8", linewidth=0.7)
    ax.scatter(starts[:, 1], starts[:, 2], s=8, color="0.6")
    ends = ax.scatter(b, c, s=28, c=a, vmin=0, vmax=1, zorder=3)
    ax.axvline(X.mean(), color="C3", linewidth=0.7)
    ax.axhline(X.mean(), color="C3", linewidth=0.7)
    ax.set(title=f"throws in a row: {X.shape[1]} (a {what})", xlabel="b", ylabel="c")
    spread = np.maximum(b, c).std()
    print(f"throws in a row: {X.shape[1]}; the larger of b and c varies by {spread:.4f}")
figure.colorbar(ends, label="a at the end")
figure.savefig("plot_three_coins.png", dpi=100)
