#include "fvb_cvb0.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include "fvb_exp.h"
#include "fvb_lanes.h"
#include "fvb_log.h"

#define REAL double
#define REAL_MIN DBL_MIN
#define REAL_EPSILON DBL_EPSILON
#define VECTOR fvb_lanes
#define LANES FVB_LANES
#define LOAD fvb_lanes_load
#define STORE fvb_lanes_store
#define MAX fvb_lanes_max
#define NAME(stem) stem
#include "cvb0_leaves.h"
#undef REAL
#undef REAL_MIN
#undef REAL_EPSILON
#undef VECTOR
#undef LANES
#undef LOAD
#undef STORE
#undef MAX
#undef NAME

#define REAL float
#define REAL_MIN FLT_MIN
#define REAL_EPSILON FLT_EPSILON
#define VECTOR fvb_lanesf
#define LANES FVB_LANESF
#define LOAD fvb_lanes_loadf
#define STORE fvb_lanes_storef
#define MAX fvb_lanes_maxf
#define NAME(stem) stem##f
#include "cvb0_leaves.h"

const fvb_cvb0_table FVB_TABLE(fvb_cvb0) = {{document, add_row}, {documentf, add_rowf}};
