#include "fvb_structured.h"

#include "fvb_gamma_slope.h"
#include "fvb_trigamma.h"

static void slopes(ptrdiff_t n, const double *shape, const double *log_g, double *slope)
{
    for (ptrdiff_t i = 0; i < n; i++)
        slope[i] = fvb_gamma_slope(shape[i], log_g[i]);
}

#define REAL double
#define NAME(stem) stem
#include "structured_leaves.h"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##f
#include "structured_leaves.h"

const fvb_structured_table FVB_TABLE(fvb_structured) = {
    {row, add_inverse},
    {rowf, add_inversef},
    slopes,
};
