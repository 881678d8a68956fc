#include "fvb_ufunc.h"

#include <fenv.h>
#include "fvb_special.h"

/* Elements of a strided block that are gathered on the stack. */
enum { BLOCK = 512 };

/* Branch-free code evaluates both sides of a selection and so raises flags that nobody
   meant. Like SciPy's special functions, ours raise none. */
static void clear_flags(void)
{
    if (fetestexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW))
        feclearexcept(FE_ALL_EXCEPT);
}

#define DEFINE_LOOP(name, type, leaf_type)                                                   \
    void name(char **args, const ptrdiff_t *dimensions, const ptrdiff_t *steps, void *leaf)  \
    {                                                                                        \
        const leaf_type function = (leaf_type)leaf;                                          \
        const ptrdiff_t n = dimensions[0], step_in = steps[0], step_out = steps[1];          \
        const char *in = args[0];                                                            \
        char *out = args[1];                                                                 \
        type block[BLOCK];                                                                   \
        if (step_in == sizeof(type) && step_out == sizeof(type)) {                           \
            function((const type *)in, (type *)out, n);                                      \
        } else {                                                                             \
            for (ptrdiff_t start = 0; start < n; start += BLOCK) {                           \
                const ptrdiff_t size = n - start < BLOCK ? n - start : BLOCK;                \
                for (ptrdiff_t i = 0; i < size; i++, in += step_in)                          \
                    block[i] = *(const type *)in;                                            \
                function(block, block, size);                                                \
                for (ptrdiff_t i = 0; i < size; i++, out += step_out)                        \
                    *(type *)out = block[i];                                                 \
            }                                                                                \
        }                                                                                    \
        clear_flags();                                                                       \
    }

DEFINE_LOOP(fvb_ufunc_loop, double, fvb_unary)
DEFINE_LOOP(fvb_ufunc_loopf, float, fvb_unaryf)
