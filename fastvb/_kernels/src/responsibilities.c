#include "fvb_responsibilities.h"

#include "fvb_exp.h"
#include "fvb_exp_nonpositive.h"
#include "fvb_lanes.h"
#include "fvb_log.h"

enum {
    SHORT_ROW = 32,     /* columns up to which rows share vectors */
    BLOCK_VALUES = 384, /* of short rows that are worked on at a time: they stay in the L1 cache */
    BLOCK_ROWS = 64,    /* long rows, or rows of a panel of columns, at a time */
    PANEL = 64,         /* vectors side by side in a panel of columns */
    CHUNK = 1024,       /* values of a long row between two additions to its sum in double */
};

#define REAL double
#define NAME(stem) stem
#define LANES FVB_LANES
#define PART FVB_PART
#include "row_sums.h"
#include "responsibilities_leaves.h"
#include "logsumexp_columns.h"
#undef REAL
#undef NAME
#undef LANES
#undef PART

#define REAL float
#define NAME(stem) stem##f
#define LANES FVB_LANESF
#define PART FVB_PARTF
#include "row_sums.h"
#include "responsibilities_leaves.h"
#include "logsumexp_columns.h"

const fvb_responsibilities_table FVB_TABLE(fvb_responsibilities) = {
    {rows, columns},
    {rowsf, columnsf},
};
