/* The words whose norm is tiny, where entries that underflowed might matter: in log space. */

static inline REAL NAME(one_norm)(const NAME(doc) *d, ptrdiff_t i)
{
    const REAL *theta = d->theta, *row = d->tile.rows[i];
    REAL s = 0;
#pragma omp simd reduction(+ : s)
    for (ptrdiff_t k = 0; k < d->stride; k++)
        s += NAME(value)(row[k]) * theta[k];
    return s;
}

/* phi of word i in log space: adds its expected counts, returns the log of its norm. */
static double NAME(visit_in_log_space)(NAME(doc) *d, ptrdiff_t i)
{
    if (d->n_in_log_space++ == 0) {
        NAME(log_weights)(d->mean, d->n_topics, d->gamma, d->elog_theta);
        for (ptrdiff_t k = 0; k < d->n_topics; k++) {
            d->elog_theta[k] -= d->log_factor;
            d->log_counts[k] = 0.0;
        }
    }
    const double log_norm = log_phi(d->n_topics, d->elog_theta, d->log_rows[i], d->phi);
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        d->log_counts[k] += (double)d->counts[i] * d->phi[k];
    return log_norm;
}

/* One step word by word, those in log space whose norm is tiny; returns sum |change of gamma|. */
static double NAME(careful_step)(NAME(doc) *d)
{
    const REAL *theta = d->theta;
    REAL *sum = d->sum, *gamma = d->gamma;
    double change = 0.0;
    for (ptrdiff_t k = 0; k < d->stride; k++)
        sum[k] = 0;
    for (ptrdiff_t k = 0; k < d->n_topics; k++)
        d->log_counts[k] = 0.0;
    for (ptrdiff_t i = 0; i < d->n_words; i++) {
        const REAL norm = NAME(one_norm)(d, i), *row = d->tile.rows[i];
        if (norm < d->tiny) {
            NAME(visit_in_log_space)(d, i);
            continue;
        }
        const REAL weight = d->counts[i] / norm;
#pragma omp simd
        for (ptrdiff_t k = 0; k < d->stride; k++)
            sum[k] += weight * NAME(value)(row[k]);
    }
    for (ptrdiff_t k = 0; k < d->n_topics; k++) {
        const REAL updated = d->prior[k] + (REAL)(theta[k] * sum[k] + d->log_counts[k]);
        change += fabs(updated - gamma[k]);
        gamma[k] = updated;
    }
    return change;
}

/* Norm of every word. */
static void NAME(all_norms)(const NAME(doc) *d, REAL *result)
{
    const ptrdiff_t n_words = d->n_words, n_vectors = d->tile.n_vectors;
    for (ptrdiff_t v = 0, size; v < n_vectors; v += size) {
        const REAL *block = NAME(tile_block)(&d->tile, v);
        VECTOR norm[BLOCK_VECTORS];
        REAL *out = d->partial;
        size = NAME(block_size)(&d->tile, v);
        switch (size) {
        case 1: NAME(norms)(d, 1, block, norm); break;
        case 2: NAME(norms)(d, 2, block, norm); break;
        case 3: NAME(norms)(d, 3, block, norm); break;
        default: NAME(norms)(d, 4, block, norm); break;
        }
        for (int j = 0; j < size; j++)
            STORE(out + j * LANES, norm[j]);
        const ptrdiff_t first = v * LANES, rest = n_words - first;
        memcpy(result + first, out, (rest < size * LANES ? rest : size * LANES) * sizeof(REAL));
    }
}

/* ratio of every word at the final gamma in place of its norm, and sum count * log(norm). Returns
   whether every norm is safe or could be treated in log space. */
static int NAME(close_words)(NAME(doc) *d, REAL *ratio, double *word_terms)
{
    const ptrdiff_t n_words = d->n_words;
    double total = 0.0;
    for (ptrdiff_t i = 0; i < n_words; i++) {
        if (ratio[i] < d->tiny) {
            if (!d->log_rows || d->n_live < d->n_topics)
                return 0;
            total += (double)d->counts[i] * NAME(visit_in_log_space)(d, i);
            ratio[i] = -1;
        }
    }
#pragma omp simd reduction(+ : total)
    for (ptrdiff_t i = 0; i < n_words; i++) {
        const REAL norm = ratio[i];
        total += (double)d->counts[i] * fvb_log(fabs((double)norm));
        ratio[i] = d->counts[i] / norm;
    }
    *word_terms = total;
    return 1;
}
