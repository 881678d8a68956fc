/* Decimal numbers in text: eight digits at a time, exactly rounded. */
#ifndef FVB_DECIMAL_H
#define FVB_DECIMAL_H

#include <stdint.h>
#include <string.h>

static const uint64_t FVB_POWERS_OF_TEN[9] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
};

/* The number that the digits at p make, and how many there are, up to eight. */
static inline uint64_t fvb_digits(const char *p, unsigned *n)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    x ^= 0x3030303030303030;  /* a digit becomes its value, anything else 10 or more */
    /* The carry of a byte that is no digit may only spoil what comes after it. */
    const uint64_t other = ((x + 0x7676767676767676) | x) & 0x8080808080808080;
    if (__builtin_expect(other == 0, 0)) {
        *n = 8;
    } else {
        *n = (unsigned)__builtin_ctzll(other) >> 3;
        x = x << (56 - 8 * *n) << 8;  /* zeros in front; in two steps, for n = 0 */
    }
    /* Neighbours are joined: 8 digits, 4 pairs, 2 quadruples, one number. */
    x = (x * 10 + (x >> 8)) & 0x00ff00ff00ff00ff;
    x = (x * 100 + (x >> 16)) & 0x0000ffff0000ffff;
    return (x * 10000 + (x >> 32)) & 0xffffffff;
}

/* The integer at p, at least 10^9 where it is longer than that; the end of it, p if there is none.
   Numbers above 10^17 are not told apart. */
static inline const char *fvb_integer(const char *p, uint64_t *value)
{
    unsigned n;
    uint64_t v = fvb_digits(p, &n);
    p += n;
    while (__builtin_expect(n == 8, 0)) {
        const uint64_t next = fvb_digits(p, &n);
        if (v <= 1000000000)
            v = v * FVB_POWERS_OF_TEN[n] + next;
        p += n;
    }
    *value = v;
    return p;
}

/* w x 10^exponent to the nearest double, ties to even; |exponent| <= 27, so that 5^|exponent|
   fits into 63 bits and everything here is exact up to the one rounding. */
static inline double fvb_scaled(uint64_t w, int exponent)
{
    static const double tens[23] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    const int size = exponent < 0 ? -exponent : exponent;
    if (w <= (uint64_t)1 << 53 && size <= 22)  /* both exact: one rounding */
        return exponent < 0 ? (double)w / tens[size] : (double)w * tens[size];
    if (w == 0)
        return 0.0;
    uint64_t fives = 1;
    for (int i = 0; i < size; i++)
        fives *= 5;
    unsigned __int128 scaled;
    int two = exponent;  /* the value is scaled x 2^two, and a bit more if `rest` */
    int rest = 0;
    if (exponent < 0) {
        /* w > 2^53 or fives > 2^51: shifted up, the quotient has 64 bits or more. */
        const int up = __builtin_clzll(w);
        const unsigned __int128 dividend = (unsigned __int128)(w << up) << 64;
        scaled = dividend / fives;
        rest = dividend % fives != 0;
        two -= 64 + up;
    } else {
        scaled = (unsigned __int128)w * fives;
    }
    /* Down to 64 bits, of which the last one says whether there is more. */
    const uint64_t high = (uint64_t)(scaled >> 64);
    const int down = high ? 64 - __builtin_clzll(high) : 0;
    uint64_t bits = (uint64_t)(scaled >> down);
    rest |= (scaled & (((unsigned __int128)1 << down) - 1)) != 0;
    two += down;
    /* 56 bits, the last of them sticky: the conversion to double is the one rounding. */
    if (bits >> 62) {
        rest |= (bits & 0xff) != 0;
        bits >>= 8;
        two += 8;
    }
    double power;
    const uint64_t power_bits = (uint64_t)(two + 1023) << 52;
    memcpy(&power, &power_bits, 8);
    return (double)(int64_t)(bits | (uint64_t)rest) * power;
}

#endif
