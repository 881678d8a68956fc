"""Nothing to cimport here: the row functions are Python functions over batches."""
