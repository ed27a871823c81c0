"""What a socket has brought that nobody has looked at yet: bounded, and no silence of the venue's.

A venue that sends faster than we read is not read for a moment: the rest waits in the system, and
then with the venue itself.
"""

from __future__ import annotations

import select

from desk.io.venue_socket import VenueSocket

READ_BYTES = 256 << 10
"""What one read brings at most, and so may wait: the standard library's own bound. Nothing more is
read before all of it is taken."""
QUEUE_FRAMES = 16
"""Of messages in parts or of bytes, which no venue sends: frames that may wait beside it."""


def has_waiting(socket: VenueSocket) -> bool:
    """Return whether messages of a socket wait for us, with it or in the system's queue."""
    return socket.has_waiting or _is_readable(socket)


def _is_readable(socket: VenueSocket) -> bool:
    raw = socket.transport.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return False  # it is closed, or there is no system behind it
    poll = select.poll()
    poll.register(raw, select.POLLIN)
    return bool(poll.poll(0))
