/* The families of components, and which leaf functions serve which number of features. */

/* Statistics are sums over rows of responsibilities times features: a row's weight, its weighted x,
   and its weighted products that `complete` adds. The responsibilities are not normalised: what
   they lack is part of the weight. */
typedef struct {
    void (*prepare)(const fvb_mixture_shape *, const double *offset, const double *means,
                    const double *factors, REAL *parameters);
    /* log_joint of a block's rows, without the log prior */
    void (*log_density)(const fvb_mixture_shape *, NAME(extent), const REAL *x,
                        const REAL *parameters, REAL *log_joint, REAL *work);
    void (*complete)(const fvb_mixture_shape *, NAME(extent), const REAL *x, REAL *features);
    void (*accumulate)(const fvb_mixture_shape *, NAME(extent), const REAL *x,
                       const REAL *features, const REAL *resp, double *sums, REAL *work);
    int has_products; /* whether the squares are among the features */
    ptrdiff_t (*n_work)(const fvb_mixture_shape *); /* values of `work` for a row, or NULL */
} NAME(family);

static void NAME(complete_triangle)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                    REAL *features)
{
    const ptrdiff_t n = s->n_features;
    REAL *weighted = features + e.stride, *out = features + (1 + n) * e.stride;
    for (ptrdiff_t a = 0; a < n; a++)
        for (ptrdiff_t b = a; b < n; b++, out += e.stride)
            NAME(multiply)(e, weighted + a * e.stride, x + b * e.stride, out);
}

static void NAME(complete_squares)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                   REAL *features)
{
    const ptrdiff_t n = s->n_features;
    REAL *weighted = features + e.stride, *out = features + (1 + n) * e.stride;
    for (ptrdiff_t j = 0; j < n * e.stride; j += e.stride)
        NAME(multiply)(e, weighted + j, x + j, out + j);
}

static void NAME(complete_norm)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                                REAL *features)
{
    const ptrdiff_t n = s->n_features;
    REAL *out = features + (1 + n) * e.stride;
    for (ptrdiff_t i = 0; i < e.n; i += LANES) {
        NAME(lanes) sum = {0};
        for (ptrdiff_t j = 0; j < n; j++) {
            const NAME(lanes) y = NAME(fvb_lanes_load)(x + j * e.stride + i);
            sum += y * y;
        }
        NAME(fvb_lanes_store)(out + i, sum * NAME(fvb_lanes_load)(features + i));
    }
}

static void NAME(accumulate)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *x,
                             const REAL *features, const REAL *resp, double *sums, REAL *work)
{
    (void)x, (void)work;
    NAME(add_products)(s->n_components, fvb_mixture_n_moments(s), e, resp, features, sums);
}

/* Which leaf functions serve a shape. */
static NAME(family) NAME(family_of)(const fvb_mixture_shape *s)
{
    static const NAME(family) low_full_family = {
        NAME(prepare_full), NAME(low_full), NAME(complete_triangle), NAME(accumulate), 1, NULL};
    static const NAME(family) middle_full_family = {
        NAME(prepare_high), NAME(high_full), NAME(complete_triangle), NAME(accumulate), 1, NULL};
    static const NAME(family) high_full_family = {
        NAME(prepare_high), NAME(high_full), NULL, NAME(accumulate_full), 0, NAME(full_work)};
    static const NAME(family) tied_family = {
        NAME(prepare_tied), NAME(tied), NULL, NAME(accumulate), 1, NAME(tied_work)};
    static const NAME(family) diag_family = {
        NAME(prepare_diag), NAME(diag), NAME(complete_squares), NAME(accumulate), 1, NULL};
    static const NAME(family) spherical_family = {
        NAME(prepare_spherical), NAME(spherical), NAME(complete_norm), NAME(accumulate), 1, NULL};
    static const NAME(family) linear_family = {
        NAME(prepare_linear), NAME(linear), NULL, NAME(accumulate), 1, NULL};
    static const NAME(family) incomplete_family = {
        NAME(prepare_linear), NAME(linear), NAME(complete_observed), NAME(accumulate), 1, NULL};
    static const NAME(family) sparse_family = {NAME(prepare_sparse), NULL, NULL, NULL, 1, NULL};
    switch (s->family) {
    case FVB_MIXTURE_LINEAR: return linear_family;
    case FVB_MIXTURE_INCOMPLETE: return incomplete_family;
    case FVB_MIXTURE_SPARSE: return sparse_family;
    case FVB_MIXTURE_TIED: return tied_family;
    case FVB_MIXTURE_DIAG: return s->n_features == 1 ? low_full_family : diag_family;
    case FVB_MIXTURE_SPHERICAL: return s->n_features == 1 ? low_full_family : spherical_family;
    default:
        return s->n_features <= LOW_DIMENSION      ? low_full_family
               : s->n_features <= MIDDLE_DIMENSION ? middle_full_family
                                                   : high_full_family;
    }
}

