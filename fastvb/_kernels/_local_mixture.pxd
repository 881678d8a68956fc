"""Nothing to cimport here: the leaf functions are in include/fvb_local_mixture.h."""
