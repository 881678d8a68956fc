/* Draws from the Gamma distribution, in log space.

   G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math.
   Softw. 26, 2000. With d = a + 2/3, x ~ N(0, 1) and y = x / (3 sqrt(d)), g = d (1 + y)^3 has the
   distribution Gamma(a + 1, 1) when it is accepted with the probability exp(t),
   t = x^2/2 + d - d (1 + y)^3 + 3 d log(1 + y) = 3 d (log(1 + y) - y + y^2/2 - y^3/3).
   g u^(1/a), u uniform, is Gamma(a, 1) then; in log space this holds for the smallest a, and does
   no harm to a large one. The worst acceptance is 0.951, for a = 0.

   The first try is made for all draws of a chunk without a branch. It is accepted on the spot
   where u < 1 + t <= exp(t), u known to a few bits. The others, few more than are to be
   refused, go on a list, which is worked off in vectors. */

enum { NAME(LINE) = FVB_RANDOM_LINE_BYTES / sizeof(REAL), NAME(CHUNK) = CHUNK_LINES * NAME(LINE) };

typedef struct {
    WORD first[NAME(CHUNK)], second[NAME(CHUNK)];
    REAL shape[NAME(CHUNK)];
    REAL normal[NAME(CHUNK)];
    REAL slack[NAME(CHUNK)]; /* t of the first try */
    REAL rest[NAME(CHUNK)];  /* log(d) + log(u)/a */
    REAL log_g[NAME(CHUNK)];
    int32_t refused[NAME(CHUNK)];
    /* the list, whose last entry is repeated up to a whole group: */
    int32_t at[NAME(CHUNK) + GROUP];
    uint64_t words[4][NAME(CHUNK)];
    REAL tried[NAME(CHUNK)], list_d[NAME(CHUNK) + GROUP], list_slack[NAME(CHUNK) + GROUP],
         list_bits[NAME(CHUNK) + GROUP];
} NAME(chunk);

/* 3 log(1 + y), and t; -inf where 1 + y <= 2^-20, which is for g/d <= 2^-60. */
static inline REAL NAME(log_cube)(REAL d, REAL x, REAL *t)
{
    const REAL y = x / (3 * ROOT(d));
    const int inside = y > (REAL)(0x1p-20 - 1.0);
    const REAL clipped = inside ? y : (REAL)-0.5;
    const REAL l = NAME(log1p_core)(clipped);
    const REAL taylor = clipped * (1 - clipped * ((REAL)0.5 - clipped * (REAL)(1.0 / 3.0)));
    *t = inside ? 3 * d * (l - taylor) : (REAL)-INFINITY;
    return 3 * l;
}

static void NAME(first_tries)(ptrdiff_t n, NAME(chunk) *c)
{
    for (ptrdiff_t start = 0; start < n; start += 2 * GROUP) {
        const WORD *first = c->first + start;
        REAL *normal = c->normal + start;
        _Pragma("omp simd")
        for (int i = 0; i < GROUP; i++)
            NAME(normal_pair)(first[2 * i], first[2 * i + 1], normal + 2 * i, normal + 2 * i + 1);
    }
    for (ptrdiff_t start = 0; start < n; start += GROUP) {
        _Pragma("omp simd")
        for (ptrdiff_t i = start; i < start + GROUP; i++) {
            const REAL a = c->shape[i], d = a + (REAL)(2.0 / 3.0);
            const REAL rest = LOG(d) + LOG(NAME(other_uniform)(c->second[i])) / a;
            REAL t;
            c->log_g[i] = rest + NAME(log_cube)(d, c->normal[i], &t);
            c->rest[i] = rest;
            c->slack[i] = t;
            c->refused[i] = !(NAME(spare_bits)(c->second[i]) + 1 <= SPARE + SPARE * t);
        }
    }
}

/* Make the list out of those entries that were refused; `refused` goes by entries of the chunk at
   first, by entries of the list later. Returns its length. */
static ptrdiff_t NAME(shorten)(ptrdiff_t n, int is_first, NAME(chunk) *c)
{
    ptrdiff_t left = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        c->at[left] = is_first ? (int32_t)i : c->at[i];
        left += c->refused[i];
    }
    for (ptrdiff_t i = left; left && i < left + GROUP; i++)
        c->at[i] = c->at[left - 1];
    return left;
}

/* Words for the entries of the list, by the numbers of their draws, to words[to], words[to + 1].
   Tries after the first count by draws in the counter's first words, not by blocks. */
static void NAME(list_words)(ptrdiff_t n, const fvb_philox_key *key, uint32_t step,
                             const uint64_t *lines, int to, NAME(chunk) *c)
{
    for (ptrdiff_t i = 0; i < n; i += FVB_LANES) {
        fvb_words number, first, second;
        for (int lane = 0; lane < FVB_LANES; lane++) {
            const uint32_t at = (uint32_t)c->at[i + lane];
            number[lane] = lines[at / NAME(LINE)] * NAME(LINE) + at % NAME(LINE);
        }
        fvb_philox(key, step, number, &first, &second);
        memcpy(c->words[to] + i, &first, sizeof first);
        memcpy(c->words[to + 1] + i, &second, sizeof second);
    }
}
#define UPPER(word) ((WORD)((word) >> (64 - 8 * sizeof(WORD))))

