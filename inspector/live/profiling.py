"""Folds a `Profiled` event into the capture, with what its texts and links add."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from inspector import protocol
from inspector.link.kernel_work import completed
from inspector.link.numerics import placed
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.numerics import Numerics
from inspector.model.price import Price
from inspector.model.profile import Profile
from inspector.price import located, modelled


class ProfileFold:
    """Keeps what was profiled and compared; for each shape the newest counts."""

    def __init__(self) -> None:
        self._profiles: dict[str, Profile] = {}
        self._texts: tuple[Artifact, ...] | None = None
        """The artifacts that kernels' work and nodes' lines were read from; when more arrive, that is done anew."""
        self._numerics: dict[str, Numerics] = {}
        self._prices: dict[str, Price] = {}

    def take(self, event: protocol.Message) -> bool:
        """Takes an event in; whether there is anything new to add."""
        if not isinstance(event, protocol.Profiled):
            return False
        if event.profile is not None:
            self._profiles[event.profile.shape], self._texts = event.profile, None
        if event.price is not None:
            self._prices[event.price.shape], self._texts = event.price, None
        if event.numerics is not None:
            self._numerics[event.numerics.shape], self._texts = event.numerics, None
        return True

    def added_to(self, capture: Capture, addresses: Callable[[], Mapping[str, Sequence[int]]] = dict) -> Capture:
        """The capture with what was measured.

        Args:
            addresses: gives, for each line of each machine code, the instruction's address.
        """
        if not self._profiles and not self._numerics and not self._prices:
            return capture
        if self._texts is not capture.artifacts:
            self._texts = capture.artifacts
            self._profiles = {shape: completed(item, capture) for shape, item in self._profiles.items()}
            self._numerics = {shape: placed(item, capture) for shape, item in self._numerics.items()}
            where = addresses() if self._prices else {}
            found = {shape: located(item, capture, where) for shape, item in self._prices.items()}
            self._prices = {shape: modelled(item, capture) for shape, item in found.items()}
        return replace(
            capture,
            profiles=tuple(self._profiles.values()),
            numerics=tuple(self._numerics.values()),
            prices=tuple(self._prices.values()),
        )
