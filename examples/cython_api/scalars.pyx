# cython: language_level=3
"""Scalar functions of fastvb, called one value at a time from C code."""

from fastvb.special cimport digamma, digammaf, exp_digamma, gammaln, inv_digamma, trigamma


def evaluate(double x):
    """Return all functions at `x` as a dict."""
    return {
        "digamma": digamma(x),
        "trigamma": trigamma(x),
        "gammaln": gammaln(x),
        "exp_digamma": exp_digamma(x),
        "inv_digamma": inv_digamma(x),
    }


def evaluate_single(float x):
    """Return digamma at `x` in single precision."""
    return digammaf(x)
