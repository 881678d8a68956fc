#include "fvb_kmeans.h"

#include <float.h>
#include "fvb_lanes.h"
#include "fvb_transpose.h"

enum {
    VECTORS = 4,           /* of rows at a time: 256 bytes at the highest level */
    TOGETHER = 2,          /* centres at a time: with four vectors each, they fit the registers */
    ROWS = VECTORS * FVB_LANES,
    ROWSF = VECTORS * FVB_LANESF,
};
_Static_assert(VECTORS * FVB_LANES_BYTES <= FVB_KMEANS_ROWS_BYTES, "rows fit the scratch");

#define REAL double
#define NAME(stem) stem
#define ROWS_ ROWS
#define LANES FVB_LANES
#define LARGEST DBL_MAX
#include "kmeans_leaves.h"
#undef REAL
#undef NAME
#undef ROWS_
#undef LANES
#undef LARGEST

#define REAL float
#define NAME(stem) stem##f
#define ROWS_ ROWSF
#define LANES FVB_LANESF
#define LARGEST FLT_MAX
#include "kmeans_leaves.h"

const fvb_kmeans_table FVB_TABLE(fvb_kmeans) = {
    {assign, potentials, add},
    {assignf, potentialsf, addf},
};
