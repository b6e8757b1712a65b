"""What was captured and how it was started, in a few words."""

from __future__ import annotations

from inspector.model.capture import Capture

_CACHES = {
    "kept": "kept: what never changes on this machine may be reused, code generation is not",
    "cold": "cold: a new process with fresh caches",
    "warm": "warm: torch's own caches, as a second run has them",
}
NOT_ASKED = ("kept", "cold")
"""How a capture is made so that torch's caches of generated code are not asked."""


def title(capture: Capture, name: str = "") -> str:
    """What was captured; `name` where the capture itself does not say."""
    if capture.request is not None:
        return capture.request.title
    return str(capture.target.get("name") or name or "a recorded trace")


def start_words(capture: Capture) -> str:
    """How it was started, and in a capture that came to its end what that spared."""
    mode, cache = capture.cache_mode, capture.environment.get("cache")
    reused = cache.get("reused") if isinstance(cache, dict) else None
    if mode == "kept" and capture.finished and isinstance(reused, list | tuple):
        return f"kept: {' and '.join(map(str, reused)) or 'nothing was'} reused, code generation never is"
    return _CACHES.get(mode, mode)
