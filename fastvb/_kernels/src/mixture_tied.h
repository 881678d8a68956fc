/* Tied covariance: the panels of U, then the components' distances from U y. */

static ptrdiff_t NAME(tied_panels)(ptrdiff_t n) { return n + fvb_triangle(n); }

static void NAME(prepare_tied)(const fvb_mixture_shape *s, const double *offset,
                               const double *means, const double *factors, REAL *p)
{
    const ptrdiff_t n = s->n_features;
    p = NAME(pack_panels)(n, factors, NULL, p);
    for (ptrdiff_t k = 0; k < s->n_components; k++, means += n) {
        *p++ = (REAL)offset[k];
        *p++ = 1;
        const double *u = factors;
        for (ptrdiff_t r = 0; r < n; r++) {
            double c = 0.0;
            for (ptrdiff_t j = r; j < n; j++)
                c += (double)(REAL)(HALF_ROOT * *u++) * means[j]; /* as the panels have it */
            *p++ = (REAL)c;
        }
    }
}

static ptrdiff_t NAME(tied_work)(const fvb_mixture_shape *s) { return s->n_features; }

static void NAME(tied)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                       const REAL *parameters, REAL *log_joint, REAL *work)
{
    NAME(apply_panels)(s->n_features, e, x, parameters, work);
    NAME(distances)(0, s, e, work, parameters + NAME(tied_panels)(s->n_features), log_joint);
}
