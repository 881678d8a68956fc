#include "fvb_mixture.h"

#include "fvb_exp_nonpositive.h"
#include "fvb_lanes.h"
#include "fvb_log.h"
#include "fvb_transpose.h"

enum {
    LOW_DIMENSION = 12,    /* up to it a row and the products of its features are held as a whole */
    MIDDLE_DIMENSION = 24, /* up to it the products of its features are held */
    BLOCK_BYTES = 300000,  /* of a block: part of the L2 cache */
    ROW_STEP = 64,         /* a multiple of every step of the loops over rows */
    LEAST_ROWS = 128,      /* of a block; twice that where its sums outweigh it, */
    MANY_FEATURES = 128,   /* which is from here on */
    MOST_ROWS = 512,
    MOST_SINGLES = 256, /* rows of one feature: responsibilities of ten components fit in the L1 */
    TILE_VECTORS = 4, /* of rows, and components, whose distances are added up at a time */
    TILE_COMPONENTS = 4,
    TILE_LEFT = 4, /* by TILE_RIGHT sums of products are added up at a time */
    TILE_RIGHT = 6,
    TILE_SUMS = 32, /* at least TILE_LEFT * TILE_RIGHT, in whole vectors */
};

#define REAL double
#define NEXT_TO_NOTHING 0x1p-80
#define NAME(stem) stem
#define LANES FVB_LANES
#include "mixture_products.h"
#include "mixture_gaussian.h"
#include "mixture_panels.h"
#include "mixture_outer.h"
#include "mixture_full.h"
#include "mixture_tied.h"
#include "mixture_linear.h"
#include "mixture_sparse.h"
#include "mixture_families.h"
#include "mixture_rows.h"
#undef REAL
#undef NEXT_TO_NOTHING
#undef NAME
#undef LANES

#define REAL float
#define NEXT_TO_NOTHING 0x1p-50f
#define NAME(stem) stem##f
#define LANES FVB_LANESF
#include "mixture_products.h"
#include "mixture_gaussian.h"
#include "mixture_panels.h"
#include "mixture_outer.h"
#include "mixture_full.h"
#include "mixture_tied.h"
#include "mixture_linear.h"
#include "mixture_sparse.h"
#include "mixture_families.h"
#include "mixture_rows.h"

const fvb_mixture_table FVB_TABLE(fvb_mixture) = {
    {block_rows, n_parameters, n_scratch, n_sums, prepare, rows, unpack},
    {block_rowsf, n_parametersf, n_scratchf, n_sumsf, preparef, rowsf, unpackf},
};
