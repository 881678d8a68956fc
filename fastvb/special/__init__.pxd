"""Scalar special functions for Cython code; compile with ``fastvb.get_include()``."""

cdef extern from "fvb_digamma.h" nogil:
    double digamma "fvb_digamma"(double x) noexcept
    float digammaf "fvb_digammaf"(float x) noexcept
cdef extern from "fvb_exp_digamma.h" nogil:
    double exp_digamma "fvb_exp_digamma"(double x) noexcept
    float exp_digammaf "fvb_exp_digammaf"(float x) noexcept
cdef extern from "fvb_gammaln.h" nogil:
    double gammaln "fvb_gammaln"(double x) noexcept
    float gammalnf "fvb_gammalnf"(float x) noexcept
cdef extern from "fvb_inv_digamma.h" nogil:
    double inv_digamma "fvb_inv_digamma"(double y) noexcept
    float inv_digammaf "fvb_inv_digammaf"(float y) noexcept
cdef extern from "fvb_trigamma.h" nogil:
    double trigamma "fvb_trigamma"(double x) noexcept
    float trigammaf "fvb_trigammaf"(float x) noexcept
