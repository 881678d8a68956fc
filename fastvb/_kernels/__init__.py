"""Compiled kernels: they know arrays and nothing else. The rules are in README.md of this folder."""
