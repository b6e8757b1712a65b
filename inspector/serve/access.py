"""Who may come in: tokens, origins and addresses. Nothing here touches the network."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address


class Role(StrEnum):
    """What a view is for; the word stands in its address."""

    PRESENT = "present"
    """Drives the shared screen."""
    CLASS = "class"
    """Sees the shared screen; nothing that is typed or clicked here reaches it."""
    VIEW = "view"
    """A private screen, with a process of its own."""


@dataclass(frozen=True)
class Address:
    """Where the server listens."""

    host: str
    """An IP address, or `localhost`."""
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or ip_address(self.host).is_loopback

    @property
    def everywhere(self) -> bool:
        """Whether it is all of the machine's addresses."""
        return self.host != "localhost" and ip_address(self.host).is_unspecified

    def authority(self, host: str = "") -> str:
        """`127.0.0.1:8000`, as it stands in an address and in the Host header.

        Args:
            host: another name of the same machine.
        """
        host = host or self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def names(self) -> frozenset[str]:
        """What the Host header may say; empty where any name may lead here."""
        if not self.loopback:
            return frozenset() if self.everywhere else frozenset((self.authority(),))
        hosts = ("localhost", "127.0.0.1", "::1", self.host)
        return frozenset(self.authority(host) for host in hosts)


def _token() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Access:
    """The door.

    The presenter's token opens everything; the class's opens the class view and private views.
    """

    address: Address
    presenter: str = field(default_factory=_token, repr=False)
    audience: str = field(default_factory=_token, repr=False)

    def url(self, role: Role, host: str = "") -> str:
        """A view's address, with the token in it.

        Args:
            role: which view.
            host: another name of the same machine.
        """
        token = self.presenter if role is Role.PRESENT else self.audience
        return f"http://{self.address.authority(host)}/{role.value}?token={token}"

    def knows(self, token: str) -> bool:
        """Whether a token opens anything at all."""
        return self.allows(Role.CLASS, token)

    def allows(self, role: Role, token: str) -> bool:
        """Whether a token opens a view."""
        given = token.encode("utf-8", "surrogateescape")
        presents = hmac.compare_digest(given, self.presenter.encode())
        looks_on = hmac.compare_digest(given, self.audience.encode())
        return presents or (looks_on and role is not Role.PRESENT)

    def refusal(self, headers: Mapping[str, str], *, websocket: bool) -> str:
        """Why a request is refused whatever its token says; empty where it is not.

        A page of another site can send requests here, and open WebSockets: a browser then says so in Origin. A name
        of theirs that they let lead to this machine (DNS rebinding) stands in Host.

        Args:
            headers: the request's; looked up without regard to case.
            websocket: whether it asks for a WebSocket, which browsers never do without an Origin.
        """
        host = headers.get("Host", "").lower()
        names = self.address.names()
        if names and host not in names:
            return "This server is not called that."
        origin = headers.get("Origin")
        if origin is None:
            return "A WebSocket needs an Origin." if websocket else ""
        return "" if origin.lower() == f"http://{host}" else "Another site's page asked for this."
