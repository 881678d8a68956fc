"""NumPy ufuncs over the elementwise leaf loops."""
cimport numpy as cnp

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_special.h":
    ctypedef void (*fvb_unary)(const double *, double *, Py_ssize_t) noexcept nogil
    ctypedef void (*fvb_unaryf)(const float *, float *, Py_ssize_t) noexcept nogil
    ctypedef struct fvb_special_table:
        fvb_unary digamma, trigamma, gammaln, exp_digamma, inv_digamma
        fvb_unaryf digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf
        fvb_unary gammaln_excess, digamma_excess, log1p_gap
    const fvb_special_table *fvb_special_select(int level)

cdef extern from "fvb_ufunc.h":
    # the arguments are those of PyUFuncGenericFunction, with npy_intp spelled ptrdiff_t
    void fvb_ufunc_loop()
    void fvb_ufunc_loopf()

cdef extern from "numpy/arrayobject.h":
    object view_of_memory "PyArray_New"(
        type, int, const cnp.npy_intp *, int, const cnp.npy_intp *, void *, int, int, void *)

cnp.import_array()
cnp.import_umath()

cdef const fvb_special_table *leaves = fvb_special_select(simd_level())

# What a ufunc is made of must outlive it. The complex loops, where SciPy has them, come last.
cdef cnp.PyUFuncGenericFunction loops[4]
loops[0] = <cnp.PyUFuncGenericFunction>fvb_ufunc_loopf
loops[1] = <cnp.PyUFuncGenericFunction>fvb_ufunc_loop
loops[2] = loops[3] = <cnp.PyUFuncGenericFunction>complex_digamma_loop
cdef char types[8]
types[:] = [
    cnp.NPY_FLOAT, cnp.NPY_FLOAT, cnp.NPY_DOUBLE, cnp.NPY_DOUBLE,
    cnp.NPY_CFLOAT, cnp.NPY_CFLOAT, cnp.NPY_CDOUBLE, cnp.NPY_CDOUBLE,
]
cdef void *data[8][4]

complex_digamma = None  # (x, out) -> None, set by fastvb.special


cdef void complex_digamma_loop(
        char **args, const cnp.npy_intp *dimensions, const cnp.npy_intp *steps,
        void *type_number) noexcept with gil:
    """Let complex_digamma fill `out`: no kernel of ours knows complex numbers."""
    cdef int number = <int><Py_ssize_t>type_number
    x = view_of_memory(cnp.ndarray, 1, dimensions, number, steps, args[0], 0, 0, NULL)
    out = view_of_memory(
        cnp.ndarray, 1, dimensions, number, steps + 1, args[1], 0, cnp.NPY_ARRAY_WRITEABLE, NULL)
    complex_digamma(x, out)


cdef make(
        int slot, const char *name, const char *doc, fvb_unaryf leaff, fvb_unary leaf,
        int n_loops=2):
    data[slot][0] = <void *>leaff
    data[slot][1] = <void *>leaf
    data[slot][2] = <void *><Py_ssize_t>cnp.NPY_CFLOAT
    data[slot][3] = <void *><Py_ssize_t>cnp.NPY_CDOUBLE
    return cnp.PyUFunc_FromFuncAndData(
        loops, data[slot], types, n_loops, 1, 1, cnp.PyUFunc_None, name, doc, 0)


cdef make_of_doubles(int slot, const char *name, const char *doc, fvb_unary leaf):
    data[slot][0] = <void *>leaf
    return cnp.PyUFunc_FromFuncAndData(
        loops + 1, data[slot], types + 2, 1, 1, 1, cnp.PyUFunc_None, name, doc, 0)


