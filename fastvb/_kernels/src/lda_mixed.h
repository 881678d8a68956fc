/* One document in double precision whose steps but for the last are in single: a pass over its
   tile reads half the memory, with twice the lanes. The last step and the bound read the rows in
   double. So gamma is the prior plus counts that sum to the document's length, ratio and theta
   belong to this gamma, and the bound is exact at it; only where the iteration was when it ended
   differs, by the rounding of float.

   The tile in single has no log space: a document with a norm so small that what underflows might
   matter there is left to `document`. So is one where a topic that had left the iteration turns
   out to matter beside the rounding of float. */

/* Numbers that are normal in single precision; the rest, logarithms among them, becomes 0. */
FVB_INLINE fvb_lanes normal_in_single(const double *p)
{
    const fvb_lanes v = fvb_lanes_load(p);
    return (fvb_lanes)((fvb_lanes_mask)v & (fvb_lanes_mask)(v >= (double)FLT_MIN));
}

/* Have the first rows of a document on their way. */
FVB_INLINE void call_first_rows(const double *const *rows, ptrdiff_t n_words, ptrdiff_t stride)
{
    for (ptrdiff_t i = 0; i < n_words && i < FVB_LANESF; i++)
        for (ptrdiff_t k = 0; k < stride; k += FVB_CACHE_LINE / (ptrdiff_t)sizeof(double))
            __builtin_prefetch(rows[i] + k);
}

/* `fill_tilef` from rows in double. They lie anywhere in memory: those of the next words are on
   their way while these are transposed. */
static void fill_narrowed(tilef *t, const double *const *rows, ptrdiff_t stride)
{
    const ptrdiff_t n = t->n_topics = t->n_columns;
    for (ptrdiff_t v = 0, size; v < t->n_vectors; v += size) {
        size = block_sizef(t, v);
        for (ptrdiff_t j = 0; j < size; j++) {
            const double *const *words = rows + (v + j) * FVB_LANESF;
            float *column = t->memory + v * FVB_LANESF * n + j * FVB_LANESF;
            for (ptrdiff_t k = 0; k < n; k += FVB_LANESF) {
                fvb_lanesf square[FVB_LANESF];
                const ptrdiff_t next = k + FVB_LANES < stride ? k + FVB_LANES : k; /* or padding */
                if (v + j + 1 < t->n_vectors)
                    for (int i = FVB_LANESF; i < 2 * FVB_LANESF; i++) {
                        __builtin_prefetch(words[i] + k);
                        __builtin_prefetch(words[i] + next);
                    }
                for (int i = 0; i < FVB_LANESF; i++)
                    square[i] = fvb_lanes_narrow(
                        normal_in_single(words[i] + k), normal_in_single(words[i] + next));
                put_squaref(square, n - k, column + k * size * FVB_LANESF, size * FVB_LANESF);
            }
        }
    }
}

/* `iterate` in single precision, into gamma and theta of `d`. */
static int iterate_in_single(doc *d, double tol, int max_iter, const double *gamma, int *n_iter,
                             docf *s)
{
    const ptrdiff_t stride = fvb_lda_single_stride(d->stride);
    float *prior = (float *)d->tile.memory, *start = prior + stride, *counts = start + stride;
    float *work = counts + fvb_lda_padded_words(d->n_words, sizeof(float));
    for (ptrdiff_t k = 0; k < stride; k++) {
        prior[k] = k < d->n_topics ? (float)d->prior[k] : 1;
        start[k] = k < d->n_topics ? (float)gamma[k] : 1;
    }
    for (ptrdiff_t i = 0; i < d->n_words; i++)
        counts[i] = (float)d->counts[i];
    *s = (docf){
        .n_words = d->n_words, .n_topics = d->n_topics, .stride = stride,
        .counts = counts, .prior = prior, .mean = d->mean,
    };
    lay_outf(s, (char *)work, fvb_lda_rows_bytes(d->n_words, stride, sizeof(float)));
    fill_narrowed(&s->tile, d->tile.rows, d->stride);
    take_all_topicsf(s, start);
    update_thetaf(s);
    const int status = iteratef(s, tol, max_iter, 1, n_iter);
    for (ptrdiff_t k = 0, live = 0; k < d->n_topics; k++)
        d->gamma[k] = live < s->n_live && s->topic[live] == k ? s->gamma[live++] : d->prior[k];
    update_theta(d);
    return status;
}

