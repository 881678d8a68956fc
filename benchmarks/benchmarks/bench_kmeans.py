import numpy as np
from versus.measure import ratio

from fastvb import threads
from fastvb.estimators._kmeans import Rows, kmeans, kmeans_plusplus

DTYPES = ["float64", "float32"]


def data(n_rows, n_features, dtype):
    rng = np.random.default_rng(0)
    centres = 3 * rng.normal(size=(20, n_features))
    return (centres[rng.integers(0, 20, n_rows)] + rng.normal(size=(n_rows, n_features))).astype(
        dtype
    )


class KMeans:
    """100,000 rows, 20 clusters."""

    params = ([2, 16, 64], DTYPES)
    param_names = ("features", "dtype")

    def setup(self, features, dtype):
        self.X = data(100_000, features, dtype)
        self.rows = Rows(self.X)
        self.centres = kmeans_plusplus(self.rows, 20, 0)

    def time_seeding(self, features, dtype):
        kmeans_plusplus(self.rows, 20, 0)

    def time_iteration(self, features, dtype):
        self.rows.assign(self.centres)

    def track_ratio_to_scikit_learn(self, features, dtype):
        """Seeding and Lloyd's iteration on 20,000 rows, one thread each, taking turns."""
        from sklearn.cluster import KMeans
        from threadpoolctl import threadpool_limits

        X = self.X[:20_000]

        def ours():
            rows = Rows(X)
            kmeans(rows, kmeans_plusplus(rows, 20, 0), max_iter=20, tol=0.0)

        theirs = KMeans(20, n_init=1, max_iter=20, tol=0.0, random_state=0)
        with threads(1), threadpool_limits(1):
            return ratio(lambda: theirs.fit(X), ours, rounds=3)
