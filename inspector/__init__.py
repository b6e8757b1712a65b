"""Compiler Explorer for torch.compile, in the terminal."""

__version__ = "0.1.0"