/* Whether a first try is refused indeed: u = (k + v) / SPARE with a further uniform v. */
static void NAME(look_again)(ptrdiff_t n, NAME(chunk) *c)
{
    for (ptrdiff_t i = 0; i < n + GROUP; i++) {
        c->list_bits[i] = NAME(spare_bits)(c->second[c->at[i]]);
        c->list_slack[i] = c->slack[c->at[i]];
    }
    for (ptrdiff_t start = 0; start < n; start += GROUP) {
        _Pragma("omp simd")
        for (ptrdiff_t i = start; i < start + GROUP; i++) {
            const REAL v = NAME(uniform)(UPPER(c->words[0][i]));
            const REAL u = (c->list_bits[i] + v) / SPARE;
            c->refused[i] = !(LOG(u) <= c->list_slack[i]);
        }
    }
}

static void NAME(try_again)(ptrdiff_t n, NAME(chunk) *c)
{
    for (ptrdiff_t i = 0; i < n + GROUP; i++)
        c->list_d[i] = c->shape[c->at[i]] + (REAL)(2.0 / 3.0);
    for (ptrdiff_t start = 0; start < n; start += GROUP) {
        _Pragma("omp simd")
        for (ptrdiff_t i = start; i < start + GROUP; i++) {
            REAL x, unused, t;
            NAME(normal_pair)(UPPER(c->words[0][i]), UPPER(c->words[1][i]), &x, &unused);
            c->tried[i] = NAME(log_cube)(c->list_d[i], x, &t);
            c->refused[i] = !(LOG(NAME(uniform)(UPPER(c->words[2][i]))) <= t);
        }
    }
    for (ptrdiff_t i = 0; i < n; i++)
        c->log_g[c->at[i]] = c->rest[c->at[i]] + c->tried[i];
}
#undef UPPER

static void NAME(log_gamma)(ptrdiff_t n_lines, uint64_t seed, uint32_t stream,
                            const uint64_t *lines, const REAL *shape, REAL *log_g)
{
    const fvb_philox_key key = fvb_philox_schedule(seed, stream);
    NAME(chunk) chunk, *c = &chunk;
    for (; n_lines > 0; n_lines -= CHUNK_LINES, lines += CHUNK_LINES) {
        const ptrdiff_t size = n_lines < CHUNK_LINES ? n_lines : CHUNK_LINES;
        const ptrdiff_t n = size * NAME(LINE), padded = n + (-n & (2 * GROUP - 1));
        memcpy(c->shape, shape, n * sizeof *shape);
        for (ptrdiff_t i = n; i < padded; i++)
            c->shape[i] = 1;
        for (ptrdiff_t line = 0; line * NAME(LINE) < padded; line++)
            line_words(&key, lines[line < size ? line : 0], c->first + line * NAME(LINE),
                       c->second + line * NAME(LINE));
        NAME(first_tries)(padded, c);
        ptrdiff_t left = NAME(shorten)(n, 1, c);
        if (left) {
            NAME(list_words)(left, &key, 1, lines, 0, c);
            NAME(look_again)(left, c);
            left = NAME(shorten)(left, 0, c);
        }
        for (uint32_t step = 2; left && step < 2 * MOST_TRIES; step += 2) {
            NAME(list_words)(left, &key, step, lines, 0, c);
            NAME(list_words)(left, &key, step + 1, lines, 2, c);
            NAME(try_again)(left, c);
            left = NAME(shorten)(left, 0, c);
        }
        memcpy(log_g, c->log_g, n * sizeof *log_g);
        shape += n;
        log_g += n;
    }
}

/* Of consecutive draws from number `start` on. */
static void NAME(log_gamma_range)(ptrdiff_t n, uint64_t seed, uint32_t stream, uint64_t start,
                                  const REAL *shape, REAL *log_g)
{
    while (n > 0) {
        const ptrdiff_t offset = start % NAME(LINE), left_of_line = NAME(LINE) - offset;
        uint64_t lines[CHUNK_LINES];
        ptrdiff_t size = 1, done = n < left_of_line ? n : left_of_line;
        for (int i = 0; i < CHUNK_LINES; i++)
            lines[i] = start / NAME(LINE) + i;
        if (done < NAME(LINE)) {
            REAL line[NAME(LINE)];
            for (int i = 0; i < NAME(LINE); i++)
                line[i] = i < offset || i - offset >= done ? 1 : shape[i - offset];
            NAME(log_gamma)(1, seed, stream, lines, line, line);
            memcpy(log_g, line + offset, done * sizeof *log_g);
        } else {
            size = n / NAME(LINE) < CHUNK_LINES ? n / NAME(LINE) : CHUNK_LINES;
            done = size * NAME(LINE);
            NAME(log_gamma)(size, seed, stream, lines, shape, log_g);
        }
        n -= done;
        start += done;
        shape += done;
        log_g += done;
    }
}
