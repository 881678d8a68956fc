"""fastvb and its rivals on the same problems, in the same process, on the same threads."""