/* Norms of four words, row by row. */
FVB_INLINE void four_norms(const doc *d, const double *const *rows, double *norm)
{
    const ptrdiff_t stride = d->stride;
    const double *theta = d->theta;
    fvb_lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (ptrdiff_t k = 0; k < stride; k += FVB_LANES) {
        const fvb_lanes weight = fvb_lanes_load(theta + k), zero = {0};
        s0 += weight * fvb_lanes_max(fvb_lanes_load(rows[0] + k), zero);
        s1 += weight * fvb_lanes_max(fvb_lanes_load(rows[1] + k), zero);
        s2 += weight * fvb_lanes_max(fvb_lanes_load(rows[2] + k), zero);
        s3 += weight * fvb_lanes_max(fvb_lanes_load(rows[3] + k), zero);
    }
    const fvb_part sums[4] = {
        fvb_lanes_fold(s0), fvb_lanes_fold(s1), fvb_lanes_fold(s2), fvb_lanes_fold(s3),
    };
    for (int i = 0; i < 4; i += FVB_PART)
        fvb_part_store(norm + i, fvb_reduce_add(sums + i));
}

/* `sum_words` of all topics, by rows. */
static double sum_rows(const doc *d)
{
    double lowest = INFINITY;
    for (ptrdiff_t k = 0; k < d->stride; k++)
        d->sum[k] = 0;
    for (ptrdiff_t i = 0; i < d->n_words; i += 4) {
        double weight[4];
        four_norms(d, d->tile.rows + i, weight);
        for (int j = 0; j < 4; j++) {
            lowest = weight[j] < lowest ? weight[j] : lowest;
            weight[j] = d->padded_counts[i + j] / weight[j];
        }
        add_four_rows(d->stride, weight, d->tile.rows + i, d->sum);
    }
    return lowest;
}

/* `all_norms`, by rows. */
static void all_row_norms(const doc *d, double *result)
{
    ptrdiff_t i = 0;
    for (; i + 4 <= d->n_words; i += 4)
        four_norms(d, d->tile.rows + i, result + i);
    if (i < d->n_words) {
        double last[4];
        four_norms(d, d->tile.rows + i, last);
        memcpy(result + i, last, (d->n_words - i) * sizeof *last);
    }
}

/* Whether the topics that left in single precision belong where they are, given the sums. */
static int may_stay_out_of(const docf *s, const doc *d)
{
    for (ptrdiff_t k = 0, live = 0; k < d->n_topics; k++)
        if (live < s->n_live && s->topic[live] == k)
            live++;
        else if (!(d->theta[k] * d->sum[k] < beside(d, d->prior[k]) * (FLT_EPSILON * 4)))
            return 0;
    return 1;
}

/* The last step, in double. */
static int last_step(doc *d, const docf *s, int status, double tol)
{
    ptrdiff_t n_done;
    if (sum_rows(d) < d->tiny || !may_stay_out_of(s, d))
        return FVB_LDA_PENDING;
    const double change = update_gamma(d, &n_done);
    update_theta(d);
    if (!(change < INFINITY))
        return FVB_LDA_PENDING;
    return change < tol * (double)d->n_topics ? FVB_LDA_CONVERGED : status;
}

/* All steps, and the norms at their end. FVB_LDA_PENDING if that takes double precision. */
static int mixed_steps(doc *d, double tol, int max_iter, const double *gamma, double *norm,
                       int *n_iter)
{
    docf single;
    int status = iterate_in_single(d, tol, max_iter - 1, gamma, n_iter, &single);
    if (status == FVB_LDA_PENDING || status == FVB_LDA_NOT_FINITE)
        return FVB_LDA_PENDING;
    status = last_step(d, &single, status, tol);
    ++*n_iter;
    all_row_norms(d, norm);
    return status;
}

static int document_mixed(
    ptrdiff_t n_words, ptrdiff_t n_topics, ptrdiff_t stride, const double *counts,
    const double **rows, const double *const *log_rows, const double *prior, int mean, double tol,
    int max_iter, double *gamma, double *theta, double *ratio, int *n_iter, double *bound,
    void *work, ptrdiff_t tile_bytes)
{
    doc d = {
        .n_words = n_words, .n_topics = n_topics, .stride = stride,
        .counts = counts, .prior = prior, .mean = mean,
    };
    double word_terms;
    if (max_iter > 1 && n_words > 0 && fvb_lda_single_bytes(n_words, stride) <= tile_bytes) {
        call_first_rows(rows, n_words, stride);
        lay_out(&d, work, tile_bytes);
        set_rows(&d, rows);
        take_all_topics(&d, gamma);
        const int status = mixed_steps(&d, tol, max_iter, gamma, ratio, n_iter);
        if (status != FVB_LDA_PENDING && close_words(&d, ratio, &word_terms)) {
            return_topics(&d, gamma, theta);
            *bound = word_terms + theta_terms(&d, gamma);
            return status;
        }
    }
    return document(n_words, n_topics, stride, counts, rows, log_rows, prior, mean, tol, max_iter,
                    gamma, theta, ratio, n_iter, bound, work, tile_bytes);
}
