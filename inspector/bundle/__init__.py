"""A Capture on disk: write, read, verify."""
