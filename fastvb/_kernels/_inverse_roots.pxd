"""Nothing to cimport here: the leaf function is in include/fvb_inverse_roots.h."""
