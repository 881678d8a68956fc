/* Log densities of Gaussian components. Parameters are scaled by sqrt(1/2), so that

     log_joint = offset - |U y - c|^2,   c = U m,

   which neither cancels nor turns negative, and costs as little as any form. */

#ifndef HALF_ROOT
#define HALF_ROOT 0.70710678118654752440
#endif

/* Full covariance. A component: offset, then for each row of U: c, and U from the diagonal on. */

static void NAME(prepare_full)(const fvb_mixture_shape *s, const double *offset,
                               const double *means, const double *factors, REAL *p)
{
    const ptrdiff_t n = s->n_features;
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        *p++ = (REAL)offset[k];
        for (ptrdiff_t r = 0; r < n; r++) {
            REAL *row = p;
            double c = 0.0;
            p++;
            for (ptrdiff_t j = r; j < n; j++, p++, factors++) {
                *p = (REAL)(HALF_ROOT * *factors);
                c += (double)*p * means[k * n + j];
            }
            *row = (REAL)c;
        }
    }
}

/* Few features: they stay in registers while the components pass by. */
FVB_INLINE void NAME(full_of)(const int n_features, const int n_vectors, ptrdiff_t n_components,
                              NAME(extent) e, const REAL *x, const REAL *parameters,
                              REAL *log_joint)
{
    for (ptrdiff_t i = 0; i < e.n; i += n_vectors * LANES) {
        NAME(lanes) y[LOW_DIMENSION][TILE_VECTORS];
        UNROLL for (int j = 0; j < n_features; j++)
            UNROLL for (int v = 0; v < n_vectors; v++)
                y[j][v] = NAME(fvb_lanes_load)(x + j * e.stride + i + v * LANES);
        const REAL *p = parameters;
        for (ptrdiff_t k = 0; k < n_components; k++) {
            NAME(lanes) sum[TILE_VECTORS];
            UNROLL for (int v = 0; v < n_vectors; v++)
                sum[v] = (NAME(lanes)){0} + *p;
            p++;
            UNROLL for (int r = 0; r < n_features; r++) {
                NAME(lanes) t[TILE_VECTORS];
                UNROLL for (int v = 0; v < n_vectors; v++)
                    t[v] = y[r][v] * p[1] - *p;
                UNROLL for (int j = r + 1; j < n_features; j++)
                    UNROLL for (int v = 0; v < n_vectors; v++)
                        t[v] += y[j][v] * p[1 + j - r];
                UNROLL for (int v = 0; v < n_vectors; v++)
                    sum[v] -= t[v] * t[v];
                p += 1 + n_features - r;
            }
            UNROLL for (int v = 0; v < n_vectors; v++)
                NAME(fvb_lanes_store)(log_joint + k * e.stride + i + v * LANES, sum[v]);
        }
    }
}

static void NAME(low_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                           const REAL *parameters, REAL *log_joint, REAL *work)
{
    const ptrdiff_t n_components = s->n_components;
    (void)work;
#define CASE(n, vectors)                                                                   \
    case n: NAME(full_of)(n, vectors, n_components, e, x, parameters, log_joint); break;
    switch (s->n_features) {
        CASE(1, 4) CASE(2, 4) CASE(3, 4) CASE(4, 4) CASE(5, 2) CASE(6, 2) CASE(7, 2) CASE(8, 2)
        CASE(9, 2) CASE(10, 2) CASE(11, 2) CASE(12, 2)
    }
#undef CASE
}

/* Squared distances. A component: offset, factor, and for each feature its c; diag: its u, c. */

FVB_INLINE void NAME(distances_of)(const int diag, const int n_components, ptrdiff_t n_features,
                                   NAME(extent) e, const REAL *x, const REAL *p,
                                   ptrdiff_t size, REAL *log_joint)
{
    for (ptrdiff_t i = 0; i < e.n; i += TILE_VECTORS * LANES) {
        NAME(lanes) sum[TILE_COMPONENTS][TILE_VECTORS];
        UNROLL for (int k = 0; k < n_components; k++)
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                sum[k][v] = (NAME(lanes)){0};
        for (ptrdiff_t j = 0; j < n_features; j++) {
            NAME(lanes) y[TILE_VECTORS];
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                y[v] = NAME(fvb_lanes_load)(x + j * e.stride + i + v * LANES);
            UNROLL for (int k = 0; k < n_components; k++) {
                const REAL *q = p + k * size + 2 + (diag ? 2 * j : j);
                UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
                    const NAME(lanes) t = diag ? y[v] * q[0] - q[1] : y[v] - q[0];
                    sum[k][v] += t * t;
                }
            }
        }
        UNROLL for (int k = 0; k < n_components; k++) {
            const REAL *q = p + k * size;
            UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                NAME(fvb_lanes_store)(log_joint + k * e.stride + i + v * LANES,
                                      q[0] - sum[k][v] * q[1]);
        }
    }
}

FVB_INLINE void NAME(distances)(const int diag, const fvb_mixture_shape *s, NAME(extent) e,
                                const REAL *x, const REAL *p, REAL *log_joint)
{
    const ptrdiff_t n = s->n_features, size = 2 + (diag ? 2 * n : n);
    for (ptrdiff_t k = 0, nk; k < s->n_components; k += nk) {
        nk = next_tile(s->n_components - k, TILE_COMPONENTS);
        const REAL *q = p + k * size;
        REAL *out = log_joint + k * e.stride;
        switch (nk) {
        case 1: NAME(distances_of)(diag, 1, n, e, x, q, size, out); break;
        case 2: NAME(distances_of)(diag, 2, n, e, x, q, size, out); break;
        case 3: NAME(distances_of)(diag, 3, n, e, x, q, size, out); break;
        default: NAME(distances_of)(diag, 4, n, e, x, q, size, out);
        }
    }
}

static void NAME(prepare_diag)(const fvb_mixture_shape *s, const double *offset,
                               const double *means, const double *factors, REAL *p)
{
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        *p++ = (REAL)offset[k];
        *p++ = 1;
        for (ptrdiff_t j = 0; j < s->n_features; j++, p += 2, means++, factors++) {
            p[0] = (REAL)(HALF_ROOT * *factors);
            p[1] = (REAL)((double)p[0] * *means);
        }
    }
}

static void NAME(diag)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                       const REAL *parameters, REAL *log_joint, REAL *work)
{
    (void)work;
    NAME(distances)(1, s, e, x, parameters, log_joint);
}

static void NAME(prepare_spherical)(const fvb_mixture_shape *s, const double *offset,
                                    const double *means, const double *factors, REAL *p)
{
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        *p++ = (REAL)offset[k];
        *p++ = (REAL)(0.5 * factors[k] * factors[k]);
        for (ptrdiff_t j = 0; j < s->n_features; j++)
            *p++ = (REAL)*means++;
    }
}

static void NAME(spherical)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                            const REAL *parameters, REAL *log_joint, REAL *work)
{
    (void)work;
    NAME(distances)(0, s, e, x, parameters, log_joint);
}
