"""Compiled kernels: they know arrays and nothing else. README.md of this folder has the rules."""
