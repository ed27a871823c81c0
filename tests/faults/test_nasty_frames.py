"""T42: frames that RFC 6455 forbids, and some that it allows and nobody expects, brought to the
real connection byte by byte; the next socket, or the same one, goes on.

What the desk does otherwise than section 7.1.5 and 8.1 ask, on purpose: text is not held to be
UTF-8 by the socket. It goes to the protocol as bytes, which refuses and counts it.
"""

import asyncio
import base64
import hashlib
import re
import struct
from contextlib import asynccontextmanager, suppress
from decimal import Decimal

import pytest
from helpers import binance_frames as b
from helpers.live_market import Listener

from desk.model.market_data import FeedStatus, MarkPrice
from desk.venues.protocol import SocketUrls

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
BEHIND, AFRESH = Decimal(60_001), Decimal(60_002)
"""The mark that is told behind the nasty bytes, and the one that each later socket tells."""


def frame(opcode, payload=b"", *, fin=True, reserved=0, length=None, mask=False):
    """A frame of a server, whole or as wrong as is asked for."""
    first = bytes([fin << 7 | reserved << 4 | opcode])
    size = len(payload)
    if length is None and size > 0xFFFF:
        length = struct.pack("!BQ", 127, size)
    elif length is None:
        length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
    if mask:
        length = bytes([length[0] | 0x80]) + length[1:] + bytes(4)  # a mask of zeros
    return first + length + payload


def parts(payload, count):
    """A text in so many frames."""
    step = max(1, len(payload) // count)
    cut = [payload[at : at + step] for at in range(0, len(payload), step)]
    opcodes = [TEXT, *[0] * (len(cut) - 1)]
    ends = [False] * (len(cut) - 1) + [True]
    return [frame(o, p, fin=fin) for o, p, fin in zip(opcodes, cut, ends, strict=True)]


def mark(price):
    return b.wrapped("btcusd_perp@markPrice@1s", b.mark(symbol="BTCUSD_PERP", p=str(price)))


def closing(code, reason=b""):
    return frame(CLOSE, struct.pack("!H", code) + reason)


FORBIDDEN = {
    "unknown kind of data": frame(3, b"?"),
    "unknown kind of control": frame(11),
    "first reserved bit without an extension": frame(TEXT, b"{}", reserved=4),
    "second reserved bit": frame(TEXT, b"{}", reserved=2),
    "third reserved bit": frame(TEXT, b"{}", reserved=1),
    "masked by a server": frame(TEXT, b"{}", mask=True),
    "ping in parts": frame(PING, b"a", fin=False),
    "ping that is too long": frame(PING, b"x" * 126),
    "close that is too long": frame(CLOSE, struct.pack("!H", 1000) + b"x" * 124),
    "close of one byte": frame(CLOSE, b"\x03"),
    "close with a code that nobody may send": closing(1005),
    "close with a code that does not exist": closing(999),
    "close whose reason is no text": closing(1000, b"\xff\xfe"),
    "data behind a close": closing(1000),
    "restart without a word": closing(1012),
    "going on with nothing": frame(0, b"{}"),
    "a new text within a text": frame(TEXT, b"{", fin=False) + frame(TEXT, b"{}"),
    "length with its highest bit": frame(TEXT, length=struct.pack("!BQ", 127, 1 << 63)),
    "length of four exabytes": frame(TEXT, length=struct.pack("!BQ", 127, 1 << 62)),
    "length just beyond the bound": frame(TEXT, length=struct.pack("!BQ", 127, (1 << 20) + 1)),
    "a message without an end": frame(TEXT, b"x" * 60_000, fin=False)
    + frame(0, b"x" * 60_000, fin=False) * 40,
    "half a header, then the end": b"\x81",
    "half a frame, then the end": frame(TEXT, length=b"\x7d") + b"half",
    "an answer of HTTP": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
}
ODD = {
    "a mark of one byte a frame": b"".join(parts(mark(BEHIND), 1 << 20)),
    "pings within a text": b"".join(frame(PING, b"?") + one for one in parts(b'{"a":1}', 7)),
    "a pong that nobody asked for": frame(PONG, b"x" * 125),
    "five hundred pings": frame(PING, b"?") * 500,
    "a length longer than it need be": frame(TEXT, b"{}", length=struct.pack("!BQ", 127, 2)),
}
SENSELESS = {
    "text that is none": frame(TEXT, b"\xff\xfe\x00"),
    "text that is none, in two parts": b"".join(parts(b"\xe2\x82", 2)),
    "empty text": frame(TEXT),
    "empty bytes": frame(BINARY),
    "bytes instead of text": frame(BINARY, b"\x00\x01"),
    "a thousand empty parts": frame(TEXT, fin=False) + frame(0, fin=False) * 1_000 + frame(0),
    "brackets without an end": frame(TEXT, b"[" * 100_000),
}
ENDS = ("half a header, then the end", "half a frame, then the end")


class Nasty:
    """A server that says these bytes on the first socket of each path, and speaks well on later
    ones."""

    def __init__(self, first, *, ends):
        self._first, self._ends = first, ends
        self.paths = []

    @asynccontextmanager
    async def listened(self):
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        urls = SocketUrls(f"http://{address}", f"ws://{address}")
        listener = Listener("binance-coinm", urls, jitter=lambda: 0.01)
        try:
            async with listener.running():
                yield listener
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            asked = (await reader.readuntil(b"\r\n\r\n")).decode()
            if key := re.search(r"(?i)^sec-websocket-key: *(\S+)", asked, re.MULTILINE):
                writer.write(accepted(key[1]))
                await self._speak(asked.split()[1].partition("?")[0], reader, writer)
        writer.close()

    async def _speak(self, path, reader, writer):
        is_first = path not in self.paths
        self.paths.append(path)
        if is_first:
            writer.write(self._first)
        if not (is_first and self._ends):
            writer.write(frame(TEXT, mark(BEHIND if is_first else AFRESH)))
            await writer.drain()
            while await reader.read(1 << 16):
                pass


def accepted(key):
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


async def outcome(name, bytes_first):
    """Which mark came: of the socket that was told these bytes, or of one after it."""
    nasty = Nasty(bytes_first, ends=name in ENDS)
    async with nasty.listened() as listener:
        wanted = AFRESH if name in FORBIDDEN else BEHIND
        with suppress(TimeoutError):  # what was found instead is told below
            await listener.until(lambda: wanted in {each.mark for each in listener.of(MarkPrice)})
        reasons = [each.reason for each in listener.of(FeedStatus) if not each.up]
        marks = {each.mark for each in listener.of(MarkPrice)}
        return marks, reasons, listener.connection.counters.rejected


@pytest.mark.fault("T42")
@pytest.mark.thorough
def test_the_nastiest_frames_cost_a_socket_at_most(figure):
    """Nothing behind a forbidden frame is believed; an odd one ends nothing, a senseless one is
    counted."""
    cases = FORBIDDEN | ODD | SENSELESS

    async def scene():
        return await asyncio.gather(*(outcome(*case) for case in cases.items()))

    for name, found in zip(cases, asyncio.run(scene()), strict=True):
        marks, reasons, rejected = found
        assert marks == ({AFRESH} if name in FORBIDDEN else {BEHIND}), name
        assert bool(reasons) == (name in FORBIDDEN), (name, reasons)
        assert rejected == (name in SENSELESS), name
    figure(
        f"{len(FORBIDDEN)} forbidden frames: {len(FORBIDDEN)} sockets left and opened again,"
        f" nothing behind them believed; {len(ODD)} odd and {len(SENSELESS)} senseless ones:"
        " the socket stays, what makes no sense is counted"
    )
