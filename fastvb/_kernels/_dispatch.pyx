"""Choose the instruction-set level of all leaf kernels, once, at import."""
import os

cdef extern from "fvb_cpu.h" nogil:
    int fvb_cpu_level()
    const int FVB_BUILT_V3
    const int FVB_BUILT_V4

cdef extern from *:
    """
    #if defined(__clang__)
    #define FVB_COMPILER "clang " __clang_version__
    #elif defined(__GNUC__)
    #define FVB_COMPILER "gcc " __VERSION__
    #elif defined(_MSC_VER)
    #define FVB_COMPILER "msvc"
    #else
    #define FVB_COMPILER "unknown"
    #endif
    """
    const char *FVB_COMPILER

LEVELS = {"base": 0, "v3": 3, "v4": 4}


def compiler():
    """Name and version of the C compiler that built the kernels."""
    return FVB_COMPILER.decode("ascii").strip()


def built():
    """Levels that this build contains, lowest first."""
    return ["base"] + ["v3"] * FVB_BUILT_V3 + ["v4"] * FVB_BUILT_V4


def found():
    """Levels that this machine can run, lowest first."""
    return [name for name, level in LEVELS.items() if level <= fvb_cpu_level()]


def _choose():
    usable = [name for name in built() if name in found()]
    asked = os.environ.get("FASTVB_SIMD", "")
    if asked and asked not in usable:
        raise ImportError(
            f"Expected FASTVB_SIMD to be one of {usable} (built and found here), "
            f"got FASTVB_SIMD={asked!r}."
        )
    return asked or max(usable, key=LEVELS.get)


_name = _choose()
cdef int _level = LEVELS[_name]


def in_use():
    """The level whose kernels run."""
    return _name


cdef int simd_level() noexcept nogil:
    return _level
