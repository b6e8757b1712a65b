"""Kernels whose text a person changed: built, put in place, checked against what they replace, and raced."""
