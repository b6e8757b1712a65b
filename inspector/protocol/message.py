"""What every message of the protocol is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class ProtocolError(ValueError):
    """A line that is not a message of this protocol."""


@dataclass(frozen=True)
class Message:
    """One line; `type` tells which."""

    type: ClassVar[str]
