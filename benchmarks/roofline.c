/* What one core can do at most: multiply-adds that wait for nothing, and reading an array. */
#include <stddef.h>

#define CHAINS 12 /* independent ones, enough to hide the latency of a multiply-add */
#define PEAK(T)                                                                                    \
    typedef T T##s __attribute__((vector_size(64)));                                               \
    typedef T T##u __attribute__((vector_size(64), aligned(8)));                                   \
    T peak_##T(size_t n, T a, T b)                                                                 \
    {                                                                                              \
        T##s x[CHAINS], va = {0}, vb = {0}, sum = {0};                                             \
        va += a, vb += b;                                                                          \
        for (int c = 0; c < CHAINS; c++)                                                           \
            x[c] = va + (T)c;                                                                      \
        for (size_t i = 0; i < n; i++)                                                             \
            _Pragma("GCC unroll 12") for (int c = 0; c < CHAINS; c++) x[c] = x[c] * va + vb;       \
        for (int c = 0; c < CHAINS; c++)                                                           \
            sum += x[c];                                                                           \
        return sum[0] + sum[1];                                                                    \
    }

PEAK(double)
PEAK(float)

double read_all(const double *x, size_t n, size_t times)
{
    doubles sum[8] = {{0}};
    for (size_t t = 0; t < times; t++) {
        for (size_t i = 0; i + 64 <= n; i += 64)
            _Pragma("GCC unroll 8") for (int c = 0; c < 8; c++)
                sum[c] += *(const doubleu *)(x + i + 8 * c);
        __asm__ volatile("" ::: "memory");
    }
    doubles total = {0};
    for (int c = 0; c < 8; c++)
        total += sum[c];
    return total[0] + total[1] + total[2] + total[3] + total[4] + total[5] + total[6] + total[7];
}
