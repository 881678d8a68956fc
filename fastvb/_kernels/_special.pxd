"""Nothing to cimport here: the scalar functions are in fastvb/special/__init__.pxd."""
