"""A Capture on disk: write, read, verify. The format is described in docs/bundle.md."""

from inspector.bundle.layout import FORMAT, VERSION
from inspector.bundle.reader import read, verify
from inspector.bundle.writer import check_destination, write

__all__ = ["FORMAT", "VERSION", "check_destination", "read", "verify", "write"]
