"""Captures that are kept: bundles as they are in a folder, and an index that can be made of them at any time."""

from inspector.library.shelf import Library, library_folder

__all__ = ["Library", "library_folder"]
