/* The highest instruction-set level that this machine runs. */
#ifndef FVB_CPU_H
#define FVB_CPU_H

#include "fvb_level.h"

static inline int fvb_cpu_level(void)
{
#if (defined(__x86_64__) || defined(_M_X64)) && (defined(__GNUC__) || defined(__clang__))
    __builtin_cpu_init();
    const int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                   && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
                   && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
                   && __builtin_cpu_supports("avx512vl");
    return v4 ? FVB_LEVEL_V4 : v3 ? FVB_LEVEL_V3 : FVB_LEVEL_BASE;
#else
    return FVB_LEVEL_BASE;
#endif
}

#endif
