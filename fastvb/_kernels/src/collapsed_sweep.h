/* One visit of CVB0 (Asuncion, Welling, Smyth and Teh 2009, equation 9):

       phi_k ~ (n_dk + alpha_k) (n_wk + eta_wk) / (n_k + sum_w eta_wk)

   where the counts are without one token of the entry, or without all of an entry that counts less
   than one. Over-relaxation goes beyond: from the old phi to phi + relaxation (phi - old), at least
   0; the sum of these may be up to 1 + relaxation. The vectors of a row stay in registers where
   their number is known to the compiler. */

enum { COLLAPSED_MOST_VECTORS = 8 };

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

FVB_INLINE float sum_of_lanes(fvb_lanesf v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps(v);
#else
    float sum = v[0];
    for (int i = 1; i < FVB_LANESF; i++)
        sum += v[i];
    return sum;
#endif
}

/* WORK doc, word and joint: n_vectors each. In the end doc and word are the counts without
   the entry. */
FVB_INLINE void visit(ptrdiff_t n_vectors, float count, uint16_t *phi, float *doc_row,
                      float *word_row, const float *totals, float relaxation, fvb_lanesf *doc,
                      fvb_lanesf *word, fvb_lanesf *joint)
{
    const fvb_lanesf zero = {0};
    fvb_lanesf sum = {0};
    if (count == 1) { /* nearly all; the same as below */
        UNROLL
        for (ptrdiff_t j = 0; j < n_vectors; j++) {
            const fvb_lanesf old = fvb_half_load(phi + j * FVB_LANESF);
            doc[j] = fvb_lanes_loadf(doc_row + j * FVB_LANESF) - old;
            word[j] = fvb_lanes_loadf(word_row + j * FVB_LANESF) - old;
            const fvb_lanesf total = fvb_lanes_loadf(totals + j * FVB_LANESF) - old;
            joint[j] = fvb_lanes_maxf(doc[j] * (word[j] / total), zero);
            sum += joint[j];
        }
    } else {
        const float own = count < 1 ? count : 1, rest = count - own;
        UNROLL
        for (ptrdiff_t j = 0; j < n_vectors; j++) {
            const fvb_lanesf old = fvb_half_load(phi + j * FVB_LANESF), token = own * old;
            doc[j] = fvb_lanes_loadf(doc_row + j * FVB_LANESF) - token;
            word[j] = fvb_lanes_loadf(word_row + j * FVB_LANESF) - token;
            const fvb_lanesf total = fvb_lanes_loadf(totals + j * FVB_LANESF) - token;
            joint[j] = fvb_lanes_maxf(doc[j] * (word[j] / total), zero);
            sum += joint[j];
            doc[j] -= rest * old;
            word[j] -= rest * old;
        }
    }
    float norm = sum_of_lanes(sum);
    if (!(norm > 0 && norm <= FLT_MAX)) { /* priors lost in rounding: count the entry itself, too */
        relaxation = 0;
        sum = zero;
        for (ptrdiff_t j = 0; j < n_vectors; j++) {
            joint[j] = fvb_lanes_maxf(fvb_lanes_loadf(word_row + j * FVB_LANESF), zero);
            sum += joint[j];
        }
        norm = sum_of_lanes(sum);
        if (!(norm > 0 && norm <= FLT_MAX))
            return;
    }
    const float scale = (1 + relaxation) / norm;
    UNROLL
    for (ptrdiff_t j = 0; j < n_vectors; j++) {
        const fvb_lanesf old = fvb_half_load(phi + j * FVB_LANESF);
        const fvb_lanesf goal = fvb_lanes_maxf(joint[j] * scale - relaxation * old, zero);
        const fvb_lanesf new = fvb_half_store(phi + j * FVB_LANESF, goal);
        fvb_lanes_storef(doc_row + j * FVB_LANESF, doc[j] + count * new);
        fvb_lanes_storef(word_row + j * FVB_LANESF, word[j] + count * new);
    }
}

FVB_INLINE void visit_all(ptrdiff_t n_vectors, const fvb_collapsed_entries *entries,
                          float *doc_rows, float *word_rows, const float *totals,
                          float relaxation, fvb_lanesf *doc, fvb_lanesf *word, fvb_lanesf *joint)
{
    const ptrdiff_t stride = n_vectors * FVB_LANESF;
    for (ptrdiff_t i = 0; i < entries->n; i++)
        visit(n_vectors, entries->counts[i], entries->phi + i * stride,
              doc_rows + entries->docs[i] * stride, word_rows + entries->words[i] * stride, totals,
              relaxation, doc, word, joint);
}

#define DEFINE_SWEEP(n_vectors)                                                                \
    static void sweep_##n_vectors(const fvb_collapsed_entries *entries, float *doc_rows,       \
                                  float *word_rows, const float *totals, float relaxation)     \
    {                                                                                          \
        fvb_lanesf doc[n_vectors], word[n_vectors], joint[n_vectors];                          \
        visit_all(n_vectors, entries, doc_rows, word_rows, totals, relaxation, doc, word,      \
                  joint);                                                                      \
    }
DEFINE_SWEEP(1)
DEFINE_SWEEP(2)
DEFINE_SWEEP(3)
DEFINE_SWEEP(4)
DEFINE_SWEEP(5)
DEFINE_SWEEP(6)
DEFINE_SWEEP(7)
DEFINE_SWEEP(8)

static void sweep(const fvb_collapsed_entries *entries, float *doc_rows, float *word_rows,
                  const float *totals, float relaxation, float *work)
{
    static void (*const known[])(const fvb_collapsed_entries *, float *, float *, const float *,
                                 float)
        = {sweep_1, sweep_2, sweep_3, sweep_4, sweep_5, sweep_6, sweep_7, sweep_8};
    const ptrdiff_t stride = entries->stride, n_vectors = stride / FVB_LANESF;
    if (n_vectors <= COLLAPSED_MOST_VECTORS) {
        known[n_vectors - 1](entries, doc_rows, word_rows, totals, relaxation);
        return;
    }
    visit_all(n_vectors, entries, doc_rows, word_rows, totals, relaxation, (fvb_lanesf *)work,
              (fvb_lanesf *)(work + stride), (fvb_lanesf *)(work + 2 * stride));
}
