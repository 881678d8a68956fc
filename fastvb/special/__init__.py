"""Special functions of variational Bayes on NumPy arrays."""

from fastvb._kernels._special import digamma, exp_digamma, gammaln, inv_digamma, trigamma

__all__ = ["digamma", "exp_digamma", "gammaln", "inv_digamma", "trigamma"]