static ptrdiff_t NAME(n_parameters)(const fvb_mixture_shape *s)
{
    const ptrdiff_t n = s->n_features;
    switch (s->family) {
    case FVB_MIXTURE_TIED: return NAME(tied_panels)(n) + s->n_components * (2 + n);
    case FVB_MIXTURE_DIAG: return s->n_components * (2 + 2 * n);
    case FVB_MIXTURE_SPHERICAL: return s->n_components * (2 + n);
    case FVB_MIXTURE_LINEAR: return s->n_components * (1 + n);
    case FVB_MIXTURE_INCOMPLETE: return s->n_components * (1 + 2 * n);
    case FVB_MIXTURE_SPARSE: return NAME(sparse_length)(s->n_components) * (1 + n);
    default: return s->n_components * (1 + n + fvb_triangle(n));
    }
}

/* Features of x in a block. Sparse rows stay where they are. */
static ptrdiff_t NAME(n_dense)(const fvb_mixture_shape *s)
{
    return s->family == FVB_MIXTURE_SPARSE ? 0 : s->n_features;
}

static ptrdiff_t NAME(n_block_features)(const fvb_mixture_shape *s)
{
    if (s->family == FVB_MIXTURE_SPARSE)
        return 1;
    return NAME(family_of)(s).has_products ? fvb_mixture_n_moments(s) : 1 + s->n_features;
}

static ptrdiff_t NAME(n_work)(const fvb_mixture_shape *s)
{
    const NAME(family) family = NAME(family_of)(s);
    return family.n_work ? family.n_work(s) : 0;
}

/* A block holds x, features, work, responsibilities, and three numbers more, for each row. */
static ptrdiff_t NAME(row_values)(const fvb_mixture_shape *s)
{
    return NAME(n_dense)(s) + NAME(n_block_features)(s) + NAME(n_work)(s) + s->n_components + 3;
}

static ptrdiff_t NAME(block_rows)(const fvb_mixture_shape *s)
{
    const ptrdiff_t fitting = BLOCK_BYTES / (NAME(row_values)(s) * (ptrdiff_t)sizeof(REAL));
    const ptrdiff_t rows = fitting / ROW_STEP * ROW_STEP;
    const ptrdiff_t least = s->n_features < MANY_FEATURES ? LEAST_ROWS : 2 * LEAST_ROWS;
    const ptrdiff_t most = s->n_features == 1 ? MOST_SINGLES : MOST_ROWS;
    return rows < least ? least : rows > most ? most : rows;
}

/* Features are a cache line farther apart than they are long: at a power of two they would compete
   for the same lines. */
static ptrdiff_t NAME(block_stride)(const fvb_mixture_shape *s)
{
    return NAME(block_rows)(s) + 64 / sizeof(REAL);
}

static ptrdiff_t NAME(n_scratch)(const fvb_mixture_shape *s)
{
    const ptrdiff_t row = s->family == FVB_MIXTURE_SPARSE ? NAME(sparse_length)(s->n_components) : 0;
    return NAME(row_values)(s) * NAME(block_stride)(s) + row;
}

static void NAME(prepare)(const fvb_mixture_shape *s, const double *offset, const double *means,
                          const double *factors, REAL *parameters)
{
    NAME(family_of)(s).prepare(s, offset, means, factors, parameters);
}

static ptrdiff_t NAME(n_sums)(const fvb_mixture_shape *s)
{
    const ptrdiff_t n = s->n_components, sums = count_product_sums(n, NAME(n_block_features)(s));
    if (s->family == FVB_MIXTURE_SPARSE)
        return NAME(sparse_length)(n) * (1 + s->n_features);
    return sums + (NAME(family_of)(s).has_products ? 0 : n * NAME(count_outer_sums)(s->n_features));
}

static void NAME(unpack)(const fvb_mixture_shape *s, const double *sums, double *moments)
{
    const ptrdiff_t n = s->n_components, n_moments = fvb_mixture_n_moments(s);
    const ptrdiff_t n_products = NAME(n_block_features)(s);
    if (s->family == FVB_MIXTURE_SPARSE) {
        NAME(unpack_sparse)(s, sums, moments);
        return;
    }
    unpack_products(n, n_products, n_moments, sums, moments);
    if (!NAME(family_of)(s).has_products) {
        sums += count_product_sums(n, n_products);
        for (ptrdiff_t k = 0; k < n; k++, sums += NAME(count_outer_sums)(s->n_features))
            NAME(unpack_outer)(s->n_features, sums, moments + k * n_moments + n_products);
    }
}
