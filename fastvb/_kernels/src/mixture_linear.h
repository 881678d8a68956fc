/* Log densities that are linear in x: Bernoulli, Poisson and other independent features,

     log_joint = offset + sum over observed j of x_j slope_kj + intercept_kj;

   of complete data the intercepts are part of the offset. */

/* The observed part of v, and 1 where there is one; missing values are nan. */
FVB_INLINE NAME(lanes) NAME(observed)(NAME(lanes) v)
{
    return (NAME(lanes))((NAME(lanes_mask))v & (NAME(lanes_mask))(v == v));
}

FVB_INLINE NAME(lanes) NAME(observation)(NAME(lanes) v)
{
    const NAME(lanes) one = (NAME(lanes)){0} + 1;
    return (NAME(lanes))((NAME(lanes_mask))one & (NAME(lanes_mask))(v == v));
}

/* A component: offset, then for each feature its slope; incomplete data: and its intercept. */
static void NAME(prepare_linear)(const fvb_mixture_shape *s, const double *offset,
                                 const double *slopes, const double *intercepts, REAL *p)
{
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        *p++ = (REAL)offset[k];
        for (ptrdiff_t j = 0; j < s->n_features; j++) {
            *p++ = (REAL)*slopes++;
            if (s->family == FVB_MIXTURE_INCOMPLETE)
                *p++ = (REAL)*intercepts++;
        }
    }
}

FVB_INLINE void NAME(linear_of)(const int incomplete, const int n_components,
                                ptrdiff_t n_features, NAME(extent) e, const REAL *x,
                                const REAL *p, REAL *log_joint)
{
    const ptrdiff_t size = 1 + (1 + incomplete) * n_features;
    for (ptrdiff_t i = 0; i < e.n; i += TILE_VECTORS * LANES) {
        NAME(lanes) sum[TILE_COMPONENTS][TILE_VECTORS];
        UNROLL for (int k = 0; k < n_components; k++)
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                sum[k][v] = (NAME(lanes)){0} + p[k * size];
        for (ptrdiff_t j = 0; j < n_features; j++)
            UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
                const NAME(lanes) y = NAME(fvb_lanes_load)(x + j * e.stride + i + v * LANES);
                const NAME(lanes) known = incomplete ? NAME(observed)(y) : y;
                UNROLL for (int k = 0; k < n_components; k++) {
                    const REAL *q = p + k * size + 1 + (1 + incomplete) * j;
                    sum[k][v] += known * q[0];
                    if (incomplete)
                        sum[k][v] += NAME(observation)(y) * q[1];
                }
            }
        UNROLL for (int k = 0; k < n_components; k++)
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                NAME(fvb_lanes_store)(log_joint + k * e.stride + i + v * LANES, sum[k][v]);
    }
}

static void NAME(linear)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                         const REAL *p, REAL *log_joint, REAL *work)
{
    const int incomplete = s->family == FVB_MIXTURE_INCOMPLETE;
    const ptrdiff_t n = s->n_features, size = 1 + (1 + incomplete) * n;
    (void)work;
    for (ptrdiff_t k = 0, nk; k < s->n_components; k += nk) {
        nk = next_tile(s->n_components - k, TILE_COMPONENTS);
        const REAL *q = p + k * size;
        REAL *out = log_joint + k * e.stride;
        switch ((int)nk + 4 * incomplete) {
        case 1: NAME(linear_of)(0, 1, n, e, x, q, out); break;
        case 2: NAME(linear_of)(0, 2, n, e, x, q, out); break;
        case 3: NAME(linear_of)(0, 3, n, e, x, q, out); break;
        case 4: NAME(linear_of)(0, 4, n, e, x, q, out); break;
        case 5: NAME(linear_of)(1, 1, n, e, x, q, out); break;
        case 6: NAME(linear_of)(1, 2, n, e, x, q, out); break;
        case 7: NAME(linear_of)(1, 3, n, e, x, q, out); break;
        default: NAME(linear_of)(1, 4, n, e, x, q, out);
        }
    }
}

/* Weighted x of what is observed, and the weights of these observations. */
static void NAME(complete_observed)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                    REAL *features)
{
    REAL *sums = features + e.stride, *seen = sums + s->n_features * e.stride;
    for (ptrdiff_t j = 0; j < s->n_features * e.stride; j += e.stride)
        for (ptrdiff_t i = 0; i < e.n; i += LANES) {
            const NAME(lanes) weight = NAME(fvb_lanes_load)(features + i);
            const NAME(lanes) y = NAME(fvb_lanes_load)(x + j + i);
            NAME(fvb_lanes_store)(sums + j + i, weight * NAME(observed)(y));
            NAME(fvb_lanes_store)(seen + j + i, weight * NAME(observation)(y));
        }
}