digamma = make(0, "digamma", """\
Digamma function psi(x), the derivative of log Gamma(x), for each element.

Parameters
----------
x : array_like
    Arguments. float32 and float64 keep their type, integers become float64; complex arguments
    are passed on to SciPy.
out, where, **kwargs
    As for every NumPy ufunc.

Returns
-------
y : ndarray or scalar
    psi(x), of the shape of `x`: -inf at 0.0, inf at -0.0, nan at the negative integers.

Notes
-----
The same values as `scipy.special.psi`. On the positive axis the error is at most 2 units in the
last place, next to the root 1.4616... at most 2.5e-16 absolute.

References
----------
.. [1] Abramowitz, M. and Stegun, I. A., Handbook of Mathematical Functions, 1964, 6.3.

Examples
--------
>>> from fastvb.special import digamma
>>> digamma([0.5, 1.0, 2.0])
array([-1.96351003, -0.57721566,  0.42278434])
""", leaves.digammaf, leaves.digamma, n_loops=4)
trigamma = make(1, "trigamma", """\
Trigamma function psi'(x), the second derivative of log Gamma(x), for each element.

Parameters
----------
x : array_like
    Arguments. float32 and float64 keep their type, integers become float64.
out, where, **kwargs
    As for every NumPy ufunc.

Returns
-------
y : ndarray or scalar
    psi'(x), of the shape of `x`: inf at 0 and at the negative integers.

Notes
-----
The same values as `scipy.special.polygamma(1, x)`. On the positive axis the error is at most 2
units in the last place.

References
----------
.. [1] Abramowitz, M. and Stegun, I. A., Handbook of Mathematical Functions, 1964, 6.4.

Examples
--------
>>> from fastvb.special import trigamma
>>> trigamma([0.5, 1.0, 2.0])
array([4.9348022 , 1.64493407, 0.64493407])
""", leaves.trigammaf, leaves.trigamma)
gammaln = make(2, "gammaln", """\
Logarithm of the absolute value of the Gamma function, for each element.

Parameters
----------
x : array_like
    Arguments. float32 and float64 keep their type, integers become float64.
out, where, **kwargs
    As for every NumPy ufunc.

Returns
-------
y : ndarray or scalar
    ``log(abs(Gamma(x)))``, of the shape of `x`: inf at 0 and at the negative integers.

Notes
-----
The same values as `scipy.special.gammaln`. On the positive axis the error is at most 2 units in
the last place, next to the roots 1 and 2 at most 2.5e-16 absolute.

References
----------
.. [1] Abramowitz, M. and Stegun, I. A., Handbook of Mathematical Functions, 1964, 6.1.

Examples
--------
>>> from fastvb.special import gammaln
>>> gammaln([0.5, 1.0, 10.0])
array([ 0.57236494,  0.        , 12.80182748])
""", leaves.gammalnf, leaves.gammaln)
exp_digamma = make(3, "exp_digamma", """\
Exponential of the digamma function, exp(psi(x)), in one go, for each element.

Parameters
----------
x : array_like
    Arguments. float32 and float64 keep their type, integers become float64.
out, where, **kwargs
    As for every NumPy ufunc.

Returns
-------
y : ndarray or scalar
    exp(psi(x)), of the shape of `x`: 0 at 0.0, nan at the negative integers.

Notes
-----
This is exp(E[log t]) of a Gamma-distributed t with shape x and rate 1, which variational updates
need. On the positive axis the error is at most ``2 + abs(psi(x))`` units in the last place.

References
----------
.. [1] Blei, D. M., Ng, A. Y. and Jordan, M. I., "Latent Dirichlet Allocation", Journal of Machine
   Learning Research 3, 2003, equation 6.

Examples
--------
>>> from fastvb.special import exp_digamma
>>> exp_digamma([0.5, 1.0, 2.0])
array([0.14036487, 0.56145948, 1.52620511])
""", leaves.exp_digammaf, leaves.exp_digamma)
inv_digamma = make(4, "inv_digamma", """\
Inverse of the digamma function on the positive axis, for each element.

Parameters
----------
x : array_like
    Values of digamma. float32 and float64 keep their type, integers become float64.
out, where, **kwargs
    As for every NumPy ufunc.

Returns
-------
y : ndarray or scalar
    The positive y with psi(y) = x, of the shape of `x`: 0 at -inf, inf at inf.

Notes
-----
Newton's method from Minka's starting value.

References
----------
.. [1] Minka, T. P., "Estimating a Dirichlet distribution", 2000, appendix C.

Examples
--------
>>> from fastvb.special import digamma, inv_digamma
>>> inv_digamma(digamma([0.5, 3.0]))
array([0.5, 3. ])
""", leaves.inv_digammaf, leaves.inv_digamma)
gammaln_excess = make_of_doubles(5, "gammaln_excess", """\
log Gamma(x) - (x log x - x + log(2 pi) / 2) of a positive x: what is left of it without its large
part, -log(x) / 2 + 1 / (12 x) - ... for large x.
""", leaves.gammaln_excess)
digamma_excess = make_of_doubles(6, "digamma_excess", """\
psi(x) - log(x) of a positive x, the derivative of `gammaln_excess`: -1 / (2 x) - ... for large x.
""", leaves.digamma_excess)
log1p_gap = make_of_doubles(7, "log1p_gap", """\
u - log(1 + u) of an u above -1: u^2 / 2 - ... near 0.
""", leaves.log1p_gap)
