"""Nothing to cimport here."""
