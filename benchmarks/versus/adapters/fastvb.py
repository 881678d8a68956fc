"""Our own side of every problem."""

from fastvb import LatentDirichletAllocation, special

NAME = "fastvb"


def logsumexp(log_joint):
    return special.logsumexp(log_joint, axis=1)


def lda_fit(counts, n_components, max_iter):
    """As scikit-learn does it: the same start, documents started at random in every pass."""
    lda = LatentDirichletAllocation(
        n_components, max_iter=max_iter, tol=0.0, doc_init="random", random_state=0
    )
    return lda.fit(counts).components_


TASKS = {
    "digamma": special.digamma,
    "trigamma": special.trigamma,
    "gammaln": special.gammaln,
    "exp_digamma": special.exp_digamma,
    "logsumexp": logsumexp,
    "responsibilities": special.responsibilities,
    "dirichlet_kl": special.dirichlet_kl,
    "lda_fit": lda_fit,
}
