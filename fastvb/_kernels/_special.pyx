"""NumPy ufuncs over the elementwise leaf loops."""
cimport numpy as cnp

from fastvb._kernels._dispatch cimport simd_level

cdef extern from "fvb_special.h":
    ctypedef void (*fvb_unary)(const double *, double *, Py_ssize_t) noexcept nogil
    ctypedef void (*fvb_unaryf)(const float *, float *, Py_ssize_t) noexcept nogil
    ctypedef struct fvb_special_table:
        fvb_unary digamma, trigamma, gammaln, exp_digamma, inv_digamma
        fvb_unaryf digammaf, trigammaf, gammalnf, exp_digammaf, inv_digammaf
    const fvb_special_table *fvb_special_select(int level)

cdef extern from "fvb_ufunc.h":
    # the arguments are those of PyUFuncGenericFunction, with npy_intp spelled ptrdiff_t
    void fvb_ufunc_loop()
    void fvb_ufunc_loopf()

cnp.import_array()
cnp.import_umath()

cdef const fvb_special_table *leaves = fvb_special_select(simd_level())

# What a ufunc is made of must outlive it.
cdef cnp.PyUFuncGenericFunction loops[2]
loops[0] = <cnp.PyUFuncGenericFunction>fvb_ufunc_loopf
loops[1] = <cnp.PyUFuncGenericFunction>fvb_ufunc_loop
cdef char types[4]
types[:] = [cnp.NPY_FLOAT, cnp.NPY_FLOAT, cnp.NPY_DOUBLE, cnp.NPY_DOUBLE]
cdef void *data[5][2]


cdef make(int slot, const char *name, const char *doc, fvb_unaryf leaff, fvb_unary leaf):
    data[slot][0] = <void *>leaff
    data[slot][1] = <void *>leaf
    return cnp.PyUFunc_FromFuncAndData(
        loops, data[slot], types, 2, 1, 1, cnp.PyUFunc_None, name, doc, 0)


digamma = make(0, "digamma", "digamma", leaves.digammaf, leaves.digamma)
trigamma = make(1, "trigamma", "trigamma", leaves.trigammaf, leaves.trigamma)
gammaln = make(2, "gammaln", "gammaln", leaves.gammalnf, leaves.gammaln)
exp_digamma = make(3, "exp_digamma", "exp_digamma", leaves.exp_digammaf, leaves.exp_digamma)
inv_digamma = make(4, "inv_digamma", "inv_digamma", leaves.inv_digammaf, leaves.inv_digamma)
