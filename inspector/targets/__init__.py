"""The built-in gallery: one small file for each target."""
