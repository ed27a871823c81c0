"""What passes between the desk and a venue, told to a listener as it passes: for a recorder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from desk.venues.protocol import RestRequest

TappedKind: TypeAlias = Literal["opened", "closed", "received", "sent", "answered"]

STOPPED = "stopped"
"""Why sockets are closed that nobody needs any more: new ones have taken over, or all is over."""


class Tapped(NamedTuple):
    """One thing that happened on a connection, in the order in which its protocol saw it."""

    connection: str
    path: str
    """Of the socket; of the request where it was answered."""
    what: TappedKind
    boot_ns: int
    payload: bytes
    """The frame, the body of an answer (empty: there was none), or why a socket closed."""
    request: RestRequest | None
    """What was answered."""
    generation: int = 0
    """Counts the protocols of the connection: while it rolls, two have sockets at one path."""


Tap: TypeAlias = Callable[[Tapped], None]
"""Takes one; must not block."""
