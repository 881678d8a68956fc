"""Nothing to cimport here: the leaf functions are in include/fvb_normal_gamma.h."""
