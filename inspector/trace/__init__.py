"""Structured trace in, Capture out."""
