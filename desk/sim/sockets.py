"""What every simulated venue does with sockets: listen on loopback, queue frames, answer REST."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State

HOST = "127.0.0.1"
GOODBYE_S = 2.0
"""How long a client may take to answer a closing frame, and to read what is still on its way."""
LARGEST_COMMAND_BYTES = 65_536
LARGEST_HEAD_BYTES = 16_384
"""Of a POST: its request line and headers."""
LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""A client that reads so slowly that more than this waits for it is dropped."""

_quiet = logging.getLogger("desk.sim.websockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


Post: TypeAlias = Callable[[str, bytes], Response | None]
"""Answers a POST by its path and body; None: never."""

_POST = b"POST "
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class _PostRequest:
    """A POST as far as its bytes have come."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def is_none(self) -> bool:
        """Whether what has come cannot become a POST."""
        return not (self._data.startswith(_POST) or _POST.startswith(self._data))

    def feed(self, data: bytes) -> bytes:
        """Take more bytes; return all of them."""
        self._data += data
        return bytes(self._data)

    def answer(self, post: Post) -> Response | None:
        """Return the response once the request is whole, or cannot become so; else None."""
        head, found, body = self._data.partition(_HEAD_END)
        if not found:
            too_long = len(self._data) > LARGEST_HEAD_BYTES
            return json_response(431, b"{}") if too_long else None
        length = _LENGTH.search(head + b"\r\n")
        if length is None:
            return json_response(411, b"{}")
        size = int(length[1])
        if size > LARGEST_COMMAND_BYTES:
            return json_response(413, b"{}")
        if len(body) < size:
            return None
        path = head[len(_POST) :].split(b" ", 1)[0].decode("ascii", errors="replace")
        return post(path, bytes(body[:size]))


def _answering(post: Post) -> type[ServerConnection]:
    """Return connections that answer POSTs: the library's own know only requests with no body."""

    class Connection(ServerConnection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self._post_request: _PostRequest | None = _PostRequest()
            """None once what comes is known to be something else."""

        def data_received(self, data: bytes) -> None:
            """Keep the bytes of a POST, hand on all others."""
            request = self._post_request
            if request is None:
                super().data_received(data)
                return
            whole = request.feed(data)
            if request.is_none:
                self._post_request = None
                super().data_received(whole)
                return
            answer = None if self.transport.is_closing() else request.answer(post)
            if answer is not None:
                self.transport.write(answer.serialize())
                self.transport.close()

    return Connection


async def listen(
    port: int,
    *,
    converse: Callable[[ServerConnection], Awaitable[None]],
    answer: Callable[[ServerConnection, Request], Awaitable[Response | None]],
    post: Post | None = None,
    ping_interval_s: float | None,
    ping_timeout_s: float | None,
) -> Server:
    """Serve websockets, GETs and POSTs on a port, 0: any; raise OSError when it is taken."""
    return await serve(
        converse,
        HOST,
        port,
        process_request=answer,
        create_connection=None if post is None else _answering(post),
        compression=None,
        ping_interval=ping_interval_s,
        ping_timeout=ping_timeout_s,
        open_timeout=None,  # a fault may let handshakes hang
        close_timeout=GOODBYE_S / 2,
        max_size=LARGEST_COMMAND_BYTES,
        server_header=None,
        logger=_quiet,
    )


async def close(server: Server) -> None:
    """Say goodbye and stop listening; connections whose client does not answer are broken."""
    server.close()
    try:
        async with asyncio.timeout(GOODBYE_S):
            await server.wait_closed()
    except TimeoutError:
        for connection in list(server.all_connections):
            connection.transport.abort()
        await server.wait_closed()


def port_of(server: Server) -> int:
    """Return the port that a server listens on."""
    return int(server.sockets[0].getsockname()[1])


def addresses(port: int) -> dict[str, str]:
    """Return the addresses of a port for the ready line."""
    return {"rest": f"http://{HOST}:{port}", "ws": f"ws://{HOST}:{port}"}


def json_response(status: int, body: bytes, retry_after_s: int | None = None) -> Response:
    """Return a REST answer."""
    headers = Headers(
        {
            "Content-Type": "application/json;charset=UTF-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
    )
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return Response(status, "OK" if status == 200 else "Error", headers, body)


def refusal(status: int, retry_after_s: int) -> Response:
    """Return the answer to one who asks too often."""
    body = b'{"code":-1003,"msg":"Too many requests; banned for now."}'
    return json_response(status, body, retry_after_s)


def queue(connection: ServerConnection, payload: bytes) -> None:
    """Put a text frame where `flush` finds it."""
    if connection.protocol.state is State.OPEN:
        connection.protocol.send_text(payload)


def say_goodbye(connection: ServerConnection, code: int, reason: str) -> None:
    """Queue a closing frame; the client's answer ends the connection."""
    if connection.protocol.state is State.OPEN:
        connection.protocol.send_close(code, reason)


def flush(connection: ServerConnection) -> None:
    """Hand everything queued to the system at once; drop a client that does not read."""
    data = b"".join(connection.protocol.data_to_send())
    transport = connection.transport
    if not data or transport.is_closing():
        return
    transport.write(data)
    if transport.get_write_buffer_size() > LARGEST_BACKLOG_BYTES:
        transport.abort()


def cut(connection: ServerConnection) -> None:
    """Hand over all that is queued but half of the last frame, and end; nothing queued: wait."""
    chunks = connection.protocol.data_to_send()
    transport = connection.transport
    if not chunks or transport.is_closing():
        return
    last = chunks[-1]
    transport.write(b"".join(chunks[:-1]) + last[: max(1, len(last) // 2)])
    transport.close()
