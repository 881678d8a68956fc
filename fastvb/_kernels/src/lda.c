#include "fvb_lda.h"

#include <float.h>
#include "fvb_digamma.h"
#include "fvb_exp.h"
#include "fvb_exp_digamma.h"
#include "fvb_gammaln.h"
#include "fvb_elementwise.h"
#include "fvb_log.h"
#include "fvb_transpose.h"

enum { BLOCK_VECTORS = FVB_LDA_BLOCK_VECTORS, TWO_BLOCKS_BYTES = 1 << 15 };

/* Normalised exponentials of elog_theta + log_row into phi; returns the log of their sum. */
static double log_phi(ptrdiff_t n_topics, const double *elog_theta, const double *log_row,
                      double *phi)
{
    double top = -INFINITY, sum = 0.0;
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        phi[k] = elog_theta[k] + log_row[k];
        top = phi[k] > top ? phi[k] : top;
    }
    for (ptrdiff_t k = 0; k < n_topics; k++) {
        phi[k] = fvb_exp(phi[k] - top);
        sum += phi[k];
    }
    for (ptrdiff_t k = 0; k < n_topics; k++)
        phi[k] /= sum;
    return top + fvb_log(sum);
}

#define REAL double
#define REAL_MIN DBL_MIN
#define REAL_EPSILON DBL_EPSILON
#define REAL_SMALL 1e-20 /* times REAL_MIN / REAL_EPSILON^2 is a normal number */
#define BITS uint64_t
#define EXCESS fvb_excess
#define EXCESS_BIT FVB_EXCESS_BIT
#define EXP_DIGAMMA fvb_exp_digamma
#define EXP_DIGAMMA_CORE fvb_exp_digamma_core
#define REAL_LEAVES (DBL_EPSILON / 16)
#define REAL_STAYS_OUT (DBL_EPSILON * 4)
#define VECTOR fvb_lanes
#define LANES FVB_LANES
#define LOAD fvb_lanes_load
#define WIDEN fvb_lanes_widen
#define STORE fvb_lanes_store
#define MIN fvb_lanes_min
#define MAX fvb_lanes_max
#define TRANSPOSE fvb_transpose
#define PART_VECTOR fvb_part
#define PART FVB_PART
#define PART_LOAD fvb_part_load
#define PART_STORE fvb_part_store
#define PART_REDUCE_ADD fvb_reduce_add
#define NAME(stem) stem
#include "lda_leaves.h"

#undef REAL
#undef REAL_MIN
#undef REAL_EPSILON
#undef REAL_SMALL
#undef BITS
#undef EXCESS
#undef EXCESS_BIT
#undef EXP_DIGAMMA
#undef EXP_DIGAMMA_CORE
#undef NAME
#undef REAL_LEAVES
#undef REAL_STAYS_OUT
#undef VECTOR
#undef LANES
#undef LOAD
#undef WIDEN
#undef STORE
#undef MIN
#undef MAX
#undef TRANSPOSE
#undef PART_VECTOR
#undef PART
#undef PART_LOAD
#undef PART_STORE
#undef PART_REDUCE_ADD

#define REAL float
#define REAL_MIN FLT_MIN
#define REAL_EPSILON FLT_EPSILON
#define REAL_SMALL 1e-8f
#define BITS uint32_t
#define EXCESS fvb_excessf
#define EXCESS_BIT FVB_EXCESS_BITF
#define EXP_DIGAMMA fvb_exp_digammaf
#define EXP_DIGAMMA_CORE fvb_exp_digamma_coref
#define REAL_LEAVES (FLT_EPSILON / 16)
#define REAL_STAYS_OUT (FLT_EPSILON * 4)
#define VECTOR fvb_lanesf
#define LANES FVB_LANESF
#define LOAD fvb_lanes_loadf
#define WIDEN fvb_lanes_widenf
#define STORE fvb_lanes_storef
#define MIN fvb_lanes_minf
#define MAX fvb_lanes_maxf
#define TRANSPOSE fvb_transposef
#define PART_VECTOR fvb_partf
#define PART FVB_PARTF
#define PART_LOAD fvb_part_loadf
#define PART_STORE fvb_part_storef
#define PART_REDUCE_ADD fvb_reduce_addf
#define NAME(stem) stem##f
#include "lda_leaves.h"

#include "lda_mixed.h"

const fvb_lda_table FVB_TABLE(fvb_lda) = {
    {document, accumulate, add_product, add_log_phi, add_scaled, add_row, word_row, mean_row,
     inner, dirichlet_terms, gammaln_terms},
    {documentf, accumulatef, add_productf, add_log_phif, add_scaledf, add_rowf, word_rowf,
     mean_rowf, innerf, dirichlet_termsf, gammaln_termsf},
    document_mixed,
};
