"""Phases, latency, log, details and the stage strip."""
