"""scikit-learn."""

from sklearn.decomposition import LatentDirichletAllocation

NAME = "scikit-learn"


def lda_fit(counts, n_components, max_iter):
    lda = LatentDirichletAllocation(n_components, max_iter=max_iter, random_state=0)
    return lda.fit(counts).components_


TASKS = {"lda_fit": lda_fit}
