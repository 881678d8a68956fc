/* The table of leaf functions that compare rows with centres, one set per precision.

   Distances are sums of squared differences, not of products: nothing cancels, wherever the data
   lie. Each call takes consecutive rows of data of any strides (counted in elements), from which
   the origin is subtracted; centres are relative to it. */
#ifndef FVB_KMEANS_H
#define FVB_KMEANS_H

#include <stddef.h>
#include <stdint.h>
#include "fvb_level.h"

enum { FVB_KMEANS_ROWS_BYTES = 256 }; /* of one feature of the rows that are worked on at a time */

/* Bytes of scratch of one call. */
static inline ptrdiff_t fvb_kmeans_scratch_bytes(ptrdiff_t n_features)
{
    return n_features * FVB_KMEANS_ROWS_BYTES;
}

#define FVB_KMEANS_DATA(type)                                                                  \
    const type *x, ptrdiff_t row_stride, ptrdiff_t column_stride,                              \
    const type *origin,         /* IN (n_features,) */                                         \
    const type *weights         /* IN (n_rows,) or NULL */

#define FVB_KMEANS_LEAVES(type)                                                                \
    /* The nearest centre of each row, the first of several, and what follows from it. */      \
    void (*assign)(                                                                            \
        ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t n_centres, FVB_KMEANS_DATA(type),    \
        const type *centres,    /* IN (n_centres, n_features) */                               \
        int32_t *labels,        /* OUT (n_rows,) or NULL */                                    \
        double *counts,         /* OUT (n_centres,) sum of weights */                          \
        double *sums,           /* OUT (n_centres, n_features) weighted sums about the origin */\
        double *inertia,        /* OUT sum of weighted squared distances */                    \
        double *farthest,       /* OUT the greatest of them, -1 without rows */                \
        int64_t *farthest_row,  /* OUT of which row */                                         \
        void *work);            /* WORK fvb_kmeans_scratch_bytes(), aligned */                 \
    /* Sum of weighted squared distances if this centre was added, for each centre; closest is \
       the distance to those that there are. */                                                \
    void (*potentials)(                                                                        \
        ptrdiff_t n_rows, ptrdiff_t n_features, ptrdiff_t n_centres, FVB_KMEANS_DATA(type),    \
        const type *centres,    /* IN (n_centres, n_features) */                               \
        const type *closest,    /* IN (n_rows,) */                                             \
        double *sums,           /* OUT (n_centres,) */                                         \
        void *work);                                                                           \
    /* Add a centre: closest = min(closest, distance). */                                      \
    void (*add)(                                                                               \
        ptrdiff_t n_rows, ptrdiff_t n_features, FVB_KMEANS_DATA(type),                         \
        const type *centre,     /* IN (n_features,) */                                         \
        type *closest,          /* INOUT (n_rows,) */                                          \
        double *sum,            /* OUT weighted sum of closest */                              \
        void *work);

typedef struct { FVB_KMEANS_LEAVES(double) } fvb_kmeans_leaves;
typedef struct { FVB_KMEANS_LEAVES(float) } fvb_kmeans_leavesf;

typedef struct {
    fvb_kmeans_leaves f64;
    fvb_kmeans_leavesf f32;
} fvb_kmeans_table;

FVB_SELECT(fvb_kmeans)

#endif
