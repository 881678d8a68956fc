/* Instruction-set levels: how leaf code is named per level and chosen at import.

   A leaf source is compiled once per level with -DFVB_LEVEL=base|v3|v4 and exports a
   single symbol, a const table of function pointers (FVB_TABLE). The extension that
   links it calls FVB_SELECT once, at import. */
#ifndef FVB_LEVEL_H
#define FVB_LEVEL_H

enum { FVB_LEVEL_BASE = 0, FVB_LEVEL_V3 = 3, FVB_LEVEL_V4 = 4 };

#define FVB_JOIN_(a, b) a##_##b
#define FVB_JOIN(a, b) FVB_JOIN_(a, b)

/* In a leaf source: const fvb_special_table FVB_TABLE(fvb_special) = {...}; */
#define FVB_TABLE(noun) FVB_JOIN(noun, FVB_LEVEL)

#ifdef FVB_HAVE_V3
#define FVB_EXTERN_V3_(noun) extern const noun##_table noun##_v3;
#define FVB_CASE_V3_(noun) if ((level) >= FVB_LEVEL_V3) table = &noun##_v3;
#define FVB_BUILT_V3 1
#else
#define FVB_EXTERN_V3_(noun)
#define FVB_CASE_V3_(noun)
#define FVB_BUILT_V3 0
#endif
#ifdef FVB_HAVE_V4
#define FVB_EXTERN_V4_(noun) extern const noun##_table noun##_v4;
#define FVB_CASE_V4_(noun) if ((level) >= FVB_LEVEL_V4) table = &noun##_v4;
#define FVB_BUILT_V4 1
#else
#define FVB_EXTERN_V4_(noun)
#define FVB_CASE_V4_(noun)
#define FVB_BUILT_V4 0
#endif

/* In the header of a noun, after its table type: FVB_SELECT(fvb_special) defines
   `const fvb_special_table *fvb_special_select(int level)`. */
#define FVB_SELECT(noun)                                   \
    extern const noun##_table noun##_base;                 \
    FVB_EXTERN_V3_(noun)                                   \
    FVB_EXTERN_V4_(noun)                                   \
    static inline const noun##_table *noun##_select(int level) \
    {                                                      \
        const noun##_table *table = &noun##_base;          \
        FVB_CASE_V3_(noun)                                 \
        FVB_CASE_V4_(noun)                                 \
        (void)level;                                       \
        return table;                                      \
    }

#endif
