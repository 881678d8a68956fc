/* The fused pass of the mixtures over rows of data, one set of leaf functions per precision.

   Rows are taken in blocks, whose features lie across them (a feature's values side by side) and
   stay in the cache: log density -> log weight -> log-sum-exp -> responsibilities -> statistics.
   All locations are relative to one origin, so that a common offset of the data costs no digits. A
   triangle is packed by the rows of its upper half: (0, 0), (0, 1), ..., (1, 1), ... */
#ifndef FVB_MIXTURE_H
#define FVB_MIXTURE_H

#include <stddef.h>
#include "fvb_level.h"

/* The log density of a row, less a constant of its component, with y = x - origin: */
enum {
    FVB_MIXTURE_FULL = 0,      /* -1/2 |U_k (y - m_k)|^2, U_k upper triangular */
    FVB_MIXTURE_TIED = 1,      /* the same with one U */
    FVB_MIXTURE_DIAG = 2,      /* -1/2 sum_j u_kj^2 (y_j - m_kj)^2 */
    FVB_MIXTURE_SPHERICAL = 3, /* -1/2 u_k^2 |y - m_k|^2 */
    FVB_MIXTURE_LINEAR = 4,    /* sum_j x_j slope_kj */
    FVB_MIXTURE_INCOMPLETE = 5, /* sum over j with x_j != nan of x_j slope_kj + intercept_kj */
    FVB_MIXTURE_SPARSE = 6,    /* LINEAR, of a matrix in CSR format */
};

enum { FVB_MIXTURE_OK = 0, FVB_MIXTURE_NOT_FINITE = 1 };

typedef struct {
    int family;
    ptrdiff_t n_components, n_features;
} fvb_mixture_shape;

/* What to do with the rows; strides count elements, type is that of the data. */
typedef struct {
    fvb_mixture_shape shape;
    const void *x;                         /* IN type (n_rows, n_features); SPARSE: (nnz,), or NULL:
                                              1 */
    ptrdiff_t x_row, x_column;             /* its strides */
    const void *indices, *indptr;          /* IN of SPARSE, int64_t if wide_indices, else int32_t */
    int wide_indices;
    const void *origin;                    /* IN type (n_features,), or NULL: 0 */
    const void *weights;                   /* IN type (n_rows,), or NULL: 1 */
    const void *log_prior;                 /* IN type (n_rows, n_components), or NULL: 0 */
    ptrdiff_t log_prior_row, log_prior_column;
    const void *parameters;                /* IN as `prepare` made them; NULL: given memberships */
    const void *given;                     /* IN type (n_rows, n_components) memberships, or NULL */
    ptrdiff_t given_row, given_column;
    const int *given_labels;               /* IN (n_rows,), negative: no component; or NULL: 0 */
    int wants_statistics;
    void *log_norm;                        /* OUT type (n_rows,), or NULL */
    void *responsibilities;                /* OUT type (n_rows, n_components), or NULL */
    int *labels;                           /* OUT (n_rows,), or NULL */
} fvb_mixture_job;

static inline ptrdiff_t fvb_triangle(ptrdiff_t n) { return n * (n + 1) / 2; }

/* Second moments, or what else a component keeps besides its count and its sums. */
static inline ptrdiff_t fvb_mixture_n_squares(const fvb_mixture_shape *s)
{
    switch (s->family) {
    case FVB_MIXTURE_FULL: return fvb_triangle(s->n_features);
    case FVB_MIXTURE_DIAG: return s->n_features;
    case FVB_MIXTURE_INCOMPLETE: return s->n_features; /* counts of observations */
    case FVB_MIXTURE_SPHERICAL: return 1;
    default: return 0;
    }
}

/* Statistics of a component side by side: count, sums, squares. */
static inline ptrdiff_t fvb_mixture_n_moments(const fvb_mixture_shape *s)
{
    return 1 + s->n_features + fvb_mixture_n_squares(s);
}

#define FVB_MIXTURE_LEAVES(type)                                                              \
    ptrdiff_t (*block_rows)(const fvb_mixture_shape *shape);                                  \
    /* Values of type that `prepare` and `rows` need. */                                      \
    ptrdiff_t (*n_parameters)(const fvb_mixture_shape *shape);                                \
    ptrdiff_t (*n_scratch)(const fvb_mixture_shape *shape);                                   \
    /* Doubles that hold the statistics of some rows, in an order of their own. */            \
    ptrdiff_t (*n_sums)(const fvb_mixture_shape *shape);                                      \
    void (*prepare)(                                                                          \
        const fvb_mixture_shape *shape,                                                       \
        const double *offset,   /* IN (n_components,) the constants of log weight + density */\
        const double *means,    /* IN (n_components, n_features) less the origin, or slopes */\
        const double *factors,  /* IN u or U: full (n_components, triangle), tied (triangle), \
                                   diag (n_components, n_features), spherical (n_components,);\
                                   incomplete: intercepts (n_components, n_features) */       \
        type *parameters);      /* OUT n_parameters */                                        \
    /* Rows start..stop of the job; statistics are of the rows' weighted responsibilities. */ \
    void (*rows)(                                                                             \
        const fvb_mixture_job *job, ptrdiff_t start, ptrdiff_t stop,                          \
        double *sums,           /* INOUT n_sums */                                            \
        double *total,          /* INOUT sum of weight * log_norm */                          \
        type *scratch);         /* WORK n_scratch, aligned to 64 bytes */                     \
    void (*unpack)(                                                                           \
        const fvb_mixture_shape *shape, const double *sums,                                   \
        double *moments);       /* OUT (n_components, n_moments) */

typedef struct { FVB_MIXTURE_LEAVES(double) } fvb_mixture_leaves;
typedef struct { FVB_MIXTURE_LEAVES(float) } fvb_mixture_leavesf;

typedef struct {
    fvb_mixture_leaves f64;
    fvb_mixture_leavesf f32;
} fvb_mixture_table;

FVB_SELECT(fvb_mixture)

#endif
