"""Nothing to cimport here: the leaf functions are in include/fvb_mixture.h."""
