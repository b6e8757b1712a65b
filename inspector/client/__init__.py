"""Starts, streams, cancels and reaps a worker process, and says how it ended."""
