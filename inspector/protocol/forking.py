"""What front and a warm parent say to each other, over a socket that carries descriptors too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from inspector.protocol.message import Message


@dataclass(frozen=True)
class Fork(Message):
    """Front → parent: become a worker; the descriptors of its requests and events come along."""

    type: ClassVar[str] = "fork"
    number: int
    """What the front calls it."""
    environment: dict[str, str]
    """What it has beside its parent's."""
    folder: str = ""
    """Goes with a front that is killed."""


@dataclass(frozen=True)
class Kill(Message):
    """Front → parent: send a signal to a worker's keeper, where it still runs."""

    type: ClassVar[str] = "kill"
    number: int
    signal: int


@dataclass(frozen=True)
class Prepared(Message):
    """Ready: for `Fork`, or, of a worker that got `Prepare`, for `Start`."""

    type: ClassVar[str] = "prepared"
    refusal: str = ""
    """Why it must not be forked; empty where it may."""


@dataclass(frozen=True)
class Gone(Message):
    """Parent → front: a worker has ended, with all that it started."""

    type: ClassVar[str] = "gone"
    number: int
    code: int
    """As `subprocess` has it, negative for a signal."""
