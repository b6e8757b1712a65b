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
    called: tuple[str, ...] = ()
    """Names of this machine that a browser may use beside its addresses."""

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

    def asked_for(self, host: str) -> str:
        """What a Host header calls this server, in our own words, `127.0.0.1:8000`; empty where it is not called that.

        A name of somebody else's that leads to this machine (DNS rebinding) is none of ours; an IP address is the one
        that the browser really went to.

        Args:
            host: the header, whatever it holds.
        """
        name, separator, port = host.lower().rpartition(":")
        if not separator or port != str(self.port):
            return ""
        name = name.removeprefix("[").removesuffix("]")
        known = {"localhost", "127.0.0.1", "::1", self.host} if self.loopback else {self.host}
        known |= {each.lower() for each in self.called}
        return self.authority(name) if name in known or (self.everywhere and _is_address(name)) else ""


def _is_address(text: str) -> bool:
    try:
        return str(ip_address(text)) == text
    except ValueError:
        return False


def _token() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Door:
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

        A page of another site can send requests here, and open WebSockets: a browser then says so in Origin.

        Args:
            headers: the request's; looked up without regard to case.
            websocket: whether it asks for a WebSocket, which browsers never do without an Origin.
        """
        host = self.address.asked_for(headers.get("Host", ""))
        if not host:
            return "This server is not called that."
        origin = headers.get("Origin")
        if origin is None:
            return "A WebSocket needs an Origin." if websocket else ""
        return "" if origin.lower() == f"http://{host}" else "Another site's page asked for this."
