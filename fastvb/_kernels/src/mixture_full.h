/* Full covariance with more features than registers hold. */

static void NAME(prepare_high)(const fvb_mixture_shape *s, const double *offset,
                               const double *means, const double *factors, REAL *p)
{
    const ptrdiff_t n = s->n_features;
    for (ptrdiff_t k = 0; k < s->n_components; k++) {
        *p++ = (REAL)offset[k];
        p = NAME(pack_panels)(n, factors + k * fvb_triangle(n), means + k * n, p);
    }
}

static void NAME(high_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                            const REAL *p, REAL *log_joint, REAL *work)
{
    (void)work;
    for (ptrdiff_t k = 0; k < s->n_components; k++, log_joint += e.stride) {
        for (ptrdiff_t i = 0; i < e.n; i++)
            log_joint[i] = *p;
        p = NAME(subtract_norms)(s->n_features, e, x, p + 1, log_joint);
    }
}

/* Values per row that accumulate_full works with. */
static ptrdiff_t NAME(full_work)(const fvb_mixture_shape *s)
{
    return NAME(row_length)(s->n_features) + OUTER_LEFT;
}

static void NAME(accumulate_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                  const REAL *features, const REAL *resp, double *sums, REAL *work)
{
    const ptrdiff_t n = s->n_features;
    NAME(add_products)(s->n_components, 1 + n, e, resp, features, sums);
    sums += count_product_sums(s->n_components, 1 + n);
    NAME(put_rows)(n, e, x, work);
    REAL *left = work + NAME(row_length)(n) * e.n;
    for (ptrdiff_t k = 0; k < s->n_components; k++, resp += e.stride) {
        NAME(add_outer)(n, e.n, resp, features, work, sums, left);
        sums += NAME(count_outer_sums)(n);
    }
}
