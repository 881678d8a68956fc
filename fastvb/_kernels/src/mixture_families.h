/* The families of components, and which leaf functions serve which number of features. */

/* A block's features: ones, then x less the origin, then (where `complete` adds them) the other
   functions of x whose means under the responsibilities are the statistics. */
typedef struct {
    void (*prepare)(const fvb_mixture_shape *, const double *offset, const double *means,
                    const double *factors, REAL *parameters);
    /* log_joint of a block's rows, without the log prior; work holds n_features rows */
    void (*log_density)(const fvb_mixture_shape *, NAME(extent), const REAL *x,
                        const REAL *parameters, REAL *log_joint, REAL *work);
    void (*complete)(const fvb_mixture_shape *, NAME(extent), REAL *features);
    void (*accumulate)(const fvb_mixture_shape *, NAME(extent), const REAL *features,
                       const REAL *resp, double *moments, REAL *work);
    int has_products, has_work; /* features hold the squares; the functions above need work */
} NAME(family);

static void NAME(complete_triangle)(const fvb_mixture_shape *s, NAME(extent) e, REAL *features)
{
    const REAL *x = features + e.stride;
    REAL *out = features + (1 + s->n_features) * e.stride;
    for (ptrdiff_t a = 0; a < s->n_features; a++)
        for (ptrdiff_t b = a; b < s->n_features; b++, out += e.stride)
            for (ptrdiff_t i = 0; i < e.n; i += LANES)
                NAME(fvb_lanes_store)(out + i, NAME(fvb_lanes_load)(x + a * e.stride + i)
                                                   * NAME(fvb_lanes_load)(x + b * e.stride + i));
}

static void NAME(complete_squares)(const fvb_mixture_shape *s, NAME(extent) e, REAL *features)
{
    const REAL *x = features + e.stride;
    REAL *out = features + (1 + s->n_features) * e.stride;
    for (ptrdiff_t j = 0; j < s->n_features; j++, x += e.stride, out += e.stride)
        for (ptrdiff_t i = 0; i < e.n; i += LANES) {
            const NAME(lanes) y = NAME(fvb_lanes_load)(x + i);
            NAME(fvb_lanes_store)(out + i, y * y);
        }
}

static void NAME(complete_norm)(const fvb_mixture_shape *s, NAME(extent) e, REAL *features)
{
    const REAL *x = features + e.stride;
    REAL *out = features + (1 + s->n_features) * e.stride;
    for (ptrdiff_t i = 0; i < e.n; i += LANES) {
        NAME(lanes) sum = {0};
        for (ptrdiff_t j = 0; j < s->n_features; j++) {
            const NAME(lanes) y = NAME(fvb_lanes_load)(x + j * e.stride + i);
            sum += y * y;
        }
        NAME(fvb_lanes_store)(out + i, sum);
    }
}

/* Statistics that are means of the features. */
static void NAME(accumulate)(const fvb_mixture_shape *s, NAME(extent) e, const REAL *features,
                             const REAL *resp, double *moments, REAL *work)
{
    const ptrdiff_t n = fvb_mixture_n_moments(s);
    (void)work;
    NAME(add_products)(s->n_components, n, e, resp, features, moments, n);
}

/* Which leaf functions serve a shape. */
static NAME(family) NAME(family_of)(const fvb_mixture_shape *s)
{
    static const NAME(family) low_full_family = {
        NAME(prepare_full), NAME(low_full), NAME(complete_triangle), NAME(accumulate), 1, 0};
    static const NAME(family) high_full_family = {
        NAME(prepare_full), NAME(high_full), NULL, NAME(accumulate_full), 0, 1};
    static const NAME(family) tied_family = {
        NAME(prepare_tied), NAME(tied), NULL, NAME(accumulate), 1, 1};
    static const NAME(family) diag_family = {
        NAME(prepare_diag), NAME(diag), NAME(complete_squares), NAME(accumulate), 1, 0};
    static const NAME(family) spherical_family = {
        NAME(prepare_spherical), NAME(spherical), NAME(complete_norm), NAME(accumulate), 1, 0};
    switch (s->family) {
    case FVB_MIXTURE_TIED: return tied_family;
    case FVB_MIXTURE_DIAG: return s->n_features == 1 ? low_full_family : diag_family;
    case FVB_MIXTURE_SPHERICAL: return s->n_features == 1 ? low_full_family : spherical_family;
    default: return s->n_features <= LOW_DIMENSION ? low_full_family : high_full_family;
    }
}

static ptrdiff_t NAME(n_parameters)(const fvb_mixture_shape *s)
{
    const ptrdiff_t n = s->n_features;
    switch (s->family) {
    case FVB_MIXTURE_TIED: return fvb_triangle(n) + s->n_components * (2 + n);
    case FVB_MIXTURE_DIAG: return s->n_components * (2 + 2 * n);
    case FVB_MIXTURE_SPHERICAL: return s->n_components * (2 + n);
    default: return s->n_components * (1 + n + fvb_triangle(n));
    }
}

/* Features of a row in memory, ones among them. */
static ptrdiff_t NAME(n_block_features)(const fvb_mixture_shape *s)
{
    return NAME(family_of)(s).has_products ? fvb_mixture_n_moments(s) : 1 + s->n_features;
}

/* A block holds features, work, responsibilities, and four numbers more, for each row. */
static ptrdiff_t NAME(row_values)(const fvb_mixture_shape *s)
{
    return NAME(n_block_features)(s) + (NAME(family_of)(s).has_work ? s->n_features : 0)
           + s->n_components + 4;
}

static ptrdiff_t NAME(block_rows)(const fvb_mixture_shape *s)
{
    const ptrdiff_t fitting = BLOCK_BYTES / (NAME(row_values)(s) * (ptrdiff_t)sizeof(REAL));
    const ptrdiff_t rows = fitting / LEAST_ROWS * LEAST_ROWS;
    return rows < LEAST_ROWS ? LEAST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
}

static ptrdiff_t NAME(n_scratch)(const fvb_mixture_shape *s)
{
    return NAME(row_values)(s) * NAME(block_rows)(s);
}

static void NAME(prepare)(const fvb_mixture_shape *s, const double *offset, const double *means,
                          const double *factors, REAL *parameters)
{
    NAME(family_of)(s).prepare(s, offset, means, factors, parameters);
}
