"""How a socket to a venue is opened, and what it means when it is not."""

from __future__ import annotations

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from desk.io.addresses import is_loopback
from desk.io.retry import asked_wait_s
from desk.io.tls import verified_tls
from desk.io.venue_socket import VenueSocket
from desk.io.waiting import QUEUE_FRAMES
from desk.io.world import World
from desk.redaction import redacted
from desk.venues.protocol import Endpoint

_OPEN_TIMEOUT_S = 3.0
"""A connect into a black hole must not take longest just when the way is free again."""
_CLOSE_TIMEOUT_S = 0.5
"""The library's 10 s would be added to the time that a dead link goes unseen."""
_PING_S = 10.0


class Ending(msgspec.Struct, frozen=True):
    """Why a socket ended, or did not open."""

    reason: str
    asked_s: float = 0.0
    """How long the venue wants to be left alone."""
    at_once: bool = False
    """No failure of the venue's: a new one is opened without waiting."""
    failed: bool = False
    """A failure, whatever data it brought."""


class VenueConnect(connect):
    """Follows no redirect: a venue answers at its own address or not at all."""

    async def __aenter__(self) -> VenueSocket:
        """Open it; a proxy of the environment that cannot be used is a failure like others."""
        try:
            opened = await super().__aenter__()
        except (ImportError, ValueError) as error:  # SOCKS, or an address that is none
            raise OSError(str(error)) from error
        assert isinstance(opened, VenueSocket), "as was asked for"
        return opened

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


def connect_to(endpoint: Endpoint, world: World) -> VenueConnect:
    """Return the socket of an endpoint, to be opened by `async with`; see `refused`."""
    base = world.urls.ws
    return VenueConnect(
        base + endpoint.path,
        ssl=verified_tls() if base.startswith("wss:") else None,
        # No venue needs it, and what a small frame inflates to costs time before it is refused.
        compression=None,
        open_timeout=_OPEN_TIMEOUT_S,
        close_timeout=_CLOSE_TIMEOUT_S,
        ping_interval=_PING_S,
        ping_timeout=_PING_S,
        max_size=endpoint.max_frame_bytes,
        max_queue=QUEUE_FRAMES,
        proxy=None if is_loopback(base) else True,
        create_connection=VenueSocket,
    )


def refused(error: Exception, wall_ms: int) -> Ending:
    """Return what an OSError or WebSocketException says, raised while a socket opened."""
    if not isinstance(error, InvalidStatus):
        return Ending(redacted(f"cannot connect: {str(error) or type(error).__name__}"))
    status, headers = error.response.status_code, error.response.headers
    # Several headers of one name would be an error to `get`.
    asked = (headers.get_all("Retry-After") or [""])[0]
    return Ending(f"refused: HTTP {status}", asked_wait_s(status, asked, wall_ms))
