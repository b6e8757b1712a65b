"""`profile.json`: profiles and numerics, each list under the name of the capture's field."""

from __future__ import annotations

from typing import Any

from inspector.bundle import typed
from inspector.bundle.codec import Json, objects
from inspector.model.capture import Capture
from inspector.model.numerics import Numerics
from inspector.model.profile import Profile

_FIELDS: dict[str, type] = {"profiles": Profile, "numerics": Numerics}
"""The capture's field, and what it is a tuple of."""


def profile_json(capture: Capture) -> Json:
    """The file's content."""
    return {"version": 1, **{name: [typed.to_json(item) for item in getattr(capture, name)] for name in _FIELDS}}


def profile(data: Any) -> dict[str, Any]:
    """The capture's fields in what `profile_json` wrote."""
    return {name: tuple(typed.from_json(kind, item) for item in objects(data, name)) for name, kind in _FIELDS.items()}
