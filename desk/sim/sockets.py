"""What every simulated venue does with sockets: listen on loopback, queue frames, answer GETs."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State

HOST = "127.0.0.1"
LARGEST_COMMAND_BYTES = 65_536
LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""A client that reads so slowly that more than this waits for it is dropped."""

_quiet = logging.getLogger("desk.sim.websockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


async def listen(
    port: int,
    *,
    converse: Callable[[ServerConnection], Awaitable[None]],
    answer: Callable[[ServerConnection, Request], Response | None],
    ping_interval_s: float | None,
    ping_timeout_s: float | None,
) -> Server:
    """Serve websockets and GETs on a port, 0: any; raise OSError when it is taken."""
    return await serve(
        converse,
        HOST,
        port,
        process_request=answer,
        compression=None,
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        close_timeout=1.0,
        max_size=LARGEST_COMMAND_BYTES,
        server_header=None,
        logger=_quiet,
    )


def port_of(server: Server) -> int:
    """Return the port that a server listens on."""
    return int(server.sockets[0].getsockname()[1])


def addresses(port: int) -> dict[str, str]:
    """Return the addresses of a port for the ready line."""
    return {"rest": f"http://{HOST}:{port}", "ws": f"ws://{HOST}:{port}"}


def json_response(status: int, body: bytes) -> Response:
    """Return a REST answer."""
    headers = Headers(
        {
            "Content-Type": "application/json;charset=UTF-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
    )
    return Response(status, "OK" if status == 200 else "Error", headers, body)


def queue(connection: ServerConnection, payload: bytes) -> None:
    """Put a text frame where `flush` finds it."""
    if connection.protocol.state is State.OPEN:
        connection.protocol.send_text(payload)


def flush(connection: ServerConnection) -> None:
    """Hand everything queued to the system at once; drop a client that does not read."""
    data = b"".join(connection.protocol.data_to_send())
    transport = connection.transport
    if not data or transport.is_closing():
        return
    transport.write(data)
    if transport.get_write_buffer_size() > LARGEST_BACKLOG_BYTES:
        transport.abort()
