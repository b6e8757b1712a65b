"""The terminal face: shows Captures, routes messages."""
