"""A screen that `inspector serve` handed to somebody else."""

from __future__ import annotations

import os

FOR_GUESTS = "This is a guest's view: it writes nothing on this machine."


def guest() -> bool:
    """Whether this screen is somebody else's: then it writes nothing on this machine."""
    return os.environ.get("INSPECTOR_GUEST") == "1"
