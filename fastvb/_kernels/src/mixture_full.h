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
    const ptrdiff_t n = s->n_features, size = 1 + n + fvb_triangle(n);
    (void)work;
    for (ptrdiff_t k = 0; k < s->n_components; k++, p += size, log_joint += e.stride) {
        for (ptrdiff_t i = 0; i < e.n; i++)
            log_joint[i] = *p;
        NAME(subtract_norms)(n, e, x, p + 1, log_joint);
    }
}

/* Strips of features, weighted responsibilities, the left side of a product, and numbers of rows. */
static ptrdiff_t NAME(full_work)(const fvb_mixture_shape *s)
{
    return NAME(count_vectors)(s->n_features) * LANES + 1 + OUTER_LEFT + 1;
}

static void NAME(accumulate_full)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                  const REAL *features, const REAL *resp, double *sums, REAL *work)
{
    const ptrdiff_t n = s->n_features;
    REAL *weighted = work + NAME(count_vectors)(n) * LANES * e.n, *left = weighted + e.n;
    int32_t *rows = (int32_t *)(left + OUTER_LEFT * e.n);
    NAME(add_products)(s->n_components, 1 + n, e, resp, features, sums);
    sums += count_product_sums(s->n_components, 1 + n);
    NAME(put_strips)(n, e, x, work);
    for (ptrdiff_t k = 0; k < s->n_components; k++, sums += NAME(count_outer_sums)(n)) {
        NAME(multiply)(e, features, resp + k * e.stride, weighted);
        NAME(add_outer)(n, e.n, weighted, work, sums, left, rows);
    }
}
