import numpy as np
from reference import local_mixture as twin
from versus.measure import ratio

from fastvb import threads
from fastvb.models import LocalDirichletModel, LocalLosses, LocalNormals


def problem(n_rows, n_components):
    rng = np.random.default_rng(0)
    shape = n_rows, n_components
    rows = LocalNormals(
        rng.normal(size=n_rows), rng.normal(size=shape), rng.gamma(2.0, 1.0, shape),
        rng.gamma(2.0, 1.0, shape),
    )  # fmt: skip
    r = rng.dirichlet(np.ones(n_components), n_rows)
    return rows, r, rows.concentration + r


class LocalMixture:
    """100,000 rows with components of their own."""

    params = ([3, 10],)
    param_names = ("components",)

    def setup(self, components):
        self.rows, self.r, self.posterior = problem(100_000, components)

    def time_losses(self, components):
        losses = LocalLosses(self.rows, self.r, self.posterior)
        return losses.total

    def time_losses_and_gradients(self, components):
        losses = LocalLosses(self.rows, self.r, self.posterior)
        return losses.gradients(), losses.total

    def time_iteration(self, components):
        LocalDirichletModel().local_step(self.rows, None)


class LocalMixtureRatio:
    """Gradients against NumPy and SciPy, one thread, taking turns."""

    unit = "times NumPy's speed"

    def setup(self):
        self.rows, self.r, self.posterior = problem(50_000, 5)

    def track_ratio_to_numpy(self):
        rows, r, posterior = self.rows, self.r, self.posterior
        given = rows.x, rows.means, rows.scales, rows.concentration, r, posterior
        with threads(1):
            return ratio(
                lambda: (twin.losses(*given[:3], r, posterior), twin.gradients(*given)),
                lambda: LocalLosses(rows, r, posterior).gradients(),
                rounds=3,
            )
