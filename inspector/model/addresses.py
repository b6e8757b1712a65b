"""Texts of torch and of Python without the addresses of objects: they name nothing, and are others in each process."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")


def without_addresses(text: str) -> str:
    """`<function f at 0x7f01e4c0>` as `<function f>`."""
    return _ADDRESS.sub("", text)
