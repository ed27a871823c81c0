"""The market ends when it is told to, whatever its clients do."""

import asyncio
import base64
import os

import pytest
from socket_client import served

STREAMS = {
    "hyperliquid": ("/ws", b'{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}'),
    "okx": (
        "/ws/v5/public",
        b'{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}',
    ),
}
LONGEST_S = 20.0
"""Ten times what a client is given."""


GOODBYE = bytes([0x88, 0x82]) + bytes(4) + (1000).to_bytes(2, "big")
"""A client's closing frame, masked with zeros."""


def masked(payload):
    """A text frame of a client, masked with zeros."""
    return bytes([0x81, 0x80 | 126]) + len(payload).to_bytes(2, "big") + bytes(4) + payload


async def deaf_client(venue, path, command):
    """Open a websocket by hand, subscribe, and never read again."""
    host, port = venue.addresses["ws"].removeprefix("ws://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write(head.encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(masked(command))
    await reader.readexactly(2)
    writer.transport.pause_reading()
    return writer


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("dialect", "last_word"), [("okx", b""), ("hyperliquid", GOODBYE)], ids=["silent", "goodbye"]
)
def test_a_client_that_neither_reads_nor_answers_does_not_hold_up_the_end(dialect, last_word):
    async def scenario():
        async with served(dialect=dialect) as venue:
            writer = await deaf_client(venue, *STREAMS[dialect])
            try:
                writer.write(last_word)
                await venue.pass_ms(10_000)
                assert venue.simulator.clients() == 1
                await asyncio.wait_for(venue.simulator.stop(), LONGEST_S)
            finally:
                writer.transport.abort()

    asyncio.run(scenario())
